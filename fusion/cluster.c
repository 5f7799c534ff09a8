/*
 * cluster.c - which sightings that belong to no track yet are one person
 */
#include "fusion/cluster.h"

#include <errno.h>

#include "fusion/edge.h"
#include "fusion/near.h"

/* What is known of the group whose number is this index; members are chained in order. */
struct person {
    double sum_x_m, sum_y_m;
    uint32_t count;
    uint32_t last; /* the last member */
};

struct problem {
    const struct sighting *const *sightings;
    struct groups groups;
    struct person *people;
    uint32_t *next; /* of each sighting: the next of its group; itself at the end */
};

static bool may_be_one(const struct sighting *a, const struct sighting *b, double merge_m,
                       double gate_sigma, double *ret_cost)
{
    if (a->frame == b->frame || floor_distance_m(a->position, b->position) > merge_m)
        return false;
    *ret_cost =
        covariance2_mahalanobis2(covariance2_add(a->covariance, b->covariance),
                                 a->position.x - b->position.x, a->position.y - b->position.y);
    return *ret_cost <= gate_sigma * gate_sigma;
}

static bool share_frame(const struct problem *p, uint32_t a, uint32_t b)
{
    for (uint32_t i = a;; i = p->next[i]) {
        for (uint32_t j = b;; j = p->next[j]) {
            if (p->sightings[i]->frame == p->sightings[j]->frame)
                return true;
            if (p->next[j] == j)
                break;
        }
        if (p->next[i] == i)
            return false;
    }
}

static struct floor_m centre(const struct person *person)
{
    return (struct floor_m){ person->sum_x_m / person->count, person->sum_y_m / person->count };
}

static void join(struct problem *p, uint32_t a, uint32_t b)
{
    uint32_t first = a < b ? a : b, second = a < b ? b : a;
    (void) groups_join(&p->groups, first, second);
    struct person *to = &p->people[first], *from = &p->people[second];
    to->sum_x_m += from->sum_x_m;
    to->sum_y_m += from->sum_y_m;
    to->count += from->count;
    p->next[to->last] = second;
    to->last = from->last;
}

static void join_where_allowed(struct problem *p, const struct edge_list *pairs, double merge_m)
{
    for (size_t i = 0; i < pairs->count; i++) {
        uint32_t a = groups_find(&p->groups, pairs->items[i].a);
        uint32_t b = groups_find(&p->groups, pairs->items[i].b);
        if (a == b || share_frame(p, a, b))
            continue;
        if (floor_distance_m(centre(&p->people[a]), centre(&p->people[b])) <= merge_m)
            join(p, a, b);
    }
}

static int find_pairs(const struct problem *p, size_t count, double merge_m, double gate_sigma,
                      struct arena *arena, struct edge_list *ret_pairs)
{
    struct floor_m *points = arena_allocate(arena, count, sizeof(*points));
    if (!points)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        points[i] = p->sightings[i]->position;
    struct near *near = near_build(points, count, merge_m, arena);
    if (!near)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *found;
        size_t n = near_find(near, points[i], merge_m, &found);
        for (size_t k = 0; k < n; k++) {
            struct edge pair = { .a = i, .b = found[k] };
            if (pair.b <= i ||
                !may_be_one(p->sightings[i], p->sightings[pair.b], merge_m, gate_sigma, &pair.cost))
                continue;
            int r = edge_list_add(ret_pairs, pair, arena);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

int cluster_sightings(const struct sighting *const *sightings, size_t count, double merge_m,
                      double gate_sigma, struct arena *arena, uint32_t *ret_person)
{
    struct problem p = { .sightings = sightings,
                         .people = arena_allocate(arena, count, sizeof(*p.people)),
                         .next = arena_allocate(arena, count, sizeof(*p.next)) };
    int r = groups_init(&p.groups, count, arena);
    if (r < 0 || !p.people || !p.next)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        p.people[i] = (struct person){ .sum_x_m = sightings[i]->position.x,
                                       .sum_y_m = sightings[i]->position.y,
                                       .count = 1,
                                       .last = i };
        p.next[i] = i;
    }
    struct edge_list pairs = { 0 };
    if (count > 1 && merge_m > 0)
        r = find_pairs(&p, count, merge_m, gate_sigma, arena, &pairs);
    if (r < 0)
        return r;
    edge_list_sort(&pairs);
    join_where_allowed(&p, &pairs, merge_m);
    for (uint32_t i = 0; i < count; i++)
        ret_person[i] = groups_find(&p.groups, i);
    return 0;
}
