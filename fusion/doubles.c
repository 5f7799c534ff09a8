/*
 * doubles.c - whether two tracks near each other are two people
 */
#include "fusion/doubles.h"

#include <errno.h>

#include "base/clock.h"
#include "fusion/belief.h"
#include "fusion/near.h"

/* Born within reach of the older one: 3 to 1 for a double. Met later: 20 to 1 for two people. */
#define ODDS_BORN_BESIDE (-1.0)
#define ODDS_MET         3.0
/* 20 to 1 for one person, and they are united. */
#define ODDS_UNITED (-3.0)
/* Unless it is 7 to 1 for two people, a track beside another is not yet a person of its own. */
#define ODDS_SUSPECT 2.0
#define ODDS_MAX     8.0

/* A detector draws two boxes around one person in so many frames. */
#define DOUBLE_BOX 0.05

/* A detector finds at least this share of what it can hardly see. */
#define HARDLY_SEEN 0.02

/* One tick's evidence of one camera is bounded: pictures are seldom that clear. */
#define EVIDENCE_MAX 3.0

/* People's bodies are half a metre wide and some 25 cm deep: axes nearer than this are one body,
 * and every moment of it says so. */
#define BODY_M    0.35
#define BODY_ODDS 2.0

/* How much of the one behind the one before leaves to see, when neither is clearly nearer and the
 * looks have not taken it into account. */
static void hide_the_farther(const struct look *a, const struct look *b, double *visible_a,
                             double *visible_b)
{
    *visible_a = a->visible;
    *visible_b = b->visible;
    if (!a->expected || !b->expected)
        return;
    double farther_m = a->appearance.distance_m - b->appearance.distance_m;
    if (fabs(farther_m) > LOOK_DEPTH_M)
        return;
    if (farther_m > 0)
        *visible_a *= 1 - box_covered(a->appearance.box, b->appearance.box);
    else
        *visible_b *= 1 - box_covered(b->appearance.box, a->appearance.box);
}

/* What one camera says: ln P(found so | two people) - ln P(found so | one person). */
static double camera_odds(const struct look *a, const struct look *b, double detection)
{
    double visible_a, visible_b;
    hide_the_farther(a, b, &visible_a, &visible_b);
    double find_a = fmax(HARDLY_SEEN * detection, look_detection(detection, visible_a));
    double find_b = fmax(HARDLY_SEEN * detection, look_detection(detection, visible_b));
    double find_one = fmax(find_a, find_b);
    double two, one;
    if (a->found && b->found) {
        two = find_a * find_b;
        one = find_one * DOUBLE_BOX;
    } else if (a->found || b->found) {
        two = find_a * (1 - find_b) + find_b * (1 - find_a);
        one = find_one * (1 - DOUBLE_BOX);
    } else {
        return 0;
    }
    return fmax(-EVIDENCE_MAX, fmin(EVIDENCE_MAX, log(two / one)));
}

static double pair_odds(const struct track *a, const struct track *b, uint32_t index_a,
                        uint32_t index_b, const struct looks *looks, const struct cameras *cameras)
{
    double odds = 0;
    for (uint32_t i = looks->first[index_a]; i != LOOK_NONE; i = looks->items[i].next) {
        const struct look *look = &looks->items[i];
        const struct look *other = looks_find(looks, index_b, look->camera);
        if (other)
            odds += camera_odds(look, other, cameras->items[look->camera].habits.detection);
    }
    if (floor_distance_m(a->state.position, b->state.position) < BODY_M)
        odds -= BODY_ODDS;
    return odds;
}

/*
 * What this tick's sightings of a track say about the other's portrait: ln P(so | two people) -
 * ln P(so | one person), their mean because they err together. 0 where nobody says.
 */
static double appearance_odds(const struct tracks *tracks, const struct track *track,
                              const struct track *other)
{
    const struct portrait *portrait = appearance_of(tracks->appearance, other->number);
    double sum = 0;
    int count = 0;
    for (const struct support *s = portrait ? track->supports : NULL; s; s = s->next)
        if (s->sighting->appearance) {
            sum += appearance_cost(portrait, s->sighting->appearance) / 2;
            count++;
        }
    return count ? sum / count : 0;
}

