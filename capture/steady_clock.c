/*
 * steady_clock.c - this machine's UTC, without jumps
 */
#include "capture/steady_clock.h"

#include <stdlib.h>

#include "base/clock.h"

/* Reading two clocks one after the other on a busy machine comes to some milliseconds. */
#define STEP_MIN_US (US_PER_S / 4)

int64_t steady_slew(int64_t from_us, int64_t to_us, int64_t elapsed_us)
{
    int64_t most_us = elapsed_us / STEADY_SLEW, change_us = to_us - from_us;
    change_us = change_us > most_us ? most_us : change_us < -most_us ? -most_us : change_us;
    return from_us + change_us;
}

static void note_step(struct steady_clock *clock, int64_t wall_offset_us)
{
    int64_t step_us = wall_offset_us - clock->wall_offset_us;
    clock->wall_offset_us = wall_offset_us;
    if (llabs(step_us) < STEP_MIN_US)
        return;
    clock->steps++;
    clock->last_step_us = step_us;
}

int64_t steady_clock_us(struct steady_clock *clock, int64_t wall_us, int64_t mono_ns,
                        int64_t *ret_jumped_us)
{
    const int64_t wall_offset_us = wall_us - mono_ns / NS_PER_US;
    *ret_jumped_us = 0;
    if (!clock->started) {
        *clock = (struct steady_clock){
            .started = true, .us = wall_us, .mono_ns = mono_ns, .wall_offset_us = wall_offset_us
        };
        return wall_us;
    }
    const int64_t elapsed_us = (mono_ns - clock->mono_ns) / NS_PER_US;
    const int64_t free_us = clock->us + elapsed_us;
    note_step(clock, wall_offset_us);
    if (wall_us - free_us > STEADY_JUMP_US)
        *ret_jumped_us = wall_us - free_us;
    clock->us =
        free_us + (*ret_jumped_us ? *ret_jumped_us : steady_slew(0, wall_us - free_us, elapsed_us));
    clock->mono_ns = mono_ns;
    return clock->us;
}
