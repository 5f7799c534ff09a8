/* observe.c - what a detector found in a picture, as an observation of the floor */
#include "fusion/observe.h"

#include <errno.h>

#include "geom/polygon.h"

static bool feet_in_roi(const struct number_list *roi, struct box_px box)
{
    if (!roi || roi->count == 0)
        return true;
    struct polygon polygon = { .xy = roi->values, .corners = roi->count / 2 };
    return polygon_contains(polygon, (box.left + box.right) / 2, box.bottom);
}

int observe(const struct observer *observer, enum observation_class object_class, float score,
            struct box_px box, struct observation *ret_observation)
{
    bool head = object_class == OBSERVATION_HEAD;
    struct placement placement;
    if (!head && !feet_in_roi(observer->roi, box))
        return -ENOENT;
    int r = head ? placement_of_head(observer->calibration, box, observer->edge_sd_px, &placement)
                 : placement_of_person(observer->calibration, box, observer->view,
                                       observer->edge_sd_px, &placement);
    if (r < 0)
        return r;
    if (!(covariance2_max_sd(placement.covariance) <= OBSERVATION_MAX_SD_M))
        return -EDOM;
    *ret_observation = (struct observation){
        .object_class = object_class,
        .score = score,
        .floor = placement.floor,
        .covariance = placement.covariance,
        .box = box,
        .height_m = placement.height_m,
        .reasons = placement.reasons,
        .body_index = -1,
    };
    return 0;
}
