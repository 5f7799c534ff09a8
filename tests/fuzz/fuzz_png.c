/*
 * fuzz_png.c - any bytes as a plan picture: as they are, and with the checksum of each chunk put
 * right, so that damage is not found by it
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "image/image.h"

#define SIGNATURE_BYTES ((size_t) 8)
#define NUMBER_BYTES    ((size_t) 4)

/* More would be slow, not wrong. */
#define PIXELS_MAX ((uint64_t) 1000 * 1000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static uint32_t number_at(const uint8_t *bytes)
{
    return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 |
           bytes[3];
}

/* A chunk is the length of its content, its kind, the content, and a CRC-32 of the last two. */
static void seal(uint8_t *bytes, size_t length)
{
    size_t at = SIGNATURE_BYTES;
    while (at + 3 * NUMBER_BYTES <= length) {
        size_t content = number_at(bytes + at);
        if (content > length - at - 3 * NUMBER_BYTES)
            return;
        uint8_t *kind = bytes + at + NUMBER_BYTES, *sum = kind + NUMBER_BYTES + content;
        uint32_t crc = crc32_of(kind, NUMBER_BYTES + content);
        for (size_t i = 0; i < NUMBER_BYTES; i++)
            sum[i] = (uint8_t) (crc >> (24 - 8 * i));
        at += 3 * NUMBER_BYTES + content;
    }
}

/* Width and height stand first in the first chunk. */
static bool is_large(const uint8_t *bytes, size_t length)
{
    const size_t at = SIGNATURE_BYTES + 2 * NUMBER_BYTES;
    return length >= at + 2 * NUMBER_BYTES &&
           (uint64_t) number_at(bytes + at) * number_at(bytes + at + NUMBER_BYTES) > PIXELS_MAX;
}

static void parse(const uint8_t *bytes, size_t length)
{
    struct image *image = NULL;
    if (image_parse_png(bytes, length, "fuzz", &image, NULL) == 0)
        image_unref(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    parse(bytes, length);
    uint8_t *copy = malloc(length ? length : 1);
    if (!copy)
        return 0;
    memcpy(copy, bytes, length);
    seal(copy, length);
    if (!is_large(copy, length))
        parse(copy, length);
    free(copy);
    return 0;
}
