/*
 * test_signature.c - a drawn scene that is shifted, turned, blurred, covered and lit otherwise
 *
 * The scene is a few hundred boxes of grey, drawn with soft edges at any place, so that a shift or
 * turn is exact and no resampling is involved. Real recordings:
 * tests/system/test_calibrate_signature.sh.
 */
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "image/signature.h"

#define WIDTH  640
#define HEIGHT 480
#define BOXES  220

/* As a decoder leaves it, without colour: the grey levels stand for themselves. */
static struct image *grey_image(uint32_t width, uint32_t height)
{
    uint8_t *pixels = calloc(width, height);
    struct image *image;
    struct image view = { pixels, width, height, width, IMAGE_YUV8, { 0 } };
    assert_non_null(pixels);
    assert_int_equal(image_wrap(view, pixels, free, &image), 0);
    return image;
}

/* How the scene is seen; zero: as it was. */
struct seen {
    double dx, dy, turn_deg;
    int people; /* dark upright boxes, elsewhere for each number */
    uint64_t scene;
};

struct drawn_box {
    double x, y, half_width, half_height, grey;
};

/* What the boxes make of a place; the later lie on top. */
static double shade(const struct drawn_box *boxes, size_t count, double x, double y)
{
    double grey = 110;
    for (size_t i = 0; i < count; i++) {
        double inside = fmin(boxes[i].half_width - fabs(x - boxes[i].x),
                             boxes[i].half_height - fabs(y - boxes[i].y));
        double part = fmin(1, fmax(0, inside + 0.5));
        grey += part * (boxes[i].grey - grey);
    }
    return grey;
}

static struct image *draw(struct seen seen)
{
    struct chance chance = { seen.scene + 1 }, places = { (uint64_t) seen.people + 99 };
    struct drawn_box boxes[BOXES + 3];
    size_t count = BOXES;
    for (size_t i = 0; i < BOXES; i++)
        boxes[i] =
            (struct drawn_box){ chance_between(&chance, -60, WIDTH + 60),
                                chance_between(&chance, -60, HEIGHT + 60),
                                chance_between(&chance, 4, 40), chance_between(&chance, 4, 40),
                                chance_between(&chance, 30, 160) };
    for (int i = 0; seen.people && i < 3; i++)
        boxes[count++] = (struct drawn_box){ chance_between(&places, 40, WIDTH - 40),
                                             chance_between(&places, 80, HEIGHT - 80), 16, 45,
                                             chance_between(&places, 20, 80) };
    struct image *image = grey_image(WIDTH, HEIGHT);
    const double turn = seen.turn_deg * M_PI / 180, c = cos(turn), s = sin(turn);
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++) {
            double u = x - seen.dx - WIDTH / 2.0, v = y - seen.dy - HEIGHT / 2.0;
            *image_at(image, x, y) = (uint8_t) shade(boxes, count, c * u + s * v + WIDTH / 2.0,
                                                     c * v - s * u + HEIGHT / 2.0);
        }
    return image;
}

static uint8_t clip(double value)
{
    return (uint8_t) fmin(255, fmax(0, value + 0.5));
}

static void light(struct image *image, double gain, double gamma, double added)
{
    for (size_t i = 0; i < (size_t) WIDTH * HEIGHT; i++)
        image->pixels[i] = clip(added + gain * 255 * pow(image->pixels[i] / 255.0, gamma));
}

/* Sum of twelve even numbers: a bell of standard deviation 1. */
static void add_noise(struct image *image, double sd)
{
    struct chance chance = { 5 };
    for (size_t i = 0; i < (size_t) WIDTH * HEIGHT; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++)
            sum += chance_between(&chance, 0, 1);
        image->pixels[i] = clip(image->pixels[i] + sd * sum);
    }
}

/* A running mean of five, along a line: variance 2. Twice, both ways: sigma 2. */
static void smooth_line(uint8_t *first, size_t count, size_t pace)
{
    uint8_t line[WIDTH];
    for (size_t i = 0; i < count; i++)
        line[i] = first[i * pace];
    for (size_t i = 2; i + 2 < count; i++)
        first[i * pace] =
            clip((line[i - 2] + line[i - 1] + line[i] + line[i + 1] + line[i + 2]) / 5.0);
}

