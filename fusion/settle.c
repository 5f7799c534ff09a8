/*
 * settle.c - what is known a little later
 *
 * Each track has a history: its ticks inside the lag with their filtered states. Once the oldest of
 * them is due, smoothing runs back from the last sighting over all of them, and what it finds is
 * kept for those that are at least half a lag old, a block of them. So each tick is gone over
 * twice. Blocks of a quarter would cost four steps a tick instead of two. Where nobody is hidden,
 * blocks of a half differ from smoothing over all that ever came after by 1 % of the error at 10
 * ticks a second, by 3 % at 2.
 */
#include "fusion/settle.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/settle_state.h"
#include "fusion/smoother.h"

/* How fast somebody may be walking who is seen for the first time, m/s. */
#define FIRST_SPEED_SD_M_S 1.0

/* Beginnings of blocks; about as many as ticks in half a lag. */
#define PHASES 16

/* Copy the tick behind the last one, without counting it yet. */
static bool copy_tick(struct settle *s, const struct settle_tick *tick)
{
    struct waiting *w = settle_reserve_tick(s, tick->frame_count, tick->pair_count);
    if (!w)
        return false;
    w->tick_us = tick->tick_us;
    w->duration_us = tick->duration_us;
    if (tick->frame_count > 0)
        memcpy(w->frames, tick->frames, tick->frame_count * sizeof(*w->frames));
    if (tick->pair_count > 0)
        memcpy(w->pairs, tick->pairs, tick->pair_count * sizeof(*w->pairs));
    return true;
}

/* Samples without a history; both are by track. */
static size_t count_new(const struct settle *s, const struct settle_tick *tick)
{
    size_t h = 0, found = 0;
    for (size_t i = 0; i < tick->sample_count; i++) {
        while (h < s->history_count && s->histories[h].track < tick->samples[i].track)
            h++;
        found += h < s->history_count && s->histories[h].track == tick->samples[i].track;
    }
    return tick->sample_count - found;
}

/* Room for one more moment in each of so many histories, so that nothing fails half way. */
static bool reserve_moments(struct settle *s, size_t count)
{
    if (settle_reserve_histories(s, count) < 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (history_reserve_moment(&s->histories[i]) < 0)
            return false;
    return true;
}

static void swap_histories(struct history *a, struct history *b)
{
    struct history kept = *a;
    *a = *b;
    *b = kept;
}

/* Begin the added histories, each where its number belongs: from the last one down, old ones make
 * room by changing places with unused ones. New numbers are mostly the largest. */
static void begin_histories(struct settle *s, const struct settle_tick *tick, size_t added)
{
    size_t old = s->history_count, place = old + added, i = tick->sample_count;
    s->history_count = place;
    while (place > old) {
        uint64_t track = tick->samples[i - 1].track;
        if (old > 0 && s->histories[old - 1].track >= track) {
            i -= s->histories[old - 1].track == track;
            swap_histories(&s->histories[--old], &s->histories[--place]);
        } else {
            history_begin(&s->histories[--place], track);
            i--;
        }
    }
}

static double seconds_between(int64_t earlier_us, int64_t later_us)
{
    return (double) (later_us - earlier_us) / (double) US_PER_S;
}

/* One step of the history's own filter, dt_s after its last one. */
static void filter(struct history *h, const struct settle_sample *sample, double dt_s,
                   double noise_m2_s3)
{
    bool first = h->seen_us == SETTLE_NEVER_US;
    if (first && sample->seen) {
        h->state = kalman_start(sample->sighted, sample->covariance, FIRST_SPEED_SD_M_S);
        return;
    }
    if (!first)
        h->state = kalman_predict(h->state, dt_s, noise_m2_s3);
    if (sample->seen)
        h->state = kalman_update(h->state, sample->sighted, sample->covariance);
}

static void append_moment(struct settle *s, struct history *h, const struct settle_sample *sample,
                          int64_t tick_us)
{
    h->confirmed = h->confirmed || sample->confirmed;
    if (h->seen_us == SETTLE_NEVER_US && !sample->seen)
        return; /* it begins with its first sighting */
    double dt_s = h->seen_us == SETTLE_NEVER_US ? 0 : seconds_between(s->newest_us, tick_us);
    filter(h, sample, dt_s, s->noise_m2_s3);
    if (sample->seen)
        h->seen_us = tick_us;
    *history_moment_at(h, h->ring.count++) = (struct moment){ .tick_us = tick_us,
                                                              .seen = sample->seen,
                                                              .hidden = sample->hidden,
                                                              .cameras = sample->cameras,
                                                              .state = h->state };
}

/* Every sample has its history. A track that is not in the tick has ended; if it came back against
 * the rules, that would be left out. */
static void take_samples(struct settle *s, const struct settle_tick *tick)
{
    size_t i = 0;
    for (size_t k = 0; k < s->history_count; k++) {
        struct history *h = &s->histories[k];
        bool there = i < tick->sample_count && tick->samples[i].track == h->track;
        if (there && !h->ended)
            append_moment(s, h, &tick->samples[i], tick->tick_us);
        else
            h->ended = true;
        i += there;
    }
}

/* Histories of which nothing is left to hand out go behind the others. */
static void sweep(struct settle *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->history_count; i++) {
        struct history *h = &s->histories[i];
        if (h->ended && h->ring.count == 0)
            continue;
        if (kept != i)
            swap_histories(&s->histories[kept], h);
        kept++;
    }
    s->history_count = kept;
}

