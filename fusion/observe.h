/*
 * observe.h - what a detector found in a picture, as an observation of the floor
 *
 * The one way from box to observation, for pictures that are being filmed and for boxes that were
 * written down.
 */
#ifndef FLOORFUSE_FUSION_OBSERVE_H
#define FLOORFUSE_FUSION_OBSERVE_H

#include "calib/watch.h"
#include "wire/message.h"

/* A placed observation wilder than this says nothing about where the person is. */
#define OBSERVATION_MAX_SD_M 2.0

/* How one camera looks at its floor. All is borrowed. */
struct observer {
    const struct calibration *calibration;
    struct box_px view; /* the part of the frame that the detector sees, px */
    struct watch watch; /* where feet are watched for */
    double edge_sd_px;  /* how exactly the detector places a box's edge */
};

/* What a detector found. */
struct finding {
    enum observation_class object_class; /* OBSERVATION_PERSON or OBSERVATION_HEAD */
    float score;
    struct box_px box;         /* full-frame px */
    const struct box_px *head; /* of a person: their head; NULL: not found */
    double feet_covered;       /* of a person: the part of the feet behind others, 0..1 */
};

/*
 * Place a finding. The picture may show that a person's feet are hidden: behind somebody else, or
 * because too little of a body hangs below the head. Then REASON_FOOT_OCCLUDED is set and the place
 * is that of the lower edge all the same: what is true, fusion finds out.
 * Returns 0; -ENOENT when the feet are not watched for; -ERANGE when there is no floor point, or no
 * box; -ENOTSUP when both ends of a person are cut off; -EDOM beyond OBSERVATION_MAX_SD_M.
 */
MUST_CHECK int observe(const struct observer *observer, const struct finding *finding,
                       struct observation *ret_observation);

#endif
