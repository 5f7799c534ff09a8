/*
 * test_polygon.c - simple polygons, by hand
 */
#include "testing.h"

#include "geom/polygon.h"

static const double l_shape_xy[] = { 0, 0, 4, 0, 4, 1, 1, 1, 1, 3, 0, 3 };
static const struct polygon l_shape = { l_shape_xy, 6 };

static void area_of_an_l_is_the_sum_of_two_rectangles(void **state)
{
    (void) state;
    assert_float_equal(polygon_area(l_shape), 4 * 1 + 1 * 2, 1e-12);
}

static void the_notch_of_an_l_is_outside(void **state)
{
    (void) state;
    assert_true(polygon_contains(l_shape, 0.5, 2.5));
    assert_true(polygon_contains(l_shape, 3.5, 0.5));
    assert_false(polygon_contains(l_shape, 2, 2));
    assert_false(polygon_contains(l_shape, -1, 0.5));
}

static void neighbours_share_no_point_and_leave_no_gap(void **state)
{
    (void) state;
    static const double left_xy[] = { 0, 0, 1, 0, 1, 1, 0, 1 };
    static const double right_xy[] = { 1, 0, 2, 0, 2, 1, 1, 1 };
    struct polygon left = { left_xy, 4 }, right = { right_xy, 4 };
    for (double y = 0; y < 1; y += 0.125)
        for (double x = 0; x < 2; x += 0.125)
            assert_int_equal(polygon_contains(left, x, y) + polygon_contains(right, x, y), 1);
}

static void a_polygon_without_corners_holds_nothing(void **state)
{
    (void) state;
    struct polygon none = { l_shape_xy, 0 };
    assert_false(polygon_contains(none, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(area_of_an_l_is_the_sum_of_two_rectangles),
        cmocka_unit_test(the_notch_of_an_l_is_outside),
        cmocka_unit_test(neighbours_share_no_point_and_leave_no_gap),
        cmocka_unit_test(a_polygon_without_corners_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
