/*
 * near.c - which of many points lie near a place
 */
#include "fusion/near.h"

#include <math.h>

#define NOTHING UINT32_MAX

/* Cells are numbered in 32 bits; a place beyond that many cells is put into the last one. */
#define CELL_LIMIT 1e9

struct cell {
    int32_t column, row;
};

struct near {
    const struct floor_m *points;
    double reach_m;
    uint32_t *head;     /* of each slot of the hash: the first point in it */
    uint32_t *next;     /* of each point: the next in its slot */
    uint32_t *found;    /* what the last query found */
    struct cell *cells; /* of each point */
    uint32_t mask;      /* slots - 1 */
};

static int32_t cell_number(double coordinate_m, double reach_m)
{
    return (int32_t) fmax(-CELL_LIMIT, fmin(CELL_LIMIT, floor(coordinate_m / reach_m)));
}

static struct cell cell_at(const struct near *near, struct floor_m p)
{
    return (struct cell){ cell_number(p.x, near->reach_m), cell_number(p.y, near->reach_m) };
}

/* Two odd constants spread neighbouring cells (Teschner et al., Optimized Spatial Hashing, 2003).
 */
static uint32_t slot_of(const struct near *near, struct cell c)
{
    uint32_t hash = (uint32_t) c.column * 73856093u ^ (uint32_t) c.row * 19349663u;
    return (hash ^ hash >> 15) & near->mask;
}

struct near *near_build(const struct floor_m *points, size_t count, double reach_m,
                        struct arena *arena)
{
    if (count >= NOTHING / 4)
        return NULL;
    size_t slots = 16;
    while (slots < 2 * count)
        slots *= 2;
    struct near *near = arena_allocate(arena, 1, sizeof(*near));
    if (!near)
        return NULL;
    *near = (struct near){ .points = points,
                           .reach_m = reach_m,
                           .head = arena_allocate(arena, slots, sizeof(*near->head)),
                           .next = arena_allocate(arena, count, sizeof(*near->next)),
                           .found = arena_allocate(arena, count, sizeof(*near->found)),
                           .cells = arena_allocate(arena, count, sizeof(*near->cells)),
                           .mask = (uint32_t) slots - 1 };
    if (!near->head || !near->next || !near->found || !near->cells)
        return NULL;
    for (size_t i = 0; i < slots; i++)
        near->head[i] = NOTHING;
    for (uint32_t i = (uint32_t) count; i-- > 0;) { /* backwards, so that chains ascend */
        near->cells[i] = cell_at(near, points[i]);
        uint32_t slot = slot_of(near, near->cells[i]);
        near->next[i] = near->head[slot];
        near->head[slot] = i;
    }
    return near;
}

static size_t find_in_cell(struct near *near, struct cell cell, struct floor_m place,
                           double radius_m, size_t found)
{
    for (uint32_t i = near->head[slot_of(near, cell)]; i != NOTHING; i = near->next[i]) {
        /* Other cells share the slot; theirs are found when it is their turn. */
        if (near->cells[i].column != cell.column || near->cells[i].row != cell.row)
            continue;
        if (floor_distance2_m2(near->points[i], place) <= radius_m * radius_m)
            near->found[found++] = i;
    }
    return found;
}

size_t near_find(struct near *near, struct floor_m place, double radius_m,
                 const uint32_t **ret_found)
{
    struct cell middle = cell_at(near, place);
    size_t found = 0;
    for (int32_t row = middle.row - 1; row <= middle.row + 1; row++)
        for (int32_t column = middle.column - 1; column <= middle.column + 1; column++)
            found = find_in_cell(near, (struct cell){ column, row }, place,
                                 fmin(radius_m, near->reach_m), found);
    *ret_found = near->found;
    return found;
}
