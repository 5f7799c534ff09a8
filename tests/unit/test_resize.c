/*
 * test_resize.c - stretching, by hand and against a slow plain version
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "detector/resize.h"
#include "near.h"
#include "testing.h"

/* A float has 24 bits; three roundings of values up to 1. */
#define ROUNDING 3e-7

static struct image *picture_of(uint32_t width, uint32_t height)
{
    struct image *picture;
    assert_int_equal(image_create(width, height, IMAGE_RGB8, &picture), 0);
    return picture;
}

static void run(const struct image *picture, uint32_t width, uint32_t height, float *planes)
{
    struct resizer *resizer;
    assert_int_equal(resizer_create(width, height, &resizer), 0);
    assert_int_equal(resizer_run(resizer, picture, planes), 0);
    resizer_destroy(&resizer);
}

static void the_same_size_only_parts_the_colours(void **state)
{
    (void) state;
    struct image *picture = picture_of(2, 1);
    const uint8_t pixels[] = { 255, 51, 0, 102, 0, 204 };
    for (int i = 0; i < 6; i++)
        picture->pixels[i] = pixels[i];
    float planes[6];
    run(picture, 2, 1, planes);
    const double expected[] = { 1, 0.4, 0.2, 0, 0, 0.8 }; /* red red green green blue blue */
    for (int i = 0; i < 6; i++)
        assert_near((double) planes[i], expected[i], ROUNDING);
    image_unref(&picture);
}

/* Half the size: each output pixel's centre lies between two by two source pixels. */
static void halving_is_the_mean_of_four(void **state)
{
    (void) state;
    struct image *picture = picture_of(2, 2);
    *image_at(picture, 0, 0) = 255;
    *image_at(picture, 1, 1) = 51;
    float planes[3];
    run(picture, 1, 1, planes);
    assert_near((double) planes[0], (1 + 0.2) / 4, ROUNDING);
    image_unref(&picture);
}

/* Twice the size: output centres lie at 0.25, 0.75, 1.25, 1.75 of the source, whose own centres are
 * at 0.5 and 1.5; beyond them the border repeats. */
static void doubling_keeps_the_borders(void **state)
{
    (void) state;
    struct image *picture = picture_of(2, 1);
    *image_at(picture, 1, 0) = 255;
    float planes[12];
    run(picture, 4, 1, planes);
    const double expected[] = { 0, 0.25, 0.75, 1 };
    for (int i = 0; i < 4; i++)
        assert_near((double) planes[i], expected[i], ROUNDING);
    image_unref(&picture);
}

/* Bilinear interpolation as written in a textbook. */
static double sample(const struct image *picture, double x, double y, int channel)
{
    x = fmin(fmax(x - 0.5, 0), picture->width - 1);
    y = fmin(fmax(y - 0.5, 0), picture->height - 1);
    uint32_t x0 = (uint32_t) x, y0 = (uint32_t) y;
    uint32_t x1 = x0 + 1 < picture->width ? x0 + 1 : x0;
    uint32_t y1 = y0 + 1 < picture->height ? y0 + 1 : y0;
    double u = x - x0, v = y - y0;
    return ((1 - v) * ((1 - u) * image_at(picture, x0, y0)[channel] +
                       u * image_at(picture, x1, y0)[channel]) +
            v * ((1 - u) * image_at(picture, x0, y1)[channel] +
                 u * image_at(picture, x1, y1)[channel])) /
           255;
}

static void any_size_agrees_with_the_textbook(void **state)
{
    (void) state;
    struct image *picture = picture_of(37, 23);
    for (uint32_t y = 0; y < 23; y++) {
        for (uint32_t i = 0; i < 3 * 37; i++)
            image_at(picture, 0, y)[i] = (uint8_t) (i * 71 + y * 29 + i * y);
    }
    float planes[3 * 64 * 32];
    run(picture, 64, 32, planes);
    for (int channel = 0; channel < 3; channel++) {
        for (int y = 0; y < 32; y++) {
            for (int x = 0; x < 64; x++)
                assert_near((double) planes[(channel * 32 + y) * 64 + x],
                            sample(picture, (x + 0.5) * 37 / 64, (y + 0.5) * 23 / 32, channel),
                            1e-6);
        }
    }
    image_unref(&picture);
}

static void pictures_may_change_their_size(void **state)
{
    (void) state;
    struct resizer *resizer;
    struct image *small = picture_of(3, 3), *large = picture_of(99, 5);
    float planes[3 * 8 * 8];
    *image_at(large, 98, 4) = 255;
    assert_int_equal(resizer_create(8, 8, &resizer), 0);
    assert_int_equal(resizer_run(resizer, small, planes), 0);
    assert_int_equal(resizer_run(resizer, large, planes), 0);
    assert_true(planes[0] == 0.0f);
    assert_int_equal(resizer_run(resizer, small, planes), 0);
    resizer_destroy(&resizer);
    image_unref(&small);
    image_unref(&large);
}

static void other_formats_and_sizes_are_refused(void **state)
{
    (void) state;
    struct resizer *resizer = NULL;
    struct image *rgba;
    float planes[3];
    assert_int_equal(resizer_create(0, 8, &resizer), -EINVAL);
    assert_int_equal(resizer_create(8, IMAGE_EDGE_MAX + 1, &resizer), -EINVAL);
    assert_int_equal(resizer_create(1, 1, &resizer), 0);
    assert_int_equal(image_create(4, 4, IMAGE_RGBA8, &rgba), 0);
    assert_int_equal(resizer_run(resizer, rgba, planes), -EINVAL);
    image_unref(&rgba);
    resizer_destroy(&resizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_size_only_parts_the_colours),
        cmocka_unit_test(halving_is_the_mean_of_four),
        cmocka_unit_test(doubling_keeps_the_borders),
        cmocka_unit_test(any_size_agrees_with_the_textbook),
        cmocka_unit_test(pictures_may_change_their_size),
        cmocka_unit_test(other_formats_and_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
