/*
 * rotation.h - rotations as matrices and as vectors
 *
 * A rotation vector points along the axis and is as long as the angle in radians: three numbers
 * without constraints, as a solver likes them and as OpenCV writes them (rvec).
 * Source: Hartley & Zisserman, Multiple View Geometry, 2nd ed., appendix A4.3.2 (Rodrigues).
 */
#ifndef FLOORFUSE_CALIB_ROTATION_H
#define FLOORFUSE_CALIB_ROTATION_H

#include "geom/matrix3.h"

struct matrix3 rotation_of_vector(const double vector[static 3]);

/* The vector of angle 0..pi; the matrix must be a rotation. */
void rotation_to_vector(const struct matrix3 *rotation, double ret_vector[static 3]);

/*
 * The rotation nearest to a matrix of about that kind: U V^T of its singular value decomposition,
 * its last column turned where the matrix mirrors.
 * Returns 0, or -EINVAL when it is singular or not finite.
 * Source: Higham, "Computing the polar decomposition - with applications", SIAM J. Sci. Stat.
 * Comput. 7(4), 1986 (Newton's iteration).
 */
MUST_CHECK int rotation_nearest(const struct matrix3 *matrix, struct matrix3 *ret_rotation);

#endif
