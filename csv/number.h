/*
 * number.h - decimal text to numbers and back, exactly and fast
 *
 * strtod and strtoll know more than CSV files use (hexadecimal, any base, locales) and are most of
 * the time of reading one, as printf is of writing one. Short plain decimals go a quick way here;
 * everything else goes there.
 */
#ifndef FLOORFUSE_CSV_NUMBER_H
#define FLOORFUSE_CSV_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/*
 * The whole text as a number; blanks around it are fine. "nan" and "inf" are numbers, and what is
 * too large for a double is "inf". The result is the one that strtod gives, to the last bit.
 * Source of the quick way: W. D. Clinger, "How to read floating point numbers accurately", PLDI
 * 1990: a whole number below 2^53 and a power of ten up to 10^22 are exact, so their quotient is
 * rounded once.
 */
MUST_CHECK bool number_parse(const char *text, double *ret_value);

/* The whole text as a whole number that fits. */
MUST_CHECK bool integer_parse(const char *text, int64_t *ret_value);

/* Room for any finite double with NUMBER_DECIMALS_MAX decimals, and its NUL. */
#define NUMBER_DECIMALS_MAX 9
#define NUMBER_TEXT_SIZE    330

/*
 * Write a number with a fixed count of decimals, to the last digit as "%.*f" does; but nothing is
 * "-0.00". Returns the length.
 */
size_t number_print(double value, int decimals, char ret_text[static NUMBER_TEXT_SIZE]);

/* A whole number. Returns the length. */
size_t integer_print(int64_t value, char ret_text[static NUMBER_TEXT_SIZE]);

#endif
