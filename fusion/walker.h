/*
 * walker.h - one person's way over the cells of a grid, without flicker
 *
 * A person who stands on the line between two cells jitters across it. They count as having moved
 * on only when they are a tenth of a cell beyond the border of the cell they were in; and movement
 * is summed in steps of at least ten centimetres, so that standing still adds no path.
 */
#ifndef FLOORFUSE_FUSION_WALKER_H
#define FLOORFUSE_FUSION_WALKER_H

#include <stdbool.h>

#include "geom/grid.h"

struct walker {
    bool started;
    uint32_t cell;         /* the cell they count as being in, or GRID_OUTSIDE */
    struct floor_m anchor; /* where the last step ended */
};

/* So far beyond the old cell's border counts as moved, in cells. */
#define WALKER_HYSTERESIS_CELLS 0.1

/* The shortest step, m. */
#define WALKER_STEP_M 0.1

struct walk {
    bool entered;              /* a cell of the grid that they were not in before */
    uint32_t cell;             /* where they count as being now, or GRID_OUTSIDE */
    double step_x_m, step_y_m; /* 0 when no step ended here */
};

/* Go to a position; what happened on the way. */
struct walk walker_go(struct walker *walker, const struct grid *grid, struct floor_m position);

#endif
