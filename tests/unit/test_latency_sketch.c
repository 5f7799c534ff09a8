/*
 * test_latency_sketch.c - quantiles from bins against those of the latencies themselves
 *
 * What is expected is the quantile of the sorted latencies, or of the distribution, by formula.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "chance.h"
#include "heat/latency_sketch.h"
#include "near.h"
#include "testing.h"

#define FRAMES 20000

/* Half a bin in either direction: (gamma - 1) / (gamma + 1) = 1/21 = 4.77 %, DDSketch, section 2;
 * latencies are whole microseconds, which takes up to 0.05 % more at 1 ms. */
#define RELATIVE 0.048

static const double shares[] = { 0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1 };

static int ascending(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* The formula turns a uniform number into a latency, ms. */
static void fill(uint64_t seed, double (*formula)(double uniform), int64_t *ret_latencies_us)
{
    struct chance chance = { seed };
    for (size_t i = 0; i < FRAMES; i++)
        ret_latencies_us[i] =
            (int64_t) llround(formula(chance_between(&chance, 0, 1)) * (double) US_PER_MS);
}

static struct latency_sketch sketch_of(const int64_t *latencies_us, size_t count)
{
    struct latency_sketch sketch = { 0 };
    for (size_t i = 0; i < count; i++)
        latency_sketch_add(&sketch, latencies_us[i]);
    return sketch;
}

static void require_same(const struct latency_sketch *a, const struct latency_sketch *b)
{
    assert_memory_equal(a->frames, b->frames, sizeof(a->frames));
}

static double uniform_ms(double uniform)
{
    return 20 + 980 * uniform;
}

static double exponential_ms(double uniform)
{
    return 2 - 80 * log(1 - uniform);
}

/* A long tail: nine of ten below 180 ms, one of a thousand above 4.6 s. */
static double pareto_ms(double uniform)
{
    return fmin(50 * pow(1 - uniform, -1 / 1.5), 55000);
}

/* A camera of two moods. */
static double bimodal_ms(double uniform)
{
    return uniform < 0.7 ? 40 + 10 * uniform : 2000 + 1000 * uniform;
}

static void quantiles_are_those_of_the_latencies_within_the_bound(void **state)
{
    (void) state;
    double (*const formulas[])(double) = { uniform_ms, exponential_ms, pareto_ms, bimodal_ms };
    int64_t *latencies_us = calloc(FRAMES, sizeof(*latencies_us));
    assert_non_null(latencies_us);
    for (size_t f = 0; f < ARRAY_LENGTH(formulas); f++) {
        fill(f + 1, formulas[f], latencies_us);
        struct latency_sketch sketch = sketch_of(latencies_us, FRAMES);
        qsort(latencies_us, FRAMES, sizeof(*latencies_us), ascending);
        for (size_t i = 0; i < ARRAY_LENGTH(shares); i++) {
            size_t rank = (size_t) floor(shares[i] * (FRAMES - 1));
            double exact_ms = (double) latencies_us[rank] / (double) US_PER_MS;
            assert_near(latency_sketch_quantile(&sketch, shares[i]), exact_ms, RELATIVE * exact_ms);
        }
    }
    free(latencies_us);
}

/* Latencies at the quantiles of an exponential distribution of mean 80 ms: -80 ln(1 - q). */
static void quantiles_of_a_known_distribution_follow_its_formula(void **state)
{
    (void) state;
    struct latency_sketch sketch = { 0 };
    for (int i = 0; i < FRAMES; i++)
        latency_sketch_add(&sketch, llround(-80000.0 * log(1 - (i + 0.5) / FRAMES)));
    assert_near(latency_sketch_quantile(&sketch, 0.5), 55.45, RELATIVE * 55.45);
    assert_near(latency_sketch_quantile(&sketch, 0.95), 239.66, RELATIVE * 239.66);
    assert_near(latency_sketch_quantile(&sketch, 0.99), 368.41, RELATIVE * 368.41);
}

static void a_merged_sketch_is_that_of_all_frames(void **state)
{
    (void) state;
    int64_t *latencies_us = calloc(FRAMES, sizeof(*latencies_us));
    assert_non_null(latencies_us);
    fill(5, pareto_ms, latencies_us);
    struct latency_sketch all = sketch_of(latencies_us, FRAMES), merged = { 0 };
    for (size_t first = 0; first < FRAMES; first += FRAMES / 8) {
        struct latency_sketch part = sketch_of(&latencies_us[first], FRAMES / 8);
        latency_sketch_merge(&merged, &part);
    }
    require_same(&all, &merged);
    assert_int_equal(latency_sketch_count(&merged), FRAMES);
    free(latencies_us);
}

static void the_order_of_frames_does_not_matter(void **state)
{
    (void) state;
    int64_t *latencies_us = calloc(FRAMES, sizeof(*latencies_us));
    assert_non_null(latencies_us);
    fill(6, exponential_ms, latencies_us);
    struct latency_sketch before = sketch_of(latencies_us, FRAMES);
    qsort(latencies_us, FRAMES, sizeof(*latencies_us), ascending);
    struct latency_sketch sorted = sketch_of(latencies_us, FRAMES);
    require_same(&before, &sorted);
    free(latencies_us);
}

/* 1.1 ms, 1.21 ms, 1.331 ms and 1.4641 ms = 1.1^4 ms are ends of bins in whole microseconds, except
 * for the last, whose bin holds 1464 us and not 1465 us. 1.1^115 = 57,565.0377 ms (bc). */
static void a_bin_holds_its_end_and_not_its_beginning(void **state)
{
    (void) state;
    static const struct {
        int64_t latency_us;
        size_t bin;
    } cases[] = {
        { INT64_MIN, 0 },    { -5000, 0 },       { 0, 0 },    { 1000, 0 },       { 1001, 1 },
        { 1100, 1 },         { 1101, 2 },        { 1210, 2 }, { 1211, 3 },       { 1331, 3 },
        { 1332, 4 },         { 1464, 4 },        { 1465, 5 }, { 57565037, 115 }, { 57565038, 116 },
        { 3600000000, 116 }, { INT64_MAX, 116 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct latency_sketch sketch = sketch_of(&cases[i].latency_us, 1);
        if (sketch.frames[cases[i].bin] != 1)
            fail_msg("%lld us are not in bin %zu", (long long) cases[i].latency_us, cases[i].bin);
        assert_int_equal(latency_sketch_count(&sketch), 1);
    }
}

/* By hand: 2 * 1.1^i / 2.1 is 0.952 for i = 0, 1.048 for 1. */
static void a_quantile_is_the_value_of_its_bin(void **state)
{
    (void) state;
    struct latency_sketch sketch = { .frames = { [0] = 3, [1] = 1 } };
    assert_near(latency_sketch_quantile(&sketch, 0), 0.952381, 1e-6);
    assert_near(latency_sketch_quantile(&sketch, 0.9), 0.952381, 1e-6);
    assert_near(latency_sketch_quantile(&sketch, 1), 1.047619, 1e-6);
    struct latency_sketch empty = { 0 };
    assert_true(isnan(latency_sketch_quantile(&empty, 0.5)));
}

static void a_bin_that_is_full_stays_full(void **state)
{
    (void) state;
    struct latency_sketch sketch = { .frames = { [0] = UINT32_MAX, [7] = UINT32_MAX - 1 } };
    struct latency_sketch more = { .frames = { [0] = 1, [7] = 5, [8] = 2 } };
    latency_sketch_add(&sketch, 0);
    latency_sketch_merge(&sketch, &more);
    assert_int_equal(sketch.frames[0], UINT32_MAX);
    assert_int_equal(sketch.frames[7], UINT32_MAX);
    assert_int_equal(sketch.frames[8], 2);
    assert_int_equal(latency_sketch_count(&sketch), UINT64_C(2) * UINT32_MAX + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_those_of_the_latencies_within_the_bound),
        cmocka_unit_test(quantiles_of_a_known_distribution_follow_its_formula),
        cmocka_unit_test(a_merged_sketch_is_that_of_all_frames),
        cmocka_unit_test(the_order_of_frames_does_not_matter),
        cmocka_unit_test(a_bin_holds_its_end_and_not_its_beginning),
        cmocka_unit_test(a_quantile_is_the_value_of_its_bin),
        cmocka_unit_test(a_bin_that_is_full_stays_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
