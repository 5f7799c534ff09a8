/* least_squares.c - the few parameters that make many residuals small */
#include "calib/least_squares.h"

#include <cminpack.h>
#include <errno.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EVALUATIONS_MAX 2000
#define TOLERANCE       1e-10
/* First step's bound, in units of the scaled start; MINPACK's own advice. */
#define STEP_BOUND 100.0
/* Of a parameter, for central differences: the cube root of a double's precision. */
#define DIFFERENCE_STEP 6e-6
/* Directions weaker than this part of the strongest are not determined at all. */
#define SINGULAR  1e-9
#define NULL_RANK 1e-9

static int evaluate(void *context, int m, int n, const double *x, double *fvec, int iflag)
{
    const struct residuals *residuals = context;
    (void) m;
    (void) n;
    (void) iflag;
    residuals->evaluate(residuals->problem, x, fvec);
    return 0;
}

static bool sizes_make_sense(const struct residuals *residuals)
{
    return residuals->parameter_count >= 1 &&
           residuals->parameter_count <= LEAST_SQUARES_PARAMETERS_MAX &&
           residuals->residual_count >= residuals->parameter_count;
}

static double sum_of_squares(const double *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i] * values[i];
    return sum;
}

int least_squares_minimise(const struct residuals *residuals, double *parameters,
                           double *ret_sum_of_squares)
{
    if (!sizes_make_sense(residuals))
        return -EINVAL;
    int m = residuals->residual_count, n = residuals->parameter_count, evaluations;
    double diagonal[LEAST_SQUARES_PARAMETERS_MAX], qtf[LEAST_SQUARES_PARAMETERS_MAX];
    double work[3 * LEAST_SQUARES_PARAMETERS_MAX];
    int pivots[LEAST_SQUARES_PARAMETERS_MAX];
    size_t rows = (size_t) m, columns = (size_t) n;
    double *room = calloc(rows * columns + 2 * rows, sizeof(double));
    if (!room)
        return -ENOMEM;
    double *jacobian = room, *values = room + rows * columns, *scratch = values + rows;
    (void) lmdif(evaluate, (void *) residuals, m, n, parameters, values, TOLERANCE, TOLERANCE, 0,
                 EVALUATIONS_MAX, 0, diagonal, 1, STEP_BOUND, 0, &evaluations, jacobian, m, pivots,
                 qtf, work, work + LEAST_SQUARES_PARAMETERS_MAX,
                 work + 2 * LEAST_SQUARES_PARAMETERS_MAX, scratch);
    double sum = sum_of_squares(values, m);
    for (int i = 0; i < n; i++)
        sum += 0 * parameters[i]; /* not a number stays none */
    free(room);
    if (!isfinite(sum))
        return -ERANGE;
    *ret_sum_of_squares = sum;
    return 0;
}

/* Columns of J by central differences; values has room for two lists of residuals. */
static void differentiate(const struct residuals *residuals, const double *parameters,
                          double *jacobian, double *values)
{
    int m = residuals->residual_count, n = residuals->parameter_count;
    double moved[LEAST_SQUARES_PARAMETERS_MAX];
    memcpy(moved, parameters, (size_t) n * sizeof(double));
    for (int j = 0; j < n; j++) {
        double step = DIFFERENCE_STEP * fmax(1e-2, fabs(parameters[j]));
        moved[j] = parameters[j] + step;
        residuals->evaluate(residuals->problem, moved, values);
        moved[j] = parameters[j] - step;
        residuals->evaluate(residuals->problem, moved, values + m);
        moved[j] = parameters[j];
        for (int i = 0; i < m; i++)
            jacobian[(size_t) i * (size_t) n + (size_t) j] =
                (values[i] - values[m + i]) / (2 * step);
    }
}

/* Columns to length 1, their lengths kept. Returns false when one is nothing or not finite. */
static bool scale_columns(double *jacobian, int m, int n, double *ret_lengths)
{
    for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int i = 0; i < m; i++)
            sum += jacobian[i * n + j] * jacobian[i * n + j];
        ret_lengths[j] = sqrt(sum);
        if (!isfinite(sum) || !(sum > 0))
            return false;
        for (int i = 0; i < m; i++)
            jacobian[i * n + j] /= ret_lengths[j];
    }
    return true;
}

/* V S^-2 V^T of the scaled J, with the columns' lengths put back. */
static void invert_normal(const double *vt, const double *singular, const double *lengths, int n,
                          double *ret_inverse)
{
    for (int a = 0; a < n; a++) {
        for (int b = 0; b < n; b++) {
            double sum = 0;
            for (int k = 0; k < n; k++)
                sum += vt[k * n + a] * vt[k * n + b] / (singular[k] * singular[k]);
            ret_inverse[a * n + b] = sum / (lengths[a] * lengths[b]);
        }
    }
}

int least_squares_covariance(const struct residuals *residuals, const double *parameters,
                             double *ret_inverse, double *ret_condition)
{
    if (!sizes_make_sense(residuals))
        return -EINVAL;
    int m = residuals->residual_count, n = residuals->parameter_count;
    double singular[LEAST_SQUARES_PARAMETERS_MAX], lengths[LEAST_SQUARES_PARAMETERS_MAX];
    double vt[LEAST_SQUARES_PARAMETERS_MAX * LEAST_SQUARES_PARAMETERS_MAX];
    double super[LEAST_SQUARES_PARAMETERS_MAX];
    size_t rows = (size_t) m;
    double *room = calloc(rows * (size_t) n + 2 * rows, sizeof(double));
    if (!room)
        return -ENOMEM;
    double *jacobian = room, *values = room + rows * (size_t) n;
    differentiate(residuals, parameters, jacobian, values);
    int r = -EDOM;
    if (scale_columns(jacobian, m, n, lengths) &&
        LAPACKE_dgesvd(LAPACK_ROW_MAJOR, 'N', 'A', m, n, jacobian, n, singular, NULL, m, vt, n,
                       super) == 0 &&
        singular[n - 1] > SINGULAR * singular[0])
        r = 0;
    free(room);
    if (r < 0)
        return r;
    invert_normal(vt, singular, lengths, n, ret_inverse);
    if (ret_condition)
        *ret_condition = singular[0] / singular[n - 1];
    return 0;
}

int null_vector(double *a, int rows, int columns, double *ret_vector)
{
    size_t n = (size_t) columns;
    int count = rows < columns ? rows : columns;
    double *room = calloc(n * n + 2 * n, sizeof(double));
    if (!room)
        return -ENOMEM;
    double *vt = room, *singular = room + n * n, *super = singular + n;
    int r = LAPACKE_dgesvd(LAPACK_ROW_MAJOR, 'N', 'A', rows, columns, a, columns, singular, NULL,
                           rows, vt, columns, super) == 0
                ? 0
                : -EDOM;
    /* With one row fewer than columns the smallest singular value is the 0 that is not listed. */
    int second = rows < columns ? count - 1 : count - 2;
    if (r == 0 && !(singular[second] > NULL_RANK * singular[0]))
        r = -EDOM;
    if (r == 0)
        memcpy(ret_vector, vt + n * (n - 1), n * sizeof(double));
    free(room);
    return r;
}
