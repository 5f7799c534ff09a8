/*
 * curve_picture.h - precision over recall, drawn
 */
#ifndef FLOORFUSE_PROGRAMS_CURVE_PICTURE_H
#define FLOORFUSE_PROGRAMS_CURVE_PICTURE_H

#include "eval/average_precision.h"

/*
 * Write a PNG of 1200 x 900 px.
 *   title  above the curve
 *   iou    that the evaluation was made with
 * Returns 0, -ENOMEM, -errno of the file.
 */
MUST_CHECK int curve_picture_write(const struct box_evaluation *evaluation, double iou,
                                   const char *title, const char *path, struct error *err);

#endif
