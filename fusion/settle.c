/*
 * settle.c - what is known a little later
 *
 * Each track has a history: its ticks inside the lag with their filtered states. Smoothing runs
 * backwards over a history for half a lag of ticks at once, so that a tick costs two steps back and
 * not a whole lag of them; each tick is smoothed over at least half the lag of what came after it.
 */
#include "fusion/settle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/smoother.h"

/* How fast somebody may be walking who is seen for the first time, m/s. */
#define FIRST_SPEED_SD_M_S 1.0

/* One tick of a history. */
struct moment {
    int64_t tick_us;
    bool seen, hidden, smoothed;
    uint32_t cameras;
    struct kalman state; /* filtered, then smoothed */
};

struct history {
    uint64_t track;
    bool confirmed, ended;
    int64_t seen_us;     /* the last tick in which it was seen */
    struct kalman state; /* filtered, at the newest moment */
    struct walker walker;
    struct moment *moments; /* first .. first + count - 1, by time */
    size_t first, count, capacity;
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
    struct history *histories; /* by track, ascending */
    size_t history_count, history_capacity;
    struct waiting *ring; /* first .. first + count - 1, modulo capacity */
    size_t ring_first, ring_count, ring_capacity;
    int64_t newest_us;
    struct settled_person *people; /* of the tick that was handed out last */
    size_t people_capacity;
};

int settle_create(int64_t lag_us, double noise_m2_s3, struct settle **ret_settle)
{
    struct settle *settle = calloc(1, sizeof(*settle));
    if (!settle)
        return -ENOMEM;
    settle->lag_us = lag_us;
    settle->noise_m2_s3 = noise_m2_s3;
    *ret_settle = settle;
    return 0;
}

void settle_destroy(struct settle **settle)
{
    struct settle *s = *settle;
    if (!s)
        return;
    for (size_t i = 0; i < s->history_count; i++)
        free(s->histories[i].moments);
    for (size_t i = 0; i < s->ring_capacity; i++) {
        free(s->ring[i].frames);
        free(s->ring[i].pairs);
    }
    free(s->histories);
    free(s->ring);
    free(s->people);
    free(s);
    *settle = NULL;
}

/* Make room for count items; capacity doubles. Returns false when out of memory. */
static bool reserve(void **items, size_t *capacity, size_t count, size_t item_bytes)
{
    if (count <= *capacity)
        return true;
    size_t room = *capacity ? *capacity : 8;
    while (room < count)
        room *= 2;
    void *larger = realloc(*items, room * item_bytes);
    if (!larger)
        return false;
    *items = larger;
    *capacity = room;
    return true;
}

/* The ring with room for one more tick: unrolled into a larger one when it is full. */
static bool reserve_ring(struct settle *s)
{
    if (s->ring_count < s->ring_capacity)
        return true;
    size_t capacity = s->ring_capacity ? 2 * s->ring_capacity : 32;
    struct waiting *ring = calloc(capacity, sizeof(*ring));
    if (!ring)
        return false;
    for (size_t i = 0; i < s->ring_count; i++)
        ring[i] = s->ring[(s->ring_first + i) % s->ring_capacity];
    free(s->ring);
    s->ring = ring;
    s->ring_first = 0;
    s->ring_capacity = capacity;
    return true;
}

static struct waiting *waiting_at(const struct settle *s, size_t place)
{
    return &s->ring[(s->ring_first + place) % s->ring_capacity];
}

/* Copy the tick behind the last one, without counting it yet. */
static bool copy_tick(struct settle *s, const struct settle_tick *tick)
{
    if (!reserve_ring(s))
        return false;
    struct waiting *w = waiting_at(s, s->ring_count);
    if (!reserve((void **) &w->frames, &w->frame_capacity, tick->frame_count, sizeof(*w->frames)) ||
        !reserve((void **) &w->pairs, &w->pair_capacity, tick->pair_count, sizeof(*w->pairs)))
        return false;
    w->tick_us = tick->tick_us;
    w->duration_us = tick->duration_us;
    w->frame_count = tick->frame_count;
    w->pair_count = tick->pair_count;
    if (tick->frame_count)
        memcpy(w->frames, tick->frames, tick->frame_count * sizeof(*w->frames));
    if (tick->pair_count)
        memcpy(w->pairs, tick->pairs, tick->pair_count * sizeof(*w->pairs));
    return true;
}

