/* test_recent_latency.c - latencies are counted for one to two minutes and then forgotten */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "programs/recent_latency.h"

#define BEGIN_NS (1000 * NS_PER_S)

static uint64_t count_at(const struct recent_latency *latency, int64_t at_s)
{
    struct latency_sketch sketch = recent_latency_sketch(latency, BEGIN_NS + at_s * NS_PER_S);
    return latency_sketch_count(&sketch);
}

static void add_at(struct recent_latency *latency, int64_t at_s, int64_t latency_us)
{
    recent_latency_add(latency, latency_us, BEGIN_NS + at_s * NS_PER_S);
}

static void what_is_a_minute_old_still_counts(void **state)
{
    (void) state;
    struct recent_latency latency = { 0 };
    assert_int_equal(count_at(&latency, 0), 0);
    add_at(&latency, 0, 20000);
    add_at(&latency, 59, 20000);
    assert_int_equal(count_at(&latency, 59), 2);
    add_at(&latency, 61, 20000);
    assert_int_equal(count_at(&latency, 61), 3);
}

static void what_is_two_minutes_old_is_forgotten(void **state)
{
    (void) state;
    struct recent_latency latency = { 0 };
    add_at(&latency, 0, 900000);
    for (int second = 1; second <= 120; second++)
        add_at(&latency, second, 20000);
    struct latency_sketch sketch = recent_latency_sketch(&latency, BEGIN_NS + 121 * NS_PER_S);
    /* 20 ms, to the 4.77 % that latency_sketch.h promises */
    assert_true(fabs(latency_sketch_quantile(&sketch, 1) - 20) < 20 * 0.0477);
}

static void silence_is_forgotten_without_a_frame(void **state)
{
    (void) state;
    struct recent_latency latency = { 0 };
    add_at(&latency, 0, 20000);
    assert_int_equal(count_at(&latency, 100), 1);
    assert_int_equal(count_at(&latency, 120), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_minute_old_still_counts),
        cmocka_unit_test(what_is_two_minutes_old_is_forgotten),
        cmocka_unit_test(silence_is_forgotten_without_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
