/*
 * import_tsai.h - Tsai's camera as PETS 2009 publishes it
 *
 * docs/demo-calibration.md derives how Tsai's numbers become a pinhole. His lens runs the other
 * way: kappa1 undoes the distortion, r_u = r_d (1 + kappa1 r_d^2), and Brown's coefficients make
 * it. So k1 k2 k3 are fitted to the inverse, and how well they can is a number of pixels.
 */
#ifndef FLOORFUSE_CALIB_IMPORT_TSAI_H
#define FLOORFUSE_CALIB_IMPORT_TSAI_H

#include "calib/import.h"

struct tsai {
    int width_px, height_px;
    char name[ID_SIZE];
    double dpx_mm, dpy_mm; /* size of a pixel of the picture */
    double focal_mm, kappa1_per_mm2, cx_px, cy_px, sx;
    double translation[3], angles_rad[3]; /* about x, y and z; R = Rz Ry Rx */
};

/*
 * Read <Camera> with <Geometry>, <Intrinsic> and <Extrinsic>.
 *   file  stands for the path in sentences
 * Returns 0; -EINVAL with a sentence naming file and line; -ENOMEM.
 */
MUST_CHECK int import_tsai_parse(const char *bytes, size_t length, const char *file,
                                 struct tsai *ret_tsai, struct error *err);

/* How the lens came out. */
struct tsai_lens_fit {
    double worst_px;     /* farthest that a pixel is from where Tsai's formula has it */
    double folded_share; /* of the picture, where Tsai's formula is of no use: see below */
    double focal_scale;  /* the focal lengths were fitted too when k1 k2 k3 alone were too coarse */
};

/* What a camera may be off by from Tsai's own without being asked. */
#define TSAI_TOLERANCE_PX 0.05

/*
 * The pinhole of it. With a negative kappa1 Tsai's r_u comes back at a large radius; from 0.8 of
 * that radius on the picture is left out of the fit and counted as folded_share.
 *   pixel_shift_px  as in struct import_frame: the corners depend on it
 *   ret_camera      in the source's pixels and unit; with a pose
 */
void import_tsai_camera(const struct tsai *tsai, double pixel_shift_px,
                        struct import_camera *ret_camera, struct tsai_lens_fit *ret_fit);

/* R = Rz Ry Rx. Source: R. Willson's implementation of R. Y. Tsai, "A versatile camera calibration
 * technique", IEEE J. Robotics and Automation 3(4), 1987. */
void import_tsai_rotation(const double angles_rad[static 3], double ret_rotation[static 9]);

/* Where Tsai's own formula sees a pixel of the source: r_u for r_d, focal lengths both. */
double import_tsai_undistort(const struct tsai *tsai, double distorted_radius);

#endif
