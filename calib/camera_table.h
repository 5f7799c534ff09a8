/*
 * camera_table.h - many cameras in one text file: a name and a projection matrix a line
 *
 * A line is `name` and 12 numbers, the 3x4 matrix image_from_floor row by row (floor m, z up, to
 * px, no lens distortion). Blank lines and what follows a # are passed over. All cameras have the
 * same picture size.
 */
#ifndef FLOORFUSE_CALIB_CAMERA_TABLE_H
#define FLOORFUSE_CALIB_CAMERA_TABLE_H

#include "calib/calibration.h"

struct camera_table_entry {
    char name[ID_SIZE];
    struct calibration *calibration; /* owned */
};

struct camera_table {
    struct camera_table_entry *items; /* in the file's order */
    size_t count;
};

/* Cameras at most in one table. */
#define CAMERA_TABLE_MAX 4096

/* A table larger than this is not one. */
#define CAMERA_TABLE_BYTES_MAX ((size_t) 4 * 1024 * 1024)

/*
 * Each calibration's text is the camera file that says the same, so it can be stored and sent like
 * any other.
 * Returns 0; -EINVAL with a sentence naming file and line (not 12 numbers, not finite, singular, a
 * camera below the floor or one that sees none of it, a name twice or too long, no camera at all);
 * -errno of the file; -ENOMEM.
 */
MUST_CHECK int camera_table_load(const char *path, uint32_t width, uint32_t height,
                                 struct camera_table *ret_table, struct error *err);
/* The same from text; `name` stands for the path in sentences. */
MUST_CHECK int camera_table_parse(const char *text, size_t length, const char *name, uint32_t width,
                                  uint32_t height, struct camera_table *ret_table,
                                  struct error *err);
void camera_table_release(struct camera_table *table);

#endif
