/*
 * contour.h - lines along which a sampled number has one value
 */
#ifndef FLOORFUSE_REPORT_CONTOUR_H
#define FLOORFUSE_REPORT_CONTOUR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

/* Numbers at the corners of square meshes; NaN where there is none. */
struct samples {
    size_t columns, rows; /* of corners; at least 2 each */
    double step;          /* between neighbours, in the units of x and y */
    double *values;       /* row-major; row 0 is y = 0; owned */
};

/* NaN everywhere. Returns 0, -ENOMEM. */
MUST_CHECK int samples_init(struct samples *samples, size_t columns, size_t rows, double step);
void samples_release(struct samples *samples);

/* Between the four corners around a place, bilinear; NaN where one of them is.
 *   ret_border  whether some of them are NaN and others are not */
double samples_at(const struct samples *samples, double x, double y, bool *ret_border);

struct segment {
    double x0, y0, x1, y1;
};

/*
 * Call `take` with every piece of the line where the samples are `level`; meshes with a NaN corner
 * have none. Source: marching squares; saddles are told by the mean of their corners (Nielson &
 * Hamann, "The asymptotic decider", IEEE Visualization 1991, has the exact one).
 */
void contour_trace(const struct samples *samples, double level,
                   void (*take)(void *context, struct segment segment), void *context);

#endif
