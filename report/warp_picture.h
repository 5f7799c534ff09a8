/*
 * warp_picture.h - a camera's picture laid over the plan, to see whether its calibration is right
 */
#ifndef FLOORFUSE_REPORT_WARP_PICTURE_H
#define FLOORFUSE_REPORT_WARP_PICTURE_H

#include "calib/calibration.h"
#include "image/image.h"
#include "report/map.h"

/*
 * What stands on the floor is smeared away from the camera; what is painted on it must lie where
 * the plan has it. still   of the camera, of any resolution title   "camera left" floor   what the
 * plan shows; without a plan: what the camera sees is shown plan    a picture of all of it; NULL: a
 * plain sheet with lines Returns 0; -EINVAL (the camera sees no floor), -ENOMEM.
 */
MUST_CHECK int warp_picture(const struct calibration *calibration, const struct image *still,
                            const char *title, struct extent floor, const struct image *plan,
                            struct image **ret_picture, struct error *err);

#endif
