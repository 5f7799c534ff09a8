/*
 * test_floor_picture.c - plans from GeoJSON, looked up pixel by pixel; positions worked by hand
 */
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/floor_picture.h"

#define FEATURE(kind, type, coordinates)                                                          \
    "{\"type\":\"Feature\",\"properties\":{\"kind\":\"" kind "\"},\"geometry\":{\"type\":\"" type \
    "\",\"coordinates\":" coordinates "}}"
#define FLOOR FEATURE("walkable", "Polygon", "[[[0,0],[8,0],[8,6],[0,6],[0,0]]]")

/* 2 cm a pixel from (-1, -1): floor (x, y) is pixel (50 (x + 1), height - 50 (y + 1)). */
static struct image *plan_of(const char *features)
{
    AUTO(floor_map_destroy) struct floor_map *map = NULL;
    struct image *plan = NULL;
    struct error err = { "" };
    char text[2048];
    (void) snprintf(text, sizeof(text), "{\"type\":\"FeatureCollection\",\"features\":[%s]}",
                    features);
    if (floor_map_parse(text, strlen(text), "test.geojson", &map, &err) < 0 ||
        floor_picture(map, 0.02, (struct floor_m){ -1, -1 }, &plan, &err) < 0)
        fail_msg("%s", err.text);
    return plan;
}

static int brightness_at(const struct image *plan, double x_m, double y_m)
{
    const uint8_t *p =
        image_at(plan, (uint32_t) (50 * (x_m + 1)), plan->height - 1 - (uint32_t) (50 * (y_m + 1)));
    return (p[0] + p[1] + p[2]) / 3;
}

/* The usual way to draw the outer walls: an open line that leaves the door free. Filled like an
 * area it would cover the whole store. */
static void a_wall_given_as_a_line_encloses_nothing(void **state)
{
    (void) state;
    AUTO(image_unref)
    struct image *plan =
        plan_of(FLOOR "," FEATURE("wall", "LineString", "[[0,2],[0,6],[8,6],[8,0],[3,0]]"));
    assert_int_equal(plan->width, 500);
    assert_int_equal(plan->height, 400);
    assert_int_equal(brightness_at(plan, 4.5, 3.5), 255);
    assert_true(brightness_at(plan, 0, 4.5) < 110); /* on the wall */
    assert_true(brightness_at(plan, 4.5, 0) < 110);
    assert_int_equal(brightness_at(plan, 1.3, 1.7), 255); /* right of the way back to the start */
    assert_true(brightness_at(plan, -0.5, 3.5) > 200);
}

static void a_wall_given_as_an_area_is_filled_and_a_hole_in_a_shelf_is_floor(void **state)
{
    (void) state;
    AUTO(image_unref)
    struct image *plan = plan_of(
        FLOOR "," FEATURE("wall", "Polygon", "[[[1,1],[2,1],[2,5],[1,5],[1,1]]]") "," FEATURE(
            "shelf", "Polygon",
            "[[[3,1],[7,1],[7,5],[3,5],[3,1]],[[4,2],[6,2],[6,4],[4,4],[4,2]]]"));
    assert_true(brightness_at(plan, 1.5, 3.5) < 110);
    assert_in_range(brightness_at(plan, 3.5, 3.5), 150, 230);
    assert_int_equal(brightness_at(plan, 4.5, 3.5), 255);
}

static void every_metre_has_a_line_and_every_fifth_a_darker_one(void **state)
{
    (void) state;
    AUTO(image_unref) struct image *plan = plan_of(FLOOR);
    int floor = brightness_at(plan, 3.5, 3.5), one = brightness_at(plan, 3, 3.5);
    int five = brightness_at(plan, 5, 3.5);
    assert_int_equal(floor, 255);
    assert_true(one < floor);
    assert_true(five < one);
}

static struct image *rectangle_plan(struct floor_m low, struct floor_m high,
                                    double metres_per_pixel)
{
    AUTO(floor_map_destroy) struct floor_map *map = NULL;
    struct image *plan = NULL;
    assert_int_equal(floor_map_rectangle(low, high, &map), 0);
    assert_int_equal(floor_picture(map, metres_per_pixel, low, &plan, NULL), 0);
    return plan;
}

/* Counting x up by 1 m would not end here: 1e17 + 1 is 1e17. */
static void huge_and_far_floors_end(void **state)
{
    (void) state;
    AUTO(image_unref)
    struct image *far =
        rectangle_plan((struct floor_m){ 1e17, 1e17 }, (struct floor_m){ 2e17, 2e17 }, 1e15);
    AUTO(image_unref)
    struct image *wide =
        rectangle_plan((struct floor_m){ 0, 0 }, (struct floor_m){ 1e6, 1e6 }, 1e4);
    assert_int_equal(wide->width, 101); /* 100 px and 1 m of border, rounded up */
    assert_true(far->width >= 100);
}

static void impossible_scales_are_refused(void **state)
{
    (void) state;
    AUTO(floor_map_destroy) struct floor_map *map = NULL;
    struct image *plan = NULL;
    struct error err = { "" };
    static const double scales[] = { 0, -0.1, 1e-6, NAN, INFINITY };
    assert_int_equal(floor_map_rectangle((struct floor_m){ 0, 0 }, (struct floor_m){ 9, 4 }, &map),
                     0);
    for (size_t i = 0; i < ARRAY_LENGTH(scales); i++) {
        assert_int_equal(floor_picture(map, scales[i], (struct floor_m){ 0, 0 }, &plan, &err),
                         -EINVAL);
        assert_non_null(strstr(err.text, "metres_per_pixel"));
    }
    assert_int_equal(floor_picture(map, 0.02, (struct floor_m){ 50, 0 }, &plan, &err), -EINVAL);
    assert_non_null(strstr(err.text, "origin_m"));
    assert_null(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wall_given_as_a_line_encloses_nothing),
        cmocka_unit_test(a_wall_given_as_an_area_is_filled_and_a_hole_in_a_shelf_is_floor),
        cmocka_unit_test(every_metre_has_a_line_and_every_fifth_a_darker_one),
        cmocka_unit_test(huge_and_far_floors_end),
        cmocka_unit_test(impossible_scales_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
