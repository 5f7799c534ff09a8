/*
 * follow.c - one tick of tracking: frames in, tracks moved, begun and ended
 */
#include "fusion/follow.h"

#include <errno.h>
#include <math.h>

#include "fusion/belief.h"
#include "fusion/doubles.h"
#include "fusion/life.h"
#include "fusion/matching.h"

/* How much one sighting tells of a person's height: as one with this variance, m^2. Boxes of the
 * same pose err together. */
#define HEIGHT_VARIANCE_M2     0.02
#define HEIGHT_VARIANCE_MIN_M2 0.0004

/* A box errs the same way for about this long: the same pose, the same neighbours in the way. So a
 * camera of 30 frames a second tells a place little better than one of 10. */
#define BOX_MEMORY_S 0.1
#define NEWS_MIN     0.05

/* What one tick works on. */
struct tick {
    struct tracks *tracks;
    struct aligned_frame *const *frames;
    size_t frame_count;
    int64_t tick_us, duration_us;
    const struct fusion_settings *settings;
    struct cameras *cameras;
    const struct seers *seers;
    const struct ground *ground;
    struct arena *arena;
    struct matching matching;
    const struct sighting **leftovers;
    size_t leftover_count;
    struct tick_traces *traces; /* NULL: not wanted */
};

static int match_frames(struct tick *tick)
{
    struct matched_frame *frames = arena_allocate(tick->arena, tick->frame_count, sizeof(*frames));
    size_t observations = 0;
    if (!frames)
        return -ENOMEM;
    for (size_t i = 0; i < tick->frame_count; i++) {
        const struct aligned_frame *frame = tick->frames[i];
        frames[i].count = frame->observation_count;
        frames[i].sightings =
            sightings_of_frame(frame, i, &tick->cameras->items[frame->camera], tick->ground,
                               tick->settings->position_variance_m2, tick->arena);
        if (!frames[i].sightings)
            return -ENOMEM;
        observations += frame->observation_count;
    }
    tick->leftovers = arena_allocate(tick->arena, observations, sizeof(*tick->leftovers));
    return !tick->leftovers
               ? -ENOMEM
               : matching_solve(tick->tracks, frames, tick->frame_count, tick->settings,
                                FOLLOW_ROUNDS, tick->arena, &tick->matching);
}

/* What the other cameras say of this person teaches how this camera errs. */
static void learn_from(struct tick *tick, const struct sighting *s, uint32_t track,
                       enum reading reading)
{
    if (reading != READING_FOOT || !s->feet_are_seen ||
        tick->tracks->items[track].phase != PHASE_CONFIRMED ||
        tick->matching.support_counts[track] < 2)
        return;
    struct covariance2 own, others;
    struct floor_m at = sighting_at(s, reading, &tick->matching.priors[track], &own);
    struct floor_m there = matching_without(&tick->matching, track, s, reading, &others);
    double dx = at.x - there.x, dy = at.y - there.y;
    habits_learn_position(&tick->cameras->items[s->camera].habits, dx * s->away.x + dy * s->away.y,
                          covariance2_mahalanobis2(covariance2_add(own, others), dx, dy));
}

static void learn_height(struct track *track, const struct sighting *s, enum reading reading)
{
    if (reading != READING_FOOT || !s->feet_are_seen || !s->has_head)
        return;
    double gain = track->height_variance / (track->height_variance + HEIGHT_VARIANCE_M2);
    track->height_m += gain * (s->height_m - track->height_m);
    track->height_variance = fmax(HEIGHT_VARIANCE_MIN_M2, (1 - gain) * track->height_variance);
}

/* What a track gains from a sighting that says again what the same camera has just said: as much
 * less as its covariance is larger. */
static struct covariance2 without_repetition(const struct track *track, const struct sighting *s,
                                             struct covariance2 covariance)
{
    double news = track_look_news(track, s->camera, s->capture_us, BOX_MEMORY_S);
    return covariance2_scaled(covariance, 1 / fmax(NEWS_MIN, news));
}

static int support(struct tick *tick, const struct sighting *s, uint32_t index,
                   enum reading reading)
{
    struct track *track = &tick->tracks->items[index];
    struct covariance2 covariance;
    struct floor_m at = sighting_at(s, reading, &tick->matching.priors[index], &covariance);
    track->state = kalman_update(track->state, at, without_repetition(track, s, covariance));
    track->state = kalman_limit_speed(track->state, tick->settings->max_speed_m_s);
    learn_height(track, s, reading);
    return track_note_support(track, s, reading, tick->arena);
}

