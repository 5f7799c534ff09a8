/*
 * follow.c - one tick of tracking: frames in, tracks moved, begun and ended
 */
#include "fusion/follow.h"

#include <errno.h>

#include "base/clock.h"
#include "fusion/associate.h"
#include "fusion/life.h"

/* What the frames of one tick share. */
struct tick {
    struct tracks *tracks;
    const struct fusion_settings *settings;
    struct arena *arena;
    struct near *near;                 /* tracks, where they were at the end of the last tick */
    const struct sighting **leftovers; /* room for all observations of the tick */
    size_t leftover_count;
};

static struct near *index_tracks(const struct tick *tick)
{
    const struct tracks *tracks = tick->tracks;
    struct floor_m *points = arena_allocate(tick->arena, tracks->count, sizeof(*points));
    if (!points)
        return NULL;
    for (size_t i = 0; i < tracks->count; i++)
        points[i] = tracks->items[i].state.position;
    double moved_m = tick->settings->max_speed_m_s * (double) tick->settings->tick_us / US_PER_S;
    return near_build(points, tracks->count, ASSOCIATE_REACH_M + moved_m, tick->arena);
}

static struct sighting *sightings_of(const struct tick *tick, const struct aligned_frame *frame,
                                     size_t number)
{
    double own_m2 = tick->settings->position_variance_m2;
    struct covariance2 own = { .xx = own_m2, .yy = own_m2 };
    struct sighting *sightings =
        arena_allocate(tick->arena, frame->observation_count, sizeof(*sightings));
    for (size_t i = 0; sightings && i < frame->observation_count; i++) {
        const struct observation *o = &frame->observations[i];
        sightings[i] = (struct sighting){ .camera = frame->camera,
                                          .frame = number,
                                          .capture_us = frame->capture_us,
                                          .position = o->floor,
                                          .covariance = covariance2_add(o->covariance, own) };
    }
    return sightings;
}

/* Every frame of a camera that has seen a tentative track before is a vote for it or against it. */
static void count_look(struct tracks *tracks, int camera)
{
    for (size_t i = 0; i < tracks->count; i++) {
        struct track *track = &tracks->items[i];
        if (!track->confirmed && (track->voters >> camera & 1))
            track->looks++;
    }
}

static int follow_frame(struct tick *tick, const struct aligned_frame *frame, size_t number)
{
    struct sighting *sightings = sightings_of(tick, frame, number);
    size_t *track = arena_allocate(tick->arena, frame->observation_count, sizeof(*track));
    if (!sightings || !track)
        return -ENOMEM;
    int r = associate_frame(sightings, frame->observation_count, tick->tracks, tick->near,
                            tick->settings->gate_sigma, tick->settings->noise_m2_s3, tick->arena,
                            track);
    for (size_t i = 0; r == 0 && i < frame->observation_count; i++) {
        if (track[i] == ASSOCIATE_NONE)
            tick->leftovers[tick->leftover_count++] = &sightings[i];
        else
            r = life_support(&tick->tracks->items[track[i]], &sightings[i], tick->settings,
                             tick->arena);
    }
    return r;
}

static void drop_vague(struct tick *tick)
{
    size_t kept = 0;
    for (size_t i = 0; i < tick->leftover_count; i++)
        if (covariance2_max_sd(tick->leftovers[i]->covariance) <= LIFE_BIRTH_SD_MAX_M)
            tick->leftovers[kept++] = tick->leftovers[i];
    tick->leftover_count = kept;
}

static int settle_leftovers(struct tick *tick)
{
    int r = life_adopt(tick->tracks, tick->leftovers, &tick->leftover_count, tick->settings,
                       tick->arena);
    if (r < 0)
        return r;
    drop_vague(tick);
    return life_begin(tick->tracks, tick->leftovers, tick->leftover_count, tick->settings,
                      tick->arena);
}

static int prepare(struct tick *tick, struct aligned_frame *const *frames, size_t count)
{
    size_t observations = 0;
    for (size_t i = 0; i < count; i++)
        observations += frames[i]->observation_count;
    for (size_t i = 0; i < tick->tracks->count; i++)
        tick->tracks->items[i].supports = NULL;
    tick->near = index_tracks(tick);
    tick->leftovers = arena_allocate(tick->arena, observations, sizeof(*tick->leftovers));
    return tick->near && tick->leftovers ? 0 : -ENOMEM;
}

int follow_tick(struct tracks *tracks, struct aligned_frame *const *frames, size_t count,
                int64_t tick_us, const struct fusion_settings *settings, struct arena *arena)
{
    struct tick tick = { .tracks = tracks, .settings = settings, .arena = arena };
    int r = prepare(&tick, frames, count);
    for (size_t i = 0; r == 0 && i < count; i++) {
        count_look(tracks, frames[i]->camera);
        r = follow_frame(&tick, frames[i], i);
    }
    if (r == 0)
        r = settle_leftovers(&tick);
    if (r < 0)
        return r;
    for (size_t i = 0; i < tracks->count; i++)
        track_predict(&tracks->items[i], tick_us, settings->noise_m2_s3);
    r = life_merge(tracks, tick_us, settings, arena);
    if (r == 0)
        life_end(tracks, tick_us, settings);
    return r;
}
