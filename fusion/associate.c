/*
 * associate.c - which of the people a frame shows are which tracks
 */
#include "fusion/associate.h"

#include <errno.h>

#include "fusion/edge.h"
#include "geom/assignment.h"

/* Far below what any evidence weighs, far above what rounding leaves. */
#define TIE_BREAK 1e-6

/* A possible pair: edge.a is the sighting, edge.b the candidate, cost -2 log likelihood. */
struct pair {
    struct edge edge;
    enum reading reading;
    uint32_t group;
};

/* One frame's problem. In groups, sighting i is member i and candidate j is member count + j. */
struct problem {
    const struct sighting *sightings;
    size_t count;
    const struct prediction *predictions;
    double gate;
    struct arena *arena;
    struct pair *pairs;
    size_t pair_count, pair_capacity;
    struct groups groups;
    bool contested;               /* a sighting or a track has more than one pair */
    bool *is_paired;              /* of each member of groups: it has a pair */
    double *alone;                /* of each sighting: what leaving it alone costs */
    uint32_t *row_of, *column_of; /* of sightings and tracks in the matrix being built */
};

static int add_pair(struct problem *p, struct pair pair)
{
    if (p->pair_count == p->pair_capacity) {
        size_t capacity = 2 * p->pair_capacity + p->count;
        struct pair *pairs = arena_take(p->arena, capacity, sizeof(*pairs));
        if (!pairs)
            return -ENOMEM;
        for (size_t i = 0; i < p->pair_count; i++)
            pairs[i] = p->pairs[i];
        p->pairs = pairs;
        p->pair_capacity = capacity;
    }
    p->pairs[p->pair_count++] = pair;
    return 0;
}

static void note_pair(struct problem *p, uint32_t sighting, uint32_t track)
{
    uint32_t candidate = (uint32_t) p->count + track;
    if (p->is_paired[sighting] || p->is_paired[candidate])
        p->contested = true;
    p->is_paired[sighting] = p->is_paired[candidate] = true;
    (void) groups_join(&p->groups, sighting, candidate);
}

/*
 * Who is hardly believed, or looks different, gives way to who is surely there, but not to nobody:
 * the cost stays below the limit, and among those at it the better fit stays the better one. Equal
 * costs would leave the choice to the order of the matrix.
 */
static double with_handicap(double cost, double handicap, double limit)
{
    return fmin(cost + handicap, limit - TIE_BREAK * (1 + limit - cost));
}

/* Whether a sighting may be a track; adds the pair if so. */
static int consider(struct problem *p, uint32_t sighting, uint32_t track)
{
    struct pair pair = { .edge = { .a = sighting, .b = track } };
    double limit;
    const struct prediction *person = &p->predictions[track];
    pair.edge.cost =
        sighting_misfit(&p->sightings[sighting], person, p->gate, &pair.reading, &limit);
    if (!isfinite(pair.edge.cost) || isinf(person->unbelief) || pair.edge.cost > limit)
        return 0;
    p->alone[sighting] = fmax(p->alone[sighting], limit);
    double handicap =
        person->unbelief + appearance_cost(person->portrait, p->sightings[sighting].appearance);
    pair.edge.cost = with_handicap(pair.edge.cost, handicap, limit);
    note_pair(p, sighting, track);
    return add_pair(p, pair);
}

static int find_pairs(struct problem *p, const struct candidates *candidates)
{
    for (uint32_t i = 0; i < p->count; i++)
        for (uint32_t k = candidates->first[i]; k < candidates->first[i + 1]; k++) {
            int r = consider(p, i, candidates->numbers[k]);
            if (r < 0)
                return r;
        }
    return 0;
}

/* Put the pairs of a group beside each other, otherwise in the order they are in. A group's number
 * is its first member, which is a sighting. */
static int gather_groups(struct problem *p)
{
    uint32_t *place = arena_allocate(p->arena, p->count + 1, sizeof(*place));
    struct pair *gathered = arena_take(p->arena, p->pair_count, sizeof(*gathered));
    if (!place || !gathered)
        return -ENOMEM;
    for (size_t i = 0; i < p->pair_count; i++) {
        p->pairs[i].group = groups_find(&p->groups, p->pairs[i].edge.a);
        place[p->pairs[i].group + 1]++;
    }
    for (size_t group = 0; group < p->count; group++)
        place[group + 1] += place[group];
    for (size_t i = 0; i < p->pair_count; i++)
        gathered[place[p->pairs[i].group]++] = p->pairs[i];
    p->pairs = gathered;
    return 0;
}

