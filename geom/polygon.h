/*
 * polygon.h - simple polygons
 */
#ifndef FLOORFUSE_GEOM_POLYGON_H
#define FLOORFUSE_GEOM_POLYGON_H

#include <stdbool.h>
#include <stddef.h>

/* Corners in order, not repeated at the end; any frame, so plain numbers: x0 y0 x1 y1 ... */
struct polygon {
    const double *xy;
    size_t corners;
};

/* Even-odd rule; a point on the lower or left edge is inside, on the upper or right edge is not, so
 * that neighbouring polygons share no point. */
bool polygon_contains(struct polygon polygon, double x, double y);

/* Signed area by the shoelace formula, positive when the corners run counter-clockwise (y up). */
double polygon_area(struct polygon polygon);

#endif
