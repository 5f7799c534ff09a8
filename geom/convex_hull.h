/*
 * convex_hull.h - the rubber band around points
 */
#ifndef FLOORFUSE_GEOM_CONVEX_HULL_H
#define FLOORFUSE_GEOM_CONVEX_HULL_H

#include <stddef.h>

#include "geom/polygon.h"

/*
 * The corners of the convex hull, counter-clockwise (y up), none twice, none inside an edge.
 *   xy        x0 y0 x1 y1 ..., in any frame; sorted by this call
 *   ret_hull  room for 2 * count + 2 numbers
 * Returns how many corners; fewer than 3 when all points lie on one line.
 * Source: Andrew, "Another efficient algorithm for convex hulls in two dimensions", Information
 * Processing Letters 9(5), 1979.
 */
size_t convex_hull(double *xy, size_t count, double *ret_hull);

#endif
