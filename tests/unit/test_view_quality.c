/*
 * test_view_quality.c - what cameras see of a place, against cameras of which that is known by hand
 */
#include <stdlib.h>

#include "calib/view_quality.h"
#include "near.h"
#include "testing.h"

/* 10 m above the origin, straight down: a metre of floor is 100 px, a metre of a plane 1.7 m up
 * 1000 / 8.3. The picture shows 12.8 x 7.2 m of floor. */
#define DOWN_CAMERA                                         \
    "image = { width = 1280; height = 720; };\n"            \
    "pinhole = {\n"                                         \
    "    focal = [1000.0, 1000.0];\n"                       \
    "    centre = [640.0, 360.0];\n"                        \
    "    rotation = ((1, 0, 0), (0, -1, 0), (0, 0, -1));\n" \
    "    translation = [0.0, 0.0, 10.0];\n"                 \
    "};\n"

/* See numbers_are_counted_over_the_floor_that_counts. */
#define HALF_DISTANCE_M 3.544

#define DOWN_HOMOGRAPHY                          \
    "image = { width = 1280; height = 720; };\n" \
    "floor_from_image = ((0.01, 0, -6.4), (0, -0.01, 3.6), (0, 0, 1));\n"

static struct view_quality quality_of(const char *text, struct calibration **ret_calibration)
{
    struct problems problems = { 0 };
    assert_int_equal(calibration_parse(text, "cam.cfg", ret_calibration, &problems), 0);
    return (struct view_quality){ .calibration = *ret_calibration,
                                  .view = { 0, 0, 1280, 720 },
                                  .edge_sd_px = 3,
                                  .person_height_m = 1.7 };
}

static void a_camera_that_looks_down_has_the_numbers_worked_by_hand(void **state)
{
    struct calibration *calibration = NULL;
    (void) state;
    struct view_quality q = quality_of(DOWN_CAMERA, &calibration);
    struct floor_m p = { 2, 1 };
    assert_near(view_pixel_cm(&q, p), 1, 1e-9);
    assert_near(view_px_per_m(&q, p), 1000 / 8.3, 1e-9);
    /* The head appears at 1000 / 8.3 px a metre from the middle, the foot at 100. */
    assert_near(view_person_px(&q, p), hypot(2, 1) * (1000 / 8.3 - 100), 1e-9);
    assert_near(view_counts(&q, p), 1, 0);
    /* At the edge the upper half of a person is out of the picture. */
    assert_near(view_counts(&q, (struct floor_m){ 6.3, 0 }), 0, 0);
    assert_true(isnan(view_counts(&q, (struct floor_m){ 6.5, 0 })));
    assert_true(isnan(view_person_px(&q, (struct floor_m){ 6.5, 0 })));
    assert_true(isnan(view_error_cm(&q, p)));
    calibration_destroy(&calibration);
}

static void a_homography_knows_no_heights(void **state)
{
    struct calibration *calibration = NULL;
    (void) state;
    struct view_quality q = quality_of(DOWN_HOMOGRAPHY, &calibration);
    struct floor_m p = { 2, 1 };
    assert_true(isnan(view_person_px(&q, p)));
    assert_near(view_px_per_m(&q, p), 100, 1e-9);
    assert_near(view_pixel_cm(&q, p), 1, 1e-9);
    calibration_destroy(&calibration);
}

static void the_extent_is_what_the_picture_shows(void **state)
{
    struct calibration *calibration = NULL;
    struct floor_m low, high;
    (void) state;
    struct view_quality q = quality_of(DOWN_CAMERA, &calibration);
    assert_true(view_extent(&q, &low, &high));
    assert_near(low.x, -6.4, 0.1);
    assert_near(high.x, 6.4, 0.1);
    assert_near(low.y, -3.6, 0.1);
    assert_near(high.y, 3.6, 0.1);
    calibration_destroy(&calibration);
}

/* Half of a person is in the picture where 1000 / 9.15 px a metre reach: 5.856 x 3.294 m to each
 * side. Over that rectangle a person's height in px is 20.48 times the distance from the middle;
 * the distance that half of the rectangle is nearer than was worked out apart from this code, by
 * integration. */
static void numbers_are_counted_over_the_floor_that_counts(void **state)
{
    static const double shares[] = { 0, 0.5, 1 };
    struct calibration *calibration = NULL;
    double values[3], floor_m2;
    (void) state;
    struct view_quality q = quality_of(DOWN_CAMERA, &calibration);
    assert_int_equal(view_quantiles(&q, view_person_px, shares, 3, values, &floor_m2), 0);
    assert_near(floor_m2, 4 * 5.856 * 3.294, 1.5);
    assert_near(values[0], 0, 1.5);
    assert_near(values[2], 20.48 * hypot(5.856, 3.294), 3);
    assert_near(values[1], 20.48 * HALF_DISTANCE_M, 1);
    assert_int_equal(view_quantiles(&q, view_error_cm, shares, 3, values, NULL), 0);
    assert_true(isnan(values[1]));
    calibration_destroy(&calibration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_camera_that_looks_down_has_the_numbers_worked_by_hand),
        cmocka_unit_test(a_homography_knows_no_heights),
        cmocka_unit_test(the_extent_is_what_the_picture_shows),
        cmocka_unit_test(numbers_are_counted_over_the_floor_that_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
