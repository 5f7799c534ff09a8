/* test_convex_hull.c - rubber bands, by hand */
#include "testing.h"

#include "geom/convex_hull.h"

static void a_square_with_points_inside_and_on_its_edges_keeps_four(void **state)
{
    double xy[] = { 1, 1, 0, 0, 2, 0, 1, 0, 2, 2, 0, 2, 0.5, 1.5, 0, 1, 2, 2 }, hull[20];
    (void) state;
    assert_int_equal(convex_hull(xy, 9, hull), 4);
    assert_float_equal(polygon_area((struct polygon){ hull, 4 }), 4, 0);
}

static void points_on_a_line_make_no_area(void **state)
{
    double line[] = { 3, 3, 1, 1, 2, 2, 0, 0 }, one[] = { 5, 6, 5, 6 }, hull[10];
    (void) state;
    assert_true(convex_hull(line, 4, hull) < 3);
    assert_true(convex_hull(one, 2, hull) < 3);
    assert_int_equal(convex_hull(one, 0, hull), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_square_with_points_inside_and_on_its_edges_keeps_four),
        cmocka_unit_test(points_on_a_line_make_no_area),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
