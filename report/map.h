/*
 * map.h - the part of the floor that a sheet shows, and where it is on the
 * sheet
 */
#ifndef FLOORFUSE_REPORT_MAP_H
#define FLOORFUSE_REPORT_MAP_H

#include "report/sheet.h"

struct extent {
    struct floor_m low, high;
};

struct map {
    struct sheet sheet;
    struct extent floor;  /* of the plan or grid */
    struct extent extent; /* of the map */
    double px_per_m;
};

static inline double map_x(const struct map *map, double x_m)
{
    return map->sheet.map_x + (x_m - map->extent.low.x) * map->px_per_m;
}

static inline double map_y(const struct map *map, double y_m)
{
    return map->sheet.map_y + (map->extent.high.y - y_m) * map->px_per_m;
}

#endif
