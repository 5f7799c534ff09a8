/*
 * heat_picture.h - the pictures people look at: heat and movement over the plan or a camera's still
 *
 * Perceptual colour map (dark = little, bright = much, readable by colour-blind people), scale from
 * 0 to a percentile of the occupied cells so that one queue does not hide the rest, a legend with
 * units, a scale bar, title and time range. Where nobody could look the plan shows through under a
 * light hatch; where cameras looked and nobody came the lowest colour is nearly transparent: the
 * two look different.
 */
#ifndef FLOORFUSE_REPORT_HEAT_PICTURE_H
#define FLOORFUSE_REPORT_HEAT_PICTURE_H

#include "calib/calibration.h"
#include "image/image.h"
#include "storage/query.h"

enum heat_layer { HEAT_LAYER_DWELL, HEAT_LAYER_PASSES, HEAT_LAYER_MOVEMENT };

struct heat_picture_options {
    enum heat_layer layer;
    const char *title;      /* e.g. "demo, floor yard" */
    const char *time_range; /* e.g. "2026-11-23 09:00 to 10:00 UTC" */
    double percentile;      /* of the occupied cells that gets the brightest colour; 0: 98 */
};

/*
 * Draw over the floor plan. The picture is as large as is comfortable to read (about 1200 px wide).
 *   plan              RGBA; NULL: a plain sheet
 *   metres_per_pixel  of the plan
 *   plan_origin       floor position of the plan's lower-left corner
 *   ret_picture       RGBA, the caller's to unref
 */
MUST_CHECK int heat_picture_over_plan(const struct heat_sums *sums, const struct image *plan,
                                      double metres_per_pixel, struct floor_m plan_origin,
                                      const struct heat_picture_options *options,
                                      struct image **ret_picture, struct error *err);

/*
 * Draw the same heat over a still of a camera, on the floor where the camera sees it.
 *   still   one pixel a pixel of the camera's frame, or of a part of it
 *   corner  where the still's top-left corner lies in the frame
 */
MUST_CHECK int heat_picture_over_camera(const struct heat_sums *sums, const struct image *still,
                                        struct image_px corner,
                                        const struct calibration *calibration,
                                        const struct heat_picture_options *options,
                                        struct image **ret_picture, struct error *err);

/* One row a cell: x_m,y_m (centre), dwell_s, passes, move_x_m, move_y_m, exposure_s. Measures are
 * empty where exposure is 0, unless a track was led through there: as in v_heat_cell, so that sums
 * agree (the pictures do not draw those cells and say how much that is). The file is replaced as a
 * whole. */
MUST_CHECK int heat_write_csv(const struct heat_sums *sums, const char *path, struct error *err);

#endif
