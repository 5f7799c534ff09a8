/*
 * calibration.h - where a camera's pixels meet the floor
 *
 * A camera file (libconfig, docs/calibration.md) holds the frame size and one of three models:
 *   floor_from_image  3x3 homography, undistorted px -> floor m
 *   image_from_floor  3x4 projection matrix, floor m (x y z 1) -> undistorted px
 *   pinhole           K, R and t ("camera from floor", m)
 * each with optional lens distortion k1 k2 p1 p2 k3 (Brown's model, as in OpenCV), which needs K.
 * The first knows nothing about heights; the others do.
 */
#ifndef FLOORFUSE_CALIB_CALIBRATION_H
#define FLOORFUSE_CALIB_CALIBRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/option.h"
#include "geom/grid.h"
#include "geom/point.h"

struct watch;
struct calibration; /* opaque; never changes after loading, so threads may share it */

/*
 *   ret_calibration  owned by the caller; untouched on failure
 *   problems         sentences with file and line of everything wrong
 * Returns 0, -EINVAL (no model or two, singular matrix, number not finite, ...), -errno of the
 * file.
 */
MUST_CHECK int calibration_load(const char *path, struct calibration **ret_calibration,
                                struct problems *problems);
/* The same from text that came over the wire; `name` stands for the path in sentences. */
MUST_CHECK int calibration_parse(const char *text, const char *name,
                                 struct calibration **ret_calibration, struct problems *problems);
/* The same camera again, with a life of its own. Returns 0 or -ENOMEM. */
MUST_CHECK int calibration_clone(const struct calibration *calibration,
                                 struct calibration **ret_calibration);
void calibration_destroy(struct calibration **calibration);

const char *calibration_text(const struct calibration *calibration);    /* the file's content */
const char *calibration_version(const struct calibration *calibration); /* SHA-256 of the text */

/* What the file says about itself; borrowed; "" and INT64_MIN where it says nothing. */
const char *calibration_author(const struct calibration *calibration);
const char *calibration_note(const struct calibration *calibration);
int64_t calibration_valid_from_us(const struct calibration *calibration); /* UTC */
void calibration_size(const struct calibration *calibration, uint32_t *ret_width,
                      uint32_t *ret_height);

/* Whether points above the floor can be projected (everything but a bare homography). */
bool calibration_has_height(const struct calibration *calibration);

/* Undo the lens: by a table where it is radial (lens_table.h says how exact), else by Newton's
 * method. Returns 0, or -ERANGE beyond the radius where the model stops growing. */
MUST_CHECK int calibration_undistort(const struct calibration *calibration, struct image_px p,
                                     struct undistorted_px *ret_p);

/*
 * Where a pixel meets the plane height_m above the floor, and how exactly.
 *   pixel_covariance  of the pixel, px^2
 *   ret_covariance    J C J^T with J the Jacobian of the whole way (lens and plane), m^2; may be
 * NULL Returns 0; -ERANGE on or above the horizon, or behind the camera; -ENOTSUP when height_m is
 * not 0 and the model is a bare homography. Source: Hartley & Zisserman, Multiple View Geometry,
 * 2nd ed., section 5.2.1 (first order).
 */
MUST_CHECK int calibration_floor_from_image(const struct calibration *calibration,
                                            struct image_px p, struct covariance2 pixel_covariance,
                                            double height_m, struct floor_m *ret_point,
                                            struct covariance2 *ret_covariance);

/* Where a point height_m above the floor appears. Returns 0, -ERANGE (behind the camera or beyond
 * the lens model), -ENOTSUP as above. It may lie outside the picture. */
MUST_CHECK int calibration_image_from_floor(const struct calibration *calibration,
                                            struct floor_m point, double height_m,
                                            struct image_px *ret_p);

/* Where the camera hangs (x, y) and how high; -ENOTSUP for a bare homography. */
MUST_CHECK int calibration_position(const struct calibration *calibration,
                                    struct floor_m *ret_point, double *ret_height_m);

/* How tall people are: what places a head on the floor. These are the defaults of people.height_m
 * and people.height_sd_m. */
#define PERSON_HEIGHT_M    1.70
#define PERSON_HEIGHT_SD_M 0.10

struct person_height {
    double mean_m, sd_m;
};

/* Expect people of that height from now on; the defaults until then. Before the calibration is
 * shared. */
void calibration_expect_people(struct calibration *calibration, struct person_height height);
struct person_height calibration_people(const struct calibration *calibration);

/* Where a box puts a person on the floor. */
struct placement {
    struct floor_m floor;
    struct covariance2 covariance;
    float height_m;   /* from the box's top edge over that point; NaN when it cannot be told */
    uint32_t reasons; /* enum observation_reason, by value: wire/ is not needed here */
};

#define PLACEMENT_FOOT_CLIPPED \
    (1u << 0) /* equal to REASON_FOOT_CLIPPED; a test holds them together */
#define PLACEMENT_HEAD_PLANE (1u << 2) /* equal to REASON_HEAD_PLANE */

/*
 * Person: the middle of the bottom edge is the foot point. When the bottom is cut by the view's
 * edge the head's plane places it instead where heights are known, else the covariance grows. A box
 * cut at the side has lost part of its width: the covariance grows by the lost part. view     the
 * part of the frame the detector saw, px edge_sd_px  standard deviation of a box edge, px Returns
 * 0, or -ERANGE when no floor point exists, -ENOTSUP when the box alone cannot say.
 */
MUST_CHECK int placement_of_person(const struct calibration *calibration, struct box_px box,
                                   struct box_px view, double edge_sd_px,
                                   struct placement *ret_placement);

/* Head: the middle of the top edge lies in the plane of the mean height; its covariance holds the
 * height's spread. Returns as above. */
MUST_CHECK int placement_of_head(const struct calibration *calibration, struct box_px box,
                                 double edge_sd_px, struct placement *ret_placement);

/*
 * Footprint: the cells of which the centre is seen: it projects into the view, a person standing
 * there shows feet and (where heights are known) at least half their height, and a foot would be
 * located to within FOOTPRINT_MAX_SD_M.
 *   watch  where feet are watched for, see watch.h; NULL: everywhere
 *   mask   grid_mask_bytes, zeroed by the caller
 */
#define FOOTPRINT_MAX_SD_M 1.0
void calibration_footprint(const struct calibration *calibration, struct box_px view,
                           const struct watch *watch, double edge_sd_px, const struct grid *grid,
                           uint8_t *mask);

#endif
