/*
 * life.c - how tracks begin, become people, turn out to be doubles, and end
 */
#include "fusion/life.h"

#include <errno.h>

#include "fusion/cluster.h"
#include "fusion/edge.h"
#include "fusion/near.h"

#define NOBODY UINT32_MAX

int life_support(struct track *track, const struct sighting *sighting,
                 const struct fusion_settings *settings, struct arena *arena)
{
    track_predict(track, sighting->capture_us, settings->noise_m2_s3);
    track->state = kalman_update(track->state, sighting->position, sighting->covariance);
    track->state = kalman_limit_speed(track->state, settings->max_speed_m_s);
    return track_note_support(track, sighting, arena);
}

static struct near *index_tracks(const struct tracks *tracks, double reach_m, struct arena *arena)
{
    struct floor_m *points = arena_allocate(arena, tracks->count, sizeof(*points));
    if (!points)
        return NULL;
    for (size_t i = 0; i < tracks->count; i++)
        points[i] = tracks->items[i].state.position;
    return near_build(points, tracks->count, reach_m, arena);
}

static bool may_adopt(const struct track *track, const struct sighting *s,
                      const struct fusion_settings *settings)
{
    if (track_has_camera(track, s->camera))
        return false;
    int64_t others_us = track_seen_by_others_us(track, s->camera);
    return others_us != INT64_MIN && s->capture_us - others_us <= settings->frame_valid_us;
}

static int find_adoptions(const struct tracks *tracks, const struct sighting *const *leftovers,
                          size_t count, const struct fusion_settings *settings, struct arena *arena,
                          struct edge_list *ret_pairs)
{
    struct near *near = index_tracks(tracks, settings->merge_m, arena);
    if (!near)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *found;
        size_t n = near_find(near, leftovers[i]->position, settings->merge_m, &found);
        for (size_t k = 0; k < n; k++) {
            const struct track *track = &tracks->items[found[k]];
            if (!may_adopt(track, leftovers[i], settings))
                continue;
            double distance_m = floor_distance_m(track->state.position, leftovers[i]->position);
            struct edge pair = { .cost = distance_m, .a = i, .b = found[k] };
            int r = edge_list_add(ret_pairs, pair, arena);
            if (r < 0)
                return r;
        }
    }
    edge_list_sort(ret_pairs);
    return 0;
}

int life_adopt(struct tracks *tracks, const struct sighting **leftovers, size_t *count,
               const struct fusion_settings *settings, struct arena *arena)
{
    struct edge_list pairs = { 0 };
    if (*count == 0 || tracks->count == 0 || settings->merge_m <= 0)
        return 0;
    int r = find_adoptions(tracks, leftovers, *count, settings, arena, &pairs);
    if (r < 0)
        return r;
    for (size_t i = 0; i < pairs.count; i++) {
        struct track *track = &tracks->items[pairs.items[i].b];
        const struct sighting **leftover = &leftovers[pairs.items[i].a];
        if (!*leftover || track_has_camera(track, (*leftover)->camera))
            continue;
        /* The state stays: the sighting was outside the gate, so one of the cameras is wrong. */
        r = track_note_support(track, *leftover, arena);
        if (r < 0)
            return r;
        *leftover = NULL;
    }
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (leftovers[i])
            leftovers[kept++] = leftovers[i];
    *count = kept;
    return 0;
}

/* The new track's index goes to *ret_index; NOBODY when there are too many already. */
static int begin_one(struct tracks *tracks, const struct sighting *first, struct arena *arena,
                     uint32_t *ret_index)
{
    *ret_index = NOBODY;
    if (tracks->count >= TRACKS_MAX)
        return 0;
    struct track *track = tracks_add(tracks);
    if (!track)
        return -ENOMEM;
    *ret_index = (uint32_t) tracks->count - 1;
    track->state = kalman_start(first->position, first->covariance, LIFE_BIRTH_SPEED_SD_M_S);
    track->state_us = first->capture_us;
    return track_note_support(track, first, arena);
}

int life_begin(struct tracks *tracks, const struct sighting *const *leftovers, size_t count,
               const struct fusion_settings *settings, struct arena *arena)
{
    if (count == 0)
        return 0;
    uint32_t *person = arena_allocate(arena, count, sizeof(*person));
    uint32_t *track_of = arena_allocate(arena, count, sizeof(*track_of));
    if (!person || !track_of)
        return -ENOMEM;
    int r =
        cluster_sightings(leftovers, count, settings->merge_m, settings->gate_sigma, arena, person);
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        if (person[i] == i)
            r = begin_one(tracks, leftovers[i], arena, &track_of[i]);
        else if (track_of[person[i]] != NOBODY)
            r = life_support(&tracks->items[track_of[person[i]]], leftovers[i], settings, arena);
    }
    return r;
}

