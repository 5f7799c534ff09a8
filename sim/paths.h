/*
 * paths.h - the shortest way around shelves and walls, to places that many people want to reach
 *
 * For each goal one field is made when it is first asked for: every cell of the clearance raster
 * knows the next cell on its way (Dijkstra from the goal outwards). Asking the way is then walking
 * along the chain of cells as far as one can still see straight ahead.
 */
#ifndef FLOORFUSE_SIM_PATHS_H
#define FLOORFUSE_SIM_PATHS_H

#include "sim/clearance.h"

/* A body's axis comes no nearer to shelves and walls than this. */
#define BODY_CLEARANCE_M 0.2

/* Ways are planned this far off them. */
#define PATH_CLEARANCE_M 0.3

struct paths; /* opaque */

/* The clearance is borrowed as long as the paths live. Returns 0 or -ENOMEM. */
MUST_CHECK int paths_create(const struct clearance *clearance, struct paths **ret_paths);
void paths_destroy(struct paths **paths);

/* Through these cells one goes only when the other way is much longer: lanes of checkouts. To be
 * said before the first way is asked. */
void paths_avoid(struct paths *paths, uint32_t cell);

/* Can a way lead through a cell? */
bool paths_passable(const struct paths *paths, uint32_t cell);

/*
 * A place to go to.
 *   cells     reaching any of them is reaching the goal; those that are not passable are left out
 *   ret_goal  its number
 * Returns 0, -ENOENT when no cell is passable, -ENOMEM.
 */
MUST_CHECK int paths_add_goal(struct paths *paths, const uint32_t *cells, size_t cell_count,
                              size_t *ret_goal);

/* The cell at a point, or a passable one near by (0.8 m at most) that can be reached straight;
 * GRID_OUTSIDE if there is none. */
uint32_t paths_cell_near(const struct paths *paths, struct floor_m p);

/*
 * The farthest point of the way that can be reached straight on.
 * Returns 0; 1 when `from` is in a cell of the goal (*ret_towards is `from`); -EHOSTUNREACH when
 * there is no way; -ENOMEM.
 */
MUST_CHECK int paths_towards(struct paths *paths, size_t goal, struct floor_m from,
                             struct floor_m *ret_towards);

/* Length of the way, m, longer where it leads through avoided cells; INFINITY if there is none.
 * Returns 0 or -ENOMEM. */
MUST_CHECK int paths_length(struct paths *paths, size_t goal, struct floor_m from,
                            double *ret_length_m);

#endif
