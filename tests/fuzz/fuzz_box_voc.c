/* fuzz_box_voc.c - PASCAL VOC files from anywhere */
#include <stddef.h>
#include <stdint.h>

#include "eval/box_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct box_set set = { .boxes = NULL };
    struct error err = { "" };
    (void) !box_voc_parse((const char *) bytes, length, "fuzz.xml", "fuzz", &set, &err);
    box_set_release(&set);
    return 0;
}
