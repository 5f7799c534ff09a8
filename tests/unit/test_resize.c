/*
 * test_resize.c - stretching, by hand and against a slow plain version
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detector/resize.h"
#include "detector/resize_rows.h"
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
    struct resizer_options options = { .width = width, .height = height };
    assert_int_equal(resizer_create(&options, &resizer), 0);
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
    struct resizer_options options = { .width = 8, .height = 8 };
    assert_int_equal(resizer_create(&options, &resizer), 0);
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
    struct resizer_options none = { .height = 8 },
                           wide = { .width = 8, .height = IMAGE_EDGE_MAX + 1 };
    struct resizer_options one = { .width = 1, .height = 1 };
    assert_int_equal(resizer_create(&none, &resizer), -EINVAL);
    assert_int_equal(resizer_create(&wide, &resizer), -EINVAL);
    assert_int_equal(resizer_create(&one, &resizer), 0);
    assert_int_equal(image_create(4, 4, IMAGE_RGBA8, &rgba), 0);
    assert_int_equal(resizer_run(resizer, rgba, planes), -EINVAL);
    image_unref(&rgba);
    resizer_destroy(&resizer);
}

/* ---- what decoders leave behind ---- */

/* Planes with something in them, as IMAGE_YUV8; colours cover `1 << shift` px each way. */
struct planes {
    uint8_t y[64 * 48], u[64 * 48], v[64 * 48];
    struct image image;
};

static void fill_planes(struct planes *p, uint32_t width, uint32_t height, uint32_t shift)
{
    uint32_t columns = ((width - 1) >> shift) + 1, rows = ((height - 1) >> shift) + 1;
    for (uint32_t i = 0; i < width * height; i++)
        p->y[i] = (uint8_t) (16 + i * 37 % 220);
    for (uint32_t i = 0; i < columns * rows; i++) {
        p->u[i] = (uint8_t) (60 + i * 29 % 140);
        p->v[i] = (uint8_t) (60 + i * 53 % 140);
    }
    p->image = (struct image){ .pixels = p->y,
                               .width = width,
                               .height = height,
                               .stride_bytes = width,
                               .format = IMAGE_YUV8,
                               .chroma = { .u = p->u,
                                           .v = p->v,
                                           .stride_bytes = columns,
                                           .shift_x = shift,
                                           .shift_y = shift,
                                           .site_x = 0.5f,
                                           .site_y = (float) (1 << shift) / 2,
                                           .matrix = yuv_matrix_of(0.299, 0.114, false) } };
}

/* The colours that BT.601 gives for the bars of a test picture, to within a step of 8 bits. */
static void colours_are_those_of_the_standard(void **state)
{
    (void) state;
    static const struct {
        uint8_t y, u, v;
        double red, green, blue;
    } bars[] = {
        { 16, 128, 128, 0, 0, 0 }, { 235, 128, 128, 1, 1, 1 }, { 81, 90, 240, 1, 0, 0 },
        { 145, 54, 34, 0, 1, 0 },  { 41, 240, 110, 0, 0, 1 },  { 210, 16, 146, 1, 1, 0 },
        { 170, 166, 16, 0, 1, 1 }, { 255, 128, 128, 1, 1, 1 }, /* whiter than white */
    };
    for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
        struct planes p;
        float planes[3 * 6];
        fill_planes(&p, 4, 4, 1);
        memset(p.y, bars[i].y, 16);
        memset(p.u, bars[i].u, 4);
        memset(p.v, bars[i].v, 4);
        run(&p.image, 3, 2, planes);
        for (int k = 0; k < 6; k++) {
            assert_near((double) planes[k], bars[i].red, 0.006);
            assert_near((double) planes[6 + k], bars[i].green, 0.006);
            assert_near((double) planes[12 + k], bars[i].blue, 0.006);
        }
    }
}

/* A plane between its samples, as written in a textbook. */
static double between(const uint8_t *plane, uint32_t width, uint32_t height, double x, double y)
{
    x = fmin(fmax(x, 0), width - 1);
    y = fmin(fmax(y, 0), height - 1);
    uint32_t x0 = (uint32_t) x, y0 = (uint32_t) y;
    uint32_t x1 = x0 + 1 < width ? x0 + 1 : x0, y1 = y0 + 1 < height ? y0 + 1 : y0;
    double a = x - x0, b = y - y0;
    return (1 - b) * ((1 - a) * plane[y0 * width + x0] + a * plane[y0 * width + x1]) +
           b * ((1 - a) * plane[y1 * width + x0] + a * plane[y1 * width + x1]);
}

/* H.264's colours lie with the first of two pixels across, and between two rows (H.273, table 1).
 */
static void every_plane_is_sampled_where_it_lies(void **state)
{
    (void) state;
    struct planes p;
    float planes[3 * 19 * 11];
    fill_planes(&p, 37, 23, 1);
    run(&p.image, 19, 11, planes);
    for (int y = 0; y < 11; y++) {
        for (int x = 0; x < 19; x++) {
            double px = (x + 0.5) * 37 / 19, py = (y + 0.5) * 23 / 11;
            double grey = (between(p.y, 37, 23, px - 0.5, py - 0.5) - 16) * 255 / 219;
            double u = between(p.u, 19, 12, (px - 0.5) / 2, (py - 1) / 2) - 128;
            double v = between(p.v, 19, 12, (px - 0.5) / 2, (py - 1) / 2) - 128;
            double red = grey + 1.402 * 255 / 224 * v, blue = grey + 1.772 * 255 / 224 * u;
            assert_near((double) planes[y * 19 + x], fmin(fmax(red / 255, 0), 1), 2e-5);
            assert_near((double) planes[(22 + y) * 19 + x], fmin(fmax(blue / 255, 0), 1), 2e-5);
        }
    }
}

