/*
 * error.h - the sentence a person needs when a code cannot say it
 *
 * A function that can fail returns 0 (or a count) or a negative errno. Where the number alone would
 * leave a person guessing, the function also takes a `struct error *`, which may be NULL, and
 * writes one clear sentence there: what was tried, in which file and line, why it failed, what to
 * do.
 */
#ifndef FLOORFUSE_BASE_ERROR_H
#define FLOORFUSE_BASE_ERROR_H

#include "base/macros.h"

struct error {
    char text[1024];
};

/*
 * Write the sentence and hand the code back, so that a failure is one line:
 *     return error_set(err, -EINVAL, "%s:%d: matrix is singular", file, line);
 *   err   may be NULL: then only the code travels
 *   code  negative errno, returned unchanged
 */
int error_set(struct error *err, int code, const char *format, ...) PRINTF_FORMAT(3, 4);

/* Put "prefix: " before the sentence that is already there; returns code unchanged. */
int error_prefix(struct error *err, int code, const char *format, ...) PRINTF_FORMAT(3, 4);

#endif
