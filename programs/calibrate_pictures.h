/*
 * calibrate_pictures.h - what a calibration is worth, place by place, as pictures
 */
#ifndef FLOORFUSE_PROGRAMS_CALIBRATE_PICTURES_H
#define FLOORFUSE_PROGRAMS_CALIBRATE_PICTURES_H

#include "calib/view_quality.h"
#include "programs/calibrate_backdrop.h"
#include "report/band_picture.h"

enum quality_kind {
    QUALITY_ERROR,     /* the calibration's expected error, with its marked points */
    QUALITY_PIXEL,     /* how far a place moves with its pixel */
    QUALITY_PERSON,    /* how tall a person appears */
    QUALITY_DENSITY,   /* px a metre */
    QUALITY_FOOTPRINT, /* where people count */
};

struct quality_request {
    const struct view_quality *quality;
    const struct backdrop *backdrop;
    const char *title;             /* "camera left" */
    const struct band_mark *marks; /* of QUALITY_ERROR */
    size_t mark_count;
};

/* Draw one and write the PNG. Returns 0, or a negative errno with a sentence. */
MUST_CHECK int quality_draw_over_plan(const struct quality_request *request, enum quality_kind kind,
                                      const char *path, struct error *err);
MUST_CHECK int quality_draw_over_camera(const struct quality_request *request,
                                        enum quality_kind kind, const char *path,
                                        struct error *err);

#endif