/* Matched sightings move their tracks; the others are left over. */
static int use_frame(struct tick *tick, const struct matched_frame *frame)
{
    for (size_t i = 0; i < frame->count; i++) {
        const struct sighting *s = &frame->sightings[i];
        uint32_t track = matched_track(frame, i);
        if (track == ASSOCIATE_NONE) {
            if (!s->is_part && covariance2_max_sd(s->covariance) <= LIFE_BIRTH_SD_MAX_M &&
                ground_can_stand(tick->ground, s->position))
                tick->leftovers[tick->leftover_count++] = s;
            continue;
        }
        learn_from(tick, s, track, frame->matches[i].reading);
        int r = support(tick, s, track, frame->matches[i].reading);
        if (r < 0)
            return r;
    }
    return 0;
}

/* What is sure in a frame teaches what people look like, and how far others are from that. */
static int learn_appearances(struct tick *tick, const struct matched_frame *frame)
{
    uint64_t other = 0; /* somebody else in this frame */
    int r = 0;
    for (size_t i = 0; r >= 0 && i < frame->count; i++) {
        const struct sighting *s = &frame->sightings[i];
        uint32_t index = matched_track(frame, i);
        if (!s->appearance || index == ASSOCIATE_NONE || !frame->matches[i].sure ||
            tick->tracks->items[index].phase != PHASE_CONFIRMED)
            continue;
        uint64_t track = tick->tracks->items[index].number;
        r = appearance_note_same(tick->tracks->appearance, track, s->appearance, s->capture_us);
        if (r > 0 && other)
            appearance_note_different(tick->tracks->appearance, other, s->appearance);
        other = track;
    }
    return r < 0 ? r : 0;
}

static int learn_all_appearances(struct tick *tick)
{
    int r = 0;
    for (size_t f = 0; r == 0 && f < tick->frame_count; f++) {
        if (!tick->frames[f]->appearance)
            continue;
        if (!tick->tracks->appearance)
            r = appearance_create(&tick->tracks->appearance);
        if (r == 0)
            r = learn_appearances(tick, &tick->matching.frames[f]);
    }
    return r;
}

/* Who is gone has no portrait. */
static int keep_appearances(const struct tick *tick)
{
    const struct tracks *tracks = tick->tracks;
    if (!tracks->appearance)
        return 0;
    uint64_t *numbers = arena_take(tick->arena, tracks->count, sizeof(*numbers));
    if (!numbers)
        return -ENOMEM;
    for (size_t i = 0; i < tracks->count; i++)
        numbers[i] = tracks->items[i].number;
    appearance_keep(tracks->appearance, numbers, tracks->count);
    return 0;
}

static int move_tracks(struct tick *tick)
{
    int r = 0;
    for (size_t f = 0; r == 0 && f < tick->frame_count; f++)
        r = use_frame(tick, &tick->matching.frames[f]);
    for (uint32_t i = 0; i < tick->matching.track_count; i++)
        if (tick->matching.support_counts[i] > 0) {
            struct track *track = &tick->tracks->items[i];
            track->sighted = matching_sighted(&tick->matching, i, &track->sighted_covariance);
        }
    return r;
}

/* When each camera that has a frame in this tick looked last. */
static int64_t *look_times(const struct tick *tick)
{
    int cameras = tick->cameras->count;
    int64_t *look_us = arena_allocate(tick->arena, (size_t) cameras, sizeof(*look_us));
    for (int c = 0; look_us && c < cameras; c++)
        look_us[c] = INT64_MIN;
    for (size_t i = 0; look_us && i < tick->frame_count; i++)
        if (frame_shows_look(tick->frames[i]))
            look_us[tick->frames[i]->camera] = tick->frames[i]->capture_us;
    return look_us;
}

/* ---- what was said, for others ---- */

static struct evidence_sighting sighting_trace(const struct tick *tick, const struct sighting *s,
                                               const struct observation *o, uint32_t index)
{
    return (struct evidence_sighting){
        .camera = s->camera,
        .track = index == ASSOCIATE_NONE ? 0 : tick->tracks->items[index].number,
        .capture_us = s->capture_us,
        .foot = o->floor,
        .covariance = o->covariance,
        .height_m = s->height_m,
        .box = o->box,
        .score = o->score,
        .reasons = o->reasons,
        .feet_seen = s->feet_are_seen,
        .is_part = s->is_part,
    };
}

