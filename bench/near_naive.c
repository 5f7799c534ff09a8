/*
 * near_naive.c - near.h by looking at every point: what the spatial hash is compared with
 *
 * The order of what is found is the hash's: by row and column of its cells, then by index, because
 * sums depend on it.
 */
#include "fusion/near.h"

#include <math.h>
#include <stdbool.h>

struct near {
    const struct floor_m *points;
    size_t count;
    double reach_m;
    uint32_t *found;
};

struct near *near_build(const struct floor_m *points, size_t count, double reach_m,
                        struct arena *arena)
{
    struct near *near = arena_allocate(arena, 1, sizeof(*near));
    if (!near)
        return NULL;
    *near = (struct near){ .points = points,
                           .count = count,
                           .reach_m = reach_m,
                           .found = arena_allocate(arena, count, sizeof(*near->found)) };
    return near->found ? near : NULL;
}

static bool comes_before(const struct near *near, uint32_t a, uint32_t b)
{
    double row_a = floor(near->points[a].y / near->reach_m);
    double row_b = floor(near->points[b].y / near->reach_m);
    if (row_a != row_b)
        return row_a < row_b;
    double column_a = floor(near->points[a].x / near->reach_m);
    double column_b = floor(near->points[b].x / near->reach_m);
    return column_a != column_b ? column_a < column_b : a < b;
}

size_t near_find(struct near *near, struct floor_m place, double radius_m,
                 const uint32_t **ret_found)
{
    double radius = fmin(radius_m, near->reach_m);
    size_t found = 0;
    for (uint32_t i = 0; i < near->count; i++) {
        if (floor_distance2_m2(near->points[i], place) > radius * radius)
            continue;
        size_t at = found++;
        for (; at > 0 && comes_before(near, i, near->found[at - 1]); at--)
            near->found[at] = near->found[at - 1];
        near->found[at] = i;
    }
    *ret_found = near->found;
    return found;
}
