/*
 * sensor_view.h - where a simulated camera really looks, and where people believe that it looks
 *
 * The config (or the camera file) is what people believe and what is published. The true camera is
 * turned and shifted against it by a little, as an installer's calibration is.
 */
#ifndef FLOORFUSE_SIM_SENSOR_VIEW_H
#define FLOORFUSE_SIM_SENSOR_VIEW_H

#include "calib/calibration.h"
#include "calib/lens.h"
#include "sim/sensor_config.h"
#include "sim/visibility.h"

/* Everything nearer to the lens than this counts as behind it. */
#define VIEW_NEAR_M 0.1

/* The true camera. A plain value. */
struct view {
    double image_from_floor[12]; /* row-major 3x4, undistorted px; the third row gives metres */
    struct lens lens;
    struct floor_m position;
    double height_m;
    double width_px, height_px;
    double steepest_px; /* a metre of the world changes u or v times depth by this at most */
};

/* What is wrong with a published calibration: the true camera is turned about its own place by a
 * rotation vector in the floor's frame (its length is the angle, rad), then shifted. */
struct view_error {
    double rotation_rad[3], shift_m[3];
};

/*
 *   camera           what the config says
 *   ret_calibration  what is believed: of the camera file, or made from the numbers; owned by the
 *                    caller
 * Returns 0; -EINVAL with a sentence (no heights, a camera below the floor, not readable); -ENOMEM.
 */
MUST_CHECK int view_create(const struct sim_camera_config *camera, const struct view_error *error,
                           struct view *ret_view, struct calibration **ret_calibration,
                           struct error *err);

/* Where a point over the floor appears, lens and all. Returns its depth, m; at most 0 when it
 * cannot be seen (too near, behind, beyond the lens), and then *ret_p is not set. */
double view_project(const struct view *view, double x_m, double y_m, double z_m,
                    struct image_px *ret_p);

/* A body: an upright cylinder of which only a few points matter. */
struct body {
    struct floor_m position;
    double height_m, radius_m;
};

/*
 * The box around a body.
 *   foot_bias_m  the box ends where a point this much nearer to the camera stands on the floor
 * Returns false when none of it is in the picture or a part of it is behind the camera.
 */
bool view_silhouette(const struct view *view, const struct body *body, double foot_bias_m,
                     struct silhouette *ret_silhouette);

/* The published matrix, 12 numbers, image_from_floor; for cameras.txt. False with a lens, which a
 * matrix cannot tell. */
bool view_matrix_of_calibration(const struct calibration *calibration, double ret_matrix[12]);

#endif
