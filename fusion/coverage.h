/*
 * coverage.h - how much of the walkable floor the cameras can see
 */
#ifndef FLOORFUSE_FUSION_COVERAGE_H
#define FLOORFUSE_FUSION_COVERAGE_H

#include "fusion/cameras.h"

/* walkable: mask of the grid. Areas in m^2, counted in whole cells. */
void coverage_measure(const struct grid *grid, const uint8_t *walkable,
                      const struct cameras *cameras, double *ret_walkable_m2,
                      double *ret_unseen_m2);

#endif
