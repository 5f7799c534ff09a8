/*
 * matching.c - all frames of a tick matched to the tracks together
 */
#include "fusion/matching.h"

#include <errno.h>
#include <string.h>

/* Numbering of the tracks that one frame's sightings may be: good for one frame, marked by turn. */
struct numbering {
    uint32_t *number; /* of each track, where its turn is the present one */
    uint32_t *turn_of;
    uint32_t turn;
    uint32_t *tracks; /* by number */
    uint32_t track_count;
    uint32_t *found; /* numbers of the candidates of all sightings, one after the other */
    size_t found_count, found_capacity;
};

/* Where tracks are looked for. */
struct search {
    struct near *near;
    const struct prediction *priors;
    double vaguest_m2; /* variance of the vaguest of them */
    double gate_m2;    /* the gate, squared */
};

static void weigh_frame(struct matching *m, const struct matched_frame *frame, double sign)
{
    for (size_t i = 0; i < frame->count; i++) {
        uint32_t track = matched_track(frame, i);
        if (track == ASSOCIATE_NONE)
            continue;
        struct covariance2 covariance;
        struct floor_m at = sighting_at(&frame->sightings[i], frame->matches[i].reading,
                                        &m->priors[track], &covariance);
        consensus_weigh(&m->sums[track], at, covariance, sign);
    }
}

/* Whether other frames have changed their mind about a candidate since this one was matched. */
static bool has_news(const struct matching *m, const struct matched_frame *frame)
{
    for (size_t k = 0; k < frame->candidates.track_count; k++)
        if (m->changed_turn[frame->candidates.tracks[k]] > frame->turn)
            return true;
    return false;
}

static void note_change(struct matching *m, const struct matched_frame *frame,
                        const struct match *match)
{
    if (match->track != ASSOCIATE_NONE)
        m->changed_turn[frame->candidates.tracks[match->track]] = frame->turn;
}

static void note_changes(struct matching *m, const struct matched_frame *frame)
{
    for (size_t i = 0; i < frame->count; i++) {
        const struct match *before = &frame->before[i], *now = &frame->matches[i];
        if (before->track == now->track && before->reading == now->reading)
            continue;
        note_change(m, frame, before);
        note_change(m, frame, now);
    }
}

/* Match a frame against what the other frames say of its candidates. */
static int match_frame(struct matching *m, struct matched_frame *frame, double gate_sigma,
                       struct arena *arena)
{
    struct match *before = frame->before;
    weigh_frame(m, frame, -1);
    frame->before = frame->matches;
    frame->matches = before;
    frame->turn = ++m->turn;
    for (size_t k = 0; k < frame->candidates.track_count; k++) {
        uint32_t track = frame->candidates.tracks[k];
        frame->predictions[k] = m->priors[track];
        frame->predictions[k].position =
            consensus_position(&m->sums[track], &frame->predictions[k].covariance);
    }
    int r = associate_frame(frame->sightings, frame->count, &frame->candidates, frame->predictions,
                            gate_sigma, arena, frame->matches, &frame->contested);
    if (r < 0)
        return r;
    weigh_frame(m, frame, 1);
    note_changes(m, frame);
    return 0;
}

/* What a sighting adds to how far off a track may be, m^2: no less than its largest variance. */
static double vagueness_of(const struct sighting *sighting)
{
    double sd_m = covariance2_max_sd(sighting->covariance);
    double head_sd_m = sighting->has_head ? covariance2_max_sd(sighting->head_covariance) : 0;
    return sd_m * sd_m + head_sd_m * head_sd_m;
}

/* What a track adds. */
static double vagueness_of_track(const struct prediction *prior)
{
    return prior->covariance.xx + prior->covariance.yy;
}

static uint32_t number_track(struct numbering *n, uint32_t track)
{
    if (n->turn_of[track] != n->turn) {
        n->turn_of[track] = n->turn;
        n->number[track] = n->track_count;
        n->tracks[n->track_count++] = track;
    }
    return n->number[track];
}

static int reserve_found(struct numbering *n, size_t more, struct arena *arena)
{
    if (n->found_count + more <= n->found_capacity)
        return 0;
    size_t capacity = 2 * (n->found_count + more);
    uint32_t *found = arena_take(arena, capacity, sizeof(*found));
    if (!found)
        return -ENOMEM;
    if (n->found_count)
        memcpy(found, n->found, n->found_count * sizeof(*found));
    n->found = found;
    n->found_capacity = capacity;
    return 0;
}

/* What the numbering has gathered becomes the frame's. */
static int keep_candidates(struct matched_frame *frame, const struct numbering *n,
                           struct arena *arena)
{
    struct candidates *c = &frame->candidates;
    c->track_count = n->track_count;
    c->numbers = arena_take(arena, n->found_count, sizeof(*c->numbers));
    c->tracks = arena_take(arena, n->track_count, sizeof(*c->tracks));
    frame->predictions = arena_take(arena, n->track_count, sizeof(*frame->predictions));
    if (!c->numbers || !c->tracks || !frame->predictions)
        return -ENOMEM;
    if (n->found_count)
        memcpy(c->numbers, n->found, n->found_count * sizeof(*c->numbers));
    if (n->track_count)
        memcpy(c->tracks, n->tracks, n->track_count * sizeof(*c->tracks));
    return 0;
}

/* Whom a sighting may be, of those that are near: the vaguest track has set how near that is. */
static void number_candidates(struct numbering *n, const struct sighting *sighting,
                              double sighting_m2, const struct search *search,
                              const uint32_t *found, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        const struct prediction *prior = &search->priors[found[k]];
        double reach_m2 = search->gate_m2 * (sighting_m2 + vagueness_of_track(prior));
        if (!isinf(prior->unbelief) &&
            floor_distance2_m2(prior->position, sighting->position) <= reach_m2)
            n->found[n->found_count++] = number_track(n, found[k]);
    }
}

