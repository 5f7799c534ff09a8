/*
 * view_quality.h - what a camera can tell of a place on the floor, in numbers
 *
 * All functions take the place and return NaN where the camera does not see it, so that they can be
 * drawn and counted alike.
 */
#ifndef FLOORFUSE_CALIB_VIEW_QUALITY_H
#define FLOORFUSE_CALIB_VIEW_QUALITY_H

#include "calib/fit_error.h"
#include "calib/watch.h"

/* All borrowed. */
struct view_quality {
    const struct calibration *calibration;
    struct box_px view;            /* the part of the frame that is looked at, px */
    const struct watch *watch;     /* NULL: everywhere */
    double edge_sd_px;             /* of a detector's box edge */
    double person_height_m;        /* of the person who stands there */
    const struct fit_error *error; /* of the calibration; NULL: not known */
};

/* The expected error of the place through the calibration alone, cm; NaN also when it is not known.
 */
double view_error_cm(const struct view_quality *quality, struct floor_m p);

/* How far the place moves when its pixel moves by 1 px, in the worse direction, cm. */
double view_pixel_cm(const struct view_quality *quality, struct floor_m p);

/* How tall the person appears, px; NaN also for cameras that know no heights. */
double view_person_px(const struct view_quality *quality, struct floor_m p);

/* Pixels a metre across the line of sight, at the person's head height where heights are known,
 * else on the floor. */
double view_px_per_m(const struct view_quality *quality, struct floor_m p);

/* 1 where a person counts (calibration_footprint), 0 where only the place is in the picture. */
double view_counts(const struct view_quality *quality, struct floor_m p);

/*
 * The rectangle around all floor that is in the view and where a foot is placed to within
 * FOOTPRINT_MAX_SD_M, and around the spot below the camera where that is known. False when there
 * is no such floor.
 */
bool view_extent(const struct view_quality *quality, struct floor_m *ret_low,
                 struct floor_m *ret_high);

/*
 * A number over the places that count (view_counts), evenly spread: what share of the floor has
 * less than it.
 *   value_at       one of the above
 *   shares, ret_values  `count` shares of 0..1 and the values there; NaN when no place counts
 *   ret_floor_m2   how much floor counts; may be NULL
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int view_quantiles(const struct view_quality *quality,
                              double (*value_at)(const struct view_quality *, struct floor_m),
                              const double *shares, size_t count, double *ret_values,
                              double *ret_floor_m2);

#endif
