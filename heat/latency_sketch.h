/*
 * latency_sketch.h - how late frames are told of: counts in bins, for quantiles
 *
 * A mean hides the frames that people wait for, and quantiles of buckets cannot be added up. Counts
 * in bins that grow by a tenth can: the sketch of an hour is the sum of those of its minutes, in
 * any order, and its quantiles are off by 4.77 % at most, whatever the latencies are like.
 * Source: Masson, Rim & Lee, DDSketch, PVLDB 12(12), 2019, with alpha = 1/21, gamma = 1.1.
 */
#ifndef FLOORFUSE_HEAT_LATENCY_SKETCH_H
#define FLOORFUSE_HEAT_LATENCY_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#define LATENCY_BINS 117

/* Each bin reaches this much farther than the one before. */
#define LATENCY_GAMMA 1.1

/* A plain value; all zeroes: no frame yet. A bin that is full stays full. */
struct latency_sketch {
    /* Bin 0: up to 1 ms, also below 0, where clocks disagree. Bin i: above 1.1^(i-1) ms, up to
     * 1.1^i ms. The last one has no end: what it holds took longer than 57 s. */
    uint32_t frames[LATENCY_BINS];
};

void latency_sketch_add(struct latency_sketch *sketch, int64_t latency_us);

/* Add the counts of another sketch. */
void latency_sketch_merge(struct latency_sketch *sketch, const struct latency_sketch *other);

/* How many frames there are. */
uint64_t latency_sketch_count(const struct latency_sketch *sketch);

/*
 * The latency that the share q (0..1) of the frames does not exceed, ms: the one of rank q (n - 1),
 * rounded down, of n in ascending order.
 * Returns 2 * 1.1^i / (1 + 1.1) of its bin, which is off by 4.77 % at most where the latency is
 * between 1 ms and 63 s; NaN when there is no frame.
 */
double latency_sketch_quantile(const struct latency_sketch *sketch, double q);

#endif
