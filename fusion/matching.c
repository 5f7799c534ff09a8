/*
 * matching.c - all frames of a tick matched to the tracks together
 */
#include "fusion/matching.h"

#include <errno.h>

/* What the rounds share. */
struct rounds {
    struct matching *matching;
    struct prediction *predictions; /* of the tracks, without what the present frame says */
    uint32_t *stamp;                /* of each track: the turn its prediction was made in */
    uint32_t turn;
    struct near *near;
    double gate_sigma;
    struct arena *arena;
};

static void weigh_match(struct matching *m, const struct sighting *sighting, struct match match,
                        double sign)
{
    struct covariance2 covariance;
    struct floor_m at = sighting_at(sighting, match.reading, &m->priors[match.track], &covariance);
    consensus_weigh(&m->sums[match.track], at, covariance, sign);
}

static void weigh_frame(struct matching *m, const struct matched_frame *frame, double sign)
{
    for (size_t i = 0; i < frame->count; i++)
        if (frame->matches[i].track != ASSOCIATE_NONE)
            weigh_match(m, &frame->sightings[i], frame->matches[i], sign);
}

/* What the other frames say of the tracks that this frame's sightings may be. */
static void predict_around(struct rounds *r, const struct matched_frame *frame)
{
    struct matching *m = r->matching;
    r->turn++;
    for (size_t i = 0; i < frame->count; i++) {
        const uint32_t *found;
        size_t n = near_find(r->near, frame->sightings[i].position, INFINITY, &found);
        for (size_t k = 0; k < n; k++) {
            uint32_t track = found[k];
            if (r->stamp[track] == r->turn)
                continue;
            r->stamp[track] = r->turn;
            r->predictions[track] = m->priors[track];
            r->predictions[track].position =
                consensus_position(&m->sums[track], &r->predictions[track].covariance);
        }
    }
}

static int match_frame(struct rounds *r, struct matched_frame *frame)
{
    weigh_frame(r->matching, frame, -1);
    predict_around(r, frame);
    int e =
        associate_frame(frame->sightings, frame->count, r->predictions, r->matching->track_count,
                        r->near, r->gate_sigma, r->arena, frame->matches, &frame->contested);
    if (e == 0)
        weigh_frame(r->matching, frame, 1);
    return e;
}

static int prepare(struct rounds *r, const struct tracks *tracks)
{
    struct matching *m = r->matching;
    size_t count = tracks->count;
    struct prediction *priors = arena_allocate(r->arena, count, sizeof(*priors));
    m->track_count = count;
    m->sums = arena_allocate(r->arena, count, sizeof(*m->sums));
    m->support_counts = arena_allocate(r->arena, count, sizeof(*m->support_counts));
    r->predictions = arena_allocate(r->arena, count, sizeof(*r->predictions));
    r->stamp = arena_allocate(r->arena, count, sizeof(*r->stamp));
    r->near = tracks_near(tracks, ASSOCIATE_REACH_M, r->arena);
    if (!priors || !m->sums || !m->support_counts || !r->predictions || !r->stamp || !r->near)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        priors[i] = track_prediction(&tracks->items[i]);
        /* Nobody is taken for somebody lost before they have turned up as somebody new. */
        if (tracks->items[i].phase == PHASE_LOST)
            priors[i].unbelief = INFINITY;
        consensus_add(&m->sums[i], priors[i].position, priors[i].covariance);
    }
    m->priors = priors;
    for (size_t f = 0; f < m->frame_count; f++) {
        struct matched_frame *frame = &m->frames[f];
        frame->matches = arena_allocate(r->arena, frame->count, sizeof(*frame->matches));
        if (!frame->matches)
            return -ENOMEM;
        for (size_t i = 0; i < frame->count; i++)
            frame->matches[i].track = ASSOCIATE_NONE;
        frame->contested = true;
    }
    return 0;
}

static void count_supports(struct matching *m)
{
    for (size_t f = 0; f < m->frame_count; f++)
        for (size_t i = 0; i < m->frames[f].count; i++)
            if (m->frames[f].matches[i].track != ASSOCIATE_NONE)
                m->support_counts[m->frames[f].matches[i].track]++;
}

int matching_solve(const struct tracks *tracks, struct matched_frame *frames, size_t frame_count,
                   const struct fusion_settings *settings, int rounds, struct arena *arena,
                   struct matching *ret_matching)
{
    struct matching m = { .frames = frames, .frame_count = frame_count };
    struct rounds r = { .matching = &m, .gate_sigma = settings->gate_sigma, .arena = arena };
    int e = prepare(&r, tracks);
    for (int round = 0; e == 0 && round < rounds; round++)
        for (size_t f = 0; e == 0 && f < frame_count; f++)
            if (frames[f].contested) /* what has one way only stays as it is */
                e = match_frame(&r, &frames[f]);
    if (e < 0)
        return e;
    count_supports(&m);
    *ret_matching = m;
    return 0;
}

struct floor_m matching_without(const struct matching *m, const struct sighting *sighting,
                                struct match match, struct covariance2 *ret_covariance)
{
    struct consensus others = m->sums[match.track];
    struct covariance2 covariance;
    struct floor_m at = sighting_at(sighting, match.reading, &m->priors[match.track], &covariance);
    consensus_take_out(&others, at, covariance);
    return consensus_position(&others, ret_covariance);
}

struct floor_m matching_sighted(const struct matching *m, uint32_t track,
                                struct covariance2 *ret_covariance)
{
    struct consensus sighted = m->sums[track];
    const struct prediction *prior = &m->priors[track];
    consensus_take_out(&sighted, prior->position, prior->covariance);
    return consensus_position(&sighted, ret_covariance);
}
