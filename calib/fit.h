/*
 * fit.h - a camera from marked points, and how good it is in centimetres
 *
 * Several models are fitted to the points that agree; the one that best foretells points it has not
 * seen is taken.
 */
#ifndef FLOORFUSE_CALIB_FIT_H
#define FLOORFUSE_CALIB_FIT_H

#include "calib/fit_robust.h"

struct fit_options {
    uint32_t width, height; /* of the full frame, px */
    double sigma_px;        /* how well a mark is expected to sit; 0: 1 px */
    const char *model;      /* only this one; NULL: choose */
    /* What is known of the lens; NULL: nothing. Borrowed. */
    const struct camera_file *lens;
};

/* What became of one model. */
struct fit_trial {
    bool tried;
    char why_not[96];   /* "" when tried and fitted */
    double rms_px;      /* of the points kept */
    double left_out_px; /* root mean square, each point foretold by the others */
    double left_out_cm; /* the same on the floor */
};

/* What became of one marked point. */
struct fit_point {
    bool kept;
    double error_px, error_cm; /* from where the fit puts it; NaN when the pixel meets no floor */
    double left_out_cm;        /* from where the others put it; NaN when they cannot */
};

struct fit {
    struct fit_data data;
    struct robust_fit result;
    double sigma_px; /* of a mark, from expectation and residuals */
    double covariance[FIT_PARAMETERS_MAX * FIT_PARAMETERS_MAX]; /* of the parameters, row-major */
    double condition;                                           /* see least_squares_covariance */
    struct fit_trial trials[FIT_MODELS];
    struct fit_point *points;           /* one a marked point; owned */
    double rms_px, rms_cm, left_out_cm; /* root mean squares over the points kept */
    size_t worst;                       /* the kept point with the largest error_cm */
};

/*
 *   points   borrowed by the result
 *   ret_fit  to be released in any case
 * Returns 0; -EDOM with a sentence (points on a line, which of two points is wrong cannot be told,
 * no model fits); -EINVAL (unknown model, lens of another picture size); -ENOMEM.
 */
MUST_CHECK int fit_points(const struct marked_points *points, const struct fit_options *options,
                          struct fit *ret_fit, struct error *err);
void fit_release(struct fit *fit);

/* The name of a marked point for sentences: "points.csv:7 (pillar)". Returns buffer. */
#define POINT_NAME_SIZE 512
char *fit_point_name(const struct marked_points *points, size_t i,
                     char buffer[static POINT_NAME_SIZE]);

/* Fill covariance and condition from result and sigma_px; for those who make a fit themselves.
 * Returns as least_squares_covariance. */
MUST_CHECK int fit_find_covariance(struct fit *fit);

#endif
