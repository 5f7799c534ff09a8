/*
 * export.h - a view for people, as CSV, row by row
 *
 * Rows are written as they come from the server, so a month of cells takes no more memory than a
 * minute of them. Only views named v_... can be had: they are what has comments and what keeps its
 * columns.
 */
#ifndef FLOORFUSE_STORAGE_EXPORT_H
#define FLOORFUSE_STORAGE_EXPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct export_request {
    const char *view;       /* "v_heat_cell" */
    const char *columns;    /* names separated by commas; NULL: all, in the view's order */
    const char *store;      /* its id, or "chain/store"; NULL: all stores of the database */
    int64_t from_us, to_us; /* [from, to), UTC; INT64_MIN, INT64_MAX: no limit */
    int silence_ms;         /* give up when the server says nothing for so long; 0: ten minutes */
};

/*
 * Write a header and the rows, in the order in which the server finds them (RFC 4180, but lines end
 * in LF). NULL is an empty field, an empty text is "". Times are ISO 8601, those with a time zone
 * in UTC with a Z. from_us, to_us  limit the first of the columns bucket_at, hour_at, local_date,
 * opened_at that the view has; local_date is compared with the dates of the two in UTC out left as
 * far as it got on failure ret_rows        without the header; may be NULL
 *
 * Returns 0; -ENOENT (no such view, column or store; the sentence has the nearest name), -EINVAL
 * (the view has no time, or no store, to go by), -EPIPE (nobody reads `out` any more), -errno of
 * writing, -ECONNREFUSED, -EIO.
 */
MUST_CHECK int storage_export_csv(const char *conninfo, const struct export_request *request,
                                  FILE *out, int64_t *ret_rows, struct error *err);

/*
 * Tell of every view, or of every column of one, by name with its comment ("" when it has none).
 *   view  NULL: the views
 * Returns 0; -ENOENT, -ECONNREFUSED, -EIO.
 */
MUST_CHECK int storage_export_list(const char *conninfo, const char *view,
                                   void (*tell)(void *context, const char *name,
                                                const char *comment),
                                   void *context, struct error *err);

#endif
