/* watch.c - see watch.h */
#include "calib/watch.h"

#include "geom/polygon.h"

static bool is_inside(const struct number_list *corners, struct image_px p)
{
    struct polygon polygon = { .xy = corners->values, .corners = corners->count / 2 };
    return polygon_contains(polygon, p.x, p.y);
}

bool watch_masks(const struct watch *watch, struct image_px p)
{
    for (size_t i = 0; watch && i < watch->masks.count; i++)
        if (is_inside(&watch->masks.items[i], p))
            return true;
    return false;
}

/* Whether somebody who stands there is large enough. */
static bool is_large(const struct watch *watch, const struct calibration *calibration,
                     struct image_px feet)
{
    struct floor_m place;
    struct image_px head;
    const struct covariance2 exact = { 0, 0, 0 };
    if (watch->min_person_px <= 0 || !calibration_has_height(calibration))
        return true;
    return calibration_floor_from_image(calibration, feet, exact, 0, &place, NULL) == 0 &&
           calibration_image_from_floor(calibration, place, calibration_people(calibration).mean_m,
                                        &head) == 0 &&
           hypot(head.x - feet.x, head.y - feet.y) >= watch->min_person_px;
}

bool watch_has(const struct watch *watch, const struct calibration *calibration,
               struct image_px feet)
{
    if (!watch)
        return true;
    return (watch->roi.count == 0 || is_inside(&watch->roi, feet)) && !watch_masks(watch, feet) &&
           is_large(watch, calibration, feet);
}
