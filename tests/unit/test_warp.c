/*
 * test_warp.c - pictures laid on the floor, against the projection pixel by pixel
 */
#include <errno.h>
#include <stdlib.h>

#include "calib/warp.h"
#include "near.h"
#include "testing.h"

/* 4 m up at the origin, looking along +y, 45 degrees down, with a bent lens. */
#define CAMERA                                                          \
    "image = { width = 333; height = 201; };\n"                         \
    "pinhole = {\n"                                                     \
    "    focal = [200.0, 205.0];\n"                                     \
    "    centre = [160.0, 99.0];\n"                                     \
    "    rotation = ((1.0, 0.0, 0.0), (0.0, -0.70710678, -0.70710678)," \
    "                (0.0, 0.70710678, -0.70710678));\n"                \
    "    translation = [0.0, 2.82842712, 2.82842712];\n"                \
    "};\n"                                                              \
    "lens = { k1 = -0.2; k2 = 0.03; };\n"

/* Straight down from 10 m, 100 px a metre. */
#define DOWN_CAMERA                                         \
    "image = { width = 640; height = 480; };\n"             \
    "pinhole = {\n"                                         \
    "    focal = [1000.0, 1000.0];\n"                       \
    "    centre = [320.0, 240.0];\n"                        \
    "    rotation = ((1, 0, 0), (0, -1, 0), (0, 0, -1));\n" \
    "    translation = [0.0, 0.0, 10.0];\n"                 \
    "};\n"

static struct calibration *parse(const char *text)
{
    struct problems problems = { 0 };
    struct calibration *calibration = NULL;
    assert_int_equal(calibration_parse(text, "cam.cfg", &calibration, &problems), 0);
    return calibration;
}

/* Each colour a slope, so that a mixture of neighbours is the slope between them. */
static struct image *slopes(uint32_t width, uint32_t height, enum image_format format)
{
    struct image *image = NULL;
    assert_int_equal(image_create(width, height, format, &image), 0);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint8_t *p = image_at(image, x, y);
            p[0] = (uint8_t) (x * 255 / width);
            p[1] = (uint8_t) (y * 255 / height);
            p[2] = (uint8_t) ((x + y) * 255 / (width + height));
        }
    return image;
}

static void assert_laid(enum image_format format, double height_m)
{
    const struct warp_target target = { 151, 97, 0.06, { -4, 0.5 }, height_m };
    struct calibration *calibration = parse(CAMERA);
    struct image *frame = slopes(333, 201, format), *laid = NULL;
    struct warp *warp = NULL;
    int seen = 0, unseen = 0;
    assert_int_equal(image_create(151, 97, IMAGE_RGBA8, &laid), 0);
    assert_int_equal(warp_create(calibration, &target, &warp), 0);
    assert_int_equal(warp_frame(warp, frame, laid), 0);
    for (uint32_t y = 0; y < 97; y++)
        for (uint32_t x = 0; x < 151; x++) {
            struct floor_m p = { -4 + (x + 0.5) * 0.06, 0.5 + (96.5 - y) * 0.06 };
            struct image_px px;
            const uint8_t *pixel = image_at(laid, x, y);
            int r = calibration_image_from_floor(calibration, p, height_m, &px);
            bool in = r == 0 && px.x >= 0 && px.y >= 0 && px.x < 333 && px.y < 201;
            assert_int_equal(pixel[3], in ? 255 : 0);
            seen += in;
            unseen += !in;
            if (!in)
                continue;
            assert_near(pixel[0], (px.x - 0.5) * 255 / 333, 1.6);
            assert_near(pixel[1], (px.y - 0.5) * 255 / 201, 1.9);
            assert_near(pixel[2], (px.x + px.y - 1) * 255 / 534, 1.6);
        }
    assert_true(seen > 3000 && unseen > 1000);
    warp_destroy(&warp);
    image_unref(&laid);
    image_unref(&frame);
    calibration_destroy(&calibration);
}

static void every_plan_pixel_shows_its_place_in_the_picture(void **state)
{
    (void) state;
    assert_laid(IMAGE_RGB8, 0);
    assert_laid(IMAGE_RGBA8, 0);
    assert_laid(IMAGE_RGB8, 1.7);
}

/* One plan pixel a picture pixel, the same way up: the same picture. */
static void a_camera_straight_above_gives_the_picture_itself(void **state)
{
    const struct warp_target target = { 640, 480, 0.01, { -3.2, -2.4 }, 0 };
    struct calibration *calibration = parse(DOWN_CAMERA);
    struct image *frame = slopes(640, 480, IMAGE_RGB8), *laid = NULL;
    struct warp *warp = NULL;
    (void) state;
    assert_int_equal(image_create(640, 480, IMAGE_RGBA8, &laid), 0);
    assert_int_equal(warp_create(calibration, &target, &warp), 0);
    assert_int_equal(warp_frame(warp, frame, laid), 0);
    for (uint32_t y = 0; y < 480; y += 7)
        for (uint32_t x = 0; x < 640; x += 7)
            assert_memory_equal(image_at(laid, x, y), image_at(frame, x, y), 3);
    warp_destroy(&warp);
    image_unref(&laid);
    image_unref(&frame);
    calibration_destroy(&calibration);
}

static void other_sizes_are_refused(void **state)
{
    struct warp_target target = { 64, 48, 0.1, { -3.2, -2.4 }, 0 };
    struct calibration *calibration = parse(DOWN_CAMERA);
    struct image *frame = slopes(320, 240, IMAGE_RGB8), *laid = NULL;
    struct warp *warp = NULL;
    (void) state;
    assert_int_equal(image_create(64, 48, IMAGE_RGBA8, &laid), 0);
    assert_int_equal(warp_create(calibration, &target, &warp), 0);
    assert_int_equal(warp_frame(warp, frame, laid), -EINVAL);
    warp_destroy(&warp);
    target.width = 0;
    assert_int_equal(warp_create(calibration, &target, &warp), -EINVAL);
    image_unref(&laid);
    image_unref(&frame);
    calibration_destroy(&calibration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plan_pixel_shows_its_place_in_the_picture),
        cmocka_unit_test(a_camera_straight_above_gives_the_picture_itself),
        cmocka_unit_test(other_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
