/*
 * matrix3.h - 3x3 matrices, row-major, as homographies and rotations
 */
#ifndef FLOORFUSE_GEOM_MATRIX3_H
#define FLOORFUSE_GEOM_MATRIX3_H

#include "base/macros.h"

struct matrix3 {
    double m[9]; /* row-major: m[3 * row + column] */
};

struct matrix3 matrix3_multiply(struct matrix3 a, struct matrix3 b);
double matrix3_det(struct matrix3 a);

/*
 * Inverse by the adjugate.
 * Returns 0, or -EINVAL when an entry is not finite or the matrix is singular: the determinant is
 * below 1e-12 times the product of the row lengths, which does not depend on the units.
 */
MUST_CHECK int matrix3_invert(struct matrix3 a, struct matrix3 *ret_inverse);

/* a (x, y, w)^T. */
static inline void matrix3_apply(const struct matrix3 *a, double x, double y, double w,
                                 double ret[static 3])
{
    for (int row = 0; row < 3; row++)
        ret[row] = a->m[3 * row] * x + a->m[3 * row + 1] * y + a->m[3 * row + 2] * w;
}

#endif
