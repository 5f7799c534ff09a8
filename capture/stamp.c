/*
 * stamp.c - when a frame was taken
 */
#include "capture/stamp.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

/* A longer hole in a recording's own times is taken for a broken time stamp (joined files, a
 * counter that wrapped): at the recorded pace it would make everybody wait. */
#define RECORDING_GAP_MAX_US (60 * US_PER_S)

/* What is a turn off is so to within this; a clock that was set would hit it by chance. */
#define UNWRAP_NEAR_US US_PER_S

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

int64_t stamp_unwrap_us(int64_t us, int64_t earlier_us, int64_t turn_us)
{
    if (earlier_us == STAMP_UNKNOWN)
        return us;
    int64_t change_us = us - earlier_us;
    if (llabs(change_us - turn_us) < UNWRAP_NEAR_US)
        return us - turn_us;
    return llabs(change_us + turn_us) < UNWRAP_NEAR_US ? us + turn_us : us;
}
