/*
 * calibrate_auto.h - what the parts of floorfuse calibrate auto share
 */
#ifndef FLOORFUSE_PROGRAMS_CALIBRATE_AUTO_H
#define FLOORFUSE_PROGRAMS_CALIBRATE_AUTO_H

#include "calib/autocalibrate.h"

/* As the command line has it. */
struct auto_request {
    const char *observations, *camera, *calibration, *out, *picture, *still, *author, *note;
    double size[2], centre[2]; /* px; centre is NaN when not given */
    double height_m, height_sd_m, score, max_error_cm;
};

/* What was read, and what was left out. */
void auto_print_walkers(const struct walkers *walkers);

/* Write a camera to request->out if it is one. Returns 0; -EINVAL, -errno, -ENOMEM. */
MUST_CHECK int auto_write_camera(const struct auto_request *request,
                                 const struct camera_file *camera, struct error *err);

#endif
