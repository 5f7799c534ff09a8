/*
 * settle_state.h - what settle keeps: ticks that wait, and the histories of tracks
 *
 * Private to settle.c and settle_save.c. Memory is kept for what comes next: the arrays of a tick
 * that was handed out serve the tick that takes its place, the moments of a history that is over
 * serve the one that takes its place behind history_count.
 */
#ifndef FLOORFUSE_FUSION_SETTLE_STATE_H
#define FLOORFUSE_FUSION_SETTLE_STATE_H

#include "fusion/settle.h"

/* No tick, or no sighting, yet. */
#define SETTLE_NEVER_US INT64_MIN

/* Where the items of an array lie that is used round and round. */
struct ring {
    size_t first, count;
    size_t capacity; /* 0 or a power of two */
};

/* One tick of a history. */
struct moment {
    int64_t tick_us;
    bool seen, hidden;
    uint32_t cameras;
    struct kalman state; /* filtered, then smoothed */
};

struct history {
    uint64_t track;
    bool confirmed, ended;
    int64_t seen_us;     /* the last tick in which it was seen, or SETTLE_NEVER_US */
    struct kalman state; /* filtered, at the newest tick; from the first sighting on */
    struct walker walker;
    struct ring ring;       /* of moments: from the first sighting on, every tick that waits */
    struct moment *moments; /* owned; kept for the next history in this place */
    size_t smoothed;        /* so many of the oldest moments have their smoothed state */
};

/* A tick that waits; its arrays are kept for the next tick that takes the place. */
struct waiting {
    int64_t tick_us, duration_us;
    struct settle_frame *frames;
    size_t frame_count, frame_capacity;
    struct settle_pair *pairs;
    size_t pair_count, pair_capacity;
};

struct settle {
    int64_t lag_us;
    double noise_m2_s3;
    struct history *histories; /* by track, ascending; behind them those to be used again */
    size_t history_count, history_capacity;
    struct ring ring; /* of the ticks that wait */
    struct waiting *ticks;
    int64_t newest_us;             /* the last tick taken, or SETTLE_NEVER_US */
    struct settled_person *people; /* of the tick that was handed out last */
    size_t people_capacity;
};

static inline size_t ring_place(const struct ring *ring, size_t index)
{
    return (ring->first + index) & (ring->capacity - 1);
}

static inline struct waiting *settle_waiting_at(const struct settle *s, size_t index)
{
    return &s->ticks[ring_place(&s->ring, index)];
}

static inline struct moment *history_moment_at(const struct history *h, size_t index)
{
    return &h->moments[ring_place(&h->ring, index)];
}

static inline void ring_drop_first(struct ring *ring)
{
    ring->first = ring_place(ring, 1);
    ring->count--;
}

/* The place behind the ticks that wait, with room for what the tick brings and its counts set; it
 * is not counted yet. NULL: out of memory. */
struct waiting *settle_reserve_tick(struct settle *s, size_t frame_count, size_t pair_count);

/* Room for so many histories; for people, so many in one tick. Returns 0 or -ENOMEM. */
MUST_CHECK int settle_reserve_histories(struct settle *s, size_t count);
MUST_CHECK int settle_reserve_people(struct settle *s, size_t count);

/* Room for one more moment. Returns 0 or -ENOMEM. */
MUST_CHECK int history_reserve_moment(struct history *h);

/* A history without moments, in a place that keeps its memory. */
void history_begin(struct history *h, uint64_t track);

#endif
