/*
 * calibrate_import_request.h - the command line of floorfuse calibrate import, read and checked
 */
#ifndef FLOORFUSE_PROGRAMS_CALIBRATE_IMPORT_REQUEST_H
#define FLOORFUSE_PROGRAMS_CALIBRATE_IMPORT_REQUEST_H

#include "calib/import.h"

/* Its strings are borrowed from argv. */
struct import_request {
    const char *source, *extrinsics_path;
    const char *intrinsics_kind; /* of a WILDTRACK folder */
    const char *camera_id, *author, *note, *out, *out_dir;
    enum import_format format;
    struct import_frame frame;
    bool units_given; /* else the format's own are taken, if it has */
    bool inverse;
    int number;              /* of a camera in a file of several; 0: the only one */
    int width_px, height_px; /* 0: not given */
    double lens_tolerance_px;
};

/* Returns true to go on; false when the program is done with *ret_exit, as arguments_parse does. */
MUST_CHECK bool import_request_read(int argc, char **argv, struct import_request *ret_request,
                                    int *ret_exit);

#endif
