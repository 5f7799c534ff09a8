/* fuzz_onnx_file.c - ONNX files from anywhere */
#include <stddef.h>
#include <stdint.h>

#include "detector/onnx_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct onnx_file file;
    struct error err = { "" };
    if (onnx_file_parse(bytes, length, "fuzz.onnx", &file, &err) == 0)
        onnx_file_release(&file);
    return 0;
}
