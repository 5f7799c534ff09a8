/*
 * test_motion_gate.c - when the network may rest, and that it may not when it must look
 *
 * Pictures of 960 x 540 px with the noise of a camera at night; people are painted in.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "detector/motion_gate.h"
#include "testing.h"

enum { WIDTH = 960, HEIGHT = 540 };
#define SECOND INT64_C(1000000)

static struct image *night(uint64_t seed, int brightness, double noise)
{
    struct image *picture;
    struct chance chance = { seed };
    double half = noise * sqrt(1.5); /* of two even ones, whose sum has the deviation `noise` */
    assert_int_equal(image_create(WIDTH, HEIGHT, IMAGE_RGB8, &picture), 0);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            /* Shelves, and a window. */
            double value = brightness + (x / 120 % 2 ? 30 : 0) + (y < 90 && x > 700 ? 90 : 0) +
                           chance_between(&chance, -half, half) +
                           chance_between(&chance, -half, half);
            memset(image_at(picture, x, y), (int) fmin(fmax(value, 0), 255), 3);
        }
    }
    return picture;
}

static void paint(struct image *picture, uint32_t left, uint32_t top, uint32_t width,
                  uint32_t height, int darker)
{
    for (uint32_t y = top; y < top + height; y++) {
        for (uint32_t i = 3 * left; i < 3 * (left + width); i++) {
            uint8_t *px = image_at(picture, 0, y) + i;
            *px = (uint8_t) (*px > darker ? *px - darker : 0);
        }
    }
}

static struct motion_gate *gate_of(int64_t refresh_us, int64_t hold_us)
{
    struct motion_gate *gate;
    struct motion_gate_options options = { .refresh_us = refresh_us, .hold_us = hold_us };
    assert_int_equal(motion_gate_create(&options, &gate), 0);
    return gate;
}

/* Ask, and tell when it asks back. */
static bool asks(struct motion_gate *gate, struct image *picture, int64_t at_us, bool anybody)
{
    int r = motion_gate_asks(gate, picture, at_us);
    assert_true(r >= 0);
    if (r > 0)
        motion_gate_tell(gate, anybody);
    image_unref(&picture);
    return r > 0;
}

static void noise_alone_lets_the_network_rest_until_the_refresh(void **state)
{
    (void) state;
    struct motion_gate *gate = gate_of(10 * SECOND, 0);
    assert_true(asks(gate, night(1, 60, 4), 0, false)); /* the first look */
    for (int i = 1; i < 20; i++)
        assert_false(asks(gate, night((uint64_t) i + 1, 60, 4), i * SECOND / 2, false));
    assert_true(asks(gate, night(99, 60, 4), 10 * SECOND, false));
    assert_false(asks(gate, night(100, 60, 4), 11 * SECOND, false));
    motion_gate_destroy(&gate);
}

/* 24 x 60 px is somebody 12 m away; 25 levels are a grey coat before a grey wall. */
static void a_person_who_comes_is_looked_at(void **state)
{
    (void) state;
    struct motion_gate *gate = gate_of(1000 * SECOND, 0);
    assert_true(asks(gate, night(1, 60, 4), 0, false));
    struct image *picture = night(2, 60, 4);
    paint(picture, 431, 203, 24, 60, 25);
    assert_true(asks(gate, picture, SECOND, true));
    motion_gate_destroy(&gate);
}

/* One pixel a frame: no frame differs much from the one before it. */
static void who_creeps_is_looked_at_too(void **state)
{
    (void) state;
    struct motion_gate *gate = gate_of(1000 * SECOND, 0);
    struct image *picture = night(1, 60, 2);
    paint(picture, 300, 200, 30, 80, 25);
    assert_true(asks(gate, picture, 0, false)); /* and missed */
    int first = 0;
    for (int i = 1; i < 30 && first == 0; i++) {
        picture = night((uint64_t) i + 1, 60, 2);
        paint(picture, (uint32_t) (300 + i), 200, 30, 80, 25);
        if (asks(gate, picture, i * SECOND, false))
            first = i;
    }
    assert_true(first > 0 && first <= 8); /* a quarter of the width */
    motion_gate_destroy(&gate);
}

