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
    appearance_destroy(&tracks->appearance);
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

const struct track *tracks_find(const struct tracks *tracks, uint64_t number)
{
    size_t first = 0, end = tracks->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (tracks->items[middle].number < number)
            first = middle + 1;
        else
            end = middle;
    }
    return first < tracks->count && tracks->items[first].number == number ? &tracks->items[first]
                                                                          : NULL;
}

struct near *tracks_near(const struct tracks *tracks, double reach_m, struct arena *arena)
{
    struct floor_m *points = arena_take(arena, tracks->count, sizeof(*points));
    if (!points)
        return NULL;
    for (size_t i = 0; i < tracks->count; i++)
        points[i] = tracks->items[i].state.position;
    return near_build(points, tracks->count, reach_m, arena);
}

void track_predict(struct track *track, int64_t time_us, double noise_m2_s3)
{
    if (time_us <= track->state_us)
        return;
    double dt_s = (double) (time_us - track->state_us) / (double) US_PER_S;
    track->state = kalman_predict(track->state, dt_s, noise_m2_s3);
    track->state_us = time_us;
}

struct prediction track_prediction(const struct track *track)
{
    struct prediction prediction = { .position = track->state.position,
                                     .covariance = track->state.position_variance,
                                     .velocity_x_m_s = track->state.velocity_x_m_s,
                                     .velocity_y_m_s = track->state.velocity_y_m_s,
                                     .unbelief = 4 * log1p(exp(-track->belief)),
                                     .time_us = track->state_us };
    prediction_set_height(&prediction, track->height_m, track->height_variance);
    return prediction;
}

int track_note_support(struct track *track, const struct sighting *sighting, enum reading reading,
                       struct arena *arena)
{
    struct support *support = arena_take(arena, 1, sizeof(*support));
    if (!support)
        return -ENOMEM;
    *support =
        (struct support){ .sighting = sighting, .reading = reading, .next = track->supports };
    track->supports = support;
    if (sighting->capture_us > track->seen_us)
        track->seen_us = sighting->capture_us;
    return 0;
}

bool track_has_camera(const struct track *track, int camera)
{
    for (const struct support *s = track->supports; s; s = s->next)
        if (s->sighting->camera == camera)
            return true;
    return false;
}

/* A camera may have had several frames in the tick. */
uint32_t track_camera_count(const struct track *track)
{
    uint32_t count = 0;
    for (const struct support *s = track->supports; s; s = s->next) {
        const struct support *later = s->next;
        while (later && later->sighting->camera != s->sighting->camera)
            later = later->next;
        count += !later;
    }
    return count;
}

static struct watcher *find_watcher(struct track *track, int camera, bool *ret_known)
{
    struct watcher *oldest = &track->watchers[0];
    for (int i = 0; i < track->watcher_count; i++) {
        if (track->watchers[i].camera == camera) {
            *ret_known = true;
            return &track->watchers[i];
        }
        if (track->watchers[i].look_us < oldest->look_us)
            oldest = &track->watchers[i];
    }
    *ret_known = false;
    return track->watcher_count < TRACK_WATCHERS_MAX ? &track->watchers[track->watcher_count++]
                                                     : oldest;
}

static double news_after(int64_t since_us, double memory_s)
{
    return 1 - exp(-(double) since_us / (double) US_PER_S / memory_s);
}

double track_look_news(const struct track *track, int camera, int64_t look_us, double memory_s)
{
    for (int i = 0; i < track->watcher_count; i++)
        if (track->watchers[i].camera == camera)
            return news_after(look_us - track->watchers[i].look_us, memory_s);
    return 1;
}

double track_note_look(struct track *track, int camera, int64_t look_us, double memory_s)
{
    bool known;
    struct watcher *watcher = find_watcher(track, camera, &known);
    double news = known ? news_after(look_us - watcher->look_us, memory_s) : 1;
    *watcher = (struct watcher){ .camera = camera, .look_us = look_us };
    return news;
}
