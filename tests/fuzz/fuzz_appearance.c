/*
 * fuzz_appearance.c - bytes in place of what is saved of people's looks
 *
 * What is accepted must be saved again as the same bytes, and go on judging and learning.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/appearance.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require_same_bytes(const struct appearance *appearance, const uint8_t *bytes,
                               size_t length)
{
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    appearance_save(appearance, &saved);
    if (buffer_result(&saved) < 0 || saved.length != length ||
        memcmp(saved.bytes, bytes, length) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    AUTO(appearance_destroy) struct appearance *appearance = NULL;
    struct buffer_reader reader = buffer_reader_of(bytes, length);
    if (appearance_restore(&reader, &appearance) < 0)
        return 0;
    require_same_bytes(appearance, bytes, reader.at);
    static const float values[] = { 0.6f, 0, -0.8f };
    struct appearance_vector vector = { values, 3, appearance_model_of("seed") };
    for (uint64_t track = 0; appearance && track < 4; track++) {
        double cost = appearance_cost(appearance_of(appearance, track), &vector);
        if (!(fabs(cost) <= APPEARANCE_COST_MAX))
            abort();
        if (appearance_note_same(appearance, track, &vector, 1000000) < 0)
            return 0;
        appearance_note_different(appearance, track + 1, &vector);
    }
    return 0;
}
