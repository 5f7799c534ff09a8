/*
 * live_clock.c - when a frame of a live source was taken
 */
#include "capture/live_clock.h"

#include <stdlib.h>

#include "base/clock.h"

/* A camera whose quickest frame seems to take longer has a clock that is behind. What was behind is
 * right again below the second bound, so that it does not go to and fro. */
#define BEHIND_MIN_US   (5 * US_PER_S)
#define BEHIND_LEAVE_US (4 * US_PER_S)

/* Worth an alarm, and no longer worth one. Less is what cameras with a time server show. */
#define OFF_MIN_US   US_PER_S
#define OFF_LEAVE_US (US_PER_S / 2)

/* Sender reports are good to some milliseconds; a change beyond this is a clock that was set. */
#define SET_MIN_US (US_PER_S / 4)

/* While a correction is slewed in, even times may run ahead of jittering arrivals by this. */
#define AHEAD_MAX_US (US_PER_S / 2)

/* Time stamps farther apart say nothing about the time between two frames. */
#define PTS_STEP_MAX_US (60 * US_PER_S)

static void forget_differences(struct live_clock *clock)
{
    for (int i = 0; i < LIVE_SLOTS; i++)
        clock->slots_us[i] = STAMP_UNKNOWN;
}

void live_clock_init(struct live_clock *clock)
{
    *clock = (struct live_clock){ .last_us = STAMP_UNKNOWN };
    live_clock_reopen(clock);
}

void live_clock_reopen(struct live_clock *clock)
{
    clock->last_pts_us = clock->base_us = clock->shift_us = STAMP_UNKNOWN;
    forget_differences(clock);
}

/* Note how long a frame seems to have taken. Returns the smallest of the last minutes. */
static int64_t least_difference(struct live_clock *clock, int64_t difference_us, int64_t mono_ns)
{
    int64_t *slot_us = &clock->slots_us[clock->slot];
    if (mono_ns - clock->slot_mono_ns >= LIVE_SLOT_NS) {
        clock->slot = (clock->slot + 1) % LIVE_SLOTS;
        clock->slot_mono_ns = mono_ns;
        slot_us = &clock->slots_us[clock->slot];
        *slot_us = STAMP_UNKNOWN;
    }
    if (*slot_us == STAMP_UNKNOWN || difference_us < *slot_us)
        *slot_us = difference_us;
    int64_t least_us = difference_us;
    for (int i = 0; i < LIVE_SLOTS; i++)
        if (clock->slots_us[i] != STAMP_UNKNOWN && clock->slots_us[i] < least_us)
            least_us = clock->slots_us[i];
    return least_us;
}

/* How far capture times should lie from the camera's; notes what that says about its clock. */
static int64_t wanted_shift(struct live_clock *clock, int64_t least_us)
{
    clock->behind = least_us > (clock->behind ? BEHIND_LEAVE_US : BEHIND_MIN_US);
    int64_t shift_us = clock->behind || least_us < 0 ? least_us : 0;
    clock->offset_us = -shift_us;
    clock->off = llabs(shift_us) > (clock->off ? OFF_LEAVE_US : OFF_MIN_US);
    return shift_us;
}

/* Time between this frame and the one before, by the camera; 0: not known. */
static int64_t pts_step_us(const struct live_clock *clock, int64_t pts_us)
{
    if (pts_us == STAMP_UNKNOWN || clock->last_pts_us == STAMP_UNKNOWN)
        return 0;
    int64_t step_us = pts_us - clock->last_pts_us;
    return step_us < 0 || step_us > PTS_STEP_MAX_US ? 0 : step_us;
}

/* The camera's clock against its time stamps: what has changed there is taken out, unless the time
 * stamps have begun anew. */
static void note_base(struct live_clock *clock, const struct live_arrival *arrival)
{
    if (arrival->pts_us == STAMP_UNKNOWN)
        return;
    int64_t base_us = arrival->camera_us - arrival->pts_us;
    if (pts_step_us(clock, arrival->pts_us) == 0)
        clock->base_us = STAMP_UNKNOWN;
    if (clock->base_us != STAMP_UNKNOWN && clock->shift_us != STAMP_UNKNOWN)
        clock->shift_us -= base_us - clock->base_us;
    if (clock->base_us != STAMP_UNKNOWN && llabs(base_us - clock->base_us) > SET_MIN_US)
        forget_differences(clock);
    clock->base_us = base_us;
}

static int64_t by_camera(struct live_clock *clock, const struct live_arrival *arrival,
                         int64_t receive_us, bool jumped)
{
    note_base(clock, arrival);
    int64_t least_us = least_difference(clock, receive_us - arrival->camera_us, arrival->mono_ns);
    int64_t wanted_us = wanted_shift(clock, least_us);
    if (clock->shift_us != STAMP_UNKNOWN && !jumped)
        clock->shift_us =
            steady_slew(clock->shift_us, wanted_us, pts_step_us(clock, arrival->pts_us));
    else if (clock->last_us == STAMP_UNKNOWN || clock->last_us < arrival->camera_us + wanted_us)
        clock->shift_us = wanted_us;
    else /* times of arrival went before: go on from there */
        clock->shift_us = clock->last_us + 1 - arrival->camera_us;
    int64_t capture_us = arrival->camera_us + clock->shift_us;
    return capture_us < receive_us + AHEAD_MAX_US ? capture_us : receive_us + AHEAD_MAX_US;
}

struct live_stamp live_clock_stamp(struct live_clock *clock, const struct live_arrival *arrival)
{
    struct live_stamp stamp = { .clock = CAPTURE_CLOCK_ARRIVAL };
    int64_t jumped_us;
    stamp.receive_us = stamp.capture_us =
        steady_clock_us(&clock->own, arrival->wall_us, arrival->mono_ns, &jumped_us);
    if (jumped_us)
        forget_differences(clock);
    if (arrival->camera_us != STAMP_UNKNOWN) {
        struct live_arrival told = *arrival;
        if (told.monotonic)
            told.camera_us += stamp.receive_us - told.mono_ns / NS_PER_US;
        stamp.clock = CAPTURE_CLOCK_STREAM;
        stamp.capture_us = by_camera(clock, &told, stamp.receive_us, jumped_us != 0);
    } else {
        clock->shift_us = STAMP_UNKNOWN; /* what is known of its clock stays known */
    }
    if (clock->last_us != STAMP_UNKNOWN && stamp.capture_us <= clock->last_us)
        stamp.capture_us = clock->last_us + 1;
    clock->last_us = stamp.capture_us;
    clock->last_pts_us = arrival->pts_us;
    return stamp;
}
