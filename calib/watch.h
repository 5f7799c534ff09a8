/*
 * watch.h - where in its picture a camera watches for feet
 *
 * A region of interest leaves out what is not the store's floor; masks leave out what looks like
 * people and is not (posters, screens, mannequins); and where people are too small no network finds
 * them. What is left out counts as not seen, never as empty.
 */
#ifndef FLOORFUSE_CALIB_WATCH_H
#define FLOORFUSE_CALIB_WATCH_H

#include "calib/calibration.h"
#include "config/store_config.h"

/* Lists are borrowed. All zero: everywhere. */
struct watch {
    struct number_list roi; /* polygon x y ..., full-frame px, that feet must lie in; empty: any */
    struct number_lists masks; /* polygons that feet must not lie in */
    double min_person_px;      /* least height of a person standing there, full-frame px; 0: any */
};

/* As a camera's config has it; good for as long as that is. */
static inline struct watch watch_of(const struct camera_config *camera)
{
    return (struct watch){ camera->roi, camera->masks, camera->min_person_px };
}

/* The people of a store's config. */
static inline struct person_height people_of(const struct store_config *config)
{
    return (struct person_height){ config->fusion.people.height_m,
                                   config->fusion.people.height_sd_m };
}

/* Whether feet at this pixel are watched for; watch may be NULL: everywhere. Least heights are only
 * known of cameras that can project heights. */
bool watch_has(const struct watch *watch, const struct calibration *calibration,
               struct image_px feet);

/* Whether a mask covers this pixel, such as the middle of a head. */
bool watch_masks(const struct watch *watch, struct image_px p);

#endif
