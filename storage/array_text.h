/*
 * array_text.h - numbers and arrays in PostgreSQL's text form
 *
 * An array literal is made by array_open, elements and array_close in a `struct text`, which tells
 * at the end whether memory ran out.
 */
#ifndef FLOORFUSE_STORAGE_ARRAY_TEXT_H
#define FLOORFUSE_STORAGE_ARRAY_TEXT_H

#include <stdint.h>

#include "base/text.h"

struct number_text {
    char bytes[32];
};

struct number_text integer_text(int64_t value);
struct number_text double_text(double value); /* 17 digits give every double back exactly */

/* Bytes as a bytea of their own, "\\x" and two digits a byte; forgets what was there. */
void bytes_text(struct text *text, const uint8_t *bytes, size_t length);

void array_open(struct text *array); /* forgets what was there */
void array_add_integer(struct text *array, int64_t value);
void array_add_unsigned(struct text *array, uint64_t value);
void array_add_double(struct text *array, double value);
void array_add_string(struct text *array, const char *string);
void array_add_bytes(struct text *array, const uint8_t *bytes, size_t length); /* of bytea[] */
void array_close(struct text *array);

#endif