static void a_picture_without_colours_is_grey(void **state)
{
    (void) state;
    struct planes p;
    float planes[3 * 4];
    fill_planes(&p, 2, 2, 0);
    p.image.chroma = (struct image_chroma){ .matrix = yuv_matrix_of(0.299, 0.114, true) };
    p.y[0] = 0, p.y[1] = 51, p.y[2] = 102, p.y[3] = 255;
    run(&p.image, 2, 2, planes);
    const double expected[] = { 0, 0.2, 0.4, 1 };
    for (int i = 0; i < 12; i++)
        assert_near((double) planes[i], expected[i % 4], ROUNDING);
}

/* A window that begins inside a sample of colour shows what the whole picture shows there. */
static void a_window_shows_the_same_pixels(void **state)
{
    (void) state;
    struct planes p;
    fill_planes(&p, 64, 48, 1);
    static float whole[3 * 64 * 48];
    float part[3 * 21 * 13];
    run(&p.image, 64, 48, whole);
    struct image window = image_window(&p.image, 7, 5, 21, 13);
    run(&window, 21, 13, part);
    for (int channel = 0; channel < 3; channel++) {
        /* At the rim colours come from beyond it in the whole picture. */
        for (int y = 1; y < 12; y++) {
            for (int x = 1; x < 20; x++)
                assert_near((double) part[(channel * 13 + y) * 21 + x],
                            (double) whole[(channel * 48 + y + 5) * 64 + x + 7], 1e-6);
        }
    }
}

static void a_letterbox_keeps_the_shape(void **state)
{
    (void) state;
    struct resizer *resizer;
    struct resizer_options options = {
        .width = 8, .height = 8, .letterbox = true, .padding = 0.25f
    };
    struct image *picture = picture_of(16, 8);
    float planes[3 * 64];
    memset(picture->pixels, 255, picture->stride_bytes * 8);
    assert_int_equal(resizer_create(&options, &resizer), 0);
    assert_int_equal(resizer_run(resizer, picture, planes), 0);
    for (int i = 0; i < 3 * 64; i++)
        assert_near((double) planes[i], i / 8 % 8 < 2 || i / 8 % 8 > 5 ? 0.25 : 1, ROUNDING);
    /* 2 px of the picture are one of the output, and its upper edge lies in row 2. */
    struct box_px box = resizer_in_picture(resizer, (struct box_px){ 1, 2, 4, 6 });
    assert_near(box.left, 2, 1e-9);
    assert_near(box.top, 0, 1e-9);
    assert_near(box.right, 8, 1e-9);
    assert_near(box.bottom, 8, 1e-9);
    resizer_destroy(&resizer);
    image_unref(&picture);
}

/* The loops for this processor against those for any, on widths that are no multiple of four. */
static void every_processor_gives_the_same(void **state)
{
    (void) state;
    const struct row_methods *methods[] = { row_methods(), row_methods_plain() };
    enum { WIDTH = 61, SOURCE = 97 };
    uint8_t low[3 * SOURCE], high[3 * SOURCE];
    uint32_t at[WIDTH];
    float weight[WIDTH], row[2][3 * SOURCE + 3], out[2][3][WIDTH];
    for (int i = 0; i < 3 * SOURCE; i++) {
        low[i] = (uint8_t) (i * 89);
        high[i] = (uint8_t) (i * 31 + 7);
    }
    for (uint32_t i = 0; i < WIDTH; i++) {
        at[i] = i * (SOURCE - 2) / WIDTH;
        weight[i] = (float) (i % 8) / 8;
    }
    struct columns columns = { at, weight };
    struct row_matrix matrix = {
        1 / 219.0f, 0.006f, -0.0015f, -0.003f, 0.008f, -0.8f, 0.5f, -1.1f
    };
    for (int k = 0; k < 2; k++) {
        methods[k]->blend(low, high, 0.3f, 3 * SOURCE, row[k]);
        for (int i = 0; i < 3; i++)
            row[k][3 * SOURCE + i] = 0;
        methods[k]->pick_rgb(row[k], &columns, WIDTH, out[k][0], out[k][1], out[k][2]);
    }
    for (int i = 0; i < 3 * WIDTH; i++)
        assert_near((double) out[0][i / WIDTH][i % WIDTH], (double) out[1][i / WIDTH][i % WIDTH],
                    1e-6);
    for (int k = 0; k < 2; k++)
        methods[k]->pick_yuv(row[k], row[k] + SOURCE, row[k] + 2 * SOURCE, &columns, &columns,
                             &matrix, WIDTH, out[k][0], out[k][1], out[k][2]);
    for (int i = 0; i < 3 * WIDTH; i++)
        assert_near((double) out[0][i / WIDTH][i % WIDTH], (double) out[1][i / WIDTH][i % WIDTH],
                    1e-5);
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
        cmocka_unit_test(colours_are_those_of_the_standard),
        cmocka_unit_test(every_plane_is_sampled_where_it_lies),
        cmocka_unit_test(a_picture_without_colours_is_grey),
        cmocka_unit_test(a_window_shows_the_same_pixels),
        cmocka_unit_test(a_letterbox_keeps_the_shape),
        cmocka_unit_test(every_processor_gives_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
