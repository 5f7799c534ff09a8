/*
 * autocalibrate_residuals.h - how people's heights scatter under a camera
 *
 * The error of a box is log(seen height / height foretold for a person of middling height).
 */
#ifndef FLOORFUSE_CALIB_AUTOCALIBRATE_RESIDUALS_H
#define FLOORFUSE_CALIB_AUTOCALIBRATE_RESIDUALS_H

#include <stdbool.h>

#include "calib/projection.h"
#include "calib/walkers.h"

/* A box that no place on the floor can explain has this error. */
#define WALKER_IMPOSSIBLE 3.0

/* Storage the caller has. */
struct walker_scatter {
    const struct walkers *walkers;
    double height_m;      /* of a middling person */
    double person_sd;     /* spread of people's heights, as a share: what is expected */
    double spread_sd;     /* the same as seen, after weighing */
    double box_sd;        /* scatter within a track, as a share; after weighing */
    double *place_shares; /* of each box, see walker_box.h; kept between two weighings */
    double picture_height_px;
    double *fair;          /* of each box: 1, or 0 where tall people would be cut */
    double *weights;       /* of each box, 0..1 */
    double *track_weights; /* of each track's mean */
    double *track_means;
    double *scratch;
};

/* Returns 0, or -ENOMEM; to be released in any case. */
MUST_CHECK int walker_scatter_init(struct walker_scatter *scatter, const struct walkers *walkers,
                                   double height_m, double height_sd_m, double picture_height_px);
void walker_scatter_release(struct walker_scatter *scatter);

/* The error of each box; NULL: WALKER_IMPOSSIBLE each. */
void walker_scatter_measure(const struct walker_scatter *scatter,
                            const struct projection *projection, double *ret_errors);

/* Errors for a first search, in place: Cauchy's, so that large ones do not matter much. */
void walker_scatter_soften(const struct walker_scatter *scatter, double sd, double *errors);

/* Estimate box_sd, weights and track weights from the errors under a camera. */
void walker_scatter_weigh(struct walker_scatter *scatter, const struct projection *projection);

/*
 * Weighted errors of variance 1 that are independent though those of a track share the person's
 * height, in place: with C = D + s^2 1 1^T the covariance of a track, C^-1/2 e.
 */
void walker_scatter_whiten(const struct walker_scatter *scatter, double *errors);

/* How many boxes agree. */
size_t walker_scatter_agreeing(const struct walker_scatter *scatter);

/* The values are put into another order. count > 0. */
double median_of(double *values, size_t count);

#endif