static int trace_sightings(struct tick *tick)
{
    struct tick_traces *traces = tick->traces;
    size_t room = 0;
    for (size_t f = 0; f < tick->frame_count; f++)
        room += tick->frames[f]->observation_count;
    traces->sightings = arena_take(tick->arena, room, sizeof(*traces->sightings));
    if (!traces->sightings)
        return -ENOMEM;
    for (size_t f = 0; f < tick->frame_count; f++) {
        const struct matched_frame *frame = &tick->matching.frames[f];
        for (size_t i = 0; i < frame->count; i++)
            traces->sightings[traces->sighting_count++] =
                sighting_trace(tick, &frame->sightings[i], &tick->frames[f]->observations[i],
                               matched_track(frame, i));
    }
    return 0;
}

static int trace_looks(struct tick *tick, const struct looks *looks, const int64_t *look_us)
{
    struct tick_traces *traces = tick->traces;
    traces->look_us = look_us;
    traces->looks = arena_take(tick->arena, looks->count, sizeof(*traces->looks));
    if (!traces->looks)
        return -ENOMEM;
    for (uint32_t t = 0; t < tick->tracks->count; t++)
        for (uint32_t l = looks->first[t]; l != LOOK_NONE; l = looks->items[l].next) {
            const struct look *look = &looks->items[l];
            traces->looks[traces->look_count++] =
                (struct evidence_look){ .camera = look->camera,
                                        .track = tick->tracks->items[t].number,
                                        .found = look->found,
                                        .visible = look->expected ? look->visible : NAN };
        }
    return 0;
}

/* ---- judging ---- */

static int judge_tracks(struct tick *tick, size_t *ret_confirmed)
{
    struct looks looks;
    struct tick_cameras cameras = { .cameras = tick->cameras,
                                    .seers = tick->seers,
                                    .look_us = look_times(tick) };
    if (!cameras.look_us)
        return -ENOMEM;
    int r = looks_take(tick->tracks, &cameras, tick->arena, &looks);
    if (r < 0)
        return r;
    if (tick->traces)
        r = trace_looks(tick, &looks, cameras.look_us);
    if (r < 0)
        return r;
    belief_weigh(tick->tracks, &looks, &cameras, tick->cameras);
    r = doubles_unite(tick->tracks, &looks, tick->cameras, tick->tick_us, tick->duration_us,
                      tick->settings, tick->arena);
    if (r < 0)
        return r;
    *ret_confirmed = life_confirm(tick->tracks, tick->tick_us);
    life_end(tick->tracks, tick->tick_us, tick->settings);
    return keep_appearances(tick);
}

static void predict_tracks(struct tick *tick)
{
    for (size_t i = 0; i < tick->tracks->count; i++)
        track_predict(&tick->tracks->items[i], tick->tick_us, tick->settings->noise_m2_s3);
}

int follow_tick(struct tracks *tracks, struct aligned_frame *const *frames, size_t count,
                int64_t tick_us, int64_t duration_us, const struct fusion_settings *settings,
                struct cameras *cameras, const struct seers *seers, const struct ground *ground,
                struct arena *arena, size_t *ret_confirmed, struct tick_traces *ret_traces)
{
    struct tick tick = { .tracks = tracks,
                         .frames = frames,
                         .frame_count = count,
                         .tick_us = tick_us,
                         .duration_us = duration_us,
                         .settings = settings,
                         .cameras = cameras,
                         .seers = seers,
                         .ground = ground,
                         .arena = arena,
                         .traces = ret_traces };
    if (ret_traces)
        *ret_traces = (struct tick_traces){ 0 };
    for (size_t i = 0; i < tracks->count; i++)
        tracks->items[i].supports = NULL;
    predict_tracks(&tick);
    int r = match_frames(&tick);
    if (r == 0)
        r = move_tracks(&tick);
    if (r == 0 && tick.traces)
        r = trace_sightings(&tick);
    if (r == 0)
        r = learn_all_appearances(&tick);
    if (r == 0)
        r = life_begin(tracks, tick.leftovers, tick.leftover_count, ground, settings, arena);
    if (r < 0)
        return r;
    predict_tracks(&tick); /* those who have just begun */
    return judge_tracks(&tick, ret_confirmed);
}
