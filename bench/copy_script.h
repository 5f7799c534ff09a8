/*
 * copy_script.h - rows of several tables at once, as COPY commands for psql
 *
 * One moment's facts go to several tables, but a script fills one table at a time: rows are
 * gathered in memory and written table by table. A row is written field by field, in the order of
 * the columns, and ended:
 *
 *     struct copy_table zones = { .columns = "zone_day (store_id, zone_id, local_date, is_open)" };
 *     copy_ints(&zones, store, zone);
 *     copy_date(&zones, day);
 *     copy_text(&zones, "t");
 *     copy_end(&zones);
 *     copy_flush(&zones, 1);
 *
 * Out of memory ends the program with a sentence.
 */
#ifndef FLOORFUSE_BENCH_COPY_SCRIPT_H
#define FLOORFUSE_BENCH_COPY_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/macros.h"

struct copy_table {
    const char *columns; /* "table (column, ...)"; the caller sets this one only */
    FILE *rows;          /* NULL: none since the last flush */
    char *bytes;
    size_t length;
    bool in_row;
};

/* Whole numbers, a field each. */
#define copy_ints(table, ...)                                  \
    copy_int_fields((table), (const int64_t[]){ __VA_ARGS__ }, \
                    ARRAY_LENGTH(((const int64_t[]){ __VA_ARGS__ })))
void copy_int_fields(struct copy_table *table, const int64_t *numbers, size_t count);

/* Whole numbers in one field: {1,2,3}. */
void copy_array(struct copy_table *table, const int64_t *numbers, size_t count);

/* All digits that make the number the same again. */
void copy_real(struct copy_table *table, double number);

/* The text as it is; \N is NULL. With tabs in it, it is several fields. */
void copy_text(struct copy_table *table, const char *format, ...) PRINTF_FORMAT(2, 3);

void copy_bytes(struct copy_table *table, const uint8_t *bytes, size_t length);

/* Since 1970, UTC. */
void copy_time(struct copy_table *table, int64_t second);
void copy_date(struct copy_table *table, int day);

void copy_end(struct copy_table *table);

/* Write a COPY of each table that has rows to stdout, in this order; it has none then. */
void copy_flush(struct copy_table *tables, size_t count);

/* The rows instead of a COPY of them, the caller's to free; at least one field was written. */
char *copy_take(struct copy_table *table);

#endif