/* Tracks are numbered in the order in which they begin. */
static size_t count_new(const struct settle *s, const struct settle_tick *tick)
{
    uint64_t last = s->history_count > 0 ? s->histories[s->history_count - 1].track : 0;
    size_t known = tick->sample_count;
    while (known > 0 && tick->samples[known - 1].track > last)
        known--;
    return tick->sample_count - known;
}

/* Room for one more moment. */
static bool reserve_moment(struct history *h)
{
    if (h->first > 0 && h->first + h->count == h->capacity) {
        memmove(h->moments, &h->moments[h->first], h->count * sizeof(*h->moments));
        h->first = 0;
    }
    return reserve((void **) &h->moments, &h->capacity, h->first + h->count + 1,
                   sizeof(*h->moments));
}

/* Room for all that the tick may add, so that nothing fails half way; new histories are made. */
static bool reserve_histories(struct settle *s, const struct settle_tick *tick)
{
    size_t added = count_new(s, tick), known = s->history_count;
    if (!reserve((void **) &s->histories, &s->history_capacity, known + added,
                 sizeof(*s->histories)))
        return false;
    for (size_t i = 0; i < known; i++)
        if (!reserve_moment(&s->histories[i]))
            return false;
    for (size_t i = known; i < known + added; i++) {
        s->histories[i] =
            (struct history){ .track = tick->samples[tick->sample_count - added + i - known].track,
                              .seen_us = INT64_MIN };
        if (!reserve_moment(&s->histories[i])) {
            while (i-- > known)
                free(s->histories[i].moments);
            return false;
        }
    }
    s->history_count += added;
    return true;
}

/* One step of the history's own filter. */
static void filter(struct history *h, const struct settle_sample *sample, int64_t tick_us,
                   double noise_m2_s3)
{
    if (h->count > 0) {
        int64_t before_us = h->moments[h->first + h->count - 1].tick_us;
        double dt_s = (double) (tick_us - before_us) / (double) US_PER_S;
        h->state = kalman_predict(h->state, dt_s, noise_m2_s3);
    }
    if (!sample->seen)
        return;
    if (h->seen_us == INT64_MIN)
        h->state = kalman_start(sample->sighted, sample->covariance, FIRST_SPEED_SD_M_S);
    else
        h->state = kalman_update(h->state, sample->sighted, sample->covariance);
    h->seen_us = tick_us;
}

static void append_moment(struct history *h, const struct settle_sample *sample, int64_t tick_us,
                          double noise_m2_s3)
{
    filter(h, sample, tick_us, noise_m2_s3);
    h->confirmed = h->confirmed || sample->confirmed;
    if (h->seen_us == INT64_MIN)
        return; /* it begins with its first sighting */
    h->moments[h->first + h->count++] = (struct moment){ .tick_us = tick_us,
                                                         .seen = sample->seen,
                                                         .hidden = sample->hidden,
                                                         .cameras = sample->cameras,
                                                         .state = h->state };
}

/* Both are by track, ascending. A track that is not in the tick has ended. */
static void take_samples(struct settle *s, const struct settle_tick *tick)
{
    size_t i = 0;
    for (size_t h = 0; h < s->history_count; h++) {
        struct history *history = &s->histories[h];
        while (i < tick->sample_count && tick->samples[i].track < history->track)
            i++; /* came back after its end: against the rules, so it is left out */
        if (i < tick->sample_count && tick->samples[i].track == history->track)
            append_moment(history, &tick->samples[i++], tick->tick_us, s->noise_m2_s3);
        else
            history->ended = true;
    }
}

/* Histories of which nothing is left to hand out. */
static void sweep(struct settle *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->history_count; i++) {
        struct history *h = &s->histories[i];
        if (h->ended && h->count == 0) {
            free(h->moments);
            continue;
        }
        if (kept != i)
            s->histories[kept] = *h;
        kept++;
    }
    s->history_count = kept;
}

int settle_push(struct settle *s, const struct settle_tick *tick)
{
    sweep(s);
    if (!copy_tick(s, tick) || !reserve_histories(s, tick))
        return -ENOMEM;
    take_samples(s, tick);
    s->ring_count++;
    s->newest_us = tick->tick_us;
    return 0;
}

