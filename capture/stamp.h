/*
 * stamp.h - when a frame was taken
 *
 * Recordings: a time we give, so that the same file gives the same times again and two recordings
 * of one room can start at one instant. Live sources: capture/live_clock.h.
 */
#ifndef FLOORFUSE_CAPTURE_STAMP_H
#define FLOORFUSE_CAPTURE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/capture.h"

#define STAMP_UNKNOWN INT64_MIN

struct recording_clock {
    int64_t start_us;    /* UTC of frame 0 */
    double fps;          /* of the recording, given or its own */
    bool counted;        /* times are n / fps; else the recording's own */
    int64_t base_pts_us; /* the recording's own time that is start_us */
    int64_t last_pts_us; /* STAMP_UNKNOWN before the first frame */
    int64_t last_us;
    int64_t open_wall_us, open_mono_ns; /* one instant on both clocks */
};

/*
 * Begin now.
 *   start_us   UTC of the first frame; 0: now
 *   given_fps  0: go by the recording's own times, and by own_fps where it has none
 *   own_fps    what the file says; 0 when it says nothing
 */
void recording_clock_init(struct recording_clock *clock, int64_t start_us, double given_fps,
                          double own_fps);

/* The capture time of frame `index`, UTC us. pts_us: the recording's own time of it or
 * STAMP_UNKNOWN. */
int64_t recording_clock_capture_us(struct recording_clock *clock, uint64_t index, int64_t pts_us);

/* When a frame of that time is due at the recorded pace. Wall clock steps after the opening do not
 * move it. */
int64_t recording_clock_due_mono_ns(const struct recording_clock *clock, int64_t capture_us);

/* A value that may be one turn of a counter off, put right by an earlier one (or STAMP_UNKNOWN): by
 * a whole turn, or not at all. */
int64_t stamp_unwrap_us(int64_t us, int64_t earlier_us, int64_t turn_us);

#endif
