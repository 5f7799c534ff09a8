/*
 * lens.h - Brown's lens distortion, both ways
 *
 * Distorting is a formula, undoing it is not: the polynomial is inverted by Newton's method, and
 * only inside the radius up to which it grows. Beyond that radius two points of the world would
 * share a pixel, so both directions refuse. Sources: D. C. Brown, "Close-range camera calibration",
 * Photogrammetric Engineering 37(8), 1971; the coefficients' order and meaning are those of OpenCV
 * (k1 k2 p1 p2 k3).
 */
#ifndef FLOORFUSE_CALIB_LENS_H
#define FLOORFUSE_CALIB_LENS_H

#include <stdbool.h>

#include "base/macros.h"
#include "geom/point.h"

struct lens {
    bool active; /* false: a perfect lens; the rest is not looked at */
    double k1, k2, p1, p2, k3;
    double focal_x_px, focal_y_px, centre_x_px, centre_y_px;
    /* Filled by lens_find_limit: */
    double radius2_max; /* squared undistorted radius up to which the model grows, focal lengths */
    double per_focal_x, per_focal_y; /* 1 / px */
};

/* The derivative of one pixel position by another: row-major 2x2, no unit. */
struct jacobian2 {
    double xx, xy, yx, yy;
};

/* Fill the last fields from the others; radius2_max is INFINITY where the model grows without end.
 */
void lens_find_limit(struct lens *lens);

/* Where an ideal pixel appears in the picture. Returns 0, or -ERANGE beyond the limit. */
MUST_CHECK int lens_distort(const struct lens *lens, struct undistorted_px p,
                            struct image_px *ret_p);

/*
 * What an ideal pinhole would have recorded for a pixel of the picture.
 *   ret_jacobian  d undistorted / d image; may be NULL
 * Returns 0, or -ERANGE beyond the limit.
 */
MUST_CHECK int lens_undistort(const struct lens *lens, struct image_px p,
                              struct undistorted_px *ret_p, struct jacobian2 *ret_jacobian);

/*
 * The same along a line through the principal point, of a lens without p1 and p2.
 *   seen        distorted radius, focal lengths
 *   ret_growth  d distorted / d undistorted radius
 * Returns 0, or -ERANGE beyond the limit.
 */
MUST_CHECK int lens_undistort_radius(const struct lens *lens, double seen, double *ret_ideal,
                                     double *ret_growth);

#endif
