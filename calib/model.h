/*
 * model.h - what a calibration is made of, for the sources of this folder only
 */
#ifndef FLOORFUSE_CALIB_MODEL_H
#define FLOORFUSE_CALIB_MODEL_H

#include "base/file.h"
#include "calib/calibration.h"
#include "calib/camera_file.h"
#include "calib/lens_table.h"

struct calibration {
    struct camera_model model;
    struct lens_table lens_table; /* of model.lens */
    struct person_height people;
    char version[SHA256_TEXT_SIZE];
    char *text, *author, *note; /* the last two: NULL if not given */
    int64_t valid_from_us;      /* INT64_MIN: not given */
};

#endif
