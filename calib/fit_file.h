/*
 * fit_file.h - a fitted camera as a camera file, and back
 */
#ifndef FLOORFUSE_CALIB_FIT_FILE_H
#define FLOORFUSE_CALIB_FIT_FILE_H

#include "calib/fit.h"

/* What goes into the file beside the numbers; NULL: not said. */
struct fit_words {
    const char *author, *note, *valid_from;
};

/*
 * As a camera file. The points kept, the model and a mark's standard deviation go along, so that
 * the error over the floor can be worked out again from the file alone.
 * Returns 0, or -ENOMEM.
 */
MUST_CHECK int fit_write(const struct fit *fit, const struct fit_words *words, struct text *text);

/*
 * The fit behind a camera file: its parameters as written, their covariance worked out again.
 *   ret_points  what it was fitted to; to be released, like ret_fit, in any case, and after it
 * Returns 0; -ENODATA when the file does not hold points, model and standard deviation; -EINVAL
 * when they do not belong to its camera; -EDOM when they do not determine it; -ENOMEM.
 */
MUST_CHECK int fit_read(const struct camera_file *file, struct marked_points *ret_points,
                        struct fit *ret_fit);

#endif
