/*
 * binary_rows.h - numbers and arrays of numbers out of results in PostgreSQL's binary format
 *
 * Everything is big-endian. An array is: dimensions, flags, element type, then for the one
 * dimension its length and lower bound, then each element with its length in front; an empty array
 * has no dimension. (src/backend/utils/adt/arrayfuncs.c, array_send.)
 */
#ifndef FLOORFUSE_STORAGE_BINARY_ROWS_H
#define FLOORFUSE_STORAGE_BINARY_ROWS_H

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* integer or bigint; anything else, and NULL, is 0. */
int64_t binary_integer(const PGresult *rows, int row, int column);

/* Numbers as they stand in bytes. */
int32_t binary_int32(const uint8_t bytes[static 4]);
int64_t binary_int64(const uint8_t bytes[static 8]);

/* An array of integer or bigint, read element by element. */
struct binary_array {
    const uint8_t *at; /* borrowed from the result */
    size_t count;
    size_t element_bytes; /* 4 or 8 */
};

/* Returns 0, or -EBADMSG where the value is no such array without NULLs. */
MUST_CHECK int binary_array_open(const PGresult *rows, int row, int column,
                                 struct binary_array *ret_array);

/* Element i < count. */
int64_t binary_array_at(const struct binary_array *array, size_t i);

#endif
