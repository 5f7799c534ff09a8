/*
 * array_text.c - numbers and arrays in PostgreSQL's text form
 */
#include "storage/array_text.h"

#include <inttypes.h>
#include <stdio.h>

struct number_text integer_text(int64_t value)
{
    struct number_text text;
    (void) snprintf(text.bytes, sizeof text.bytes, "%" PRId64, value);
    return text;
}

struct number_text double_text(double value)
{
    struct number_text text;
    (void) snprintf(text.bytes, sizeof text.bytes, "%.17g", value);
    return text;
}

void array_open(struct text *array)
{
    text_clear(array);
    text_append(array, "{");
}

static void array_comma(struct text *array)
{
    if (array->length > 1)
        text_append(array, ",");
}

/* By hand: a bucket has some hundred numbers, and printf takes half of the time that writing takes.
 */
void array_add_integer(struct text *array, int64_t value)
{
    char digits[24], *first = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;
    do
        *--first = (char) ('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--first = '-';
    if (array->length > 1)
        *--first = ',';
    text_append_bytes(array, first, (size_t) (digits + sizeof digits - first));
}

void array_add_unsigned(struct text *array, uint64_t value)
{
    array_comma(array);
    text_format(array, "%" PRIu64, value);
}

void array_add_double(struct text *array, double value)
{
    array_comma(array);
    text_append(array, double_text(value).bytes);
}

void array_add_string(struct text *array, const char *string)
{
    array_comma(array);
    text_append(array, "\"");
    for (const char *c = string; *c; c++) {
        if (*c == '"' || *c == '\\')
            text_append(array, "\\");
        text_append_bytes(array, c, 1);
    }
    text_append(array, "\"");
}

static void append_digits(struct text *text, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char pairs[512];
    for (size_t done = 0; done < length;) {
        size_t n = 0;
        for (; n < sizeof pairs / 2 && done < length; n++, done++) {
            pairs[2 * n] = digits[bytes[done] >> 4];
            pairs[2 * n + 1] = digits[bytes[done] & 15];
        }
        text_append_bytes(text, pairs, 2 * n);
    }
}

void bytes_text(struct text *text, const uint8_t *bytes, size_t length)
{
    text_clear(text);
    text_append(text, "\\x");
    append_digits(text, bytes, length);
}

void array_add_bytes(struct text *array, const uint8_t *bytes, size_t length)
{
    array_comma(array);
    text_append(array, "\"\\\\x");
    append_digits(array, bytes, length);
    text_append(array, "\"");
}

void array_close(struct text *array)
{
    text_append(array, "}");
}
