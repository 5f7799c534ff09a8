/* test_least_squares.c - few parameters, many residuals */
#include <errno.h>

#include "calib/least_squares.h"
#include "near.h"
#include "testing.h"

/* Rosenbrock's valley as a sum of squares; its least is 0 at (1, 1). Source: Rosenbrock, Computer
 * Journal 3(3), 1960. */
static void valley(const void *problem, const double *p, double *ret_residuals)
{
    (void) problem;
    ret_residuals[0] = 10 * (p[1] - p[0] * p[0]);
    ret_residuals[1] = 1 - p[0];
}

static void the_valley_is_walked_to_its_end(void **state)
{
    const struct residuals residuals = { valley, NULL, 2, 2 };
    double p[2] = { -1.2, 1 }, sum;
    (void) state;
    assert_int_equal(least_squares_minimise(&residuals, p, &sum), 0);
    assert_near(p[0], 1, 1e-9);
    assert_near(p[1], 1, 1e-9);
    assert_near(sum, 0, 1e-18);
}

/* A line through (0, 1), (1, 3), (2, 4), (3, 4). By hand: slope 1, offset 1.5, residuals .5 -.5 -.5
 * .5, and (J^T J)^-1 with J rows (x, 1): [4 -6; -6 14] / 20. */
static const double line_y[] = { 1, 3, 4, 4 };

static void line(const void *problem, const double *p, double *ret_residuals)
{
    const double *y = problem;
    for (int x = 0; x < 4; x++)
        ret_residuals[x] = p[0] * x + p[1] - y[x];
}

static void a_line_has_the_covariance_worked_by_hand(void **state)
{
    const struct residuals residuals = { line, line_y, 2, 4 };
    double p[2] = { 0, 0 }, sum, covariance[4], condition;
    (void) state;
    assert_int_equal(least_squares_minimise(&residuals, p, &sum), 0);
    assert_near(p[0], 1, 1e-8);
    assert_near(p[1], 1.5, 1e-8);
    assert_near(sum, 1, 1e-12);
    assert_int_equal(least_squares_covariance(&residuals, p, covariance, &condition), 0);
    assert_near(covariance[0], 4.0 / 20, 1e-8);
    assert_near(covariance[1], -6.0 / 20, 1e-8);
    assert_near(covariance[3], 14.0 / 20, 1e-8);
    assert_true(condition > 1 && condition < 100);
}

/* Two parameters of which only the sum matters. */
static void twins(const void *problem, const double *p, double *ret_residuals)
{
    (void) problem;
    for (int i = 0; i < 3; i++)
        ret_residuals[i] = (p[0] + p[1]) * i - 1;
}

static void what_is_not_determined_is_told(void **state)
{
    const struct residuals residuals = { twins, NULL, 2, 3 };
    const struct residuals too_few = { valley, NULL, 2, 1 };
    double p[2] = { 0.1, 0.2 }, sum, covariance[4];
    (void) state;
    assert_int_equal(least_squares_covariance(&residuals, p, covariance, NULL), -EDOM);
    assert_int_equal(least_squares_minimise(&too_few, p, &sum), -EINVAL);
}

/* By hand: (1, 1, 1, 1) A with rows e1 - e2, e2 - e3, e3 - e4 is 0. */
static void the_null_vector_of_a_chain_is_constant(void **state)
{
    double a[] = { 1, -1, 0, 0, 0, 1, -1, 0, 0, 0, 1, -1 }, v[4];
    double flat[] = { 1, -1, 0, 0, 2, -2, 0, 0, 0, 0, 1, -1 };
    (void) state;
    assert_int_equal(null_vector(a, 3, 4, v), 0);
    for (int i = 0; i < 4; i++)
        assert_near(fabs(v[i]), 0.5, 1e-12);
    assert_near(v[0], v[3], 1e-12);
    assert_int_equal(null_vector(flat, 3, 4, v), -EDOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_valley_is_walked_to_its_end),
        cmocka_unit_test(a_line_has_the_covariance_worked_by_hand),
        cmocka_unit_test(what_is_not_determined_is_told),
        cmocka_unit_test(the_null_vector_of_a_chain_is_constant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
