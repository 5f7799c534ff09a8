/*
 * point_stream.h - points of a truth or a result, time by time, from a CSV file of any length
 *
 * Columns time_us, id (or track), x_m, y_m; optional: floor, state. Rows are in order of time.
 * Rows with a state of "tentative" are left out: they were never published.
 */
#ifndef FLOORFUSE_EVAL_POINT_STREAM_H
#define FLOORFUSE_EVAL_POINT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "eval/region.h"

/* People at one time at most: more is a file without times. */
#define POINT_STREAM_PEOPLE_MAX 20000

struct moment_point {
    int64_t id;
    uint64_t floor; /* equal for equal floors */
    struct floor_m position;
};

/* Everybody at one time. */
struct point_moment {
    int64_t time_us;
    struct moment_point *points; /* by id; owned by the stream */
    size_t count, capacity;
};

struct point_stream; /* opaque */

/*
 *   region  points outside are left out; borrowed
 * Returns 0, -EINVAL (no such column, empty file), -errno of the file.
 */
MUST_CHECK int point_stream_open(const char *path, const struct region *region,
                                 struct point_stream **ret_stream, struct error *err);
void point_stream_close(struct point_stream **stream);

/* Whether the file has a column floor; and take all its points for one floor, before any is read.
 */
bool point_stream_has_floors(const struct point_stream *stream);
void point_stream_ignore_floors(struct point_stream *stream);

/*
 * The next time that has rows, also when all of them are outside the region.
 *   ret_moment  borrowed until the next but one call: two moments can be compared
 * Returns 1; 0 at the end; -EINVAL with file and line: not a finite number, time going backwards,
 * an id twice at one time, too many people; -ENOMEM; -errno.
 */
MUST_CHECK int point_stream_next(struct point_stream *stream,
                                 const struct point_moment **ret_moment, struct error *err);

#endif
