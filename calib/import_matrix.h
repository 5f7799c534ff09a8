/*
 * import_matrix.h - a 3x3 or 3x4 matrix written as text
 *
 * Numbers with blanks, commas, semicolons or brackets between them, three rows or all on one line;
 * # begins a comment.
 */
#ifndef FLOORFUSE_CALIB_IMPORT_MATRIX_H
#define FLOORFUSE_CALIB_IMPORT_MATRIX_H

#include "calib/import.h"

/*
 * Nine numbers are a map of the picture to the source's plane z = 0, twelve a projection of the
 * source's world to the picture.
 *   file     stands for the path in sentences
 *   inverse  the 3x3 matrix maps the plane to the picture
 * Returns 0, or -EINVAL with a sentence.
 */
MUST_CHECK int import_matrix_parse(const char *bytes, size_t length, const char *file, bool inverse,
                                   struct import_camera *ret_camera, struct error *err);

#endif
