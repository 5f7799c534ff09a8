/*
 * map.h - the part of the floor that a sheet shows, and where it is on the sheet
 */
#ifndef FLOORFUSE_REPORT_MAP_H
#define FLOORFUSE_REPORT_MAP_H

#include "geom/point.h"
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

/* A sheet for a piece of floor. The sheet is to be closed with sheet_close. Returns 0, -ENOMEM. */
MUST_CHECK int map_open(struct extent floor, const struct sheet_words *words, struct map *ret_map);

/* A picture of the whole of map->floor. */
void map_draw_plan(const struct map *map, const struct image *plan);

/* Lines 1 m apart, or 5, 10, ... where those would be too close. */
void map_draw_grid(const struct map *map);

/* A triangle on the spot below a camera. */
void map_draw_camera(const struct map *map, struct floor_m camera);

/* The line around the map, and the scale bar. */
void map_draw_frame(const struct map *map);

static inline double map_x(const struct map *map, double x_m)
{
    return map->sheet.map_x + (x_m - map->extent.low.x) * map->px_per_m;
}

static inline double map_y(const struct map *map, double y_m)
{
    return map->sheet.map_y + (map->extent.high.y - y_m) * map->px_per_m;
}

#endif
