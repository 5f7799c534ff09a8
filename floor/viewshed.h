/*
 * viewshed.h - what shelves and walls hide from a camera
 *
 * 2.5-D: every obstacle stands on the floor. The straight line from a point a height z over the
 * floor to a camera at height h is at height z + s (h - z) after the part s of the way over the
 * floor. It clears an obstacle of height o there when z > (o - s h) / (1 - s), so that one walk
 * from a place to the camera gives the height below which everything is hidden.
 */
#ifndef FLOORFUSE_FLOOR_VIEWSHED_H
#define FLOORFUSE_FLOOR_VIEWSHED_H

#include <stdbool.h>
#include <stdint.h>

#include "floor/floor_map.h"

/* Edge of a raster cell of obstacles; coarser only where a floor would need too many. */
#define HEIGHT_FIELD_CELL_M    0.1
#define HEIGHT_FIELD_CELLS_MAX 4000000

/* A shelf whose height nobody gave: a common gondola. */
#define SHELF_HEIGHT_M 1.8

/* Cameras hang on walls, which must not hide everything from them. */
#define VIEWSHED_BLIND_RADIUS_M 0.3

/* Heights from here on count as endless; nobody is taller. */
#define VIEWSHED_HEIGHT_MAX_M 2.54

struct height_field; /* opaque; obstacles as a raster; never changes */

MUST_CHECK int height_field_create(const struct floor_map *map, struct height_field **ret_field);
void height_field_destroy(struct height_field **field);

/* Whether anything stands on the floor at all. */
bool height_field_is_empty(const struct height_field *field);

/* Height of what stands at a point, m; 0: nothing; INFINITY: a wall up to the ceiling. */
double height_field_at(const struct height_field *field, struct floor_m p);

struct viewshed; /* opaque; what one camera position sees; fills itself as it is asked */

/* The field is borrowed as long as the viewshed lives. Returns 0 or -ENOMEM. */
MUST_CHECK int viewshed_create(const struct height_field *field, struct floor_m camera,
                               double camera_height_m, struct viewshed **ret_viewshed);
void viewshed_destroy(struct viewshed **viewshed);

/* Everything at p below this height is hidden by shelves and walls, to 1 cm and one raster cell; 0:
 * nothing is; INFINITY: all. */
double viewshed_hidden_below_m(struct viewshed *viewshed, struct floor_m p);

#endif
