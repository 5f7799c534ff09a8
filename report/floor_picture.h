/*
 * floor_picture.h - a floor's GeoJSON as a plan, to scale
 */
#ifndef FLOORFUSE_REPORT_FLOOR_PICTURE_H
#define FLOORFUSE_REPORT_FLOOR_PICTURE_H

#include "floor/floor_map.h"
#include "image/image.h"

/*
 * Draw walkable floor, zones, shelves, walls and entrances with a grid of 1 m and 5 m.
 *   origin       floor position of the picture's lower-left corner; the picture reaches 1 m beyond
 * the uppermost and rightmost corner of any feature ret_picture  RGBA, the caller's to unref
 * Returns 0, -EINVAL when the picture would be larger than IMAGE_EDGE_MAX or the floor lies
 * outside, -ENOMEM.
 */
MUST_CHECK int floor_picture(const struct floor_map *map, double metres_per_pixel,
                             struct floor_m origin, struct image **ret_picture, struct error *err);

#endif
