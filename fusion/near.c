/*
 * near.c - which of many points lie near a place
 */
#include "fusion/near.h"

#include <errno.h>

/* Cells are numbered in 32 bits; a place beyond that many cells is put into the last one. */
#define CELL_LIMIT 1e9

struct cell {
    int32_t column, row;
};

struct entry {
    struct floor_m point;
    struct cell cell;
    uint32_t number;
};

struct near {
    double reach_m;
    uint32_t *start;       /* of each slot of the hash: its first entry; one more at the end */
    struct entry *entries; /* by slot, then number */
    uint32_t *found;       /* what the last query found */
    uint32_t mask;         /* slots - 1 */
};

/* Without floor, fmin and fmax, which are calls; NaN is put into the first cell. */
static int32_t cell_number(double coordinate_m, double reach_m)
{
    double number = coordinate_m / reach_m;
    if (!(number > -CELL_LIMIT))
        return (int32_t) -CELL_LIMIT;
    if (number >= CELL_LIMIT)
        return (int32_t) CELL_LIMIT;
    int32_t whole = (int32_t) number; /* rounds towards zero */
    return whole - (whole > number);
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

/* Put the points into the table: counted by slot, then laid down in order. */
static int fill(struct near *near, const struct floor_m *points, uint32_t count, size_t slots,
                struct arena *arena)
{
    uint32_t *slot = arena_take(arena, count, sizeof(*slot));
    if (!slot)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        slot[i] = slot_of(near, cell_at(near, points[i]));
        near->start[slot[i] + 1]++;
    }
    for (size_t i = 0; i < slots; i++)
        near->start[i + 1] += near->start[i];
    near->start[slots + 1] = count;
    for (uint32_t i = count; i-- > 0;) /* from behind, so that ends become starts */
        near->entries[--near->start[slot[i] + 1]] =
            (struct entry){ .point = points[i], .cell = cell_at(near, points[i]), .number = i };
    return 0;
}

struct near *near_build(const struct floor_m *points, size_t count, double reach_m,
                        struct arena *arena)
{
    if (count >= UINT32_MAX / 4)
        return NULL;
    size_t slots = 16;
    while (slots < 2 * count)
        slots *= 2;
    struct near *near = arena_allocate(arena, 1, sizeof(*near));
    if (!near)
        return NULL;
    *near = (struct near){ .reach_m = reach_m,
                           .start = arena_allocate(arena, slots + 2, sizeof(*near->start)),
                           .found = arena_take(arena, count, sizeof(*near->found)),
                           .entries = arena_take(arena, count, sizeof(*near->entries)),
                           .mask = (uint32_t) slots - 1 };
    if (!near->start || !near->found || !near->entries ||
        fill(near, points, (uint32_t) count, slots, arena) < 0)
        return NULL;
    return near;
}

static size_t find_in_cell(struct near *near, struct cell cell, struct floor_m place,
                           double radius2_m2, size_t found)
{
    uint32_t slot = slot_of(near, cell);
    for (uint32_t i = near->start[slot + 1]; i < near->start[slot + 2]; i++) {
        const struct entry *entry = &near->entries[i];
        /* Other cells share the slot; theirs are found when it is their turn. */
        if (entry->cell.column == cell.column && entry->cell.row == cell.row &&
            floor_distance2_m2(entry->point, place) <= radius2_m2)
            near->found[found++] = entry->number;
    }
    return found;
}

size_t near_find(struct near *near, struct floor_m place, double radius_m,
                 const uint32_t **ret_found)
{
    double radius = radius_m < near->reach_m ? radius_m : near->reach_m;
    struct cell low = cell_at(near, (struct floor_m){ place.x - radius, place.y - radius });
    struct cell high = cell_at(near, (struct floor_m){ place.x + radius, place.y + radius });
    size_t found = 0;
    for (int32_t row = low.row; row <= high.row; row++)
        for (int32_t column = low.column; column <= high.column; column++)
            found = find_in_cell(near, (struct cell){ column, row }, place, radius * radius, found);
    *ret_found = near->found;
    return found;
}
