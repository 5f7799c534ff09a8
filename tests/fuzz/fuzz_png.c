/*
 * fuzz_png.c - any bytes as a plan picture
 */
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct image *image = NULL;
    if (image_parse_png(bytes, length, "fuzz", &image, NULL) == 0)
        image_unref(&image);
    return 0;
}
