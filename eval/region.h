/*
 * region.h - a part of the floor: a rectangle, a polygon, or all of it
 */
#ifndef FLOORFUSE_EVAL_REGION_H
#define FLOORFUSE_EVAL_REGION_H

#include "geom/point.h"
#include "geom/polygon.h"

/* 4 numbers: xmin, ymin, xmax, ymax, borders included; 6 and more: x, y of corners; none: all. */
struct region {
    const double *numbers;
    size_t count;
};

static inline bool region_contains(const struct region *region, struct floor_m p)
{
    const double *n = region->numbers;
    if (region->count == 0)
        return true;
    if (region->count == 4)
        return p.x >= n[0] && p.y >= n[1] && p.x <= n[2] && p.y <= n[3];
    return polygon_contains((struct polygon){ .xy = n, .corners = region->count / 2 }, p.x, p.y);
}

#endif