/* The tracks near a frame's sightings. */
static int find_candidates(struct matched_frame *frame, const struct search *search,
                           struct numbering *n, struct arena *arena)
{
    uint32_t *first = arena_take(arena, frame->count + 1, sizeof(*first));
    if (!first)
        return -ENOMEM;
    first[0] = 0;
    n->turn++;
    n->found_count = n->track_count = 0;
    for (size_t i = 0; i < frame->count; i++) {
        const struct sighting *sighting = &frame->sightings[i];
        double sighting_m2 = vagueness_of(sighting);
        double reach_m = sqrt(search->gate_m2 * (sighting_m2 + search->vaguest_m2));
        const uint32_t *found;
        size_t count = near_find(search->near, sighting->position,
                                 reach_m < ASSOCIATE_REACH_M ? reach_m : ASSOCIATE_REACH_M, &found);
        if (reserve_found(n, count, arena) < 0)
            return -ENOMEM;
        if (!sighting->is_part)
            number_candidates(n, sighting, sighting_m2, search, found, count);
        first[i + 1] = (uint32_t) n->found_count;
    }
    frame->candidates.first = first;
    return keep_candidates(frame, n, arena);
}

static int prepare_frame(struct matched_frame *frame, const struct search *search,
                         struct numbering *n, struct arena *arena)
{
    frame->contested = true;
    frame->turn = 0;
    frame->matches = arena_take(arena, frame->count, sizeof(*frame->matches));
    frame->before = arena_take(arena, frame->count, sizeof(*frame->before));
    if (!frame->matches || !frame->before)
        return -ENOMEM;
    for (size_t i = 0; i < frame->count; i++)
        frame->matches[i] = (struct match){ .track = ASSOCIATE_NONE };
    return find_candidates(frame, search, n, arena);
}

/* What is believed of the tracks before the tick. *ret_vaguest_m2: variance of the vaguest. */
static int prepare_tracks(struct matching *m, const struct tracks *tracks, struct arena *arena,
                          double *ret_vaguest_m2)
{
    struct prediction *priors = arena_take(arena, tracks->count, sizeof(*priors));
    m->track_count = tracks->count;
    m->sums = arena_allocate(arena, tracks->count, sizeof(*m->sums));
    m->support_counts = arena_allocate(arena, tracks->count, sizeof(*m->support_counts));
    m->changed_turn = arena_allocate(arena, tracks->count, sizeof(*m->changed_turn));
    if (!priors || !m->sums || !m->support_counts || !m->changed_turn)
        return -ENOMEM;
    *ret_vaguest_m2 = 0;
    for (size_t i = 0; i < tracks->count; i++) {
        const struct track *track = &tracks->items[i];
        priors[i] = track_prediction(track);
        priors[i].portrait = appearance_of(tracks->appearance, track->number);
        /* Nobody is taken for somebody lost before they have turned up as somebody new. */
        if (track->phase == PHASE_LOST)
            priors[i].unbelief = INFINITY;
        else
            *ret_vaguest_m2 = fmax(*ret_vaguest_m2, vagueness_of_track(&priors[i]));
        consensus_add(&m->sums[i], priors[i].position, priors[i].covariance);
    }
    m->priors = priors;
    return 0;
}

static int prepare(struct matching *m, const struct tracks *tracks, double gate_sigma,
                   struct arena *arena)
{
    struct search search = { .near = tracks_near(tracks, ASSOCIATE_REACH_M, arena),
                             .gate_m2 = gate_sigma * gate_sigma };
    int r = prepare_tracks(m, tracks, arena, &search.vaguest_m2);
    search.priors = m->priors;
    struct numbering n = { .number = arena_allocate(arena, tracks->count, sizeof(*n.number)),
                           .turn_of = arena_allocate(arena, tracks->count, sizeof(*n.turn_of)),
                           .tracks = arena_allocate(arena, tracks->count, sizeof(*n.tracks)) };
    if (r < 0 || !search.near || !n.number || !n.turn_of || !n.tracks)
        return -ENOMEM;
    for (size_t f = 0; r == 0 && f < m->frame_count; f++)
        r = prepare_frame(&m->frames[f], &search, &n, arena);
    return r;
}

static void count_supports(struct matching *m)
{
    for (size_t f = 0; f < m->frame_count; f++)
        for (size_t i = 0; i < m->frames[f].count; i++)
            if (m->frames[f].matches[i].track != ASSOCIATE_NONE)
                m->support_counts[matched_track(&m->frames[f], i)]++;
}

int matching_solve(const struct tracks *tracks, struct matched_frame *frames, size_t frame_count,
                   const struct fusion_settings *settings, int rounds, struct arena *arena,
                   struct matching *ret_matching)
{
    struct matching m = { .frames = frames, .frame_count = frame_count };
    int r = prepare(&m, tracks, settings->gate_sigma, arena);
    for (int round = 0; r == 0 && round < rounds; round++)
        for (size_t f = 0; r == 0 && f < frame_count; f++)
            if (frames[f].contested && (round == 0 || has_news(&m, &frames[f])))
                r = match_frame(&m, &frames[f], settings->gate_sigma, arena);
    if (r < 0)
        return r;
    count_supports(&m);
    *ret_matching = m;
    return 0;
}

struct floor_m matching_without(const struct matching *m, uint32_t track,
                                const struct sighting *sighting, enum reading reading,
                                struct covariance2 *ret_covariance)
{
    struct consensus others = m->sums[track];
    struct covariance2 covariance;
    struct floor_m at = sighting_at(sighting, reading, &m->priors[track], &covariance);
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
