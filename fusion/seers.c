/*
 * seers.c - which cameras see a cell of the floor
 */
#include "fusion/seers.h"

#include <errno.h>
#include <stdlib.h>

/* The next cell from `cell` on that a footprint has, or `cells`. A camera sees a small part of a
 * large floor: whole empty bytes are passed over. */
static uint32_t next_seen(const uint8_t *footprint, uint32_t cell, uint32_t cells)
{
    while (cell < cells) {
        if (cell % 8 == 0 && footprint[cell / 8] == 0)
            cell += 8;
        else if (grid_mask_test(footprint, cell))
            return cell;
        else
            cell++;
    }
    return cells;
}

static void count_cells(const struct cameras *cameras, uint32_t cells, uint32_t *start)
{
    for (int slot = 0; slot < cameras->count; slot++) {
        const uint8_t *footprint = cameras->items[slot].footprint;
        for (uint32_t c = footprint ? next_seen(footprint, 0, cells) : cells; c < cells;
             c = next_seen(footprint, c + 1, cells))
            start[c + 1]++;
    }
    for (uint32_t cell = 0; cell < cells; cell++)
        start[cell + 1] += start[cell];
}

/* By name, so that what is summed over cameras does not depend on who came first. */
static void fill_cells(const struct cameras *cameras, uint32_t cells, const uint32_t *start,
                       uint32_t *used, uint16_t *slots)
{
    for (int rank = 0; rank < cameras->count; rank++) {
        int slot = cameras->by_rank[rank];
        const uint8_t *footprint = cameras->items[slot].footprint;
        for (uint32_t c = footprint ? next_seen(footprint, 0, cells) : cells; c < cells;
             c = next_seen(footprint, c + 1, cells))
            slots[start[c] + used[c]++] = (uint16_t) slot;
    }
}

int seers_build(struct seers *seers, const struct grid *grid, const struct cameras *cameras)
{
    uint32_t cells = grid_cells(grid);
    uint32_t *start = calloc((size_t) cells + 1, sizeof(*start));
    uint32_t *used = calloc((size_t) cells + 1, sizeof(*used));
    uint16_t *slots = NULL;
    if (start && used) {
        count_cells(cameras, cells, start);
        slots = malloc(((size_t) start[cells] + 1) * sizeof(*slots));
    }
    if (!slots) {
        free(start);
        free(used);
        return -ENOMEM;
    }
    fill_cells(cameras, cells, start, used, slots);
    free(used);
    seers_release(seers);
    *seers = (struct seers){ .grid = *grid, .start = start, .cameras = slots };
    return 0;
}

void seers_release(struct seers *seers)
{
    free(seers->start);
    free(seers->cameras);
    *seers = (struct seers){ 0 };
}

size_t seers_at(const struct seers *seers, struct floor_m place, const uint16_t **ret_cameras)
{
    uint32_t cell = seers->start ? grid_cell_at(&seers->grid, place) : GRID_OUTSIDE;
    if (cell == GRID_OUTSIDE)
        return 0;
    *ret_cameras = &seers->cameras[seers->start[cell]];
    return seers->start[cell + 1] - seers->start[cell];
}