/* Smooth the moments up to a time, from the last one in which the track was seen. */
static void smooth_history(struct history *h, int64_t until_us, double noise_m2_s3)
{
    size_t last = h->first + h->count;
    while (last > h->first && h->moments[last - 1].tick_us > h->seen_us)
        last--;
    if (last == h->first)
        return;
    struct kalman next = h->moments[last - 1].state;
    int64_t next_us = h->moments[last - 1].tick_us;
    if (next_us <= until_us)
        h->moments[last - 1].smoothed = true;
    for (size_t i = last - 1; i-- > h->first;) {
        struct moment *m = &h->moments[i];
        if (m->smoothed)
            break; /* what lies before was smoothed with it */
        double dt_s = (double) (next_us - m->tick_us) / (double) US_PER_S;
        next = smoother_step_back(m->state, next, dt_s, noise_m2_s3);
        next_us = m->tick_us;
        if (next_us <= until_us) {
            m->state = next;
            m->smoothed = true;
        }
    }
}

/* The moment of a history at the oldest tick, or NULL. */
static struct moment *oldest_moment(const struct history *h, int64_t tick_us)
{
    return h->count > 0 && h->moments[h->first].tick_us == tick_us ? &h->moments[h->first] : NULL;
}

static size_t gather_people(struct settle *s, int64_t tick_us)
{
    size_t count = 0;
    int64_t until_us = s->newest_us - s->lag_us / 2;
    for (size_t i = 0; i < s->history_count; i++) {
        struct history *h = &s->histories[i];
        struct moment *m = oldest_moment(h, tick_us);
        if (!m || !h->confirmed || tick_us > h->seen_us || (!m->seen && !m->hidden))
            continue;
        if (!m->smoothed)
            smooth_history(h, until_us > tick_us ? until_us : tick_us, s->noise_m2_s3);
        s->people[count++] = (struct settled_person){ .track = h->track,
                                                      .seen = m->seen,
                                                      .cameras = m->cameras,
                                                      .state = m->state,
                                                      .walker = &h->walker };
    }
    return count;
}

static void drop_moments(struct settle *s, int64_t tick_us)
{
    for (size_t i = 0; i < s->history_count; i++) {
        struct history *h = &s->histories[i];
        if (!oldest_moment(h, tick_us))
            continue;
        h->first++;
        if (--h->count == 0)
            h->first = 0;
    }
}

int settle_pop(struct settle *s, bool all, struct settled_tick *ret_tick)
{
    if (s->ring_count == 0)
        return 0;
    const struct waiting *w = waiting_at(s, 0);
    if (!all && s->newest_us - w->tick_us < s->lag_us)
        return 0;
    sweep(s);
    if (!reserve((void **) &s->people, &s->people_capacity, s->history_count, sizeof(*s->people)))
        return -ENOMEM;
    *ret_tick = (struct settled_tick){ .tick_us = w->tick_us,
                                       .duration_us = w->duration_us,
                                       .people = s->people,
                                       .person_count = gather_people(s, w->tick_us),
                                       .frames = w->frames,
                                       .frame_count = w->frame_count,
                                       .pairs = w->pairs,
                                       .pair_count = w->pair_count };
    drop_moments(s, w->tick_us);
    s->ring_first = (s->ring_first + 1) % s->ring_capacity;
    s->ring_count--;
    return 1;
}

int64_t settle_oldest_us(const struct settle *s)
{
    return s->ring_count > 0 ? waiting_at(s, 0)->tick_us : INT64_MAX;
}

size_t settle_waiting(const struct settle *s)
{
    return s->ring_count;
}

size_t settle_bytes(const struct settle *s)
{
    size_t bytes = sizeof(*s) + s->history_capacity * sizeof(*s->histories) +
                   s->ring_capacity * sizeof(*s->ring) + s->people_capacity * sizeof(*s->people);
    for (size_t i = 0; i < s->history_count; i++)
        bytes += s->histories[i].capacity * sizeof(struct moment);
    for (size_t i = 0; i < s->ring_capacity; i++)
        bytes += s->ring[i].frame_capacity * sizeof(struct settle_frame) +
                 s->ring[i].pair_capacity * sizeof(struct settle_pair);
    return bytes;
}
