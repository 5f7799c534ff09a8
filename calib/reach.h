/*
 * reach.h - how far over the floor a camera can place people
 */
#ifndef FLOORFUSE_CALIB_REACH_H
#define FLOORFUSE_CALIB_REACH_H

#include "calib/calibration.h"

/*
 * The smallest rectangle around the places where a foot in the view is located to within max_sd_m,
 * to about a hundredth of the view.
 *   edge_sd_px  standard deviation of a box edge, px
 * Returns 0, or -ERANGE when there is no such place.
 */
MUST_CHECK int calibration_reach(const struct calibration *calibration, struct box_px view,
                                 double edge_sd_px, double max_sd_m, struct floor_m *ret_low,
                                 struct floor_m *ret_high);

#endif
