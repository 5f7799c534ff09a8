/*
 * fit_reliability.h - what a wrong mark could do without being noticed
 *
 * A mark that others check shows when it is wrong. One that stands alone pulls the camera to
 * itself: its residual stays small whatever it says. Geodesy calls this the reliability of a
 * network: the smallest mistake of each mark that a test would find, and what mistakes smaller than
 * that do to the result.
 * Source: Baarda, "A testing procedure for use in geodetic networks", Netherlands Geodetic
 * Commission, 1968 (internal and external reliability).
 */
#ifndef FLOORFUSE_CALIB_FIT_RELIABILITY_H
#define FLOORFUSE_CALIB_FIT_RELIABILITY_H

#include "calib/fit.h"

/* How far off, in standard deviations of its own test, a mark must be to be found in four of five
 * cases when one right mark of a thousand is called wrong (Baarda's usual choice). */
#define RELIABILITY_NONCENTRALITY 4.13

/* Floor where a pixel further up is farther away than this is too near the horizon to be of use, m.
 */
#define RELIABILITY_PIXEL_M 0.3

/* The mark of which a mistake that goes unnoticed does most. */
struct reliability {
    size_t point;      /* of fit->data.points */
    double mistake_px; /* the largest that may go unnoticed; INFINITY: any */
    double effect_cm;  /* and how far it would move places all over the picture's floor (root
                          mean square) */
};

/* Of a fit with its covariance. Returns 0; -EDOM when the camera sees no floor; -ENOMEM. */
MUST_CHECK int fit_find_reliability(const struct fit *fit, struct reliability *ret_reliability);

#endif
