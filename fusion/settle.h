/*
 * settle.h - what is known a little later: gaps filled, positions smoothed, ghosts left out
 *
 * At a tick nobody knows yet whether a person who is hidden just now has left, or whether a new box
 * is a person. A moment later it is known. So what is stored and counted waits for `lag_us`: a tick
 * is handed out when the lag has passed (or at the end), with everybody who has turned out to be a
 * person, in every tick from their first sighting to their last, smoothed over what came after. A
 * track's ticks after its last sighting are never handed out: it was gone. Nor are those in between
 * in which it should have been seen and was not.
 *
 * Positions are the Rauch-Tung-Striebel smoother over the fused sightings of the track, with an own
 * process noise: tracking wants the motion that is usual, so that nobody is mistaken for a
 * neighbour; a position that is reported wants the start and the stop as well. Smoothing runs back
 * over half a lag of ticks at once, so that a tick costs two steps back and not a lag of them: what
 * a tick is smoothed over reaches from the track's first sighting to at least half the lag after
 * the tick, and to the whole lag at most.
 * Source: Rauch, Tung & Striebel, AIAA Journal 3(8), 1965.
 *
 * Memory: bounded by the ticks in the lag and the tracks in them. Once there have been as many of
 * both as there will be, nothing is allocated any more.
 */
#ifndef FLOORFUSE_FUSION_SETTLE_H
#define FLOORFUSE_FUSION_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "fusion/frame_origin.h"
#include "fusion/kalman.h"
#include "fusion/walker.h"

struct settle; /* opaque */

/* One track at one tick, as it was known then. */
struct settle_sample {
    uint64_t track; /* number, never 0 */
    bool seen;      /* a sighting supported it in this tick; else the next two say nothing */
    struct floor_m sighted;        /* the fused sightings of this tick */
    struct covariance2 covariance; /* of them, m^2 */
    uint32_t cameras;              /* that supported it */
    bool confirmed;                /* it is a person, from now on at the latest */
    bool hidden;                   /* not seen, and no wonder: it may be there all the same */
};

/* What else happened in a tick and waits with it; copied. */
struct settle_frame {
    int camera; /* slot */
    uint32_t observations;
    uint64_t boot_id, sequence;
    bool looking; /* the frame shows that its camera looks */
    int64_t capture_us;
    struct frame_origin origin;
};
struct settle_pair { /* two cameras that saw one person: a - b, m */
    int camera_a, camera_b;
    double dx_m, dy_m;
};

struct settle_tick {
    int64_t tick_us, duration_us;        /* its end; its length */
    const struct settle_sample *samples; /* by track, ascending; each track once */
    size_t sample_count;
    const struct settle_frame *frames;
    size_t frame_count;
    const struct settle_pair *pairs;
    size_t pair_count;
};

/* One person in a settled tick. */
struct settled_person {
    uint64_t track;
    bool seen; /* false: hidden for a while, in between */
    uint32_t cameras;
    struct kalman state;   /* smoothed, at the tick */
    struct walker *walker; /* the person's own, for the caller to move on; dies with the track */
};

struct settled_tick {
    int64_t tick_us, duration_us;
    const struct settled_person *people; /* by track, ascending */
    size_t person_count;
    const struct settle_frame *frames;
    size_t frame_count;
    const struct settle_pair *pairs;
    size_t pair_count;
};

/*
 *   lag_us       a tick waits this long; 0: not at all, unsmoothed, only with those seen in it
 *   noise_m2_s3  spectral density of the acceleration for smoothing
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int settle_create(int64_t lag_us, double noise_m2_s3, struct settle **ret_settle);
void settle_destroy(struct settle **settle);

/*
 * Take the next tick; copied. A track that is in one tick and not in the next has ended, and the
 * same number never comes again.
 * Returns 0, -EINVAL if it is not later than the tick before or lasts less than nothing, -ENOMEM;
 * then nothing was taken.
 */
MUST_CHECK int settle_push(struct settle *settle, const struct settle_tick *tick);

/*
 * Hand out the oldest tick that has waited long enough; all: also those that have not. Who is in it
 * is decided here, once: a track that is confirmed, or seen again, only later stays left out of it.
 *   ret_tick  borrowed until the next call
 * Returns 1, 0 when there is none, -ENOMEM (the tick still waits).
 */
MUST_CHECK int settle_pop(struct settle *settle, bool all, struct settled_tick *ret_tick);

/* The end of the oldest tick that waits; INT64_MAX: none. */
int64_t settle_oldest_us(const struct settle *settle);

/* The end of the newest tick that was taken; INT64_MIN: none. */
int64_t settle_newest_us(const struct settle *settle);

/* Ticks that wait, and bytes held. */
size_t settle_waiting(const struct settle *settle);
size_t settle_bytes(const struct settle *settle);

/*
 * Append all that waits and the tracks' histories, walkers included, so that what is handed out
 * after settle_restore is bit for bit what would have been handed out without it. Out of memory is
 * told by buffer_result.
 */
void settle_save(const struct settle *settle, struct buffer *buffer);

/*
 * Read what settle_save wrote, in place of all that waits; lag and noise stay those of
 * settle_create.
 *   camera_count  of slots; a frame or pair of a slot beyond is damage
 * Returns 0, -EBADMSG if the bytes are damaged, -ENOMEM; then nothing has changed.
 */
MUST_CHECK int settle_restore(struct settle *settle, struct buffer_reader *reader,
                              int camera_count);

#endif