/* The nearest older track within merge_m that is not gone; NULL: none. */
static struct track *nearest_older(struct tracks *tracks, size_t index, struct near *near,
                                   double merge_m)
{
    const struct track *track = &tracks->items[index];
    struct track *nearest = NULL;
    double nearest_m = INFINITY;
    const uint32_t *found;
    size_t n = near_find(near, track->state.position, merge_m, &found);
    for (size_t k = 0; k < n; k++) {
        struct track *other = &tracks->items[found[k]];
        double distance_m = floor_distance_m(track->state.position, other->state.position);
        bool nearer = distance_m < nearest_m ||
                      (nearest && distance_m == nearest_m && other->number < nearest->number);
        if (found[k] >= index || other->number == 0 || !nearer)
            continue;
        nearest = other;
        nearest_m = distance_m;
    }
    return nearest;
}

/* Two that one camera shows beside each other are two people, and for a while after. */
static bool is_distinct(struct track *track, const struct track *older, int64_t tick_us,
                        const struct fusion_settings *settings)
{
    if (track_seen_beside(track, older)) {
        track->distinct_from = older->number;
        track->distinct_us = tick_us;
        return true;
    }
    return track->distinct_from == older->number &&
           tick_us - track->distinct_us <= settings->max_gap_us;
}

/* A track that nobody sees at present is hidden, perhaps by the other: that makes no double. */
static bool is_live(const struct track *track, int64_t tick_us,
                    const struct fusion_settings *settings)
{
    return tick_us - track->seen_us <= settings->confirm_us;
}

/* Whether a track has been the double of an older one for long enough. */
static bool is_double(struct track *track, const struct track *older, int64_t tick_us,
                      const struct fusion_settings *settings)
{
    if (!older || is_distinct(track, older, tick_us, settings)) {
        track->twin = 0;
        return false;
    }
    if (track->twin != older->number) {
        track->twin = older->number;
        track->twin_since_us = tick_us;
    }
    if (!is_live(track, tick_us, settings) || !is_live(older, tick_us, settings)) {
        track->twin_since_us = tick_us;
        return false;
    }
    return tick_us - track->twin_since_us >= LIFE_TWIN_US;
}

/* The older one's number lives on, with the state of the one that was seen last. */
static void merge(struct track *older, struct track *younger)
{
    if (younger->confirmed && !older->confirmed) {
        older->number = 0;
        return;
    }
    if (younger->seen_us > older->seen_us) {
        older->state = younger->state;
        older->state_us = younger->state_us;
        older->seen_us = younger->seen_us;
        older->last_camera = younger->last_camera;
        older->other_seen_us = younger->other_seen_us;
    }
    younger->number = 0;
}

int life_merge(struct tracks *tracks, int64_t tick_us, const struct fusion_settings *settings,
               struct arena *arena)
{
    if (tracks->count < 2 || settings->merge_m <= 0)
        return 0;
    struct near *near = index_tracks(tracks, settings->merge_m, arena);
    if (!near)
        return -ENOMEM;
    for (size_t i = 1; i < tracks->count; i++) {
        struct track *track = &tracks->items[i];
        struct track *older = nearest_older(tracks, i, near, settings->merge_m);
        if (is_double(track, older, tick_us, settings))
            merge(older, track);
    }
    tracks_sweep(tracks);
    return 0;
}

bool life_is_due(const struct track *track, const struct fusion_settings *settings)
{
    return !track->confirmed && track->twin == 0 && track->hits >= LIFE_CONFIRM_HITS &&
           track->hits >= LIFE_CONFIRM_SHARE * track->looks &&
           track->seen_us - track->born_us >= settings->confirm_us;
}

void life_end(struct tracks *tracks, int64_t tick_us, const struct fusion_settings *settings)
{
    /* Somebody who is not believed yet needs no more than the next frame of a slow camera. */
    int64_t tentative_us = settings->confirm_us > settings->frame_valid_us
                               ? settings->confirm_us
                               : settings->frame_valid_us;
    for (size_t i = 0; i < tracks->count; i++) {
        struct track *track = &tracks->items[i];
        int64_t limit_us = track->confirmed ? settings->max_gap_us : tentative_us;
        if (tick_us - track->seen_us > limit_us)
            track->number = 0;
    }
    tracks_sweep(tracks);
}
