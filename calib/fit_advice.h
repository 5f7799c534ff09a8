/*
 * fit_advice.h - what a person should know about a fit before it is used
 */
#ifndef FLOORFUSE_CALIB_FIT_ADVICE_H
#define FLOORFUSE_CALIB_FIT_ADVICE_H

#include "calib/fit.h"
#include "config/option.h"

/* How well a camera must foretell places when nothing else is asked for, cm. */
#define FIT_MAX_ERROR_CM 50.0

/*
 *   max_error_cm  the most that is wanted of fit_judged_error_cm
 *   warnings      sentences about what is weak are added
 *   refusals      sentences about why it must not be used are added
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int fit_advise(const struct marked_points *points, const struct fit *fit,
                          double max_error_cm, struct problems *warnings,
                          struct problems *refusals);

/*
 * The one number a fit is judged by: how far, on the floor, points are from where the others put
 * them (root mean square); where there are too few for that, the expected error at the points.
 *   ret_foretold  whether it is the former
 */
double fit_judged_error_cm(const struct fit *fit, bool *ret_foretold);

#endif
