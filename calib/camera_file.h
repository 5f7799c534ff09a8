/*
 * camera_file.h - the camera file as written: read, checked, and written again
 *
 * docs/calibration.md explains the keys. Reading takes everything the file says; parsing makes of
 * it the model that pixels go through.
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

/* What a camera file says. Lists that are not given have count 0, strings are NULL. */
struct camera_file {
    int width_px, height_px;
    /* One of the three models: */
    struct number_list floor_from_image; /* 9 numbers, row-major; undistorted px to floor m */
    struct number_list image_from_floor; /* 12 numbers, row-major; floor m to undistorted px */
    struct {
        struct number_list focal;       /* fx fy, px */
        struct number_list centre;      /* cx cy, px */
        struct number_list rotation;    /* 9 numbers, row-major, camera from floor */
        struct number_list translation; /* 3 numbers, camera from floor, m */
    } pinhole;
    struct {
        double k1, k2, p1, p2, k3;
        struct number_list focal, centre; /* only without pinhole */
    } lens;
    /* Where it comes from: */
    char *author, *note;
    char *valid_from;           /* ISO 8601 time from which on the camera stands like this */
    struct number_lists points; /* what it was fitted to: x y px, then x y z floor m, each */
    struct {
        char *model;     /* enum fit_model by name, see fit.h */
        double sigma_px; /* standard deviation of a marked point; 0: not known */
    } fit;
};

/*
 * Read the text of a camera file by its option table; what it says need not make a camera.
 *   name      stands for the path in sentences
 *   ret_file  zeroed by the caller; to be released in any case
 * Returns 0; -EINVAL with at least one problem added.
 */
MUST_CHECK int camera_file_read(const char *text, const char *name, struct camera_file *ret_file,
                                struct problems *problems);
void camera_file_release(struct camera_file *file);

/*
 * Write a camera file that reads back as the same numbers, to the last bit. Lists may be borrowed.
 * Out of memory shows in text->failed.
 */
void camera_file_write(const struct camera_file *file, struct text *text);

/* Ready for use. */
struct camera_model {
    uint32_t width_px, height_px;
    struct lens lens;
    struct projection projection;
};

/*
 * Read the text of a camera file and check that it makes a camera.
 *   name  stands for the path in sentences
 * Returns 0; -EINVAL with at least one problem added; -ENOMEM.
 */
MUST_CHECK int camera_file_parse(const char *text, const char *name, struct camera_model *ret_model,
                                 struct problems *problems);

#endif
