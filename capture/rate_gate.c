/*
 * rate_gate.c - choose frames by capture time so that at most rate_hz a second go on
 */
#include "capture/rate_gate.h"

#include <math.h>

#include "base/clock.h"

/* Until the time between frames is known: enough to cover rounding of times. */
#define EARLY_UNKNOWN_US 1000.0

/* The weight of one interval in the mean; and intervals that are holes, not frame rates. */
#define LEARN_WEIGHT 0.1
#define LEARN_MAX_US (2.0 * (double) US_PER_S)

static void set_frame_us(struct rate_gate *gate, double frame_us)
{
    double early_us = frame_us > 0 ? 0.5 * frame_us : EARLY_UNKNOWN_US;
    gate->frame_us = frame_us;
    gate->early_us = fmin(early_us, 0.5 * (double) US_PER_S / gate->rate_hz);
}

void rate_gate_init(struct rate_gate *gate, double rate_hz, double source_fps)
{
    *gate = (struct rate_gate){ .rate_hz = rate_hz, .learning = source_fps <= 0 };
    if (rate_hz > 0)
        set_frame_us(gate, source_fps > 0 ? (double) US_PER_S / source_fps : 0);
}

static void learn(struct rate_gate *gate, int64_t capture_us)
{
    double seen_us = (double) (capture_us - gate->last_us);
    if (!gate->started || seen_us <= 0 || seen_us > LEARN_MAX_US)
        return;
    double weight = gate->frame_us > 0 ? LEARN_WEIGHT : 1;
    set_frame_us(gate, gate->frame_us + weight * (seen_us - gate->frame_us));
}

static bool enters_slot(struct rate_gate *gate, int64_t capture_us)
{
    double since_us = (double) (capture_us - gate->origin_us) + gate->early_us;
    double slot = floor(since_us * gate->rate_hz / (double) US_PER_S);
    /* One slot back is jitter. More is a clock that was set: the old grid means nothing then. */
    if (!gate->started || slot < (double) gate->slot - 1) {
        gate->started = true;
        gate->origin_us = capture_us;
        gate->slot = 0;
        return true;
    }
    if (slot <= (double) gate->slot)
        return false;
    gate->slot = (int64_t) slot;
    return true;
}

bool rate_gate_pass(struct rate_gate *gate, int64_t capture_us)
{
    if (gate->rate_hz <= 0)
        return true;
    if (gate->learning)
        learn(gate, capture_us);
    bool pass = enters_slot(gate, capture_us);
    gate->last_us = capture_us;
    return pass;
}
