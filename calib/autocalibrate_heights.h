/*
 * autocalibrate_heights.h - heights for a camera of which only the floor is known
 *
 * A homography says where the floor appears, and with square pixels and a known principal point all
 * that is open is the focal length: it says how fast what stands on the floor rises in the picture.
 * People are about equally tall, so there is one focal length under which they are. The homography
 * itself has an opinion too (the floor's axes are at right angles and equally long); where it is
 * known how exactly, both are weighed.
 *
 * What comes out maps the floor exactly as the homography does.
 * Source: Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 8.7 (a camera from a plane
 * and the vertical vanishing point); Zhang, IEEE TPAMI 22(11), 2000 (focal length of a plane's
 * view).
 */
#ifndef FLOORFUSE_CALIB_AUTOCALIBRATE_HEIGHTS_H
#define FLOORFUSE_CALIB_AUTOCALIBRATE_HEIGHTS_H

#include "calib/autocalibrate.h"
#include "calib/fit.h"

struct auto_focal {
    double px;     /* NaN: not known */
    double log_sd; /* standard deviation of its logarithm; NaN: not known */
};

struct auto_heights {
    struct auto_focal people, floor, both;
    double sigmas_apart; /* people and floor; NaN: not known */
    double image_from_floor[12];
    struct floor_m position;
    double height_m, height_sd_m; /* of the camera */
    double tilt_rad;              /* down from level, of the line through the principal point */
    struct auto_judgement people_now;
};

/*
 * What a homography says about the focal length by itself.
 *   undistorted_from_floor  row-major
 * Returns NaN where it says nothing: seen from straight above, or level.
 */
double auto_focal_of_floor(const struct matrix3 *undistorted_from_floor, double centre_x_px,
                           double centre_y_px);

/* The standard deviation of its logarithm, when the homography was fitted to marks; NaN where it
 * says nothing. */
double auto_focal_log_sd(const struct fit *fit, double centre_x_px, double centre_y_px);

/*
 *   walkers       boxes in image px
 *   camera        with a homography; only its floor is looked at
 *   floor_log_sd  of auto_focal_of_floor, where the homography's marks tell it; NaN: not known
 * Returns 0; -EDOM with a sentence (too few boxes, people of that height under no focal length,
 * people and map contradict each other, too uncertain);
 * -ENOMEM.
 */
MUST_CHECK int autocalibrate_heights(const struct walkers *walkers,
                                     const struct camera_model *camera,
                                     const struct auto_options *options, double floor_log_sd,
                                     struct auto_heights *ret_heights, struct error *err);

#endif
