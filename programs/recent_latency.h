/*
 * recent_latency.h - how late frames have been lately, for a status
 *
 * Quantiles since the start would hardly move after a month: these are of the last one to two
 * minutes, as old counts are forgotten a minute at a time.
 */
#ifndef FLOORFUSE_PROGRAMS_RECENT_LATENCY_H
#define FLOORFUSE_PROGRAMS_RECENT_LATENCY_H

#include "heat/latency_sketch.h"

/* A plain value; all zeroes: no frame yet. */
struct recent_latency {
    struct latency_sketch minute, minute_before;
    int64_t began_ns; /* the minute; monotonic */
};

void recent_latency_add(struct recent_latency *latency, int64_t latency_us, int64_t now_mono_ns);

/* All that is not forgotten yet; empty where nothing came for two minutes. */
struct latency_sketch recent_latency_sketch(const struct recent_latency *latency,
                                            int64_t now_mono_ns);

#endif
