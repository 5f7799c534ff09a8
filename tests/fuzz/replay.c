/*
 * replay.c - run a fuzz target on files, as a normal test: usage: fuzz_NAME FILE...
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

#define SEED_BYTES_MAX (16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct error err;
        char *bytes;
        size_t length;
        if (file_read(argv[i], SEED_BYTES_MAX, &bytes, &length, &err) < 0) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        (void) LLVMFuzzerTestOneInput((const uint8_t *) bytes, length);
        free(bytes);
    }
    printf("%d inputs replayed\n", argc - 1);
    return argc > 1 ? 0 : 1;
}
