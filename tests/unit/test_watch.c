/*
 * test_watch.c - where a camera watches for feet
 *
 * The camera hangs 5 m above the origin, looks along +y and 45 degrees down with f = 1000 px. Feet
 * at (0, y) appear in row 360 + 1000 (5 - y) / (y + 5), a head of 1.7 m in row 360 + 1000 (3.3 - y)
 * / (y
 * + 3.3): somebody at y = 6 is 199 px high, at y = 10 170 px.
 */
#include "calib/watch.h"
#include "testing.h"

static const char camera[] = "image = { width = 1280; height = 720; };\n"
                             "pinhole = {\n"
                             "    focal = [1000.0, 1000.0]; centre = [640.0, 360.0];\n"
                             "    rotation = ((1, 0, 0),\n"
                             "                (0, -0.70710678118655, -0.70710678118655),\n"
                             "                (0, 0.70710678118655, -0.70710678118655));\n"
                             "    translation = [0.0, 3.53553390593274, 3.53553390593274];\n"
                             "};\n";

static const char flat[] = "image = { width = 1280; height = 720; };\n"
                           "floor_from_image = ((0.01, 0, -6.4), (0, -0.01, 7.2), (0, 0, 1));\n";

static struct calibration *calibration_of(const char *text)
{
    struct calibration *calibration = NULL;
    struct problems problems = { 0 };
    assert_int_equal(calibration_parse(text, "test.cfg", &calibration, &problems), 0);
    problems_release(&problems);
    return calibration;
}

static const struct image_px near = { 640, 269.09 }, far = { 640, 26.67 };

static void everywhere_is_watched_unless_said(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = calibration_of(camera);
    const struct watch watch = { 0 };
    assert_true(watch_has(NULL, c, near));
    assert_true(watch_has(&watch, c, near));
    assert_false(watch_masks(NULL, near));
}

static void feet_must_be_in_the_region_and_in_no_mask(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = calibration_of(camera);
    double upper[] = { 0, 0, 1280, 0, 1280, 100, 0, 100 };
    double lower[] = { 0, 200, 1280, 200, 1280, 720, 0, 720 };
    double aside[] = { 0, 0, 10, 0, 10, 10, 0, 10 };
    struct number_list masks[] = { { aside, 8 }, { upper, 8 } };
    const struct watch region = { .roi = { lower, 8 } }, masked = { .masks = { masks, 2 } };
    assert_true(watch_has(&region, c, near));
    assert_false(watch_has(&region, c, far));
    assert_true(watch_has(&masked, c, near));
    assert_false(watch_has(&masked, c, far));
    assert_true(watch_masks(&masked, far));
}

static void people_must_be_large_enough(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = calibration_of(camera);
    AUTO(calibration_destroy) struct calibration *no_heights = calibration_of(flat);
    struct watch watch = { .min_person_px = 180 };
    assert_true(watch_has(&watch, c, near));
    assert_false(watch_has(&watch, c, far));
    assert_true(watch_has(&watch, no_heights, far)); /* nobody knows */
    watch.min_person_px = 169;
    assert_true(watch_has(&watch, c, far));
}

/* The footprint has what is watched only, so that nobody there counts as not seen. */
static void what_is_not_watched_is_not_in_the_footprint(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = calibration_of(camera);
    const struct grid metres = { .origin = { -0.5, 0 }, .cell_m = 1, .columns = 1, .rows = 12 };
    const struct box_px view = { 0, 0, 1280, 720 };
    const struct watch large = { .min_person_px = 190 }; /* 196 at 6.5 m, 181 at 8.5 m */
    uint8_t all[2] = { 0 }, some[2] = { 0 };
    calibration_footprint(c, view, NULL, 2, &metres, all);
    calibration_footprint(c, view, &large, 2, &metres, some);
    assert_true(grid_mask_test(all, 6) && grid_mask_test(some, 6));
    assert_true(grid_mask_test(all, 8) && !grid_mask_test(some, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everywhere_is_watched_unless_said),
        cmocka_unit_test(feet_must_be_in_the_region_and_in_no_mask),
        cmocka_unit_test(people_must_be_large_enough),
        cmocka_unit_test(what_is_not_watched_is_not_in_the_footprint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
