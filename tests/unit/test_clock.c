/*
 * test_clock.c - times as text; expected seconds come from `date -u -d TEXT +%s`
 */
#include "testing.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

static int64_t parsed(const char *text)
{
    int64_t wall_us = -1;
    struct error err = { "" };
    assert_int_equal(clock_wall_parse(text, &wall_us, &err), 0);
    return wall_us;
}

static void parse_reads_iso_8601(void **state)
{
    (void) state;
    assert_int_equal(parsed("2026-11-23T09:14:05Z"), INT64_C(1795425245) * US_PER_S);
    assert_int_equal(parsed("2026-11-23 09:14:05"), INT64_C(1795425245) * US_PER_S);
    assert_int_equal(parsed("2026-11-23T09:14:05.12Z"), INT64_C(1795425245) * US_PER_S + 120000);
    assert_int_equal(parsed("2026-11-23T10:14:05+01:00"), INT64_C(1795425245) * US_PER_S);
    assert_int_equal(parsed("1970-01-01"), 0);
    assert_int_equal(parsed("1969-12-31T23:59:59Z"), -US_PER_S);
    assert_int_equal(parsed("2028-02-29T00:00"), INT64_C(1835395200) * US_PER_S);
}

static void parse_refuses_what_is_no_time(void **state)
{
    (void) state;
    const char *const bad[] = { "",
                                "yesterday",
                                "2026-13-01",
                                "2026-02-30",
                                "2026-1-01",
                                "2026-11-23T25:00",
                                "2026-11-23T09:60",
                                "2026-11-23Z",
                                "2026-11-23T09:14:05.Z",
                                "2026-11-23T09:14:05ZZ" };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        int64_t wall_us = 42;
        struct error err = { "" };
        assert_int_equal(clock_wall_parse(bad[i], &wall_us, &err), -EINVAL);
        assert_int_equal(wall_us, 42);
        assert_non_null(strstr(err.text, "is not a time"));
    }
}

static void format_and_parse_are_inverse(void **state)
{
    (void) state;
    const int64_t times[] = {
        0, -1, 1, 999999, INT64_C(1795425245123456), INT64_C(1795425245120000)
    };
    for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
        char text[WALL_TEXT_SIZE];
        assert_int_equal(parsed(clock_wall_format(times[i], text)), times[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_reads_iso_8601),
        cmocka_unit_test(parse_refuses_what_is_no_time),
        cmocka_unit_test(format_and_parse_are_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
