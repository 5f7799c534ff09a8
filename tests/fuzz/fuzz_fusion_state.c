/*
 * fuzz_fusion_state.c - bytes in place of a saved state, with a checksum that fits
 *
 * What is accepted must be saved again as the same bytes, and run on to its end. The seed is what
 * `test_fusion_save FILE` writes.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "tests/fuzz/fusion_state_floor.h"

/* Magic, length and CRC-32 stand before the content: see fusion_save.c. */
#define LENGTH_AT   ((size_t) 8)
#define CRC_AT      (LENGTH_AT + 8)
#define CONTENT_AT  (CRC_AT + 4)
#define NOW_MONO_NS (INT64_C(1000) * NS_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* As if fusion_save had written the content, so that damage is not found by the checksum. */
static void seal(uint8_t *bytes, size_t length)
{
    uint64_t content = length - CONTENT_AT;
    for (size_t i = 0; i < 8; i++)
        bytes[LENGTH_AT + i] = (uint8_t) (content >> (8 * i));
    uint32_t crc = crc32_of(&bytes[CONTENT_AT], content);
    for (size_t i = 0; i < 4; i++)
        bytes[CRC_AT + i] = (uint8_t) (crc >> (8 * i));
}

/* A state of one camera is longer afterwards: the other camera is new. */
static void require_same_bytes(const struct fusion *fusion, const uint8_t *bytes, size_t length)
{
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    if (fusion_save(fusion, NOW_MONO_NS, &saved) < 0 || saved.length > length)
        return;
    if (saved.length != length || memcmp(saved.bytes, bytes, length) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    AUTO(state_floor_close) struct state_floor floor;
    uint8_t *copy = malloc(length + 1);
    if (state_floor_open(&floor) == 0 && copy) {
        memcpy(copy, bytes, length);
        if (length > CONTENT_AT)
            seal(copy, length);
        if (fusion_restore(floor.fusion, NOW_MONO_NS, copy, length, NULL) == 0) {
            require_same_bytes(floor.fusion, copy, length);
            (void) state_floor_play(&floor, STATE_FLOOR_TICKS, STATE_FLOOR_TICKS + 3);
            int r = fusion_finish(floor.fusion);
            if (r < 0 && r != -ENOMEM)
                abort();
        }
    }
    free(copy);
    return 0;
}
