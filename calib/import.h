/*
 * import.h - cameras out of other people's calibration files
 *
 * An importer (import_opencv.h, import_tsai.h, import_matrix.h) turns bytes into a camera as its
 * source sees it: the source's own world, unit of length and pixel convention. One step then lays
 * that world on our floor, the same for all formats, and gives the numbers of a camera file.
 */
#ifndef FLOORFUSE_CALIB_IMPORT_H
#define FLOORFUSE_CALIB_IMPORT_H

#include <stddef.h>

#include "base/error.h"
#include "calib/camera_file.h"

/* A file larger than this is no calibration. OpenCV's hold every corner of every picture of the
 * board, so some are large. */
#define IMPORT_BYTES_MAX ((size_t) 8 << 20)

enum import_format {
    IMPORT_AUTO,
    IMPORT_OPENCV,    /* FileStorage: XML, YAML or JSON */
    IMPORT_TSAI,      /* XML as published with PETS 2009 */
    IMPORT_WILDTRACK, /* a folder of OpenCV files, two a camera; MultiviewX is the same */
    IMPORT_MATRIX,    /* text: 3x3 or 3x4 numbers */
};

/* The format of a word as on the command line; -EINVAL with a sentence. */
MUST_CHECK int import_format_parse(const char *word, enum import_format *ret_format,
                                   struct error *err);
/* What the bytes of a file look like; never IMPORT_AUTO. */
enum import_format import_format_of_bytes(const char *bytes, size_t length);

enum import_model {
    IMPORT_PINHOLE,
    IMPORT_HOMOGRAPHY, /* floor_from_image, 3x3 */
    IMPORT_PROJECTION, /* image_from_floor, 3x4 */
};

struct import_camera {
    enum import_model model;
    int width_px, height_px; /* 0: the source does not say */
    char name[ID_SIZE];      /* as the source calls it; "" when it does not */
    bool has_pose, has_lens; /* pinhole: whether these were found */
    double focal_px[2], centre_px[2];
    double k1, k2, p1, p2, k3;
    double rotation[9], translation[3]; /* camera from world */
    double map[12]; /* row-major: 9 of floor_from_image or 12 of image_from_floor */
};

/* How the source's frames lie in ours: floor = turn(rotate) axes (metres_per_unit source) + origin.
 */
struct import_frame {
    double metres_per_unit;
    double axes[9];    /* row-major: row i is the source's axis that is our axis i, with its sign */
    double rotate_rad; /* about z, from x to y */
    double origin_m[2];    /* where the source's origin lies on our floor */
    double pixel_shift_px; /* to be added to the source's pixel coordinates, docs/frames.md */
};

/* Metres, our axes, our origin, pixel (0, 0) at the picture's corner. */
struct import_frame import_frame_same(void);

/* "mm", "cm" or "m"; -EINVAL with a sentence. */
MUST_CHECK int import_units_parse(const char *word, double *ret_metres_per_unit, struct error *err);

/*
 * Three of x y z, each with or without a minus: "x,-y,-z" has our y against the source's y.
 * Returns 0; -EINVAL with a sentence: other words, an axis twice, or a mirrored world.
 */
MUST_CHECK int import_axes_parse(const char *text, double ret_axes[static 9], struct error *err);

/*
 * The same camera in floor metres and our pixels.
 *   camera   a pinhole has a pose
 *   ret      may be `camera` itself
 * Returns 0; -EINVAL with a sentence: a homography of which the plane would not be our floor.
 */
MUST_CHECK int import_place(const struct import_camera *camera, const struct import_frame *frame,
                            struct import_camera *ret, struct error *err);

/*
 * Where a placed camera hangs. Returns 0; -ENOTSUP for a homography; -EINVAL for a projection of
 * which the left 3x3 part is singular.
 */
MUST_CHECK int import_position(const struct import_camera *placed, double ret_centre_m[static 3]);

/* As a camera file. Its lists point into `placed`, which must outlive it; nothing to release. */
struct camera_file import_camera_file(struct import_camera *placed);

/*
 * Make a rotation of a matrix that was written with few digits.
 *   ret_off  how far its rows were from unit length and right angles
 * Returns 0; -EINVAL when it is off by more than 1e-3 or not finite; -EDOM when it mirrors.
 */
MUST_CHECK int import_mend_rotation(double rotation[static 9], double *ret_off);

#endif
