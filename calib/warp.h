/*
 * warp.h - a camera's picture laid on the floor, frame after frame
 *
 * For each pixel of a plan the place in the camera's picture is worked out once; a frame is then
 * four pixels mixed by fixed-point weights for each plan pixel. Where the plan is finer than the
 * picture (far from the camera) this is smooth; where it is coarser, fine patterns of the picture
 * may flicker, which display bears: choose metres_per_pixel near what the camera resolves.
 */
#ifndef FLOORFUSE_CALIB_WARP_H
#define FLOORFUSE_CALIB_WARP_H

#include "calib/calibration.h"
#include "image/image.h"

struct warp; /* opaque; never changes, so threads may share it */

struct warp_target {
    uint32_t width, height;  /* of the plan, px */
    double metres_per_pixel; /* of the plan */
    struct floor_m origin;   /* of its lower-left corner */
    double height_m;         /* the plane laid on the plan: 0 is the floor, 1.70 where heads are */
};

/* Returns 0, -EINVAL (an edge of 0 or above IMAGE_EDGE_MAX), -ENOTSUP (a height and a camera that
 * knows none), -ENOMEM. */
MUST_CHECK int warp_create(const struct calibration *calibration, const struct warp_target *target,
                           struct warp **ret_warp);
void warp_destroy(struct warp **warp);

/*
 * Lay one frame.
 *   frame   RGB8 or RGBA8, as large as the calibration's pictures
 *   target  RGBA8, as large as the plan; written whole: transparent where the camera sees nothing
 * Returns 0, or -EINVAL when sizes or formats are others.
 */
MUST_CHECK int warp_frame(const struct warp *warp, const struct image *frame, struct image *target);

#endif
