/* number.c - decimal text to numbers and back, exactly and fast */
#include "csv/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Any number of this many digits fits 63 bits. */
#define DIGITS_MAX 18

/* Whole numbers up to here are exact as doubles. */
#define EXACT_MAX (UINT64_C(1) << 53)

/* The powers of ten that are exact as doubles and that DIGITS_MAX digits can need. */
static const double powers_of_ten[DIGITS_MAX + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                      1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                      1e14, 1e15, 1e16, 1e17, 1e18 };

/* A plain decimal read so far: sign, digits without their point, digits behind the point. */
struct decimal {
    bool negative;
    uint64_t digits;
    int digit_count, behind_point;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

static const char *read_digits(const char *at, struct decimal *decimal)
{
    for (; is_digit(*at) && decimal->digit_count < DIGITS_MAX; at++, decimal->digit_count++)
        decimal->digits = 10 * decimal->digits + (uint64_t) (*at - '0');
    return at;
}

static const char *read_sign(const char *at, struct decimal *decimal)
{
    decimal->negative = *at == '-';
    return *at == '-' || *at == '+' ? at + 1 : at;
}

/* [sign] digits [. digits] and nothing else, exact as a quotient. */
static bool parse_plain(const char *text, double *ret_value)
{
    struct decimal decimal = { 0 };
    const char *at = read_digits(read_sign(text, &decimal), &decimal);
    if (*at == '.') {
        int before = decimal.digit_count;
        at = read_digits(at + 1, &decimal);
        decimal.behind_point = decimal.digit_count - before;
    }
    if (decimal.digit_count == 0 || *at != '\0' || decimal.digits > EXACT_MAX)
        return false;
    double size = (double) decimal.digits / powers_of_ten[decimal.behind_point];
    *ret_value = decimal.negative ? -size : size;
    return true;
}

bool number_parse(const char *text, double *ret_value)
{
    if (parse_plain(text, ret_value))
        return true;
    char *end;
    double value = strtod(text, &end);
    if (end == text || !is_blank(end))
        return false;
    *ret_value = value;
    return true;
}

bool integer_parse(const char *text, int64_t *ret_value)
{
    struct decimal decimal = { 0 };
    const char *plain_end = read_digits(read_sign(text, &decimal), &decimal);
    if (decimal.digit_count > 0 && *plain_end == '\0') {
        int64_t size = (int64_t) decimal.digits;
        *ret_value = decimal.negative ? -size : size;
        return true;
    }
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || !is_blank(end) || errno == ERANGE)
        return false;
    *ret_value = value;
    return true;
}

/* The digits of a number, with a point before the last `decimals` of them, backwards from end. */
static char *print_backwards(uint64_t digits, int decimals, char *end)
{
    char *at = end;
    for (int i = 0; digits > 0 || i <= decimals; i++) {
        if (i == decimals && decimals > 0)
            *--at = '.';
        *--at = (char) ('0' + digits % 10);
        digits /= 10;
    }
    return at;
}

static size_t print_scaled(uint64_t digits, int decimals, bool negative,
                           char ret_text[static NUMBER_TEXT_SIZE])
{
    char text[40], *end = text + sizeof(text);
    char *at = print_backwards(digits, decimals, end);
    if (negative && digits > 0)
        *--at = '-';
    size_t length = (size_t) (end - at);
    memcpy(ret_text, at, length);
    ret_text[length] = '\0';
    return length;
}

/*
 * |value| * power to the nearest whole number, as if the product were exact: when it lies half way
 * between two, what its own rounding took away decides, and only then even.
 */
static double scaled_and_rounded(double size, double power)
{
    double product = size * power;
    if (product - floor(product) != 0.5)
        return rint(product);
    double taken_away = fma(size, power, -product);
    return taken_away > 0 ? ceil(product) : taken_away < 0 ? floor(product) : rint(product);
}

size_t number_print(double value, int decimals, char ret_text[static NUMBER_TEXT_SIZE])
{
    double scaled = scaled_and_rounded(fabs(value), powers_of_ten[decimals]);
    if (scaled < (double) EXACT_MAX)
        return print_scaled((uint64_t) scaled, decimals, value < 0, ret_text);
    int length = snprintf(ret_text, NUMBER_TEXT_SIZE, "%.*f", decimals, value);
    return length < 0 ? 0 : (size_t) length;
}

size_t integer_print(int64_t value, char ret_text[static NUMBER_TEXT_SIZE])
{
    uint64_t size = value < 0 ? -(uint64_t) value : (uint64_t) value;
    return print_scaled(size, 0, value < 0, ret_text);
}
