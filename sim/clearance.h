/*
 * clearance.h - how far every place is from what stands in the way
 *
 * A raster of distances to the nearest shelf, wall or edge of the floor, negative inside of them.
 * One look-up answers what would need every edge of the map: the push of walls, whether a body
 * fits, whether a straight way is free.
 */
#ifndef FLOORFUSE_SIM_CLEARANCE_H
#define FLOORFUSE_SIM_CLEARANCE_H

#include <stdbool.h>

#include "floor/floor_map.h"

/* Edge of a cell. Half the free width of a checkout lane, so that none closes by rounding. */
#define CLEARANCE_CELL_M 0.2

/* Farther than this is not told apart; walls push no farther. */
#define CLEARANCE_MAX_M 2.0

/* Between cells the distance is a blend, so it may be too large by at most this (half a cell's
 * diagonal, where a corner sticks out between centres). */
#define CLEARANCE_ERROR_M 0.15

struct clearance; /* opaque */

/* Returns 0; -EINVAL with a sentence when the floor is larger than 4 million cells; -ENOMEM. */
MUST_CHECK int clearance_create(const struct floor_map *map, struct clearance **ret_clearance,
                                struct error *err);
void clearance_destroy(struct clearance **clearance);

/* A round obstacle, for what the map does not know. */
void clearance_add_disc(struct clearance *clearance, struct floor_m centre, double radius_m);

const struct grid *clearance_grid(const struct clearance *clearance);

/* Of the centre of a cell. */
double clearance_of_cell(const struct clearance *clearance, uint32_t cell);

/* Of any point, m; negative inside obstacles and outside the raster. */
double clearance_at(const struct clearance *clearance, struct floor_m p);

/* The same, and the direction away from the nearest obstacle (length at most about 1; 0 where two
 * are equally near). */
double clearance_gradient(const struct clearance *clearance, struct floor_m p, double *ret_x,
                          double *ret_y);

/* Is the straight way free for a body that needs this clearance? Below CLEARANCE_ERROR_M a thin
 * wall may be overlooked. */
bool clearance_way_free(const struct clearance *clearance, struct floor_m from, struct floor_m to,
                        double needed_m);

#endif