static struct rival *find_rival(struct track *track, const struct track *older)
{
    struct rival *longest_ago = &track->rivals[0];
    for (int i = 0; i < TRACK_RIVALS_MAX; i++) {
        if (track->rivals[i].number == older->number)
            return &track->rivals[i];
        if (track->rivals[i].number == 0 ||
            (longest_ago->number != 0 && track->rivals[i].met_us < longest_ago->met_us))
            longest_ago = &track->rivals[i];
    }
    return longest_ago;
}

static double weigh_rival(struct track *track, const struct track *older, double odds,
                          int64_t tick_us, int64_t duration_us)
{
    struct rival *rival = find_rival(track, older);
    if (rival->number != older->number) {
        bool born_beside = tick_us - track->born_us < duration_us;
        *rival = (struct rival){ .number = older->number,
                                 .odds = born_beside ? ODDS_BORN_BESIDE : ODDS_MET };
    }
    double news = 1 - exp(-(double) duration_us / (double) US_PER_S / BELIEF_MEMORY_S);
    rival->odds = fmin(ODDS_MAX, rival->odds + news * odds);
    rival->met_us = tick_us;
    return rival->odds;
}

/* The older one's number lives on, with the state of the one that was seen last; nobody who is
 * believed gives way to somebody who is not. */
static void unite(struct track *older, struct track *younger)
{
    if (younger->phase == PHASE_CONFIRMED && older->phase != PHASE_CONFIRMED) {
        older->number = 0;
        return;
    }
    if (younger->seen_us > older->seen_us) {
        older->state = younger->state;
        older->state_us = younger->state_us;
        older->seen_us = younger->seen_us;
        older->supports = younger->supports;
        older->sighted = younger->sighted;
        older->sighted_covariance = younger->sighted_covariance;
    }
    younger->number = 0;
}

/* The older track near this one that it is most likely the double of; its odds are weighed. */
static struct track *weigh_pairs(struct tracks *tracks, uint32_t index, struct near *near,
                                 const struct looks *looks, const struct cameras *cameras,
                                 int64_t tick_us, int64_t duration_us, double reach_m,
                                 double *ret_odds)
{
    struct track *track = &tracks->items[index], *likeliest = NULL;
    const uint32_t *found;
    size_t n = near_find(near, track->state.position, reach_m, &found);
    *ret_odds = INFINITY;
    for (size_t k = 0; k < n; k++) {
        struct track *older = &tracks->items[found[k]];
        if (found[k] >= index || older->number == 0 || older->phase == PHASE_LOST)
            continue;
        double evidence = pair_odds(track, older, index, found[k], looks, cameras) +
                          appearance_odds(tracks, track, older);
        double odds = weigh_rival(track, older, evidence, tick_us, duration_us);
        if (odds < *ret_odds || (odds == *ret_odds && older->number < likeliest->number)) {
            *ret_odds = odds;
            likeliest = older;
        }
    }
    return likeliest;
}

int doubles_unite(struct tracks *tracks, const struct looks *looks, const struct cameras *cameras,
                  int64_t tick_us, int64_t duration_us, const struct fusion_settings *settings,
                  struct arena *arena)
{
    if (tracks->count < 2 || settings->merge_m <= 0)
        return 0;
    struct near *near = tracks_near(tracks, settings->merge_m, arena);
    if (!near)
        return -ENOMEM;
    for (uint32_t i = 1; i < tracks->count; i++) {
        double odds;
        if (tracks->items[i].phase == PHASE_LOST)
            continue;
        struct track *older = weigh_pairs(tracks, i, near, looks, cameras, tick_us, duration_us,
                                          settings->merge_m, &odds);
        if (older && odds < ODDS_UNITED)
            unite(older, &tracks->items[i]);
    }
    tracks_sweep(tracks);
    return 0;
}

bool doubles_suspects(const struct track *track, const struct tracks *tracks, int64_t tick_us)
{
    for (int i = 0; i < TRACK_RIVALS_MAX; i++) {
        const struct rival *rival = &track->rivals[i];
        if (rival->number == 0 || rival->met_us != tick_us || rival->odds > ODDS_SUSPECT)
            continue;
        const struct track *older = tracks_find(tracks, rival->number);
        if (older && older->phase == PHASE_CONFIRMED)
            return true;
    }
    return false;
}
