/*
 * rate_gate.h - choose frames by capture time so that at most rate_hz a second go on
 *
 * Time is cut into slots of 1 / rate_hz, counted from the first frame; the first frame of a slot
 * goes on. The slots never move, so the rate does not drift however the frames lie in them. Slots
 * begin half a source frame before their grid point: the frame nearest to the point is taken, and
 * rounding to microseconds cannot push a frame that lies on the point into the slot before.
 */
#ifndef FLOORFUSE_CAPTURE_RATE_GATE_H
#define FLOORFUSE_CAPTURE_RATE_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate_gate {
    double rate_hz; /* 0: all frames pass */
    double early_us;
    double frame_us; /* mean time between frames; 0 until known */
    bool learning;   /* the source does not say, so frame_us follows what is seen */
    int64_t origin_us, last_us, slot;
    bool started;
};

/*
 *   rate_hz     at most so many frames a second; 0: all
 *   source_fps  of the source, 0 when unknown
 */
void rate_gate_init(struct rate_gate *gate, double rate_hz, double source_fps);

/* Whether the frame of this time goes on. A time before the last slot starts the grid anew. */
bool rate_gate_pass(struct rate_gate *gate, int64_t capture_us);

#endif
