/*
 * test_colour_map.c - a perceptual map must get lighter all the way
 *
 * Lightness is CIE L* of sRGB (IEC 61966-2-1, CIE 15): what makes a map readable in grey and to
 * colour-blind people.
 */
#include "testing.h"

#include <math.h>

#include "image/colour_map.h"

static double linear(double c)
{
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double lightness(struct colour c)
{
    double y = 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
    return y > 216.0 / 24389 ? 116 * cbrt(y) - 16 : y * 24389 / 27;
}

static void lightness_grows_evenly_from_black_to_pale(void **state)
{
    (void) state;
    double before = lightness(colour_map_inferno(0));
    assert_true(before < 1);
    for (int i = 1; i <= 20; i++) {
        double now = lightness(colour_map_inferno(i / 20.0));
        assert_true(now - before > 2 && now - before < 9); /* 98 steps of L* over 20 are 4.9 each */
        before = now;
    }
    assert_true(before > 95);
}

static void values_outside_are_held_at_the_ends(void **state)
{
    (void) state;
    struct colour low = colour_map_inferno(0), high = colour_map_inferno(1);
    struct colour below = colour_map_inferno(-5), above = colour_map_inferno(INFINITY);
    assert_memory_equal(&low, &below, sizeof(low));
    assert_memory_equal(&high, &above, sizeof(high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lightness_grows_evenly_from_black_to_pale),
        cmocka_unit_test(values_outside_are_held_at_the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
