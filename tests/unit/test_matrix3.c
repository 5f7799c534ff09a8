/*
 * test_matrix3.c - 3x3 matrices; products and inverses worked by hand
 */
#include "testing.h"

#include <errno.h>
#include <math.h>

#include "geom/matrix3.h"

static void inverse_is_the_one_worked_by_hand(void **state)
{
    (void) state;
    struct matrix3 a = { { 2, 0, 1, 0, 1, 0, 0, 0, 4 } };
    const double expected[9] = { 0.5, 0, -0.125, 0, 1, 0, 0, 0, 0.25 };
    struct matrix3 inverse;
    assert_int_equal(matrix3_invert(a, &inverse), 0);
    for (int i = 0; i < 9; i++)
        assert_float_equal(inverse.m[i], expected[i], 1e-15);
}

static void a_times_its_inverse_is_one(void **state)
{
    (void) state;
    struct matrix3 a = { { 1.2, -0.3, 340, 0.1, 2.2, -120, 1e-4, 2e-3, 1 } }, inverse;
    assert_int_equal(matrix3_invert(a, &inverse), 0);
    struct matrix3 one = matrix3_multiply(a, inverse);
    for (int i = 0; i < 9; i++)
        assert_float_equal(one.m[i], (i % 4 == 0) ? 1.0 : 0.0, 1e-9);
}

static void singular_and_not_finite_are_refused_in_any_unit(void **state)
{
    (void) state;
    for (double unit = 1e-9; unit < 1e10; unit *= 1000) {
        struct matrix3 singular = { { 1 * unit, 2 * unit, 3 * unit, 2 * unit, 4 * unit, 6 * unit, 0,
                                      0, 1 } };
        struct matrix3 good = { { unit, 0, 0, 0, unit, 0, 0, 0, 1 } }, inverse;
        assert_int_equal(matrix3_invert(singular, &inverse), -EINVAL);
        assert_int_equal(matrix3_invert(good, &inverse), 0);
    }
    struct matrix3 bad = { { NAN, 0, 0, 0, 1, 0, 0, 0, 1 } }, inverse;
    assert_int_equal(matrix3_invert(bad, &inverse), -EINVAL);
}

static void apply_takes_rows_times_the_point(void **state)
{
    (void) state;
    struct matrix3 a = { { 1, 2, 3, 4, 5, 6, 7, 8, 9 } };
    double p[3];
    matrix3_apply(&a, 1, 10, 100, p);
    assert_float_equal(p[0], 321, 0);
    assert_float_equal(p[1], 654, 0);
    assert_float_equal(p[2], 987, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inverse_is_the_one_worked_by_hand),
        cmocka_unit_test(a_times_its_inverse_is_one),
        cmocka_unit_test(singular_and_not_finite_are_refused_in_any_unit),
        cmocka_unit_test(apply_takes_rows_times_the_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
