/*
 * matrix3.c - 3x3 matrices
 */
#include "geom/matrix3.h"

#include <errno.h>
#include <math.h>

struct matrix3 matrix3_multiply(struct matrix3 a, struct matrix3 b)
{
    struct matrix3 product;
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 3; column++)
            product.m[3 * row + column] = a.m[3 * row] * b.m[column] +
                                          a.m[3 * row + 1] * b.m[3 + column] +
                                          a.m[3 * row + 2] * b.m[6 + column];
    return product;
}

double matrix3_det(struct matrix3 a)
{
    const double *m = a.m;
    return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
           m[2] * (m[3] * m[7] - m[4] * m[6]);
}

int matrix3_invert(struct matrix3 a, struct matrix3 *ret_inverse)
{
    const double *m = a.m;
    double rows = 1;
    for (int row = 0; row < 3; row++)
        rows *= sqrt(m[3 * row] * m[3 * row] + m[3 * row + 1] * m[3 * row + 1] +
                     m[3 * row + 2] * m[3 * row + 2]);
    double det = matrix3_det(a);
    if (!isfinite(det) || !isfinite(rows) || fabs(det) <= 1e-12 * rows)
        return -EINVAL;
    *ret_inverse = (struct matrix3){ {
        (m[4] * m[8] - m[5] * m[7]) / det,
        (m[2] * m[7] - m[1] * m[8]) / det,
        (m[1] * m[5] - m[2] * m[4]) / det,
        (m[5] * m[6] - m[3] * m[8]) / det,
        (m[0] * m[8] - m[2] * m[6]) / det,
        (m[2] * m[3] - m[0] * m[5]) / det,
        (m[3] * m[7] - m[4] * m[6]) / det,
        (m[1] * m[6] - m[0] * m[7]) / det,
        (m[0] * m[4] - m[1] * m[3]) / det,
    } };
    return 0;
}
