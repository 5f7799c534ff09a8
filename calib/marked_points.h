/*
 * marked_points.h - pairs of a point in the picture and the same point in the room
 *
 * A CSV file with the columns x_px, y_px (full-frame px, (0,0) is the picture's top-left corner),
 * x_m, y_m (floor m), and if wanted z_m (m above the floor; empty: 0) and name.
 */
#ifndef FLOORFUSE_CALIB_MARKED_POINTS_H
#define FLOORFUSE_CALIB_MARKED_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "geom/point.h"

struct marked_point {
    struct image_px px;
    double x_m, y_m, z_m; /* floor frame */
    long line;            /* of the file, for sentences; 0: none */
    char name[32];        /* as far as it fits; "" if none */
};

struct marked_points {
    struct marked_point *items;
    size_t count;
    char *source; /* the file, for sentences */
};

#define MARKED_POINTS_MIN 4
#define MARKED_POINTS_MAX 1000

/* Floor points farther than this from the origin are in another unit than metres. */
#define MARKED_POINT_FARTHEST_M 2000.0

/*
 *   width, height  of the full frame, px: no point may lie outside
 * Returns 0; -EINVAL with a sentence naming file and line (fewer than 4 points, a point twice, one
 * pixel for two places, outside the picture, text in a number, not finite); -errno of the file;
 * -ENOMEM.
 */
MUST_CHECK int marked_points_load(const char *path, uint32_t width, uint32_t height,
                                  struct marked_points *ret_points, struct error *err);
void marked_points_release(struct marked_points *points);

#endif
