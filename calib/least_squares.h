/*
 * least_squares.h - the few parameters that make many residuals small
 *
 * Over MINPACK (Levenberg-Marquardt) and LAPACK, which stay behind this header.
 */
#ifndef FLOORFUSE_CALIB_LEAST_SQUARES_H
#define FLOORFUSE_CALIB_LEAST_SQUARES_H

#include "base/macros.h"

/* Parameters at most. */
#define LEAST_SQUARES_PARAMETERS_MAX 12

/*
 * What is to be small.
 *   parameters     parameter_count of them
 *   ret_residuals  residual_count of them; must be filled with finite numbers
 */
struct residuals {
    void (*evaluate)(const void *problem, const double *parameters, double *ret_residuals);
    const void *problem;
    int parameter_count, residual_count; /* not more parameters than residuals */
};

/*
 * Levenberg-Marquardt from a start to the nearest minimum of the sum of squares.
 *   parameters  the start, and the result
 * Returns 0 with the sum of squares; -EINVAL (too many parameters, or fewer residuals than
 * parameters); -ENOMEM; -ERANGE when nothing finite was found.
 * Source: More, "The Levenberg-Marquardt algorithm", Lecture Notes in Mathematics 630, 1978.
 */
MUST_CHECK int least_squares_minimise(const struct residuals *residuals, double *parameters,
                                      double *ret_sum_of_squares);

/*
 * (J^T J)^-1 at the parameters, J by central differences: the parameters' covariance when
 * residuals have variance 1.
 *   ret_inverse    parameter_count x parameter_count, row-major
 *   ret_condition  of J with columns scaled to length 1; above about 1e6 some combination of
 *                  parameters is not determined; may be NULL
 * Returns 0; -EDOM when J^T J is singular; -EINVAL; -ENOMEM.
 */
MUST_CHECK int least_squares_covariance(const struct residuals *residuals, const double *parameters,
                                        double *ret_inverse, double *ret_condition);

/*
 * The unit vector v for which |A v| is smallest: the last right singular vector.
 *   a  rows x columns, row-major; overwritten
 * Returns 0; -EDOM when it is not unique (the second smallest singular value is no larger than
 * 1e-9 of the largest); -ENOMEM.
 */
MUST_CHECK int null_vector(double *a, int rows, int columns, double *ret_vector);

#endif
