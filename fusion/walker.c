/*
 * walker.c - one person's way over the cells of a grid
 */
#include "fusion/walker.h"

/* Whether a position is clearly outside the cell they were in. */
static bool has_left(const struct grid *grid, uint32_t cell, struct floor_m p)
{
    double column = (p.x - grid->origin.x) / grid->cell_m - cell % grid->columns;
    double row = (p.y - grid->origin.y) / grid->cell_m - cell / grid->columns;
    double low = -WALKER_HYSTERESIS_CELLS, high = 1 + WALKER_HYSTERESIS_CELLS;
    return column <= low || column >= high || row <= low || row >= high;
}

static bool moves_on(const struct walker *walker, const struct grid *grid, struct floor_m p)
{
    if (!walker->started)
        return true;
    uint32_t now = grid_cell_at(grid, p);
    if (now == walker->cell)
        return false;
    return walker->cell == GRID_OUTSIDE || has_left(grid, walker->cell, p);
}

struct walk walker_go(struct walker *walker, const struct grid *grid, struct floor_m position)
{
    struct walk walk = { .cell = walker->cell };
    if (moves_on(walker, grid, position)) {
        walk.cell = walker->cell = grid_cell_at(grid, position);
        walk.entered = walk.cell != GRID_OUTSIDE;
    }
    if (!walker->started)
        walker->anchor = position;
    walker->started = true;
    if (floor_distance_m(walker->anchor, position) >= WALKER_STEP_M) {
        walk.step_x_m = position.x - walker->anchor.x;
        walk.step_y_m = position.y - walker->anchor.y;
        walker->anchor = position;
    }
    return walk;
}
