/*
 * calibrate_fit_print.h - a calibration in words and tables, on the standard output
 */
#ifndef FLOORFUSE_PROGRAMS_CALIBRATE_FIT_PRINT_H
#define FLOORFUSE_PROGRAMS_CALIBRATE_FIT_PRINT_H

#include "calib/view_quality.h"

/* The points with their errors, the models that were tried, the errors in all. */
void print_fit(const struct marked_points *points, const struct fit *fit);

/* Where the camera hangs and looks, what it sees and how well. */
void print_camera(const struct view_quality *quality);

/* Warnings on the standard output, refusals on the standard error. */
void print_advice(const char *program, const struct problems *warnings,
                  const struct problems *refusals);

#endif