static void blur(struct image *image)
{
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t y = 0; y < HEIGHT; y++)
            smooth_line(image_at(image, 0, y), WIDTH, 1);
        for (uint32_t x = 0; x < WIDTH; x++)
            smooth_line(image_at(image, x, 0), HEIGHT, image->stride_bytes);
    }
}

static void cover(struct image *image, uint32_t left, uint32_t top, uint32_t width, uint32_t height,
                  int grey)
{
    for (uint32_t y = top; y < top + height; y++)
        memset(image_at(image, left, y), grey, width);
}

static struct signature measured(const struct image *image)
{
    struct signature signature;
    assert_int_equal(signature_measure(image, &signature), 0);
    return signature;
}

/* Against the scene as it was, with nobody in it. */
static struct signature_difference compared(struct image *now)
{
    AUTO(image_unref) struct image *then = draw((struct seen){ 0 });
    struct signature a = measured(then), b = measured(now);
    struct signature_difference difference;
    assert_int_equal(signature_compare(&a, &b, &difference), 0);
    assert_true(difference.confidence >= 0.5 && difference.confidence <= 1);
    image_unref(&now);
    return difference;
}

static void expect(struct image *now, enum signature_verdict verdict)
{
    struct signature_difference d = compared(now);
    if (d.verdict != verdict)
        fail_msg("%s, not %s: edges %.2f sharpness %.2f likeness %.2f lost %zu changed %zu of %zu",
                 signature_verdict_name(d.verdict), signature_verdict_name(verdict), d.edges_ratio,
                 d.sharpness, d.likeness, d.lost, d.changed, d.judged);
}

static void people_leave_it_the_same(void **state)
{
    (void) state;
    for (int people = 0; people < 6; people++)
        expect(draw((struct seen){ .people = people }), SIGNATURE_SAME);
}

static void another_light_leaves_it_the_same(void **state)
{
    (void) state;
    static const double lights[][3] = { /* gain, gamma, added */
                                        { 0.6, 1, 0 }, { 0.4, 1, 0 }, { 1.5, 1, 0 },
                                        { 1, 0.6, 0 }, { 1, 1.8, 0 }, { 1, 1, 20 }
    };
    for (size_t i = 0; i < sizeof(lights) / sizeof(lights[0]); i++) {
        struct image *now = draw((struct seen){ .people = 1 });
        light(now, lights[i][0], lights[i][1], lights[i][2]);
        expect(now, SIGNATURE_SAME);
    }
}

static void noise_leaves_it_the_same(void **state)
{
    (void) state;
    struct image *now = draw((struct seen){ .people = 2 });
    add_noise(now, 8);
    expect(now, SIGNATURE_SAME);
}

/* The issue asks for 1.5 px. */
static void a_shift_is_measured(void **state)
{
    (void) state;
    static const double shifts[][2] = { { 3, 0 },   { 0, -3 },    { 8, 5 },    { -8, 0 },
                                        { 20, 12 }, { -20, -20 }, { 2.5, 7.5 } };
    for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
        struct signature_difference d = compared(
            draw((struct seen){ .dx = shifts[i][0], .dy = shifts[i][1], .people = (int) i }));
        assert_int_equal(d.verdict, SIGNATURE_MOVED);
        assert_true(fabs(d.shift_x_px - shifts[i][0]) < 1.5);
        assert_true(fabs(d.shift_y_px - shifts[i][1]) < 1.5);
        assert_true(fabs(d.turn_deg) < 0.3);
    }
}

static void a_turn_is_measured(void **state)
{
    (void) state;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct signature_difference d = compared(draw((struct seen){ .turn_deg = sign }));
        assert_int_equal(d.verdict, SIGNATURE_MOVED);
        assert_true(fabs(d.turn_deg - sign) < 0.3);
    }
}

