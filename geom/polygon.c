/*
 * polygon.c - simple polygons
 */
#include "geom/polygon.h"

/* Count the edges to the right of the point; half-open in y, so that a corner counts once. */
bool polygon_contains(struct polygon polygon, double x, double y)
{
    bool inside = false;
    for (size_t i = 0, j = polygon.corners - 1; i < polygon.corners; j = i++) {
        double xi = polygon.xy[2 * i], yi = polygon.xy[2 * i + 1];
        double xj = polygon.xy[2 * j], yj = polygon.xy[2 * j + 1];
        if ((yi > y) != (yj > y) && x < xi + (y - yi) * (xj - xi) / (yj - yi))
            inside = !inside;
    }
    return inside;
}

double polygon_area(struct polygon polygon)
{
    double twice = 0;
    for (size_t i = 0, j = polygon.corners - 1; i < polygon.corners; j = i++)
        twice +=
            polygon.xy[2 * j] * polygon.xy[2 * i + 1] - polygon.xy[2 * i] * polygon.xy[2 * j + 1];
    return twice / 2;
}
