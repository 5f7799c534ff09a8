/*
 * csv.h - reading the CSV files people exchange with us, row by row, in bounded memory
 *
 * A header names the columns, in any order. Fields may be quoted ("" inside for a quote). Blank
 * lines and a UTF-8 byte order mark are passed over; CR LF is fine.
 */
#ifndef FLOORFUSE_CSV_CSV_H
#define FLOORFUSE_CSV_CSV_H

#include <stdint.h>

#include "base/error.h"

struct csv_reader; /* opaque */

/* A row longer than this is refused. */
#define CSV_ROW_BYTES_MAX 65536

/*
 *   path  "-" is the standard input, called so in sentences
 * Returns 0; -EINVAL (empty file, a column named twice, ...) or -errno of the file, with a
 * sentence.
 */
MUST_CHECK int csv_reader_open(const char *path, struct csv_reader **ret_reader, struct error *err);
void csv_reader_close(struct csv_reader **reader);

/* The column of a name, or of its synonym (may be NULL); -1 when there is none. */
int csv_reader_column(const struct csv_reader *reader, const char *name, const char *synonym);

/* Go to the next row. Returns 1, 0 at the end, -EINVAL (wrong number of fields, open quote, row too
 * long) with a sentence naming file and line, or -errno. */
MUST_CHECK int csv_reader_next(struct csv_reader *reader, struct error *err);

/* The fields of the row; a column of -1 gives "". Borrowed until the next row. */
const char *csv_reader_text(const struct csv_reader *reader, int column);
/* Finite number or whole number, whole field; -EINVAL with file, line and column name. */
MUST_CHECK int csv_reader_number(const struct csv_reader *reader, int column, double *ret_value,
                                 struct error *err);
/* Any number, also one that is not finite: for readers that count those. */
MUST_CHECK int csv_reader_any_number(const struct csv_reader *reader, int column, double *ret_value,
                                     struct error *err);
MUST_CHECK int csv_reader_integer(const struct csv_reader *reader, int column, int64_t *ret_value,
                                  struct error *err);
long csv_reader_line(const struct csv_reader *reader);
const char *csv_reader_name(const struct csv_reader *reader); /* of the file, for sentences */

#endif
