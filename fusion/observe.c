/* observe.c - what a detector found in a picture, as an observation of the floor */
#include "fusion/observe.h"

#include <errno.h>

/* Feet are hidden when no more than some pixels of a shoe are left. */
#define FEET_COVERED 0.7

/*
 * A person is seven and a half heads high, a child of six years six (Loomis, "Figure drawing for
 * all it's worth", 1943). Detectors' boxes of heads hold the hair as well: a fifth is a whole child
 * yet, and of a body that shows less than five heads a third at least is hidden.
 */
#define HEAD_SHARE_OF_WHOLE 0.22

static double height(struct box_px box)
{
    return box.bottom - box.top;
}

static bool feet_are_hidden(const struct finding *f)
{
    double top = f->head ? fmin(f->head->top, f->box.top) : f->box.top;
    return f->feet_covered > FEET_COVERED ||
           (f->head && height(*f->head) > HEAD_SHARE_OF_WHOLE * (f->box.bottom - top));
}

/* A person stands where the box ends; a head's feet are not in the picture that it is given. */
static bool is_watched(const struct observer *observer, const struct finding *f)
{
    double middle = (f->box.left + f->box.right) / 2;
    if (f->object_class == OBSERVATION_HEAD)
        return !watch_masks(&observer->watch,
                            (struct image_px){ middle, (f->box.top + f->box.bottom) / 2 });
    return watch_has(&observer->watch, observer->calibration,
                     (struct image_px){ middle, f->box.bottom });
}

int observe(const struct observer *observer, const struct finding *finding,
            struct observation *ret_observation)
{
    bool head = finding->object_class == OBSERVATION_HEAD;
    struct placement placement;
    if (!is_watched(observer, finding))
        return -ENOENT;
    int r = head ? placement_of_head(observer->calibration, finding->box, observer->edge_sd_px,
                                     &placement)
                 : placement_of_person(observer->calibration, finding->box, observer->view,
                                       observer->edge_sd_px, &placement);
    if (r < 0)
        return r;
    if (!(covariance2_max_sd(placement.covariance) <= OBSERVATION_MAX_SD_M))
        return -EDOM;
    if (!head && feet_are_hidden(finding))
        placement.reasons |= REASON_FOOT_OCCLUDED;
    *ret_observation = (struct observation){
        .object_class = finding->object_class,
        .score = finding->score,
        .floor = placement.floor,
        .covariance = placement.covariance,
        .box = finding->box,
        .height_m = placement.height_m,
        .reasons = placement.reasons,
        .body_index = -1,
    };
    return 0;
}
