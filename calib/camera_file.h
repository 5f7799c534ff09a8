/*
 * camera_file.h - the camera file as written: its option table and what must hold across options
 */
#ifndef FLOORFUSE_CALIB_CAMERA_FILE_H
#define FLOORFUSE_CALIB_CAMERA_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "calib/lens.h"
#include "calib/projection.h"
#include "config/option.h"

/* A camera file larger than this is not one. */
#define CAMERA_FILE_BYTES_MAX ((size_t) 65536)

/* What a camera file says, ready for use. */
struct camera_model {
    uint32_t width_px, height_px;
    struct lens lens;
    struct projection projection;
};

/*
 * Read and check the text of a camera file.
 *   name  stands for the path in sentences
 * Returns 0; -EINVAL with at least one problem added; -ENOMEM.
 */
MUST_CHECK int camera_file_parse(const char *text, const char *name, struct camera_model *ret_model,
                                 struct problems *problems);

#endif
