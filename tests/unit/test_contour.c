/* test_contour.c - lines of one value, against shapes known by hand */
#include <math.h>

#include "near.h"
#include "report/contour.h"
#include "testing.h"

#define SIDE 61

struct tally {
    double length;
    double nearest, farthest; /* from (30, 30) */
};

static void take(void *context, struct segment s)
{
    struct tally *tally = context;
    double from_middle = hypot((s.x0 + s.x1) / 2 - 30, (s.y0 + s.y1) / 2 - 30);
    tally->length += hypot(s.x1 - s.x0, s.y1 - s.y0);
    tally->nearest = fmin(tally->nearest, from_middle);
    tally->farthest = fmax(tally->farthest, from_middle);
}

static struct samples cone(double step)
{
    struct samples samples;
    size_t side = (size_t) ((SIDE - 1) / step) + 1;
    assert_int_equal(samples_init(&samples, side, side, step), 0);
    for (size_t i = 0; i < side * side; i++)
        samples.values[i] = hypot((double) (i % side) * step - 30, (double) (i / side) * step - 30);
    return samples;
}

static void the_line_around_a_cone_is_a_circle(void **state)
{
    struct tally tally = { 0, INFINITY, 0 };
    (void) state;
    struct samples samples = cone(1);
    contour_trace(&samples, 20, take, &tally);
    assert_near(tally.length, 2 * M_PI * 20, 0.2);
    assert_near(tally.nearest, 20, 0.05);
    assert_near(tally.farthest, 20, 0.05);
    samples_release(&samples);
}

/* A hole of missing samples takes away the half of the circle that runs through it. */
static void where_samples_are_missing_there_is_no_line(void **state)
{
    struct tally tally = { 0, INFINITY, 0 };
    bool border;
    (void) state;
    struct samples samples = cone(1);
    for (size_t row = 0; row < SIDE; row++)
        for (size_t column = 0; column < 30; column++)
            samples.values[row * SIDE + column] = NAN;
    contour_trace(&samples, 20, take, &tally);
    assert_near(tally.length, M_PI * 20, 0.2);
    assert_near(samples_at(&samples, 40.5, 30, &border), 10.5, 0.02);
    assert_false(border);
    assert_true(isnan(samples_at(&samples, 29.5, 30, &border)));
    assert_true(border);
    assert_true(isnan(samples_at(&samples, 3, 3, &border)));
    assert_false(border);
    samples_release(&samples);
}

/* 1 at two opposite corners and 0 at the others: two lines, each around what is alone. */
static void a_saddle_has_two_lines(void **state)
{
    struct tally tally = { 0, INFINITY, 0 };
    struct samples samples;
    (void) state;
    assert_int_equal(samples_init(&samples, 2, 2, 1), 0);
    samples.values[0] = samples.values[3] = 1;
    samples.values[1] = samples.values[2] = 0;
    contour_trace(&samples, 0.25, take, &tally);
    assert_near(tally.length, 2 * sqrt(2) / 4, 1e-12);
    tally.length = 0;
    contour_trace(&samples, 0.75, take, &tally);
    assert_near(tally.length, 2 * sqrt(2) / 4, 1e-12);
    samples_release(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_around_a_cone_is_a_circle),
        cmocka_unit_test(where_samples_are_missing_there_is_no_line),
        cmocka_unit_test(a_saddle_has_two_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
