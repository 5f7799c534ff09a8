/*
 * fit_start.h - a first guess of a camera, without a guess to start from
 */
#ifndef FLOORFUSE_CALIB_FIT_START_H
#define FLOORFUSE_CALIB_FIT_START_H

#include <stddef.h>

#include "calib/fit_model.h"

/* Which of the points to use, in ascending order. */
struct point_choice {
    const struct marked_point *points;
    const size_t *chosen;
    size_t count;
};

/* Heights below this are the floor. */
#define FLOOR_HEIGHT_M 1e-6

static inline bool marked_on_floor(const struct marked_point *point)
{
    return fabs(point->z_m) < FLOOR_HEIGHT_M;
}

/*
 * The homography of those chosen points that lie on the floor: normalised direct linear
 * transformation.
 * Returns 0; -EDOM when there are fewer than 4 or they do not determine one (on a line); -ENOMEM.
 * Source: Hartley & Zisserman, Multiple View Geometry, 2nd ed., algorithm 4.2.
 */
MUST_CHECK int fit_start_homography(const struct fit_frame *frame,
                                    const struct point_choice *choice,
                                    struct fit_camera *ret_camera);

/*
 * The pinhole camera behind a homography.
 *   focal_px  0: of the orthogonality of the floor's axes, which fails when the camera looks
 *             straight down or along the floor
 * Returns 0; -EDOM when no such camera exists or it is below the floor.
 * Source: Zhang, "A flexible new technique for camera calibration", IEEE TPAMI 22(11), 2000.
 */
MUST_CHECK int fit_start_of_homography(const struct fit_frame *frame,
                                       const struct fit_camera *homography, double focal_px,
                                       struct fit_pinhole *ret_pinhole);

/*
 * The pinhole camera of at least 6 chosen points that are not all in one plane: direct linear
 * transformation of the 3x4 matrix, taken apart.
 * Returns 0; -EDOM when they do not determine one; -ENOMEM.
 * Source: Hartley & Zisserman, sections 7.1 and 6.2.4.
 */
MUST_CHECK int fit_start_of_space(const struct fit_frame *frame, const struct point_choice *choice,
                                  struct fit_pinhole *ret_pinhole);

#endif