static void who_stands_still_is_looked_at_for_as_long_as_the_hold(void **state)
{
    (void) state;
    struct motion_gate *gate = gate_of(1000 * SECOND, 3 * SECOND);
    assert_true(asks(gate, night(1, 60, 2), 0, false));
    struct image *picture = night(2, 60, 2);
    paint(picture, 300, 200, 30, 80, 60);
    assert_true(asks(gate, picture, SECOND, true));
    /* Gone again: every frame of three seconds is looked at, one more to compare with, then none.
     */
    assert_true(asks(gate, night(3, 60, 2), 2 * SECOND, false));
    assert_true(asks(gate, night(4, 60, 2), 4 * SECOND - 1, false));
    assert_true(asks(gate, night(5, 60, 2), 4 * SECOND, false));
    assert_false(asks(gate, night(6, 60, 2), 4 * SECOND + 1, false));
    motion_gate_destroy(&gate);
}

/* A cloud, or the camera's own exposure: 12 levels everywhere. */
static void light_that_changes_everywhere_is_no_motion(void **state)
{
    (void) state;
    struct motion_gate *gate = gate_of(1000 * SECOND, 0);
    assert_true(asks(gate, night(1, 60, 3), 0, false));
    assert_false(asks(gate, night(2, 72, 3), SECOND, false));
    struct image *picture = night(3, 72, 3);
    paint(picture, 431, 203, 24, 60, 30);
    assert_true(asks(gate, picture, 2 * SECOND, false));
    motion_gate_destroy(&gate);
}

static void what_happens_behind_a_mask_is_nothing(void **state)
{
    (void) state;
    struct motion_gate *gate;
    const double screen[] = { 280, 180, 350, 180, 350, 300, 280, 300 };
    const struct polygon mask = { screen, 4 };
    struct motion_gate_options options = { .refresh_us = 1000 * SECOND,
                                           .masks = &mask,
                                           .mask_count = 1 };
    assert_int_equal(motion_gate_create(&options, &gate), 0);
    assert_true(asks(gate, night(1, 60, 2), 0, false));
    struct image *picture = night(2, 60, 2);
    paint(picture, 300, 200, 30, 80, 60);
    assert_false(asks(gate, picture, SECOND, false));
    picture = night(3, 60, 2);
    paint(picture, 400, 200, 30, 80, 60);
    assert_true(asks(gate, picture, 2 * SECOND, false));
    motion_gate_destroy(&gate);
}

static void a_clock_that_steps_back_and_a_new_size_are_looked_at(void **state)
{
    (void) state;
    struct motion_gate *gate = gate_of(10 * SECOND, 0);
    struct image *small;
    assert_true(asks(gate, night(1, 60, 2), 100 * SECOND, false));
    assert_true(asks(gate, night(2, 60, 2), 50 * SECOND, false));
    assert_false(asks(gate, night(3, 60, 2), 51 * SECOND, false));
    assert_int_equal(image_create(3, 2, IMAGE_RGB8, &small), 0);
    assert_true(asks(gate, image_ref(small), 52 * SECOND, false));
    assert_false(asks(gate, small, 53 * SECOND, false));
    motion_gate_destroy(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_alone_lets_the_network_rest_until_the_refresh),
        cmocka_unit_test(a_person_who_comes_is_looked_at),
        cmocka_unit_test(who_creeps_is_looked_at_too),
        cmocka_unit_test(who_stands_still_is_looked_at_for_as_long_as_the_hold),
        cmocka_unit_test(light_that_changes_everywhere_is_no_motion),
        cmocka_unit_test(what_happens_behind_a_mask_is_nothing),
        cmocka_unit_test(a_clock_that_steps_back_and_a_new_size_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
