/*
 * steady_clock.h - this machine's UTC, without jumps
 *
 * The wall clock is set now and then: a time server corrects it by a second, a leap second repeats
 * one, a computer without a battery wakes up in another year. Times of capture that jumped with it
 * would tear tracks apart or run twice over the same minute. So this clock runs as the monotonic
 * one does and follows the wall by at most a tenth of the time that passes: it is a second off for
 * ten seconds, and never goes back. Cameras of one machine do so alike.
 * Only when the wall is set ahead by more than a minute does it jump along: the time had been
 * wrong, not imprecise, and would be for ten minutes or for years.
 */
#ifndef FLOORFUSE_CAPTURE_STEADY_CLOCK_H
#define FLOORFUSE_CAPTURE_STEADY_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define STEADY_JUMP_US (60 * INT64_C(1000000))
#define STEADY_SLEW    10 /* follows by one part in so many */

struct steady_clock {
    bool started;
    int64_t us, mono_ns;    /* as of the last reading */
    int64_t wall_offset_us; /* wall less monotonic, then */
    uint64_t steps;         /* how often the wall was set by more than a quarter of a second */
    int64_t last_step_us;   /* by how much, the last time */
};

/* Zeroes are a clock that has not started.
 * Read: wall_us and mono_ns are of this instant. ret_jumped_us: 0, or how far it jumped. */
int64_t steady_clock_us(struct steady_clock *clock, int64_t wall_us, int64_t mono_ns,
                        int64_t *ret_jumped_us);

/* Move a value towards another by no more than a slew of the time that passed. */
int64_t steady_slew(int64_t from_us, int64_t to_us, int64_t elapsed_us);

#endif
