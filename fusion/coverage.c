/*
 * coverage.c - how much of the walkable floor the cameras can see
 */
#include "fusion/coverage.h"

static bool is_seen(const struct cameras *cameras, uint32_t cell)
{
    for (int i = 0; i < cameras->count; i++)
        if (cameras->items[i].footprint && grid_mask_test(cameras->items[i].footprint, cell))
            return true;
    return false;
}

void coverage_measure(const struct grid *grid, const uint8_t *walkable,
                      const struct cameras *cameras, double *ret_walkable_m2, double *ret_unseen_m2)
{
    uint32_t walkable_cells = 0, unseen_cells = 0;
    for (uint32_t cell = 0; cell < grid_cells(grid); cell++) {
        if (!grid_mask_test(walkable, cell))
            continue;
        walkable_cells++;
        unseen_cells += !is_seen(cameras, cell);
    }
    *ret_walkable_m2 = walkable_cells * grid->cell_m * grid->cell_m;
    *ret_unseen_m2 = unseen_cells * grid->cell_m * grid->cell_m;
}
