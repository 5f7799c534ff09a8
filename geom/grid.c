/*
 * grid.c - the floor cut into square cells
 */
#include "geom/grid.h"

/* Whole cells that span a length; a hair above a whole number is rounding, not another cell. */
static uint32_t cells_over(double length_m, double cell_m)
{
    double cells = ceil(length_m / cell_m - 1e-9);
    return cells < 1 ? 1 : (uint32_t) cells;
}

struct grid grid_covering(struct floor_m low, struct floor_m high, double cell_m)
{
    return (struct grid){
        .origin = low,
        .cell_m = cell_m,
        .columns = cells_over(high.x - low.x, cell_m),
        .rows = cells_over(high.y - low.y, cell_m),
    };
}
