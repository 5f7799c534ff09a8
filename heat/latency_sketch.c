/*
 * latency_sketch.c - how late frames are told of: counts in bins, for quantiles
 */
#include "heat/latency_sketch.h"

#include <math.h>

#define US_IN_BIN_0 1000

/* A whole microsecond above a bin's end is at least 1.7e-7 of a bin above it, and rounding of the
 * logarithms stays far below this: so the bin is the right one, at its very ends too. */
#define ROUNDING 1e-9

static size_t bin_of(int64_t latency_us)
{
    if (latency_us <= US_IN_BIN_0)
        return 0;
    double bins = log((double) latency_us / US_IN_BIN_0) / log(LATENCY_GAMMA);
    double bin = ceil(bins - ROUNDING);
    return bin < LATENCY_BINS - 1 ? (size_t) bin : LATENCY_BINS - 1;
}

static void add_frames(uint32_t *bin, uint32_t frames)
{
    *bin = frames > UINT32_MAX - *bin ? UINT32_MAX : *bin + frames;
}

void latency_sketch_add(struct latency_sketch *sketch, int64_t latency_us)
{
    add_frames(&sketch->frames[bin_of(latency_us)], 1);
}

void latency_sketch_merge(struct latency_sketch *sketch, const struct latency_sketch *other)
{
    for (size_t i = 0; i < LATENCY_BINS; i++)
        add_frames(&sketch->frames[i], other->frames[i]);
}

uint64_t latency_sketch_count(const struct latency_sketch *sketch)
{
    uint64_t count = 0;
    for (size_t i = 0; i < LATENCY_BINS; i++)
        count += sketch->frames[i];
    return count;
}

double latency_sketch_quantile(const struct latency_sketch *sketch, double q)
{
    uint64_t count = latency_sketch_count(sketch), below = 0;
    if (count == 0)
        return NAN;
    double rank = floor(q * (double) (count - 1));
    size_t bin = 0;
    for (; bin < LATENCY_BINS - 1; bin++) {
        below += sketch->frames[bin];
        if ((double) below > rank)
            break;
    }
    return 2 * pow(LATENCY_GAMMA, (double) bin) / (1 + LATENCY_GAMMA);
}
