/* test_heat_bucket.c - buckets start where the calendar says */
#include <stdlib.h>

#include "base/clock.h"
#include "heat/heat_bucket.h"
#include "testing.h"

static int64_t us(const char *text)
{
    int64_t wall_us = 0;
    assert_int_equal(clock_wall_parse(text, &wall_us, NULL), 0);
    return wall_us;
}

static void start_rounds_down_to_the_minute(void **state)
{
    (void) state;
    assert_int_equal(heat_bucket_start_us(us("2026-11-23T09:14:59.999Z"), 60),
                     us("2026-11-23T09:14:00Z"));
    assert_int_equal(heat_bucket_start_us(us("2026-11-23T09:14:00Z"), 60),
                     us("2026-11-23T09:14:00Z"));
    assert_int_equal(heat_bucket_start_us(us("2026-11-23T09:14:59Z"), 900),
                     us("2026-11-23T09:00:00Z"));
}

static void start_rounds_down_before_1970_too(void **state)
{
    (void) state;
    assert_int_equal(heat_bucket_start_us(-1, 60), -60 * US_PER_S);
    assert_int_equal(heat_bucket_start_us(-60 * US_PER_S, 60), -60 * US_PER_S);
}

static void destroy_frees_everything_and_takes_null(void **state)
{
    (void) state;
    struct heat_bucket *bucket = calloc(1, sizeof(*bucket));
    assert_non_null(bucket);
    bucket->cameras = calloc(2, sizeof(*bucket->cameras));
    assert_non_null(bucket->cameras);
    bucket->camera_count = 2;
    bucket->cameras[0].footprint = malloc(8); /* leak sanitizer watches */
    bucket->cells = malloc(8);
    heat_bucket_destroy(&bucket);
    assert_null(bucket);
    heat_bucket_destroy(&bucket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_rounds_down_to_the_minute),
        cmocka_unit_test(start_rounds_down_before_1970_too),
        cmocka_unit_test(destroy_frees_everything_and_takes_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
