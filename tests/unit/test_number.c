/* test_number.c - text to numbers and back; the C library is the reference */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/number.h"
#include "near.h"

/* The same digits on every run. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes, section 7.1 */
    return *state >> 8;
}

static void plain_decimals_are_those_of_strtod_to_the_last_bit(void **state)
{
    (void) state;
    uint32_t chance = 1;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        int length = snprintf(text, sizeof(text), "%s%" PRIu32, i % 3 == 0 ? "-" : "",
                              next_random(&chance) >> (i % 24));
        int decimals = (int) (next_random(&chance) % 12);
        for (int d = 0; d < decimals; d++)
            length += snprintf(text + length, sizeof(text) - (size_t) length, "%s%u",
                               d == 0 ? "." : "", next_random(&chance) % 10);
        double value;
        assert_true(number_parse(text, &value));
        double expected = strtod(text, NULL);
        if (memcmp(&value, &expected, sizeof(value)) != 0)
            fail_msg("%s is %.17g, not %.17g", text, value, expected);
    }
}

static void odd_spellings_of_numbers_are_taken_too(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        { "+1.5", 1.5 },
        { "5.", 5 },
        { ".25", 0.25 },
        { " 3 ", 3 },
        { "1e3", 1000 },
        { "-2.5E-1", -0.25 },
        { "7\t", 7 },
        { "0", 0 },
        { "9007199254740993", 9007199254740992.0 },
        { "12345678901234567890", 12345678901234567890.0 },
        { "0.1000000000000000055511151231257827", 0.1 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        double value = -1;
        assert_true(number_parse(cases[i].text, &value));
        assert_near(value, cases[i].value, 0);
    }
    double value;
    assert_true(number_parse("nan", &value) && isnan(value));
    assert_true(number_parse("-inf", &value) && isinf(value));
    assert_true(number_parse("1e999", &value) && isinf(value));
}

static void what_is_no_number_is_refused(void **state)
{
    (void) state;
    static const char *const texts[] = { "",    " ",     ".",    "-",   "+-1",
                                         "1,5", "1.2.3", "12px", "1 2", "x" };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        double value;
        int64_t whole;
        assert_false(number_parse(texts[i], &value));
        assert_false(integer_parse(texts[i], &whole));
    }
    int64_t whole;
    assert_false(integer_parse("1.0", &whole));
    assert_false(integer_parse("9223372036854775808", &whole)); /* 2^63 */
}

static void whole_numbers_go_to_the_ends_of_64_bits(void **state)
{
    (void) state;
    int64_t value;
    assert_true(integer_parse("9223372036854775807", &value) && value == INT64_MAX);
    assert_true(integer_parse("-9223372036854775808", &value) && value == INT64_MIN);
    assert_true(integer_parse(" +42 ", &value) && value == 42);
    assert_true(integer_parse("999999999999999999", &value) && value == 999999999999999999);
}

static void numbers_are_printed_as_printf_does(void **state)
{
    (void) state;
    uint32_t chance = 7;
    for (int i = 0; i < 200000; i++) {
        double value = ((double) next_random(&chance) - (1 << 23)) * 1.2345e-6 *
                       (double) (next_random(&chance) % 1000);
        int decimals = (int) (next_random(&chance) % 7);
        char text[NUMBER_TEXT_SIZE], expected[NUMBER_TEXT_SIZE];
        size_t length = number_print(value, decimals, text);
        int expected_length = snprintf(expected, sizeof(expected), "%.*f", decimals, value);
        bool negative_zero = expected[0] == '-' && strtod(expected, NULL) == 0;
        assert_string_equal(text, expected + negative_zero);
        assert_int_equal(length, expected_length - negative_zero);
    }
}

static void numbers_at_the_edges_are_printed_too(void **state)
{
    (void) state;
    char text[NUMBER_TEXT_SIZE];
    assert_int_equal(number_print(0, 4, text), 6);
    assert_string_equal(text, "0.0000");
    (void) number_print(-0.00004, 4, text);
    assert_string_equal(text, "0.0000");
    (void) number_print(-1.05, 0, text);
    assert_string_equal(text, "-1");
    (void) number_print(1e300, 2, text);
    assert_near(strtod(text, NULL), 1e300, 0);
    (void) number_print(NAN, 2, text);
    assert_non_null(strstr(text, "nan"));
    (void) integer_print(INT64_MIN, text);
    assert_string_equal(text, "-9223372036854775808");
    (void) integer_print(0, text);
    assert_string_equal(text, "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_decimals_are_those_of_strtod_to_the_last_bit),
        cmocka_unit_test(odd_spellings_of_numbers_are_taken_too),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(whole_numbers_go_to_the_ends_of_64_bits),
        cmocka_unit_test(numbers_are_printed_as_printf_does),
        cmocka_unit_test(numbers_at_the_edges_are_printed_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
