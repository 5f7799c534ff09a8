/*
 * fit_robust.h - one camera model through points of which some are wrong
 *
 * Every way of leaving points out is judged by one number: the logarithm of how likely the points
 * are when those that are kept scatter by a few pixels and those left out can be anywhere in the
 * picture. So few points need no threshold chosen by taste, and when two ways are about as likely
 * the fit says that it cannot tell.
 */
#ifndef FLOORFUSE_CALIB_FIT_ROBUST_H
#define FLOORFUSE_CALIB_FIT_ROBUST_H

#include "calib/fit_start.h"

/* What is believed of marks before any are seen: their standard deviation is about sigma_px, as if
 * it had been measured on FIT_PRIOR_FREEDOM numbers. */
#define FIT_PRIOR_FREEDOM 4.0

struct fit_data {
    struct fit_frame frame;
    const struct marked_point *points; /* MARKED_POINTS_MAX at most */
    size_t count;
    double sigma_px; /* expected of a mark */
};

struct robust_fit {
    struct fit_camera camera;
    size_t chosen[MARKED_POINTS_MAX]; /* the points kept, ascending */
    size_t count;
    double sum_of_squares; /* of them, px^2 */
    double score;          /* log likelihood as above; only differences mean something */
};

/* The standard deviation of a mark: what was expected and what is left over, px. */
double fit_sigma_px(const struct fit_data *data, const struct robust_fit *fit);

/*
 * The least squares of the chosen points, from where fit->camera is.
 * Returns as least_squares_minimise.
 */
MUST_CHECK int fit_refine(const struct fit_data *data, struct robust_fit *fit);

/*
 * Find the camera and the points that agree with it.
 *   hint       the best fit of another model, to start from as well; NULL: none
 *   ret_fit    the best
 *   ret_rival  the likeliest other choice that keeps a point the best leaves out and leaves out
 *              one that it keeps; its score is -INFINITY when there is none
 * Returns 0; -EDOM when the points do not determine the model; -ENOMEM.
 * Source of the search: Fischler & Bolles, "Random sample consensus", CACM 24(6), 1981; of the
 * steps that follow: Rousseeuw & Van Driessen, "Computing LTS regression for large data sets", Data
 * Mining and Knowledge Discovery 12, 2006; of the score: the Gaussian with its variance integrated
 * out (Gelman et al., Bayesian Data Analysis, 3rd ed., section 3.2).
 */
MUST_CHECK int fit_robustly(const struct fit_data *data, enum fit_model model,
                            const struct robust_fit *hint, struct robust_fit *ret_fit,
                            struct robust_fit *ret_rival);

/* The same model and points fitted again without the i-th of fit->chosen, and how far its mark is
 * from where the result puts it, px. */
MUST_CHECK int fit_without(const struct fit_data *data, const struct robust_fit *fit, size_t i,
                           struct fit_camera *ret_camera, double *ret_error_px);

#endif
