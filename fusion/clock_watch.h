/*
 * clock_watch.h - how far the clock of a camera's computer is from ours, and what to add to its
 * times
 *
 * A message says when it was published, by the clock over there, and we know when it came, by the
 * one here. The smallest difference over some seconds is the clocks' difference and the least a
 * message takes, which is milliseconds; so differences of a second and more are the clocks'. (Finer
 * ones show in where two cameras put one person, and are for others to find.)
 *
 * What was added to the times of a frame has to be added again when it is replayed. So corrections
 * are steps, each from a frame on, and belong to what is saved.
 */
#ifndef FLOORFUSE_FUSION_CLOCK_WATCH_H
#define FLOORFUSE_FUSION_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "wire/message.h"

/* Differences below are left as they are, and a correction that is this near stays as it is. */
#define CLOCK_WATCH_BOUND_US  INT64_C(1000000)
#define CLOCK_WATCH_CHANGE_US INT64_C(500000)

/* The smallest difference of so long counts. */
#define CLOCK_WATCH_WINDOW_US INT64_C(10000000)

#define CLOCK_WATCH_STEPS 8

/* From this frame on `shift_us` is added. */
struct clock_step {
    struct wire_position from;
    int64_t shift_us;
};

/* Zeroed it is ready. */
struct clock_watch {
    int64_t window_began_us;     /* by our clock; 0: nothing has come yet */
    int64_t least_us, before_us; /* smallest here - there, of this window and the one before */
    bool has_before;
    struct clock_step steps[CLOCK_WATCH_STEPS]; /* the newest last */
    int step_count;
};

/* A message has come live: published by the clock over there, arrived by ours. */
void clock_watch_note(struct clock_watch *watch, int64_t publish_us, int64_t arrival_us);

/* Here minus there, once a window is full. Returns whether it is known. */
bool clock_watch_difference(const struct clock_watch *watch, int64_t *ret_difference_us);

/* The same as far as is known: a larger one may turn out to be the lateness of what has come so
 * far. Returns whether anything has come. */
bool clock_watch_least(const struct clock_watch *watch, int64_t *ret_difference_us);

/*
 * Decide what is added to times of frames from one on, given the difference to the clock that
 * counts. Returns whether that has changed.
 *   from  the first of its boot for a boot of which nothing was decided, so that what came before
 *         the window was full is mended too when it is taken again
 */
bool clock_watch_decide(struct clock_watch *watch, struct wire_position from,
                        int64_t difference_us);

/* What to add to the capture time of a frame. */
int64_t clock_watch_shift_us(const struct clock_watch *watch, struct wire_position frame);

void clock_watch_save(const struct clock_watch *watch, struct buffer *buffer);
/* Steps only; what comes is watched from the beginning. Returns 0 or -EBADMSG. */
MUST_CHECK int clock_watch_restore(struct clock_watch *watch, struct buffer_reader *reader);

/*
 * By how much the clock that counts differs from ours: the middle one of all clocks, ours among
 * them, since one that is wrong is rarer than one that is right. A clock that says it is before
 * this program was made has stood still without power and is not asked. Of two in the middle the
 * nearer to ours counts.
 *   differences_us  ours minus theirs, of the cameras; the order is changed
 *   now_us          our clock
 */
int64_t clock_watch_middle(int64_t *differences_us, int count, int64_t now_us);

#endif