static void a_lost_focus_is_seen_in_every_light(void **state)
{
    (void) state;
    static const double gains[] = { 0.6, 1, 1.3 };
    for (size_t i = 0; i < 3; i++) {
        struct image *now = draw((struct seen){ .people = 3 });
        blur(now);
        light(now, gains[i], 1, 0);
        expect(now, SIGNATURE_DEFOCUSED);
    }
}

static void a_cover_is_dirt_with_its_blocks(void **state)
{
    (void) state;
    static const int greys[] = { 0, 120, 250 };
    for (size_t i = 0; i < 3; i++) {
        struct image *now = draw((struct seen){ 0 });
        cover(now, 0, 0, WIDTH / 2, HEIGHT, greys[i]);
        struct signature_difference d = compared(now);
        assert_int_equal(d.verdict, SIGNATURE_DIRTY);
        for (size_t k = 0; k < SIGNATURE_BLOCKS; k++) /* the column on the seam has its edge */
            assert_true(!d.lost_blocks[k] || k % SIGNATURE_COLUMNS < SIGNATURE_COLUMNS / 2);
        assert_true(d.lost > d.judged / 3);
    }
}

static void nothing_to_be_seen_is_told_by_its_light(void **state)
{
    (void) state;
    struct image *now = draw((struct seen){ 0 });
    light(now, 0.03, 1, 0);
    expect(now, SIGNATURE_DARK);
    now = draw((struct seen){ 0 });
    cover(now, 0, 0, WIDTH, HEIGHT, 120);
    expect(now, SIGNATURE_COVERED);
    now = draw((struct seen){ 0 });
    light(now, 0.1, 1, 225);
    expect(now, SIGNATURE_WASHED_OUT);
    now = draw((struct seen){ 0 });
    light(now, 0.15, 1, 150); /* fog */
    expect(now, SIGNATURE_WASHED_OUT);
}

static void another_scene_is_different(void **state)
{
    (void) state;
    for (uint64_t scene = 1; scene < 6; scene++) {
        struct signature_difference d = compared(draw((struct seen){ .scene = scene }));
        assert_int_equal(d.verdict, SIGNATURE_DIFFERENT);
        assert_true(isnan(d.shift_x_px));
    }
}

static void a_bare_wall_tells_only_its_light(void **state)
{
    (void) state;
    AUTO(image_unref) struct image *wall = draw((struct seen){ 0 });
    cover(wall, 0, 0, WIDTH, HEIGHT, 150);
    struct signature a = measured(wall), b;
    struct signature_difference d;
    cover(wall, 0, 0, WIDTH, HEIGHT, 120);
    b = measured(wall);
    assert_int_equal(signature_compare(&a, &b, &d), 0);
    assert_int_equal(d.verdict, SIGNATURE_SAME);
    cover(wall, 0, 0, WIDTH, HEIGHT, 5);
    b = measured(wall);
    assert_int_equal(signature_compare(&a, &b, &d), 0);
    assert_int_equal(d.verdict, SIGNATURE_DARK);
}

/* By hand: grey = 2 x, so that across is |2 (x + 1) - 2 (x - 1)| = 4 and all else 0. */
static void a_ramp_has_the_numbers_of_a_ramp(void **state)
{
    (void) state;
    AUTO(image_unref) struct image *ramp = NULL;
    assert_int_equal(image_create(128, 144, IMAGE_RGB8, &ramp), 0);
    for (uint32_t y = 0; y < 144; y++)
        for (uint32_t x = 0; x < 128; x++)
            memset(image_at(ramp, x, y), (int) (2 * x), 3);
    struct signature s = measured(ramp);
    const struct signature_block *block = &s.blocks[SIGNATURE_COLUMNS + 4]; /* px 32..39 */
    assert_int_equal(block->brightness, 71 * SIGNATURE_UNITS);
    assert_int_equal(block->edges, 4 * SIGNATURE_UNITS);
    assert_int_equal(block->fineness, 0);
    assert_int_equal(block->directions[0], 4 * SIGNATURE_UNITS);
    assert_int_equal(block->directions[1], 0);
    assert_int_equal(s.columns[1][60], 4 * SIGNATURE_UNITS);
    assert_int_equal(s.rows[1][60], 0);
}

