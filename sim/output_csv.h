/*
 * output_csv.h - many CSV rows fast, in a file that is there whole or not at all
 *
 * Rows go to a temporary file beside the target; csv_out_finish renames it. Numbers are formatted
 * here, because printf would take most of a simulation's time.
 */
#ifndef FLOORFUSE_SIM_OUTPUT_CSV_H
#define FLOORFUSE_SIM_OUTPUT_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct csv_out; /* opaque */

/* Returns 0, -ENOMEM, -errno with a sentence naming the path. */
MUST_CHECK int csv_out_create(const char *path, const char *header, struct csv_out **ret_out,
                              struct error *err);

/* Removes what was not finished; NULL inside is fine. */
void csv_out_destroy(struct csv_out **out);

/* Fields, in order; a comma comes between by itself. Failing writes are told by csv_out_finish. */
void csv_out_integer(struct csv_out *out, int64_t value);
void csv_out_fixed(struct csv_out *out, double value, int decimals); /* 0..6; |value| < 1e12 */
void csv_out_text(struct csv_out *out, const char *text); /* without comma, quote or newline */
void csv_out_end_row(struct csv_out *out);

/* Write what is left, sync, close; the file is still the temporary one. Returns 0 or -errno. */
MUST_CHECK int csv_out_finish(struct csv_out *out, struct error *err);

/* Put it in its place. Returns 0 or -errno. */
MUST_CHECK int csv_out_publish(struct csv_out *out, struct error *err);

#endif
