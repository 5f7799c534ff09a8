/*
 * projection.h - undistorted pixels and planes above the floor: the linear part of a camera
 *
 * Either a homography of the floor alone or a full 3x4 projection. Both are kept with the sign that
 * makes the third coordinate positive in front of the camera, so that "behind" and "above the
 * horizon" are one comparison.
 */
#ifndef FLOORFUSE_CALIB_PROJECTION_H
#define FLOORFUSE_CALIB_PROJECTION_H

#include <stdbool.h>

#include "base/macros.h"
#include "geom/matrix3.h"
#include "geom/point.h"

struct projection {
    bool has_height;                           /* false: only floor_from_undistorted is there */
    double image_from_floor[12];               /* row-major 3x4; third row gives the depth in m */
    double centre_x_m, centre_y_m, centre_z_m; /* where the camera is */
    struct matrix3 floor_from_undistorted;     /* of the plane z = 0 */
    struct matrix3 undistorted_from_floor;
    /* The same of one plane above the floor that is asked for often, see projection_keep_plane. */
    double kept_height_m; /* 0: none is kept */
    struct matrix3 plane_from_undistorted, undistorted_from_plane;
};

/*
 * The map of the floor alone. A camera looks at the floor from above and the floor's y points up on
 * the plan, so a seen piece of floor is mirrored once (pixel y points down): that fixes the sign.
 * Returns 0, or -EINVAL when the matrix is singular or not finite.
 * Source: Hartley & Zisserman, Multiple View Geometry, 2nd ed., sections 2.3 and 21 (signs).
 */
MUST_CHECK int projection_of_homography(const double floor_from_undistorted[static 9],
                                        struct projection *ret_projection);

/*
 * A projection matrix of any scale and sign.
 * Returns 0; -EINVAL when it is not finite or its left 3x3 part is singular (a camera at infinity);
 * -EDOM when the camera does not hang above the floor.
 * Source: Hartley & Zisserman, section 6.2.3 (depth of points).
 */
MUST_CHECK int projection_of_matrix(const double image_from_floor[static 12],
                                    struct projection *ret_projection);

/* Work out the plane height_m above the floor once and for all: where heads are. Does nothing where
 * there are no heights, or where the camera is in that plane. */
void projection_keep_plane(struct projection *projection, double height_m);

/*
 * Where the ray of an undistorted pixel meets the plane height_m above the floor.
 *   ret_jacobian  d floor / d pixel, m/px, row-major 2x2; may be NULL
 * Returns 0; -ERANGE on or above the horizon, or behind the camera; -ENOTSUP for a height and a
 * homography.
 */
MUST_CHECK int projection_to_plane(const struct projection *projection, struct undistorted_px p,
                                   double height_m, struct floor_m *ret_point,
                                   double ret_jacobian[4]);

/* Where a point above the floor appears. Returns 0, -ERANGE behind the camera, -ENOTSUP as above.
 */
MUST_CHECK int projection_to_image(const struct projection *projection, struct floor_m point,
                                   double height_m, struct undistorted_px *ret_p);

/*
 * The height over a floor point that appears nearest to a pixel: least squares of the two equations
 * of projection, which are linear in the height. Not finite where a vertical is seen end on. Only
 * for projections with heights.
 */
double projection_height_over(const struct projection *projection, struct floor_m point,
                              struct undistorted_px p);

#endif
