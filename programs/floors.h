/*
 * floors.h - what a config says about a floor, loaded
 */
#ifndef FLOORFUSE_PROGRAMS_FLOORS_H
#define FLOORFUSE_PROGRAMS_FLOORS_H

#include "config/store_config.h"
#include "floor/floor_map.h"
#include "image/image.h"

/* The floor's GeoJSON; without one, the plan's rectangle is walkable; without either, -EINVAL. */
MUST_CHECK int floor_load_map(const struct floor_config *floor, struct floor_map **ret_map,
                              struct error *err);

/* -EINVAL when a floor would have more heat cells than a store can have: its unit is wrong, or its
 * cells are. */
MUST_CHECK int floor_check_cells(const struct floor_map *map, const char *floor, double cell_m,
                                 struct error *err);

/* The plan's picture, or NULL in *ret_plan when the floor has none. */
MUST_CHECK int floor_load_plan(const struct floor_config *floor, struct image **ret_plan,
                               struct error *err);

/* Floor position of the plan's lower-left corner; (0, 0) when not given. */
struct floor_m floor_plan_origin(const struct floor_config *floor);

#endif
