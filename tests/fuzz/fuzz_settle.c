/*
 * fuzz_settle.c - bytes in place of a saved settle
 *
 * What is accepted must be saved again as the same bytes, and run on to its end.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/settle.h"

#define CAMERAS 4

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require_same_bytes(const struct settle *settle, const uint8_t *bytes, size_t length)
{
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    settle_save(settle, &saved);
    if (buffer_result(&saved) < 0 || saved.length != length ||
        memcmp(saved.bytes, bytes, length) != 0)
        abort();
}

/* Tracks 1 to 3 are seen in one more tick; then all that waits is handed out. */
static void run_on(struct settle *settle, int64_t tick_us)
{
    struct settle_sample samples[3] = { 0 };
    for (int i = 0; i < 3; i++)
        samples[i] = (struct settle_sample){ .track = (uint64_t) i + 1,
                                             .seen = true,
                                             .sighted = { i, 1 },
                                             .covariance = { 0.02, 0, 0.02 },
                                             .confirmed = true };
    struct settle_tick tick = { .tick_us = tick_us, .samples = samples, .sample_count = 3 };
    struct settled_tick out;
    if (settle_push(settle, &tick) == -ENOMEM)
        return;
    while (settle_pop(settle, false, &out) > 0)
        ;
    while (settle_pop(settle, true, &out) > 0)
        for (size_t i = 0; i < out.frame_count; i++)
            if (out.frames[i].camera < 0 || out.frames[i].camera >= CAMERAS)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    AUTO(settle_destroy) struct settle *settle = NULL;
    if (settle_create(2 * US_PER_S, 2.0, &settle) < 0)
        return 0;
    struct buffer_reader reader = buffer_reader_of(bytes, length);
    if (settle_restore(settle, &reader, CAMERAS) < 0)
        return 0;
    require_same_bytes(settle, bytes, reader.at);
    run_on(settle, 100 * US_PER_S);
    return 0;
}
