/*
 * observe.h - what a detector found in a picture, as an observation of the floor
 *
 * The one way from box to observation, for pictures that are being filmed and for boxes that were
 * written down.
 */
#ifndef FLOORFUSE_FUSION_OBSERVE_H
#define FLOORFUSE_FUSION_OBSERVE_H

#include "calib/calibration.h"
#include "wire/message.h"

/* A placed observation wilder than this says nothing about where the person is. */
#define OBSERVATION_MAX_SD_M 2.0

/* How one camera looks at its floor. All is borrowed. */
struct observer {
    const struct calibration *calibration;
    struct box_px view;            /* the part of the frame that the detector sees, px */
    const struct number_list *roi; /* polygon x y ... in px that feet must lie in; NULL or empty:
                                      anywhere */
    double edge_sd_px;             /* how exactly the detector places a box's edge */
};

/*
 * Place a detection.
 *   object_class  OBSERVATION_PERSON or OBSERVATION_HEAD
 *   box           full-frame px
 * Returns 0; -ENOENT when the feet are outside the roi; -ERANGE when there is no floor point, or no
 * box; -ENOTSUP when both ends of a person are cut off; -EDOM beyond OBSERVATION_MAX_SD_M.
 */
MUST_CHECK int observe(const struct observer *observer, enum observation_class object_class,
                       float score, struct box_px box, struct observation *ret_observation);

#endif
