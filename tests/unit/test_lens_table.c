/*
 * test_lens_table.c - the table of a lens against Newton's solution and against the model itself
 */
#include <errno.h>

#include "calib/lens_table.h"
#include "near.h"
#include "sim/random.h"
#include "testing.h"

#define WIDTH  1280.0
#define HEIGHT 720.0

static struct lens lens_with(double k1, double k2, double k3, double focal_px)
{
    struct lens lens = { .active = true,
                         .k1 = k1,
                         .k2 = k2,
                         .k3 = k3,
                         .focal_x_px = focal_px,
                         .focal_y_px = focal_px * 1.02,
                         .centre_x_px = 610,
                         .centre_y_px = 380 };
    lens_find_limit(&lens);
    return lens;
}

/* Barrel and pincushion, weak and so strong that the model ends inside the picture. */
static struct lens random_lens(struct random *random)
{
    return lens_with(random_between(random, -0.5, 0.3), random_between(random, -0.15, 0.15),
                     random_between(random, -0.05, 0.05), random_between(random, 500, 1600));
}

static struct image_px random_pixel(struct random *random)
{
    return (struct image_px){ random_between(random, -20, WIDTH + 20),
                              random_between(random, -20, HEIGHT + 20) };
}

/* Newton's answer is the reference; the bound is the header's, in px. */
static void the_table_agrees_with_newton_everywhere(void **state)
{
    struct random random = random_stream(11, 0);
    (void) state;
    int beyond = 0, within = 0;
    for (int i = 0; i < 200; i++) {
        struct lens lens = random_lens(&random);
        struct lens_table table;
        lens_table_build(&lens, WIDTH, HEIGHT, &table);
        for (int k = 0; k < 500; k++) {
            struct image_px p = random_pixel(&random);
            struct undistorted_px fast, slow;
            struct jacobian2 fast_j, slow_j;
            int r = lens_undistort(&lens, p, &slow, &slow_j);
            assert_int_equal(lens_table_undistort(&table, &lens, p, &fast, &fast_j), r);
            beyond += r < 0;
            within += r == 0;
            if (r < 0)
                continue;
            double tolerance = LENS_TABLE_ERROR * lens.focal_y_px + 1e-9;
            assert_near(fast.x, slow.x, tolerance);
            assert_near(fast.y, slow.y, tolerance);
            assert_near(fast_j.xx, slow_j.xx, 1e-4);
            assert_near(fast_j.xy, slow_j.xy, 1e-4);
            assert_near(fast_j.yx, slow_j.yx, 1e-4);
            assert_near(fast_j.yy, slow_j.yy, 1e-4);
        }
    }
    assert_true(beyond > 1000 && within > 50000);
}

static void distorting_again_gives_the_pixel_back(void **state)
{
    struct random random = random_stream(12, 0);
    (void) state;
    for (int i = 0; i < 200; i++) {
        struct lens lens = random_lens(&random);
        struct lens_table table;
        lens_table_build(&lens, WIDTH, HEIGHT, &table);
        for (int k = 0; k < 200; k++) {
            struct image_px p = random_pixel(&random), back;
            struct undistorted_px ideal;
            if (lens_table_undistort(&table, &lens, p, &ideal, NULL) < 0 ||
                lens_distort(&lens, ideal, &back) < 0)
                continue;
            assert_near(back.x, p.x, 2e-5);
            assert_near(back.y, p.y, 2e-5);
        }
    }
}

/* By hand: x' = x (1 + k1 x^2) with k1 = -0.2 at x = 0.5 is 0.475. */
static void a_point_worked_by_hand(void **state)
{
    struct lens lens = lens_with(-0.2, 0, 0, 1000);
    struct lens_table table;
    struct undistorted_px ideal;
    struct jacobian2 j;
    (void) state;
    lens_table_build(&lens, WIDTH, HEIGHT, &table);
    assert_int_equal(
        lens_table_undistort(&table, &lens, (struct image_px){ 610 + 475, 380 }, &ideal, &j), 0);
    assert_near(ideal.x, 610 + 500, 1e-5);
    assert_near(ideal.y, 380, 1e-9);
    /* dx'/dx = 1 - 0.6 * 0.25 = 0.85; across, x'/x = 0.95. */
    assert_near(j.xx, 1 / 0.85, 1e-6);
    assert_near(j.yy, 1 / 0.95, 1e-6);
    assert_near(j.xy, 0, 1e-12);
}

static void an_ordinary_lens_is_in_the_table_up_to_the_corners(void **state)
{
    struct lens lens = lens_with(-0.31, 0.12, 0, 900);
    struct lens_table table;
    (void) state;
    lens_table_build(&lens, WIDTH, HEIGHT, &table);
    double x = (WIDTH - 610) / 900, y = 380 / (900 * 1.02);
    assert_near(table.end, x * x + y * y, 1e-9);
}

static void a_lens_with_tangential_terms_goes_the_slow_way(void **state)
{
    struct lens lens = lens_with(-0.2, 0.05, 0, 1000);
    struct lens_table table;
    struct undistorted_px fast, slow;
    (void) state;
    lens.p1 = 0.002;
    lens_find_limit(&lens);
    lens_table_build(&lens, WIDTH, HEIGHT, &table);
    assert_near(table.end, 0, 0);
    struct image_px p = { 1200, 30 };
    assert_int_equal(lens_table_undistort(&table, &lens, p, &fast, NULL), 0);
    assert_int_equal(lens_undistort(&lens, p, &slow, NULL), 0);
    assert_near(fast.x, slow.x, 0);
    assert_near(fast.y, slow.y, 0);
}

static void a_pixel_that_is_no_number_is_beyond_the_limit(void **state)
{
    struct lens lens = lens_with(-0.2, 0, 0, 1000);
    struct lens_table table;
    struct undistorted_px ideal;
    (void) state;
    lens_table_build(&lens, WIDTH, HEIGHT, &table);
    assert_int_equal(lens_table_undistort(&table, &lens, (struct image_px){ NAN, 3 }, &ideal, NULL),
                     -ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_agrees_with_newton_everywhere),
        cmocka_unit_test(distorting_again_gives_the_pixel_back),
        cmocka_unit_test(a_point_worked_by_hand),
        cmocka_unit_test(an_ordinary_lens_is_in_the_table_up_to_the_corners),
        cmocka_unit_test(a_lens_with_tangential_terms_goes_the_slow_way),
        cmocka_unit_test(a_pixel_that_is_no_number_is_beyond_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
