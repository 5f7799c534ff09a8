/*
 * stamp.c - when a frame was taken
 */
#include "capture/stamp.h"

#include <math.h>

#include "base/clock.h"

/* A longer hole in a recording's own times is taken for a broken time stamp (joined files, a
 * counter that wrapped): at the recorded pace it would make everybody wait. */
#define RECORDING_GAP_MAX_US (60 * US_PER_S)

/* A camera's clock is believed if its frames seem to take this long to reach us. Cameras without
 * a time server are minutes or years off; over a store's network a frame is here in well under 5 s.
 */
#define CAMERA_LATE_MAX_US  (5 * US_PER_S)
#define CAMERA_EARLY_MAX_US (1 * US_PER_S)

/* Going back further than this is a clock that was set, not jitter. */
#define LIVE_BACK_MAX_US (5 * US_PER_S)

void recording_clock_init(struct recording_clock *clock, int64_t start_us, double given_fps,
                          double own_fps)
{
    /* The wall first: time lost between the two reads makes frames late, never early. */
    int64_t wall_us = clock_wall_us();
    int64_t mono_ns = clock_mono_ns();
    *clock = (struct recording_clock){
        .start_us = start_us != 0 ? start_us : wall_us,
        .fps = given_fps > 0 ? given_fps : own_fps,
        .counted = given_fps > 0,
        .last_pts_us = STAMP_UNKNOWN,
        .open_wall_us = wall_us,
        .open_mono_ns = mono_ns,
    };
}

static int64_t frame_us(const struct recording_clock *clock, uint64_t index)
{
    return clock->start_us + llround((double) index * (double) US_PER_S / clock->fps);
}

int64_t recording_clock_capture_us(struct recording_clock *clock, uint64_t index, int64_t pts_us)
{
    if (clock->counted || (pts_us == STAMP_UNKNOWN && clock->last_pts_us == STAMP_UNKNOWN))
        return clock->last_us = frame_us(clock, index);
    double one_frame_us = clock->fps > 0 ? (double) US_PER_S / clock->fps : (double) US_PER_S / 25;
    if (pts_us == STAMP_UNKNOWN)
        return clock->last_us += llround(one_frame_us);
    if (clock->last_pts_us == STAMP_UNKNOWN)
        clock->base_pts_us = pts_us - (index == 0 ? 0 : llround((double) index * one_frame_us));
    else if (pts_us <= clock->last_pts_us || pts_us - clock->last_pts_us > RECORDING_GAP_MAX_US)
        clock->base_pts_us = pts_us - (clock->last_us - clock->start_us) - llround(one_frame_us);
    clock->last_pts_us = pts_us;
    return clock->last_us = clock->start_us + (pts_us - clock->base_pts_us);
}

int64_t recording_clock_due_mono_ns(const struct recording_clock *clock, int64_t capture_us)
{
    return clock->open_mono_ns + (capture_us - clock->open_wall_us) * NS_PER_US;
}

void live_clock_init(struct live_clock *clock)
{
    clock->last_us = STAMP_UNKNOWN;
}

static bool believable(int64_t camera_us, int64_t arrival_us)
{
    return camera_us != STAMP_UNKNOWN && camera_us >= arrival_us - CAMERA_LATE_MAX_US &&
           camera_us <= arrival_us + CAMERA_EARLY_MAX_US;
}

int64_t live_clock_capture_us(struct live_clock *clock, int64_t camera_us, int64_t arrival_us,
                              enum capture_clock *ret_clock)
{
    bool stream = believable(camera_us, arrival_us);
    enum capture_clock from = stream ? CAPTURE_CLOCK_STREAM : CAPTURE_CLOCK_ARRIVAL;
    int64_t capture_us = stream ? camera_us : arrival_us;
    bool comparable = clock->last_us != STAMP_UNKNOWN && clock->last_clock == from;
    if (comparable && capture_us <= clock->last_us &&
        clock->last_us - capture_us < LIVE_BACK_MAX_US)
        capture_us = clock->last_us + 1;
    clock->last_us = capture_us;
    clock->last_clock = from;
    *ret_clock = from;
    return capture_us;
}
