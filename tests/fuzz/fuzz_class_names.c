/* fuzz_class_names.c - any text as a .names file; counting and reading must agree */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "detector/class_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    enum detection_class *classes = NULL;
    struct error err = { "" };
    char *text = strndup((const char *) bytes, length);
    if (!text)
        return 0;
    int count = class_names_count(text);
    if (class_names_parse(text, "fuzz.names", count, &classes, &err) < 0 &&
        strstr(err.text, "where the network has"))
        abort();
    free(classes);
    free(text);
    return 0;
}
