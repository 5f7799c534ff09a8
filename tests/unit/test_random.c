/*
 * test_random.c - chance that can be repeated
 *
 * The generator's numbers are those of its authors' code for the state 1, 2, 3, 4, as published in
 * the tests of the Rust crate rand_xoshiro. Moments of distributions are from textbooks; with 10^5
 * draws a mean errs by sd / 316, and tolerances are five times that.
 */
#include "testing.h"

#include <stdlib.h>

#include "near.h"
#include "sim/random.h"

#define DRAWS 100000

static void the_generator_is_xoshiro256_star_star(void **state)
{
    (void) state;
    struct random random = { { 1, 2, 3, 4 } };
    const uint64_t expected[] = { UINT64_C(11520),
                                  UINT64_C(0),
                                  UINT64_C(1509978240),
                                  UINT64_C(1215971899390074240),
                                  UINT64_C(1216172134540287360),
                                  UINT64_C(607988272756665600),
                                  UINT64_C(16172922978634559625),
                                  UINT64_C(8476171486693032832) };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_true(random_next(&random) == expected[i]);
}

static void streams_repeat_and_differ(void **state)
{
    (void) state;
    struct random a = random_stream(7, 1), b = random_stream(7, 1), c = random_stream(7, 2),
                  d = random_stream(8, 1);
    for (int i = 0; i < 100; i++) {
        uint64_t n = random_next(&a);
        assert_true(n == random_next(&b));
        assert_true(n != random_next(&c));
        assert_true(n != random_next(&d));
    }
    assert_true(random_seed(7, 1) != random_seed(7, 2));
}

struct moments {
    double mean, variance;
};

static struct moments moments_of(double (*draw)(struct random *))
{
    struct random random = random_stream(1, 0);
    double sum = 0, sum2 = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = draw(&random);
        sum += x;
        sum2 += x * x;
    }
    double mean = sum / DRAWS;
    return (struct moments){ mean, sum2 / DRAWS - mean * mean };
}

static double draw_poisson_3(struct random *random)
{
    return random_poisson(random, 3);
}

static double draw_poisson_100(struct random *random)
{
    return random_poisson(random, 100);
}

static double draw_log(struct random *random)
{
    return log(random_log_normal(random, 20, 0.9));
}

static double draw_group(struct random *random)
{
    return random_truncated_poisson(random, 0.83);
}

static double draw_alone(struct random *random)
{
    return random_truncated_poisson(random, 0);
}

static void distributions_have_their_means_and_variances(void **state)
{
    (void) state;
    struct moments m = moments_of(random_uniform);
    assert_near(m.mean, 0.5, 5 * 0.289 / 316);
    assert_near(m.variance, 1.0 / 12, 0.002);
    m = moments_of(random_normal);
    assert_near(m.mean, 0, 5.0 / 316);
    assert_near(m.variance, 1, 0.03);
    m = moments_of(random_exponential);
    assert_near(m.mean, 1, 5.0 / 316);
    m = moments_of(draw_poisson_3);
    assert_near(m.mean, 3, 5 * 1.73 / 316);
    assert_near(m.variance, 3, 0.1);
    m = moments_of(draw_poisson_100);
    assert_near(m.mean, 100, 5 * 10.0 / 316);
    assert_near(m.variance, 100, 3);
    m = moments_of(draw_log);
    assert_near(m.mean, log(20), 5 * 0.9 / 316);
}

/* p / (1 - e^-p) = 0.83 / 0.5640 = 1.472 */
static void groups_have_the_mean_of_a_poisson_without_zero(void **state)
{
    (void) state;
    assert_near(moments_of(draw_group).mean, 1.472, 0.012);
    struct moments alone = moments_of(draw_alone);
    assert_near(alone.mean, 1, 0);
}

static void an_index_is_below_its_bound(void **state)
{
    (void) state;
    struct random random = random_stream(1, 0);
    size_t seen[7] = { 0 };
    for (int i = 0; i < 7000; i++) {
        size_t index = random_index(&random, 7);
        assert_true(index < 7);
        seen[index]++;
    }
    for (int i = 0; i < 7; i++) /* 1000 each, sd 29 */
        assert_in_range(seen[i], 850, 1150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generator_is_xoshiro256_star_star),
        cmocka_unit_test(streams_repeat_and_differ),
        cmocka_unit_test(distributions_have_their_means_and_variances),
        cmocka_unit_test(groups_have_the_mean_of_a_poisson_without_zero),
        cmocka_unit_test(an_index_is_below_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
