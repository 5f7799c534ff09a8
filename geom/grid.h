/*
 * grid.h - the floor cut into square cells
 *
 * A grid never changes once facts refer to it. Cells are numbered row-major from the origin: cell =
 * row * columns + column, row 0 is at the smallest y.
 */
#ifndef FLOORFUSE_GEOM_GRID_H
#define FLOORFUSE_GEOM_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "geom/point.h"

struct grid {
    struct floor_m origin; /* corner of cell 0 with the smallest x and y, m */
    double cell_m;         /* edge of a cell, m */
    uint32_t columns, rows;
};

#define GRID_OUTSIDE UINT32_MAX

static inline uint32_t grid_cells(const struct grid *grid)
{
    return grid->columns * grid->rows;
}

/* The cell a point lies in ([low, high) on both axes), or GRID_OUTSIDE; NaN is outside. */
static inline uint32_t grid_cell_at(const struct grid *grid, struct floor_m p)
{
    double column = floor((p.x - grid->origin.x) / grid->cell_m);
    double row = floor((p.y - grid->origin.y) / grid->cell_m);
    if (!(column >= 0 && column < grid->columns && row >= 0 && row < grid->rows))
        return GRID_OUTSIDE;
    return (uint32_t) row * grid->columns + (uint32_t) column;
}

static inline struct floor_m grid_cell_centre(const struct grid *grid, uint32_t cell)
{
    return (struct floor_m){ grid->origin.x + (cell % grid->columns + 0.5) * grid->cell_m,
                             grid->origin.y + (cell / grid->columns + 0.5) * grid->cell_m };
}

/* The grid of cell_m that covers a rectangle; the far edges are rounded up to whole cells. */
struct grid grid_covering(struct floor_m low, struct floor_m high, double cell_m);

/*
 * A set of cells: one bit a cell, cell c is bit (c % 8) of byte c / 8. This is also the form in
 * which footprints are stored.
 */
static inline uint32_t grid_mask_bytes(const struct grid *grid)
{
    return (grid_cells(grid) + 7) / 8;
}

static inline bool grid_mask_test(const uint8_t *mask, uint32_t cell)
{
    return (mask[cell / 8] >> (cell % 8)) & 1;
}

static inline void grid_mask_set(uint8_t *mask, uint32_t cell)
{
    mask[cell / 8] |= (uint8_t) (1u << (cell % 8));
}

#endif
