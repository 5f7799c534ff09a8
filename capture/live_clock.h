/*
 * live_clock.h - when a frame of a live source was taken
 *
 * By the camera's own clock where the source tells it (RTCP sender reports, V4L2), else by the time
 * of arrival. Times of capture rise from frame to frame for as long as the program runs, whatever
 * is set, breaks off or wraps around.
 *
 * A camera's clock need not be right. No frame arrives before it was taken, and over a store's
 * network the quickest of some minutes takes well under a second; so the smallest difference of
 * arrival and camera's time tells how far the camera is off. Where that is negative (it is ahead)
 * or more than 5 s (it is behind; no network is so slow), the camera's times are corrected by it:
 * they keep the camera's even pace, and the quickest frame counts as taken when it arrived. Between
 * these bounds nothing tells a wrong clock from a slow network, and the camera is believed.
 * Corrections are slewed in (steady_clock.h); that the camera itself was set is seen in its
 * sender reports, against its time stamps, and taken out at once.
 */
#ifndef FLOORFUSE_CAPTURE_LIVE_CLOCK_H
#define FLOORFUSE_CAPTURE_LIVE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/capture.h"
#include "capture/stamp.h"
#include "capture/steady_clock.h"

/* The smallest difference is of the last 4.5 to 5 minutes. */
#define LIVE_SLOTS   10
#define LIVE_SLOT_NS (30 * INT64_C(1000000000))

struct live_clock {
    struct steady_clock own;
    int64_t last_us;              /* capture time; STAMP_UNKNOWN before the first frame */
    int64_t last_pts_us;          /* STAMP_UNKNOWN */
    int64_t base_us;              /* camera's time less time stamp; STAMP_UNKNOWN */
    int64_t shift_us;             /* capture less camera's time; STAMP_UNKNOWN: by arrival */
    int64_t slots_us[LIVE_SLOTS]; /* smallest differences; STAMP_UNKNOWN: of nothing */
    int slot;
    int64_t slot_mono_ns;
    int64_t offset_us; /* the camera's clock less ours; 0: believed */
    bool behind, off;
};

void live_clock_init(struct live_clock *clock);

/* The source was opened again: time stamps start anew, and perhaps the camera did. */
void live_clock_reopen(struct live_clock *clock);

/* One frame that has come. */
struct live_arrival {
    int64_t camera_us;        /* UTC by the camera's clock; STAMP_UNKNOWN */
    bool monotonic;           /* camera_us is of our monotonic clock instead, as devices tell it */
    int64_t pts_us;           /* its time stamp; STAMP_UNKNOWN */
    int64_t wall_us, mono_ns; /* now, on both clocks */
};

struct live_stamp {
    int64_t capture_us, receive_us; /* UTC; by a clock that does not jump */
    enum capture_clock clock;
};

struct live_stamp live_clock_stamp(struct live_clock *clock, const struct live_arrival *arrival);

#endif