int settle_push(struct settle *s, const struct settle_tick *tick)
{
    if (tick->tick_us <= s->newest_us || tick->duration_us < 0)
        return -EINVAL;
    sweep(s);
    size_t added = count_new(s, tick);
    if (!copy_tick(s, tick) || !reserve_moments(s, s->history_count + added))
        return -ENOMEM;
    begin_histories(s, tick, added);
    take_samples(s, tick);
    s->ring.count++;
    s->newest_us = tick->tick_us;
    return 0;
}

/* The last moment in which it was seen, of a history whose oldest moment is not after that. */
static size_t last_seen(const struct history *h)
{
    size_t last = h->ring.count - 1;
    while (history_moment_at(h, last)->tick_us > h->seen_us)
        last--;
    return last;
}

/* Smooth from the last sighting back; what is found is kept up to a time. */
static void smooth_history(struct history *h, int64_t until_us, double noise_m2_s3)
{
    size_t last = last_seen(h);
    const struct moment *later = history_moment_at(h, last);
    struct kalman state = later->state;
    h->smoothed = later->tick_us <= until_us ? last + 1 : 0;
    for (size_t i = last; i-- > 0;) {
        struct moment *m = history_moment_at(h, i);
        double dt_s = seconds_between(m->tick_us, later->tick_us);
        state = smoother_step_back(m->state, state, dt_s, noise_m2_s3);
        later = m;
        if (m->tick_us > until_us)
            continue;
        m->state = state;
        if (h->smoothed == 0)
            h->smoothed = i + 1;
    }
}

/*
 * How far the block reaches that begins with the oldest tick. Blocks of a track are half a lag long
 * and begin at a phase of its own: those who came in together, or when the store opened, are not
 * smoothed in one and the same tick.
 */
static int64_t block_end_us(const struct settle *s, uint64_t track, int64_t tick_us, bool all)
{
    int64_t half_us = s->lag_us / 2, end_us = s->newest_us - half_us;
    if (all || half_us == 0)
        return s->newest_us;
    int64_t phase_us = (int64_t) (track % PHASES) * half_us / PHASES;
    end_us -= (end_us % half_us + half_us + phase_us) % half_us;
    return end_us > tick_us ? end_us : tick_us;
}

/* Hand out the person of a history in the oldest tick, if it was there; its moment is gone then. */
static bool settle_history(const struct settle *s, struct history *h, int64_t tick_us, bool all,
                           struct settled_person *ret_person)
{
    if (h->ring.count == 0)
        return false;
    const struct moment *m = history_moment_at(h, 0);
    if (m->tick_us != tick_us)
        return false; /* it begins later */
    bool there = h->confirmed && tick_us <= h->seen_us && (m->seen || m->hidden);
    if (there) {
        if (h->smoothed == 0)
            smooth_history(h, block_end_us(s, h->track, tick_us, all), s->noise_m2_s3);
        *ret_person = (struct settled_person){ .track = h->track,
                                               .seen = m->seen,
                                               .cameras = m->cameras,
                                               .state = m->state,
                                               .walker = &h->walker };
    }
    ring_drop_first(&h->ring);
    h->smoothed -= h->smoothed > 0;
    return there;
}

int settle_pop(struct settle *s, bool all, struct settled_tick *ret_tick)
{
    if (s->ring.count == 0)
        return 0;
    const struct waiting *w = settle_waiting_at(s, 0);
    if (!all && s->newest_us - w->tick_us < s->lag_us)
        return 0;
    if (settle_reserve_people(s, s->history_count) < 0)
        return -ENOMEM;
    size_t people = 0;
    for (size_t i = 0; i < s->history_count; i++)
        people += settle_history(s, &s->histories[i], w->tick_us, all, &s->people[people]);
    ring_drop_first(&s->ring);
    *ret_tick = (struct settled_tick){ .tick_us = w->tick_us,
                                       .duration_us = w->duration_us,
                                       .people = s->people,
                                       .person_count = people,
                                       .frames = w->frames,
                                       .frame_count = w->frame_count,
                                       .pairs = w->pairs,
                                       .pair_count = w->pair_count };
    return 1;
}

int64_t settle_oldest_us(const struct settle *s)
{
    return s->ring.count > 0 ? settle_waiting_at(s, 0)->tick_us : INT64_MAX;
}

int64_t settle_newest_us(const struct settle *settle)
{
    return settle->newest_us;
}

size_t settle_waiting(const struct settle *s)
{
    return s->ring.count;
}
