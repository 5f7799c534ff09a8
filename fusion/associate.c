/*
 * associate.c - which of the people a frame shows are which tracks
 */
#include "fusion/associate.h"

#include <errno.h>

#include "base/clock.h"
#include "fusion/edge.h"
#include "geom/assignment.h"

/* One frame's problem. In groups, sighting i is member i and track j is member count + j. */
struct problem {
    const struct sighting *sightings;
    size_t count;
    const struct tracks *tracks;
    double gate_sigma, noise_m2_s3;
    struct arena *arena;
    struct edge_list pairs; /* a: sighting, b: track, cost: -2 log likelihood + constant */
    struct groups groups;
    double alone; /* what leaving a sighting alone costs: no possible pair costs more */
    size_t *row_of, *column_of; /* of sightings and tracks in the matrix being built */
};

/* Whether a sighting may be a track, and the cost if so. */
static bool gate(struct problem *p, const struct sighting *s, const struct track *t,
                 double *ret_cost)
{
    double dt_s = (double) (s->capture_us - t->state_us) / (double) US_PER_S;
    struct kalman k = kalman_predict(t->state, fmax(dt_s, 0), p->noise_m2_s3);
    if (floor_distance_m(k.position, s->position) > ASSOCIATE_REACH_M)
        return false;
    struct covariance2 sum = covariance2_add(k.position_variance, s->covariance);
    double d2 =
        covariance2_mahalanobis2(sum, s->position.x - k.position.x, s->position.y - k.position.y);
    double gate2 = p->gate_sigma * p->gate_sigma;
    if (!(d2 <= gate2))
        return false;
    double spread = log(covariance2_det(sum));
    *ret_cost = d2 + spread;
    p->alone = fmax(p->alone, gate2 + spread);
    return true;
}

static int find_pairs(struct problem *p, struct near *near)
{
    for (size_t i = 0; i < p->count; i++) {
        const uint32_t *found;
        size_t n = near_find(near, p->sightings[i].position, INFINITY, &found);
        for (size_t k = 0; k < n; k++) {
            double cost;
            if (!gate(p, &p->sightings[i], &p->tracks->items[found[k]], &cost))
                continue;
            (void) groups_join(&p->groups, (uint32_t) i, (uint32_t) p->count + found[k]);
            int r = edge_list_add(&p->pairs,
                                  (struct edge){ .cost = cost, .a = (uint32_t) i, .b = found[k] },
                                  p->arena);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* Pairs of one group beside each other: `b` of the sort key is the pair's place in p->pairs. */
static int order_by_group(struct problem *p, struct edge_list *ret_order)
{
    for (size_t i = 0; i < p->pairs.count; i++) {
        uint32_t group = groups_find(&p->groups, p->pairs.items[i].a);
        int r = edge_list_add(ret_order, (struct edge){ .a = group, .b = (uint32_t) i }, p->arena);
        if (r < 0)
            return r;
    }
    edge_list_sort(ret_order);
    return 0;
}

static size_t number_of(size_t *numbers, uint32_t member, size_t *count)
{
    if (numbers[member] == ASSOCIATE_NONE)
        numbers[member] = (*count)++;
    return numbers[member];
}

/*
 * The matrix of one group: a row a sighting, a column a track, and then one column a sighting that
 * stands for being nobody's. Without those, two poor pairs would be preferred to one good one.
 */
static int solve_group(struct problem *p, const struct edge *order, size_t pairs, size_t *ret_track)
{
    size_t rows = 0, tracks = 0;
    double least = INFINITY;
    for (size_t i = 0; i < pairs; i++) {
        const struct edge *pair = &p->pairs.items[order[i].b];
        (void) number_of(p->row_of, pair->a, &rows);
        (void) number_of(p->column_of, pair->b, &tracks);
        least = fmin(least, pair->cost);
    }
    size_t columns = tracks + rows;
    double *cost = arena_allocate(p->arena, rows * columns, sizeof(*cost));
    uint32_t *track_of = arena_allocate(p->arena, tracks, sizeof(*track_of));
    size_t *chosen = arena_allocate(p->arena, rows, sizeof(*chosen));
    if (!cost || !track_of || !chosen)
        return -ENOMEM;
    for (size_t i = 0; i < rows * columns; i++)
        cost[i] = ASSIGNMENT_FORBIDDEN;
    for (size_t row = 0; row < rows; row++)
        cost[row * columns + tracks + row] = p->alone - least;
    for (size_t i = 0; i < pairs; i++) {
        const struct edge *pair = &p->pairs.items[order[i].b];
        track_of[p->column_of[pair->b]] = pair->b;
        cost[p->row_of[pair->a] * columns + p->column_of[pair->b]] = pair->cost - least;
    }
    int r = assignment_solve(cost, rows, columns, p->arena, chosen);
    if (r < 0)
        return r;
    for (size_t i = 0; i < pairs; i++) {
        uint32_t sighting = p->pairs.items[order[i].b].a;
        size_t column = chosen[p->row_of[sighting]];
        ret_track[sighting] = column < tracks ? track_of[column] : ASSOCIATE_NONE;
    }
    return 0;
}

static int solve_groups(struct problem *p, size_t *ret_track)
{
    struct edge_list order = { 0 };
    int r = order_by_group(p, &order);
    for (size_t first = 0, end; r == 0 && first < order.count; first = end) {
        for (end = first; end < order.count && order.items[end].a == order.items[first].a;)
            end++;
        if (end - first == 1) {
            const struct edge *pair = &p->pairs.items[order.items[first].b];
            ret_track[pair->a] = pair->b;
        } else {
            r = solve_group(p, &order.items[first], end - first, ret_track);
        }
    }
    return r;
}

static size_t *no_numbers(size_t count, struct arena *arena)
{
    size_t *numbers = arena_allocate(arena, count, sizeof(*numbers));
    for (size_t i = 0; numbers && i < count; i++)
        numbers[i] = ASSOCIATE_NONE;
    return numbers;
}

int associate_frame(const struct sighting *sightings, size_t count, const struct tracks *tracks,
                    struct near *near, double gate_sigma, double noise_m2_s3, struct arena *arena,
                    size_t *ret_track)
{
    struct problem p = { .sightings = sightings,
                         .count = count,
                         .tracks = tracks,
                         .gate_sigma = gate_sigma,
                         .noise_m2_s3 = noise_m2_s3,
                         .arena = arena,
                         .alone = -INFINITY,
                         .row_of = no_numbers(count, arena),
                         .column_of = no_numbers(tracks->count, arena) };
    for (size_t i = 0; i < count; i++)
        ret_track[i] = ASSOCIATE_NONE;
    if (!p.row_of || !p.column_of)
        return -ENOMEM;
    int r = groups_init(&p.groups, count + tracks->count, arena);
    if (r == 0)
        r = find_pairs(&p, near);
    return r < 0 ? r : solve_groups(&p, ret_track);
}
