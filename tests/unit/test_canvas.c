/*
 * test_canvas.c - what is drawn, looked up pixel by pixel; expected pixels follow from the shapes
 */
#include "testing.h"

#include <math.h>

#include "image/canvas.h"

#define WHITE ((struct colour){ 1, 1, 1 })
#define RED   ((struct colour){ 1, 0, 0 })

static struct canvas *sheet(void)
{
    struct canvas *canvas = NULL;
    assert_int_equal(canvas_create(100, 60, WHITE, &canvas), 0);
    canvas_colour(canvas, RED, 1);
    return canvas;
}

/* Ends the canvas. */
static struct image *finished(struct canvas *canvas)
{
    struct image *image = NULL;
    assert_int_equal(canvas_finish(canvas, &image), 0);
    canvas_destroy(&canvas);
    assert_int_equal(image->width, 100);
    assert_int_equal(image->height, 60);
    return image;
}

static bool is_red(const struct image *image, uint32_t x, uint32_t y)
{
    const uint8_t *p = image_at(image, x, y);
    return p[0] == 255 && p[1] == 0 && p[2] == 0 && p[3] == 255;
}

static bool is_white(const struct image *image, uint32_t x, uint32_t y)
{
    const uint8_t *p = image_at(image, x, y);
    return p[0] == 255 && p[1] == 255 && p[2] == 255 && p[3] == 255;
}

static size_t count_coloured(const struct image *image, uint32_t left, uint32_t right)
{
    size_t count = 0;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = left; x < right; x++)
            count += !is_white(image, x, y);
    return count;
}

static void add_rectangle(struct canvas *canvas, double left, double top, double right,
                          double bottom)
{
    canvas_path_begin(canvas);
    canvas_path_add(canvas, left, top);
    canvas_path_add(canvas, right, top);
    canvas_path_add(canvas, right, bottom);
    canvas_path_add(canvas, left, bottom);
    canvas_path_close(canvas);
}

static void an_inner_ring_is_a_hole(void **state)
{
    (void) state;
    struct canvas *canvas = sheet();
    add_rectangle(canvas, 10, 10, 50, 50);
    add_rectangle(canvas, 20, 20, 40, 40);
    canvas_path_fill(canvas);
    canvas_path_end(canvas);
    AUTO(image_unref) struct image *image = finished(canvas);
    assert_true(is_red(image, 15, 30));
    assert_true(is_white(image, 30, 30));
    assert_true(is_white(image, 9, 30) && is_red(image, 10, 30)); /* edges are at whole px */
}

static void opacity_mixes_with_what_is_there(void **state)
{
    (void) state;
    struct canvas *canvas = sheet();
    canvas_colour(canvas, RED, 0.5);
    canvas_fill_rectangle(canvas, 0, 0, 10, 10);
    AUTO(image_unref) struct image *image = finished(canvas);
    assert_int_equal(image_at(image, 5, 5)[0], 255);
    assert_in_range(image_at(image, 5, 5)[1], 126, 129); /* half of 255 */
}

/* cairo's fixed-point numbers wrap at 2^23 px: unguarded, such corners land anywhere. */
static void corners_far_outside_do_not_wrap_round(void **state)
{
    (void) state;
    struct canvas *canvas = sheet();
    add_rectangle(canvas, 50, -1e9, 1e9, 1e9); /* the right half */
    canvas_path_fill(canvas);
    canvas_path_end(canvas);
    add_rectangle(canvas, -1e300, -INFINITY, -5, 1e300); /* left of everything */
    canvas_path_fill(canvas);
    canvas_path_end(canvas);
    AUTO(image_unref) struct image *image = finished(canvas);
    assert_true(is_white(image, 0, 0) && is_white(image, 49, 59));
    assert_true(is_red(image, 50, 0) && is_red(image, 99, 59));
}

static void a_hatch_stays_inside_and_ends_even_where_the_area_does_not(void **state)
{
    (void) state;
    struct canvas *canvas = sheet();
    add_rectangle(canvas, 20, -1e6, 1e6, 1e6);
    canvas_path_hatch(canvas, 6, 1);
    canvas_path_end(canvas);
    AUTO(image_unref) struct image *image = finished(canvas);
    assert_int_equal(count_coloured(image, 0, 20), 0);
    size_t coloured = count_coloured(image, 20, 100);
    assert_true(coloured > 80 * 60 / 6 && coloured < 80 * 60 * 3 / 4);
}

static void clipping_holds_until_it_ends(void **state)
{
    (void) state;
    struct canvas *canvas = sheet();
    canvas_clip_rectangle(canvas, 0, 0, 10, 10);
    canvas_fill_rectangle(canvas, 0, 0, 100, 20);
    canvas_clip_end(canvas);
    canvas_fill_rectangle(canvas, 0, 30, 100, 10);
    AUTO(image_unref) struct image *image = finished(canvas);
    assert_true(is_red(image, 9, 9) && is_white(image, 10, 9));
    assert_true(is_red(image, 99, 35));
}

/* The head is the wide end: there is more colour in its half. */
static void an_arrow_points_from_tail_to_tip(void **state)
{
    (void) state;
    struct canvas *canvas = sheet();
    canvas_arrow(canvas, 10, 30, 90, 30, 4);
    AUTO(image_unref) struct image *image = finished(canvas);
    assert_true(is_red(image, 30, 30));
    assert_true(is_white(image, 95, 30) && is_white(image, 5, 30));
    assert_true(count_coloured(image, 50, 100) > count_coloured(image, 0, 50) + 20);
}

static void words_take_the_width_that_is_told(void **state)
{
    (void) state;
    struct canvas *canvas = sheet();
    double width = canvas_text_width(canvas, 12, false, "5 m²");
    assert_true(width > 15 && width < 50);
    assert_true(canvas_text_width(canvas, 24, false, "5 m²") > 1.8 * width);
    canvas_text(canvas, 90, 40, 12, false, TEXT_RIGHT, "5 m²");
    AUTO(image_unref) struct image *image = finished(canvas);
    assert_true(count_coloured(image, 90 - (uint32_t) ceil(width) - 1, 91) > 20);
    assert_int_equal(count_coloured(image, 0, 90 - (uint32_t) ceil(width) - 1), 0);
    assert_int_equal(count_coloured(image, 92, 100), 0);
}

static void a_transparent_picture_lets_the_ground_through(void **state)
{
    (void) state;
    struct canvas *canvas = sheet();
    AUTO(image_unref) struct image *patch = NULL;
    assert_int_equal(image_create(2, 1, IMAGE_RGBA8, &patch), 0);
    image_at(patch, 0, 0)[1] = image_at(patch, 0, 0)[3] = 255; /* green; the other stays clear */
    canvas_image(canvas, patch, 20, 10, 40, 20, 1);
    AUTO(image_unref) struct image *image = finished(canvas);
    const uint8_t *left = image_at(image, 22, 20);
    assert_true(left[0] < 10 && left[1] > 250 && left[2] < 10);
    assert_true(is_white(image, 58, 20));
    assert_true(is_white(image, 19, 20) && is_white(image, 61, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inner_ring_is_a_hole),
        cmocka_unit_test(opacity_mixes_with_what_is_there),
        cmocka_unit_test(corners_far_outside_do_not_wrap_round),
        cmocka_unit_test(a_hatch_stays_inside_and_ends_even_where_the_area_does_not),
        cmocka_unit_test(clipping_holds_until_it_ends),
        cmocka_unit_test(an_arrow_points_from_tail_to_tip),
        cmocka_unit_test(words_take_the_width_that_is_told),
        cmocka_unit_test(a_transparent_picture_lets_the_ground_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
