/*
 * autocalibrate.h - a camera from people who walk past it
 *
 * People are about equally tall and upright. How tall they look near and far gives the horizon, how
 * that bends and leans gives the focal length, and their height in metres the scale. All boxes are
 * used: the logarithm of seen by foretold height scatters by the boxes' noise, and all boxes of a
 * track share an error, which is that person's height.
 *
 * Sources: Lv, Zhao & Nevatia, "Camera calibration from video of a walking human", IEEE TPAMI
 * 28(9), 2006; Krahnstoever & Mendonca, "Bayesian autocalibration for surveillance", ICCV 2005;
 * Liu, Collins & Liu, "Surveillance camera autocalibration based on pedestrian height
 * distributions", BMVC 2011.
 */
#ifndef FLOORFUSE_CALIB_AUTOCALIBRATE_H
#define FLOORFUSE_CALIB_AUTOCALIBRATE_H

#include <stdbool.h>

#include "calib/camera_file.h"
#include "calib/walkers.h"

/* Fewer say nothing. */
#define AUTO_BOXES_MIN  60
#define AUTO_TRACKS_MIN 8

/* What is known beforehand. */
struct auto_options {
    double width_px, height_px;
    double centre_x_px, centre_y_px; /* principal point */
    double height_m, height_sd_m;    /* of people */
    /* How well the mean person and the detector's idea of a box are known, as a share: boxes of
     * thousands of people leave the scale no better known than this. */
    double scale_sd;
};
struct auto_options auto_defaults(double width_px, double height_px);

/* A camera above its own floor: the origin is under it, y the way it looks, x to the right. */
struct auto_camera {
    double focal_px;
    double tilt_rad; /* down from level */
    double roll_rad; /* positive: the picture's right side hangs lower */
    double height_m; /* above the floor */
};

/* Where the horizon crosses x; px, y down. Perfectly level cameras have it in the middle. */
double auto_horizon_y_px(const struct auto_options *options, const struct auto_camera *camera,
                         double x_px);
/* Where verticals meet; far away for cameras that are nearly level. */
struct undistorted_px auto_vertical_point(const struct auto_options *options,
                                          const struct auto_camera *camera);
/* Camera from floor. */
void auto_camera_pose(const struct auto_camera *camera, struct matrix3 *ret_rotation,
                      double ret_translation[static 3]);
/* As a projection. Returns 0; -EINVAL, -EDOM as projection_of_matrix. */
MUST_CHECK int auto_camera_projection(const struct auto_options *options,
                                      const struct auto_camera *camera,
                                      struct projection *ret_projection);

enum auto_parameter { AUTO_LOG_FOCAL, AUTO_TILT, AUTO_ROLL, AUTO_LOG_HEIGHT, AUTO_PARAMETERS };

struct auto_result {
    struct auto_camera camera;
    double covariance[AUTO_PARAMETERS * AUTO_PARAMETERS]; /* row-major, of enum auto_parameter */
    struct auto_camera sd;    /* standard deviations, in the units of the camera */
    double horizon_sd_px[3];  /* at the picture's left edge, middle, right edge */
    double focal_from_people; /* share of what is known about the focal length: 0: only assumed */
    double box_sd;            /* scatter of a box's height within a track, as a share */
    double person_sd;         /* scatter between tracks, as a share */
    size_t used;              /* boxes that agree */
};

/*
 * Focal length, tilt, roll and height of a camera from boxes alone.
 *   walkers  boxes in undistorted px
 * Returns 0; -EDOM with a sentence (too few boxes or people, all equally far away, straight down,
 * no camera agrees); -ENOMEM.
 */
MUST_CHECK int autocalibrate(const struct walkers *walkers, const struct auto_options *options,
                             struct auto_result *ret_result, struct error *err);

/* How tall people look under a camera that is there already: near, midway and far. */
#define AUTO_JUDGE_BANDS 3
struct auto_judgement {
    size_t boxes, tracks;  /* boxes that can be placed, and the people behind them */
    double height_m, sd_m; /* of a middling person, and how sure that is */
    struct {
        double distance_m; /* from the camera along the floor, median */
        double height_m, sd_m;
        size_t boxes;
    } bands[AUTO_JUDGE_BANDS];
};

/*
 *   walkers  boxes in image px
 *   camera   must have heights
 * Returns 0; -EDOM with a sentence (too few boxes or people); -ENOMEM.
 */
MUST_CHECK int autocalibrate_judge(const struct walkers *walkers, const struct camera_model *camera,
                                   const struct auto_options *options,
                                   struct auto_judgement *ret_judgement, struct error *err);

#endif
