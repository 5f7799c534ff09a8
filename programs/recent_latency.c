/* recent_latency.c - how late frames have been lately, for a status */
#include "programs/recent_latency.h"

#include "base/clock.h"

#define MINUTE_NS (60 * NS_PER_S)

static void forget(struct recent_latency *latency, int64_t now_mono_ns)
{
    int64_t age_ns = now_mono_ns - latency->began_ns;
    if (age_ns < MINUTE_NS)
        return;
    latency->minute_before =
        age_ns < 2 * MINUTE_NS ? latency->minute : (struct latency_sketch){ 0 };
    latency->minute = (struct latency_sketch){ 0 };
    latency->began_ns = now_mono_ns;
}

void recent_latency_add(struct recent_latency *latency, int64_t latency_us, int64_t now_mono_ns)
{
    forget(latency, now_mono_ns);
    latency_sketch_add(&latency->minute, latency_us);
}

struct latency_sketch recent_latency_sketch(const struct recent_latency *latency,
                                            int64_t now_mono_ns)
{
    struct recent_latency copy = *latency;
    forget(&copy, now_mono_ns);
    latency_sketch_merge(&copy.minute, &copy.minute_before);
    return copy.minute;
}