static void large_pictures_are_reduced_to_means(void **state)
{
    (void) state;
    AUTO(image_unref) struct image *small = draw((struct seen){ 0 });
    for (uint32_t times = 2; times <= 4; times *= 2) {
        AUTO(image_unref) struct image *large = grey_image(WIDTH * times, HEIGHT * times);
        for (uint32_t y = 0; y < large->height; y++)
            for (uint32_t x = 0; x < large->width; x++)
                *image_at(large, x, y) = *image_at(small, x / times, y / times);
        assert_int_equal(signature_step(large->width, large->height), times);
        struct signature a = measured(small), b = measured(large);
        assert_memory_equal(a.blocks, b.blocks, sizeof(a.blocks));
        assert_memory_equal(a.columns, b.columns, sizeof(a.columns));
        assert_memory_equal(a.rows, b.rows, sizeof(a.rows));
    }
}

static void merging_leaves_out_what_passes(void **state)
{
    (void) state;
    struct signature each[5], merged, empty;
    AUTO(image_unref) struct image *nobody = draw((struct seen){ 0 });
    empty = measured(nobody);
    double worst_one = 0, worst_merged = 0;
    for (int i = 0; i < 5; i++) {
        AUTO(image_unref) struct image *still = draw((struct seen){ .people = i + 1 });
        each[i] = measured(still);
    }
    assert_int_equal(signature_merge(each, 5, &merged), 0);
    for (size_t k = 0; k < SIGNATURE_BLOCKS; k++) {
        worst_one = fmax(worst_one, abs(each[0].blocks[k].brightness - empty.blocks[k].brightness));
        worst_merged =
            fmax(worst_merged, abs(merged.blocks[k].brightness - empty.blocks[k].brightness));
    }
    assert_true(worst_one > 20 * SIGNATURE_UNITS);
    assert_true(worst_merged < worst_one / 4);
    each[1].width++;
    assert_int_equal(signature_merge(each, 5, &merged), -EINVAL);
    assert_int_equal(signature_merge(each, 0, &merged), -EINVAL);
}

static void what_cannot_be_measured_is_refused(void **state)
{
    (void) state;
    AUTO(image_unref) struct image *small = grey_image(SIGNATURE_EDGE_MIN - 1, 400);
    AUTO(image_unref) struct image *narrow = grey_image(IMAGE_EDGE_MAX, SIGNATURE_EDGE_MIN);
    struct signature signature;
    struct signature_difference d;
    assert_int_equal(signature_measure(small, &signature), -EINVAL);
    assert_int_equal(signature_measure(narrow, &signature), -EINVAL); /* 4 rows are left of it */
    AUTO(image_unref) struct image *scene = draw((struct seen){ 0 });
    struct signature a = measured(scene), b = a;
    b.width--;
    assert_int_equal(signature_compare(&a, &b, &d), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_leave_it_the_same),
        cmocka_unit_test(another_light_leaves_it_the_same),
        cmocka_unit_test(noise_leaves_it_the_same),
        cmocka_unit_test(a_shift_is_measured),
        cmocka_unit_test(a_turn_is_measured),
        cmocka_unit_test(a_lost_focus_is_seen_in_every_light),
        cmocka_unit_test(a_cover_is_dirt_with_its_blocks),
        cmocka_unit_test(nothing_to_be_seen_is_told_by_its_light),
        cmocka_unit_test(another_scene_is_different),
        cmocka_unit_test(a_bare_wall_tells_only_its_light),
        cmocka_unit_test(a_ramp_has_the_numbers_of_a_ramp),
        cmocka_unit_test(large_pictures_are_reduced_to_means),
        cmocka_unit_test(merging_leaves_out_what_passes),
        cmocka_unit_test(what_cannot_be_measured_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