static uint32_t number_of(uint32_t *numbers, uint32_t member, size_t *count)
{
    if (numbers[member] == ASSOCIATE_NONE)
        numbers[member] = (uint32_t) (*count)++;
    return numbers[member];
}

/*
 * The matrix of one group: a row a sighting, a column a track, and then one column a sighting that
 * stands for being nobody's. Without those, two poor pairs would be preferred to one good one.
 */
static int solve_group(struct problem *p, const struct pair *pairs, size_t count,
                       struct match *ret_matches)
{
    size_t rows = 0, tracks = 0;
    double least = INFINITY;
    for (size_t i = 0; i < count; i++) {
        (void) number_of(p->row_of, pairs[i].edge.a, &rows);
        (void) number_of(p->column_of, pairs[i].edge.b, &tracks);
        least = fmin(least, pairs[i].edge.cost);
    }
    size_t columns = tracks + rows;
    double *cost = arena_take(p->arena, rows * columns, sizeof(*cost));
    size_t *chosen = arena_take(p->arena, rows, sizeof(*chosen));
    if (!cost || !chosen)
        return -ENOMEM;
    for (size_t i = 0; i < rows * columns; i++)
        cost[i] = ASSIGNMENT_FORBIDDEN;
    for (size_t i = 0; i < count; i++) {
        size_t row = p->row_of[pairs[i].edge.a];
        cost[row * columns + p->column_of[pairs[i].edge.b]] = pairs[i].edge.cost - least;
        cost[row * columns + tracks + row] = p->alone[pairs[i].edge.a] - least;
    }
    int r = assignment_solve(cost, rows, columns, p->arena, chosen);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++)
        if (chosen[p->row_of[pairs[i].edge.a]] == p->column_of[pairs[i].edge.b])
            ret_matches[pairs[i].edge.a] =
                (struct match){ .track = pairs[i].edge.b, .reading = pairs[i].reading };
    return 0;
}

static int solve_groups(struct problem *p, struct match *ret_matches)
{
    int r = 0;
    for (size_t first = 0, end; r == 0 && first < p->pair_count; first = end) {
        const struct pair *pair = &p->pairs[first];
        for (end = first; end < p->pair_count && p->pairs[end].group == pair->group;)
            end++;
        if (end - first > 1)
            r = solve_group(p, pair, end - first, ret_matches);
        else
            ret_matches[pair->edge.a] =
                (struct match){ .track = pair->edge.b, .reading = pair->reading, .sure = true };
    }
    return r;
}

static uint32_t *no_numbers(size_t count, struct arena *arena)
{
    uint32_t *numbers = arena_take(arena, count, sizeof(*numbers));
    for (size_t i = 0; numbers && i < count; i++)
        numbers[i] = ASSOCIATE_NONE;
    return numbers;
}

int associate_frame(const struct sighting *sightings, size_t count,
                    const struct candidates *candidates, const struct prediction *predictions,
                    double gate_sigma, struct arena *arena, struct match *ret_matches,
                    bool *ret_contested)
{
    struct problem p = { .sightings = sightings,
                         .count = count,
                         .predictions = predictions,
                         .gate = gate_sigma * gate_sigma,
                         .arena = arena,
                         .is_paired = arena_allocate(arena, count + candidates->track_count,
                                                     sizeof(*p.is_paired)),
                         .alone = arena_take(arena, count, sizeof(*p.alone)),
                         .row_of = no_numbers(count, arena),
                         .column_of = no_numbers(candidates->track_count, arena) };
    int r = groups_init(&p.groups, count + candidates->track_count, arena);
    if (r < 0 || !p.is_paired || !p.alone || !p.row_of || !p.column_of)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        ret_matches[i] = (struct match){ .track = ASSOCIATE_NONE };
        p.alone[i] = -INFINITY;
    }
    r = find_pairs(&p, candidates);
    if (r < 0)
        return r;
    *ret_contested = p.contested;
    if (p.contested) {
        r = gather_groups(&p);
        return r < 0 ? r : solve_groups(&p, ret_matches);
    }
    for (size_t i = 0; i < p.pair_count; i++)
        ret_matches[p.pairs[i].edge.a] = (struct match){ .track = p.pairs[i].edge.b,
                                                         .reading = p.pairs[i].reading,
                                                         .sure = true };
    return 0;
}
