/*
 * track.c - what a track remembers
 */
#include "fusion/track.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

void tracks_release(struct tracks *tracks)
{
    free(tracks->items);
    *tracks = (struct tracks){ 0 };
}

struct track *tracks_add(struct tracks *tracks)
{
    if (tracks->count == tracks->capacity) {
        size_t capacity = tracks->capacity ? 2 * tracks->capacity : 16;
        struct track *items = realloc(tracks->items, capacity * sizeof(*items));
        if (!items)
            return NULL;
        tracks->items = items;
        tracks->capacity = capacity;
    }
    struct track *track = &tracks->items[tracks->count++];
    *track = (struct track){ .number = ++tracks->last_number };
    return track;
}

void tracks_sweep(struct tracks *tracks)
{
    size_t kept = 0;
    for (size_t i = 0; i < tracks->count; i++) {
        if (tracks->items[i].number == 0)
            continue;
        if (kept != i)
            tracks->items[kept] = tracks->items[i];
        kept++;
    }
    tracks->count = kept;
}

void track_predict(struct track *track, int64_t time_us, double noise_m2_s3)
{
    if (time_us <= track->state_us)
        return;
    double dt_s = (double) (time_us - track->state_us) / (double) US_PER_S;
    track->state = kalman_predict(track->state, dt_s, noise_m2_s3);
    track->state_us = time_us;
}

int64_t track_seen_by_others_us(const struct track *track, int camera)
{
    return track->last_camera != camera ? track->seen_us : track->other_seen_us;
}

int track_note_support(struct track *track, const struct sighting *sighting, struct arena *arena)
{
    struct support *support = arena_allocate(arena, 1, sizeof(*support));
    if (!support)
        return -ENOMEM;
    *support = (struct support){ .sighting = sighting, .next = track->supports };
    track->supports = support;
    if (track->hits == 0)
        track->other_seen_us = INT64_MIN;
    else if (track->last_camera != sighting->camera)
        track->other_seen_us = track->seen_us;
    track->last_camera = sighting->camera;
    if (track->hits == 0 || sighting->capture_us > track->seen_us)
        track->seen_us = sighting->capture_us;
    if (track->hits == 0)
        track->born_us = sighting->capture_us;
    track->hits++;
    track->voters |= UINT64_C(1) << sighting->camera;
    return 0;
}

bool track_has_camera(const struct track *track, int camera)
{
    return track_camera_set(track) >> camera & 1;
}

bool track_seen_beside(const struct track *a, const struct track *b)
{
    for (const struct support *s = a->supports; s; s = s->next)
        for (const struct support *t = b->supports; t; t = t->next)
            if (s->sighting->frame == t->sighting->frame)
                return true;
    return false;
}

uint64_t track_camera_set(const struct track *track)
{
    uint64_t set = 0;
    for (const struct support *s = track->supports; s; s = s->next)
        set |= UINT64_C(1) << s->sighting->camera;
    return set;
}
