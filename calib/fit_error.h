/*
 * fit_error.h - how wrong a fitted camera is expected to be, place by place
 *
 * The marks scatter by some pixels, so another afternoon's marks would have given another camera.
 * How far a pixel's floor point would move between such cameras is the error of the fit there:
 * small between the marks, growing outside them.
 */
#ifndef FLOORFUSE_CALIB_FIT_ERROR_H
#define FLOORFUSE_CALIB_FIT_ERROR_H

#include "calib/fit.h"

struct fit_error; /* opaque */

/* Returns 0; -ENOMEM; -EDOM when a camera a standard deviation away is none. */
MUST_CHECK int fit_error_create(const struct fit *fit, struct fit_error **ret_error);
void fit_error_destroy(struct fit_error **error);

/*
 * The covariance of the floor point of whatever pixel sees `point`, m^2; to first order, like all
 * covariances here.
 * Returns 0; -ERANGE where the camera, or one near it, does not see that place.
 */
MUST_CHECK int fit_error_at(const struct fit_error *error, struct floor_m point, double z_m,
                            struct covariance2 *ret_covariance);

/* The usual length of an error with this covariance: the root of its mean square, m. */
static inline double covariance2_rms(struct covariance2 c)
{
    return sqrt(c.xx + c.yy);
}

#endif
