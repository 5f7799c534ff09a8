/* test_fast_pool.c - places worked out by hand; 16 floats are a cache line */
#include "detector/fast_pool.h"
#include "detector/fast_tensor.h"
#include "testing.h"

/*
 *   steps   0 1 2 3
 *   a 64    x x        at 0, the largest
 *   b 48      x x      behind a
 *   c 40        x x    48 when rounded: a is done, so at 0
 *   d 16      x x x    a, b and c are in the way until 112
 */
static void values_share_places_one_after_the_other(void **state)
{
    (void) state;
    struct fast_life lives[] = { { .values = 16, .first_step = 1, .last_step = 3 },
                                 { .values = 64, .first_step = 0, .last_step = 1 },
                                 { .values = 0 },
                                 { .values = 40, .first_step = 2, .last_step = 3 },
                                 { .values = 48, .first_step = 1, .last_step = 2 } };
    size_t values;
    assert_int_equal(fast_pool_place(lives, 5, &values), 0);
    assert_int_equal(lives[1].place, 0);
    assert_int_equal(lives[4].place, 64);
    assert_int_equal(lives[3].place, 0);
    assert_int_equal(lives[0].place, 112);
    assert_int_equal(values, 128);
}

static void nothing_needs_no_place(void **state)
{
    (void) state;
    size_t values = 1;
    assert_int_equal(fast_pool_place(NULL, 0, &values), 0);
    assert_int_equal(values, 0);
}

/* Channel 19 of 40 is lane 3 of the third block of eight, and of the second of sixteen. */
static void channels_are_found_in_their_blocks(void **state)
{
    (void) state;
    struct darknet_shape shape = { 5, 3, 40 };
    assert_int_equal(fast_channel(shape, 19, 8), 2 * 15 * 8 + 3);
    assert_int_equal(fast_channel(shape, 19, 16), 1 * 15 * 16 + 3);
    assert_int_equal(fast_values(shape, 8), 5 * 15 * 8);
    assert_int_equal(fast_values(shape, 16), 3 * 15 * 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_share_places_one_after_the_other),
        cmocka_unit_test(nothing_needs_no_place),
        cmocka_unit_test(channels_are_found_in_their_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
