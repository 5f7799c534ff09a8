/*
 * fuzz_ring.c - bytes as they may lie in a segment of a ring
 *
 * What is found are whole records in rising order, and each is written again byte for byte.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/ring_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(int condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    size_t at = 0, gap;
    struct ring_record record;
    for (size_t before = 0; ring_record_next(bytes, length, &at, &record, &gap); before = at) {
        size_t size = RING_RECORD_HEADER + record.length;
        require(at <= length && at == before + gap + size);
        require(ring_record_size(bytes + before + gap) == size);
        struct buffer again = BUFFER_INIT;
        ring_record_put(&again, &record);
        require(buffer_result(&again) == 0 && again.length == size &&
                memcmp(again.bytes, bytes + before + gap, size) == 0);
        buffer_release(&again);
    }
    return 0;
}
