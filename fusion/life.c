/*
 * life.c - how tracks begin, become people, are lost, turn up again, and end
 */
#include "fusion/life.h"

#include <errno.h>

#include "base/clock.h"
#include "fusion/belief.h"
#include "fusion/cluster.h"
#include "fusion/consensus.h"
#include "fusion/doubles.h"

/* Sightings that are one new person: a chain through their numbers. */
struct newcomer {
    struct consensus consensus;
    int64_t seen_us;
    const struct appearance_vector *appearance; /* of one of them, or NULL */
    uint32_t track; /* index, once there is one; UINT32_MAX before, or when there is no room */
};

/* The lost person who would be nearest to here now and looks most like the newcomer, or NULL. */
static struct track *find_lost(struct tracks *tracks, size_t count, struct floor_m position,
                               struct covariance2 covariance, const struct newcomer *newcomer)
{
    int64_t seen_us = newcomer->seen_us;
    struct track *nearest = NULL;
    double farthest2 = LIFE_REVIVE_SIGMA * LIFE_REVIVE_SIGMA, least = INFINITY;
    for (size_t i = 0; i < count; i++) {
        struct track *track = &tracks->items[i];
        if (track->phase != PHASE_LOST || seen_us <= track->seen_us ||
            floor_distance_m(track->state.position, position) > LIFE_REVIVE_M)
            continue;
        struct covariance2 sum = covariance2_add(track->state.position_variance, covariance);
        double d2 = covariance2_mahalanobis2(sum, position.x - track->state.position.x,
                                             position.y - track->state.position.y);
        double cost = d2 + appearance_cost(appearance_of(tracks->appearance, track->number),
                                           newcomer->appearance);
        if (d2 < farthest2 && cost < least) {
            least = cost;
            nearest = track;
        }
    }
    return nearest;
}

/* A track for a newcomer: that of somebody lost, or a new one. NULL when out of memory. */
static struct track *track_for(struct tracks *tracks, size_t known, const struct ground *ground,
                               const struct fusion_settings *settings, struct floor_m position,
                               struct covariance2 covariance, const struct newcomer *newcomer)
{
    int64_t seen_us = newcomer->seen_us;
    struct track *track = find_lost(tracks, known, position, covariance, newcomer);
    if (!track) {
        track = tracks_add(tracks);
        if (!track)
            return NULL;
        track->born_us = seen_us;
        track->height_m = settings->person_height_m;
        track->height_variance = settings->person_height_variance;
    }
    track->phase = PHASE_TENTATIVE;
    track->belief = ground_is_door(ground, position) ? BELIEF_AT_A_DOOR : BELIEF_AT_BIRTH;
    track->watcher_count = 0;
    track->state = kalman_start(position, covariance, LIFE_BIRTH_SPEED_SD_M_S);
    track->state_us = seen_us;
    track->seen_us = seen_us;
    track->sighted = position;
    track->sighted_covariance = covariance;
    return track;
}

static int begin_one(struct tracks *tracks, size_t known, const struct ground *ground,
                     const struct fusion_settings *settings, struct newcomer *newcomer)
{
    struct covariance2 covariance;
    struct floor_m position = consensus_position(&newcomer->consensus, &covariance);
    newcomer->track = UINT32_MAX;
    if (tracks->count >= TRACKS_MAX)
        return 0;
    struct track *track =
        track_for(tracks, known, ground, settings, position, covariance, newcomer);
    if (!track)
        return -ENOMEM;
    newcomer->track = (uint32_t) (track - tracks->items);
    return 0;
}

static int note_supports(struct tracks *tracks, const struct sighting *const *leftovers,
                         size_t count, const uint32_t *person, const struct newcomer *newcomers,
                         struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t track = newcomers[person[i]].track;
        if (track == UINT32_MAX)
            continue;
        int r = track_note_support(&tracks->items[track], leftovers[i], READING_FOOT, arena);
        if (r < 0)
            return r;
    }
    return 0;
}

int life_begin(struct tracks *tracks, const struct sighting *const *leftovers, size_t count,
               const struct ground *ground, const struct fusion_settings *settings,
               struct arena *arena)
{
    if (count == 0)
        return 0;
    size_t known = tracks->count;
    uint32_t *person = arena_allocate(arena, count, sizeof(*person));
    struct newcomer *newcomers = arena_allocate(arena, count, sizeof(*newcomers));
    if (!person || !newcomers)
        return -ENOMEM;
    int r =
        cluster_sightings(leftovers, count, settings->merge_m, settings->gate_sigma, arena, person);
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct newcomer *newcomer = &newcomers[person[i]];
        consensus_add(&newcomer->consensus, leftovers[i]->position, leftovers[i]->covariance);
        if (!newcomer->appearance)
            newcomer->appearance = leftovers[i]->appearance;
        if (person[i] == i || leftovers[i]->capture_us > newcomer->seen_us)
            newcomer->seen_us = leftovers[i]->capture_us;
    }
    for (size_t i = 0; r == 0 && i < count; i++)
        if (person[i] == i)
            r = begin_one(tracks, known, ground, settings, &newcomers[i]);
    return r < 0 ? r : note_supports(tracks, leftovers, count, person, newcomers, arena);
}

size_t life_confirm(struct tracks *tracks, int64_t tick_us)
{
    size_t confirmed = 0;
    for (size_t i = 0; i < tracks->count; i++) {
        struct track *track = &tracks->items[i];
        if (track->phase != PHASE_TENTATIVE || track->belief < BELIEF_CONFIRMED ||
            doubles_suspects(track, tracks, tick_us))
            continue;
        track->phase = PHASE_CONFIRMED;
        confirmed++;
    }
    return confirmed;
}

/* Whether a person is not where they were, or nobody can tell any more. */
static bool is_lost(const struct track *track, int64_t tick_us,
                    const struct fusion_settings *settings)
{
    int64_t unseen_us = tick_us - track->seen_us;
    return track->belief < BELIEF_LOST || unseen_us > settings->max_gap_us ||
           (!track->in_sight && unseen_us > LIFE_OUT_OF_SIGHT_US);
}

void life_end(struct tracks *tracks, int64_t tick_us, const struct fusion_settings *settings)
{
    for (size_t i = 0; i < tracks->count; i++) {
        struct track *track = &tracks->items[i];
        int64_t unseen_us = tick_us - track->seen_us;
        if (track->phase == PHASE_CONFIRMED && is_lost(track, tick_us, settings))
            track->phase = PHASE_LOST;
        if (track->phase == PHASE_TENTATIVE &&
            (track->belief < BELIEF_AT_BIRTH || unseen_us > LIFE_TENTATIVE_US))
            track->number = 0;
        if (track->phase == PHASE_LOST && unseen_us > LIFE_REMEMBERED_US)
            track->number = 0;
    }
    tracks_sweep(tracks);
}
