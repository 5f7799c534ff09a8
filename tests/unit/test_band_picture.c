/*
 * test_band_picture.c - bands of colour over a floor, at places known from the scale of the map
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "report/band_picture.h"
#include "testing.h"

/* Straight down from 10 m over the origin, 100 px a metre. */
#define DOWN_CAMERA                                         \
    "image = { width = 1280; height = 720; };\n"            \
    "pinhole = {\n"                                         \
    "    focal = [1000.0, 1000.0];\n"                       \
    "    centre = [640.0, 360.0];\n"                        \
    "    rotation = ((1, 0, 0), (0, -1, 0), (0, 0, -1));\n" \
    "    translation = [0.0, 0.0, 10.0];\n"                 \
    "};\n"

/* x in cm; nothing north of 4 m. */
static double east_cm(const void *context, struct floor_m p)
{
    (void) context;
    return p.y > 4 ? NAN : 100 * p.x;
}

static const struct band_drawing east = {
    .words = { "East", "test", "how far east" },
    .scale = { .limits = { 0 }, .count = 1, .unit = "cm", .nowhere = "north" },
    .value_at = east_cm,
};

static bool is_red(const uint8_t *pixel)
{
    return pixel[0] > pixel[2] + 40;
}

static bool is_blue(const uint8_t *pixel)
{
    return pixel[2] > pixel[0] + 40;
}

/* The map's rectangle on the sheet, found by what is left of an empty sheet's frame: x of 36 and y
 * of 100 are the page's margins (report/sheet.c), 900 px its width. */
#define MAP_X 36
#define MAP_Y 100

static void west_is_good_and_east_is_bad(void **state)
{
    struct image *picture = NULL;
    struct error err;
    (void) state;
    const struct extent floor = { { -5, -5 }, { 5, 5 } };
    assert_int_equal(band_picture_over_plan(&east, floor, NULL, &picture, &err), 0);
    /* 90 px a metre: (-2.5, -2.5), (2.5, -2.5); 450 px down the line is x = 0. */
    assert_true(is_blue(image_at(picture, MAP_X + 221, MAP_Y + 671)));
    assert_true(is_red(image_at(picture, MAP_X + 671, MAP_Y + 671)));
    const uint8_t *line = image_at(picture, MAP_X + 450, MAP_Y + 671);
    assert_true(line[0] < 150 && line[1] < 150 && line[2] < 150);
    /* Nothing is known at (2.5, 4.5). */
    assert_false(is_red(image_at(picture, MAP_X + 676, MAP_Y + 46)));
    image_unref(&picture);
}

static void the_same_bands_lie_over_the_camera_s_picture(void **state)
{
    struct image *picture = NULL;
    struct error err;
    struct problems problems = { 0 };
    struct calibration *calibration = NULL;
    (void) state;
    assert_int_equal(calibration_parse(DOWN_CAMERA, "cam.cfg", &calibration, &problems), 0);
    assert_int_equal(band_picture_over_camera(&east, calibration, NULL, &picture, &err), 0);
    assert_true(is_blue(image_at(picture, MAP_X + 211, MAP_Y + 401)));
    assert_true(is_red(image_at(picture, MAP_X + 691, MAP_Y + 401)));
    image_unref(&picture);
    calibration_destroy(&calibration);
}

static void no_floor_is_no_picture(void **state)
{
    struct image *picture = NULL;
    struct error err;
    (void) state;
    const struct extent floor = { { 0, 0 }, { 0, 5 } };
    assert_int_equal(band_picture_over_plan(&east, floor, NULL, &picture, &err), -EINVAL);
    assert_null(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(west_is_good_and_east_is_bad),
        cmocka_unit_test(the_same_bands_lie_over_the_camera_s_picture),
        cmocka_unit_test(no_floor_is_no_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
