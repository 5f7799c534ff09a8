/*
 * band_picture.h - a number over the floor, as bands of colour between round limits
 *
 * The limits are lines that carry their number: rings, where the number grows outwards. Bands run
 * from red (bad) over yellow to blue (good), which colour-blind people can tell apart.
 */
#ifndef FLOORFUSE_REPORT_BAND_PICTURE_H
#define FLOORFUSE_REPORT_BAND_PICTURE_H

#include "calib/calibration.h"
#include "image/image.h"
#include "report/map.h"

#define BAND_LIMITS_MAX 6

struct band_scale {
    double limits[BAND_LIMITS_MAX]; /* ascending */
    size_t count;
    bool more_is_better;
    bool show_no_lines;                     /* the limits are not numbers that people know */
    const char *unit;                       /* after the numbers: "cm" */
    const char *words[BAND_LIMITS_MAX + 1]; /* what a band means; NULL: its numbers say it */
    const char *nowhere;                    /* what a hatched place means: "not seen" */
};

/* A point of the room and where it was marked in the picture. */
struct band_mark {
    struct floor_m floor;
    struct image_px px;
    bool left_out; /* drawn as a ring, not a cross */
};

/* All borrowed. */
struct band_drawing {
    struct sheet_words words;
    struct band_scale scale;
    double (*value_at)(const void *context, struct floor_m p); /* NaN: nowhere */
    const void *context;
    const struct band_mark *marks;
    size_t mark_count;
    const struct floor_m *camera; /* where it hangs; NULL: not known */
    const char *const *notes;     /* lines below the legend */
    size_t note_count;
};

/*
 * Over the plan.
 *   floor        what is shown
 *   plan         a picture of all of it; NULL: a plain sheet with lines 1 m or 5 m apart
 *   ret_picture  RGBA, the caller's to unref
 * Returns 0, -EINVAL (no floor to show), -ENOMEM.
 */
MUST_CHECK int band_picture_over_plan(const struct band_drawing *drawing, struct extent floor,
                                      const struct image *plan, struct image **ret_picture,
                                      struct error *err);

/*
 * Over the picture of the camera that the calibration is of.
 *   still   its picture, of any resolution; NULL: a plain sheet
 */
MUST_CHECK int band_picture_over_camera(const struct band_drawing *drawing,
                                        const struct calibration *calibration,
                                        const struct image *still, struct image **ret_picture,
                                        struct error *err);

#endif
