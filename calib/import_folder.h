/*
 * import_folder.h - the calibration folders of WILDTRACK and MultiviewX
 *
 * extrinsic/extr_NAME.xml and intrinsic_zero/intr_NAME.xml (WILDTRACK: pictures already
 * undistorted, as they are published), intrinsic_original/ (the lens as it is) or intrinsic/
 * (MultiviewX), in the folder itself or in its calibrations/.
 */
#ifndef FLOORFUSE_CALIB_IMPORT_FOLDER_H
#define FLOORFUSE_CALIB_IMPORT_FOLDER_H

#include <stddef.h>

#include "base/error.h"

#define IMPORT_FOLDER_CAMERAS_MAX 256

struct import_folder_camera {
    char name[ID_SIZE];            /* as in the file names */
    char *intrinsics, *extrinsics; /* paths */
};

struct import_folder {
    struct import_folder_camera *cameras; /* by name */
    size_t count;
    double metres_per_unit;  /* 0: the names are of neither data set */
    int width_px, height_px; /* 0: as above */
};

/*
 * List the cameras of a folder.
 *   kind        "zero" or "original": which intrinsics where there is a choice
 *   ret_folder  zeroed by the caller; to be released in any case
 * Returns 0; -EINVAL with a sentence: no such layout, a file without its partner, too many;
 * -errno of the folder; -ENOMEM.
 */
MUST_CHECK int import_folder_list(const char *path, const char *kind,
                                  struct import_folder *ret_folder, struct error *err);
void import_folder_release(struct import_folder *folder);

#endif
