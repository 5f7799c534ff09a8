/*
 * test_floor_map.c - the floor as GeoJSON
 *
 * Expected values by hand: the floors here are rectangles in whole metres.
 */
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "floor/floor_map.h"

#define FEATURE(kind, more, type, coordinates)                                     \
    "{ \"type\": \"Feature\", \"properties\": { \"kind\": \"" kind "\"" more "}, " \
    "\"geometry\": { \"type\": \"" type "\", \"coordinates\": " coordinates " } }"
#define COLLECTION(features) "{ \"type\": \"FeatureCollection\", \"features\": [" features "] }"

/* A hall of 10 m x 6 m with a square hole (a light well) at 4..6 x 2..4. */
#define HALL                                               \
    FEATURE("walkable", ", \"name\": \"Hall\"", "Polygon", \
            "[[[0, 0], [10, 0], [10, 6], [0, 6], [0, 0]], [[4, 2], [6, 2], [6, 4], [4, 4]]]")
/* A shelf at 1..3 x 1..2. */
#define SHELF \
    FEATURE("shelf", ", \"height_m\": 1.8", "Polygon", "[[[1, 1], [3, 1], [3, 2], [1, 2], [1, 1]]]")

static int load(const char *text, struct floor_map **ret_map, struct error *err)
{
    return floor_map_parse(text, strlen(text), "floor.geojson", ret_map, err);
}

static struct floor_map *loaded(const char *text)
{
    struct floor_map *map = NULL;
    struct error err = { "" };
    if (load(text, &map, &err) < 0)
        fail_msg("%s", err.text);
    return map;
}

static void assert_refused(const char *text, const char *expected)
{
    struct floor_map *map = NULL;
    struct error err = { "" };
    assert_int_equal(load(text, &map, &err), -EINVAL);
    assert_null(map);
    assert_string_equal(err.text, expected);
}

static bool walkable(const struct floor_map *map, double x, double y)
{
    return floor_map_walkable(map, (struct floor_m){ x, y });
}

static void features_are_read_with_kind_name_and_height(void **state)
{
    (void) state;
    struct floor_map *map = loaded(COLLECTION(HALL "," SHELF));
    assert_int_equal(map->feature_count, 2);
    assert_int_equal(map->features[0].kind, FEATURE_WALKABLE);
    assert_string_equal(map->features[0].id, "Hall");
    assert_true(isnan(map->features[0].height_m));
    assert_int_equal(map->features[0].ring_count, 2);
    assert_int_equal(map->features[0].rings[0].corners, 4); /* the repeated corner is dropped */
    assert_int_equal(map->features[0].rings[1].corners, 4); /* none was repeated */
    assert_int_equal(map->features[1].kind, FEATURE_SHELF);
    assert_string_equal(map->features[1].id, "");
    assert_true(map->features[1].height_m == 1.8);
    assert_true(map->features[1].low.x == 1 && map->features[1].high.y == 2);
    floor_map_destroy(&map);
    assert_null(map);
}

static void ids_come_from_the_feature_first_and_may_be_numbers(void **state)
{
    (void) state;
    static const char text[] = COLLECTION(
        "{ \"type\": \"Feature\", \"id\": 12, \"properties\": { \"kind\": \"line\", \"name\": "
        "\"n\", "
        "\"height_m\": null }, \"geometry\": { \"type\": \"LineString\", \"coordinates\": "
        "[[0, 0, 1.5], [1, 1, 2]] } }");
    struct floor_map *map = loaded(text);
    assert_string_equal(map->features[0].id, "12");
    assert_true(map->features[0].is_line);
    assert_int_equal(map->features[0].rings[0].corners, 2);
    assert_true(isnan(map->features[0].height_m)); /* editors write null for what is not given */
    floor_map_destroy(&map);
}

#define LINE(properties) FEATURE("line", properties, "LineString", "[[0, 0], [1, 1]]")

static void a_line_may_say_which_way_people_come_in(void **state)
{
    (void) state;
    struct floor_map *map = loaded(COLLECTION(LINE(", \"inward\": \"left_to_right\"") "," LINE(
        ", \"inward\": \"right_to_left\"") "," LINE(", \"inward\": null") "," LINE("") "," SHELF));
    static const enum line_inward expected[] = { INWARD_LEFT_TO_RIGHT, INWARD_RIGHT_TO_LEFT,
                                                 INWARD_UNKNOWN, INWARD_UNKNOWN, INWARD_UNKNOWN };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(map->features[i].inward, expected[i]);
    floor_map_destroy(&map);
}

static void every_polygon_of_a_multipolygon_is_a_feature(void **state)
{
    (void) state;
    struct floor_map *map =
        loaded(COLLECTION(FEATURE("zone", ", \"name\": \"tills\"", "MultiPolygon",
                                  "[[[[0, 0], [1, 0], [1, 1]]], [[[5, 5], [6, 5], [6, 6]]]]")));
    assert_int_equal(map->feature_count, 2);
    assert_string_equal(map->features[1].id, "tills");
    assert_true(map->features[1].low.x == 5);
    floor_map_destroy(&map);
}

static void shelves_and_holes_cannot_be_walked_on(void **state)
{
    (void) state;
    struct floor_map *map = loaded(COLLECTION(HALL "," SHELF));
    assert_true(walkable(map, 0.5, 0.5));
    assert_true(walkable(map, 3.5, 1.5));
    assert_false(walkable(map, 2, 1.5));  /* on the shelf */
    assert_false(walkable(map, 5, 3));    /* in the light well */
    assert_false(walkable(map, -0.5, 3)); /* outside */
    assert_false(walkable(map, 10.5, 3));
    assert_false(walkable(map, NAN, 3));
    floor_map_destroy(&map);
}

static void the_floor_inside_an_island_of_shelves_can_be_walked_on(void **state)
{
    (void) state;
    struct floor_map *map = loaded(COLLECTION(
        FEATURE("shelf", "", "Polygon",
                "[[[0, 0], [4, 0], [4, 4], [0, 4]], [[1, 1], [3, 1], [3, 3], [1, 3]]]")));
    assert_false(walkable(map, 0.5, 0.5));
    assert_true(walkable(map, 2, 2));
    assert_true(walkable(map, 9, 9)); /* where no walkable feature is given all is */
    floor_map_destroy(&map);
}

static void the_bounds_are_those_of_the_walkable(void **state)
{
    (void) state;
    struct floor_m low, high;
    struct floor_map *map =
        loaded(COLLECTION(HALL "," FEATURE("wall", "", "LineString", "[[-5, -5], [20, -5]]")));
    floor_map_bounds(map, &low, &high);
    assert_true(low.x == 0 && low.y == 0 && high.x == 10 && high.y == 6);
    floor_map_destroy(&map);
    map = loaded(COLLECTION(FEATURE("wall", "", "LineString", "[[-5, -5], [20, 3]]")));
    floor_map_bounds(map, &low, &high);
    assert_true(low.x == -5 && low.y == -5 && high.x == 20 && high.y == 3);
    floor_map_destroy(&map);
}

static void the_grid_is_aligned_to_whole_cells(void **state)
{
    (void) state;
    struct floor_map *map = NULL;
    assert_int_equal(
        floor_map_rectangle((struct floor_m){ -0.3, 0.6 }, (struct floor_m){ 1.1, 1.6 }, &map), 0);
    struct grid grid = floor_map_grid(map, 0.25);
    assert_true(grid.origin.x == -0.5 && grid.origin.y == 0.5);
    assert_int_equal(grid.columns, 7); /* -0.5 to 1.25 */
    assert_int_equal(grid.rows, 5);    /* 0.5 to 1.75 */
    floor_map_destroy(&map);
    /* 0.6 / 0.2 is a hair below 3; that is no reason for a cell more. */
    assert_int_equal(
        floor_map_rectangle((struct floor_m){ 0.6, 0 }, (struct floor_m){ 1.2, 0.2 }, &map), 0);
    grid = floor_map_grid(map, 0.2);
    assert_int_equal(grid.columns, 3);
    assert_int_equal(grid.rows, 1);
    floor_map_destroy(&map);
}

/* 10 x 6 cells of 1 m, less the light well of 4 and the shelf of 2. */
static void the_mask_has_the_cells_whose_centre_can_be_walked_on(void **state)
{
    (void) state;
    struct floor_map *map = loaded(COLLECTION(HALL "," SHELF));
    struct grid grid = floor_map_grid(map, 1);
    assert_int_equal(grid_cells(&grid), 60);
    uint8_t mask[8] = { 0 };
    floor_map_walkable_mask(map, &grid, mask);
    unsigned count = 0;
    for (uint32_t cell = 0; cell < 60; cell++) {
        count += grid_mask_test(mask, cell);
        assert_int_equal(grid_mask_test(mask, cell),
                         floor_map_walkable(map, grid_cell_centre(&grid, cell)));
    }
    assert_int_equal(count, 54);
    assert_false(grid_mask_test(mask, 11)); /* column 1, row 1: on the shelf */
    assert_false(grid_mask_test(mask, 24)); /* column 4, row 2: in the well */
    floor_map_destroy(&map);
}

static void a_rectangle_is_a_floor(void **state)
{
    (void) state;
    struct floor_map *map = NULL;
    assert_int_equal(floor_map_rectangle((struct floor_m){ 1, 2 }, (struct floor_m){ 3, 5 }, &map),
                     0);
    assert_true(walkable(map, 2, 3));
    assert_false(walkable(map, 0, 3));
    assert_true(polygon_area(map->features[0].rings[0]) == 6);
    floor_map_destroy(&map);
}

static void what_is_wrong_is_named_with_its_feature(void **state)
{
    (void) state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        { "[]", "floor.geojson: this is not GeoJSON with type FeatureCollection and its features" },
        { "{ \"features\": [] }",
          "floor.geojson: this is not GeoJSON with type FeatureCollection and its features" },
        { COLLECTION(""), "floor.geojson: there are 0 features but must be 1 to 100000; draw at "
                          "least where people can walk" },
        { COLLECTION(HALL ", 5"),
          "floor.geojson: feature 2: a geometry with type and coordinates is needed" },
        { COLLECTION(FEATURE("walkable", "", "Point", "[1, 2]")),
          "floor.geojson: feature 1: geometry must be a Polygon, MultiPolygon or LineString" },
        { COLLECTION(FEATURE("wal", "", "Polygon", "[[[0, 0], [1, 0], [1, 1]]]")),
          "floor.geojson: feature 1: unknown kind \"wal\"; write walkable, wall, shelf, entrance, "
          "zone, line or no-mount" },
        { COLLECTION(FEATURE("zone", "", "Polygon", "[[[0, 0], [1, 0], [0, 0]]]")),
          "floor.geojson: feature 1: a ring needs at least 3 corners" },
        { COLLECTION(FEATURE("zone", "", "Polygon", "[[[0, 0], [1, 0]]]")),
          "floor.geojson: feature 1: a ring needs at least 3 corners" },
        { COLLECTION(FEATURE("zone", "", "Polygon", "[]")),
          "floor.geojson: feature 1: a Polygon needs rings" },
        { COLLECTION(FEATURE("zone", "", "MultiPolygon", "[]")),
          "floor.geojson: feature 1: a MultiPolygon needs polygons" },
        { COLLECTION(FEATURE("zone", "", "Polygon", "[[[0, 0], [1, 1], [2, 2]]]")),
          "floor.geojson: feature 1: a ring bounds no area; its corners lie on one line or its "
          "edges cross" },
        { COLLECTION(FEATURE("line", "", "LineString", "[[0, 0]]")),
          "floor.geojson: feature 1: a line needs at least 2 positions" },
        { COLLECTION(FEATURE("walkable", "", "LineString", "[[0, 0], [1, 1]]")),
          "floor.geojson: feature 1: kind walkable must be drawn as a Polygon or MultiPolygon" },
        { COLLECTION(FEATURE("line", "", "Polygon", "[[[0, 0], [1, 0], [1, 1]]]")),
          "floor.geojson: feature 1: kind line must be drawn as a LineString" },
        { COLLECTION(FEATURE("zone", "", "Polygon", "[[[0], [1, 0], [1, 1]]]")),
          "floor.geojson: feature 1: a position must be [x, y] in metres" },
        { COLLECTION(FEATURE("zone", "", "Polygon", "[[[0, \"1\"], [1, 0], [1, 1]]]")),
          "floor.geojson: feature 1: a coordinate is not a number of metres within 1 km of the "
          "origin" },
        { COLLECTION(FEATURE("zone", "", "Polygon", "[[[0, 0], [1001, 0], [1, 1]]]")),
          "floor.geojson: feature 1: a coordinate is not a number of metres within 1 km of the "
          "origin" },
        { COLLECTION(
              FEATURE("shelf", ", \"height_m\": -1", "Polygon", "[[[0, 0], [1, 0], [1, 1]]]")),
          "floor.geojson: feature 1: height_m must be a number of metres above 0 and at most 100" },
        { COLLECTION(HALL "," LINE(", \"inward\": \"in\"")),
          "floor.geojson: feature 2: inward must be \"left_to_right\" or \"right_to_left\", as one "
          "walks from the line's first corner to its last" },
        { COLLECTION(LINE(", \"inward\": true")),
          "floor.geojson: feature 1: inward must be \"left_to_right\" or \"right_to_left\", as one "
          "walks from the line's first corner to its last" },
        { COLLECTION(FEATURE("entrance", ", \"inward\": \"left_to_right\"", "LineString",
                             "[[0, 0], [1, 1]]")),
          "floor.geojson: feature 1: inward belongs to kind line, not to entrance; remove it or "
          "draw "
          "a line" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_refused(cases[i].text, cases[i].sentence);
}

static void errors_of_syntax_name_the_line(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "{ \"type\": \"FeatureCollection\",\n\n \"features\": [", /* ends too early */
        "{ \"type\": 1,\n \"a\": 2,\n \"type\": 1 }",             /* twice */
        "{ \"type\": 1,\n \"a\": 2,\n \"b\": NaN }",
        "{ \"type\": 1,\n \"a\": 2,\n \"b\": 1e999 }",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct floor_map *map = NULL;
        struct error err = { "" };
        assert_int_equal(load(texts[i], &map, &err), -EINVAL);
        assert_non_null(strstr(err.text, "floor.geojson:3: this is not GeoJSON: "));
    }
}

static void more_corners_than_the_bound_are_refused(void **state)
{
    (void) state;
    struct text text = TEXT_INIT;
    text_append(&text, "{ \"type\": \"FeatureCollection\", \"features\": [ { \"properties\": { "
                       "\"kind\": \"line\" }, \"geometry\": { \"type\": \"LineString\", "
                       "\"coordinates\": [[0,0]");
    for (int i = 0; i < 100000; i++)
        text_append(&text, ",[1,1]");
    text_append(&text, "] } } ] }");
    assert_refused(
        text.bytes,
        "floor.geojson: feature 1: there are more than 100000 corners; simplify the map");
    text_release(&text);
}

static void a_missing_file_is_named(void **state)
{
    (void) state;
    struct floor_map *map = NULL;
    struct error err = { "" };
    assert_int_equal(floor_map_load("/nonexistent/floor.geojson", &map, &err), -ENOENT);
    assert_string_equal(err.text,
                        "could not open /nonexistent/floor.geojson: No such file or directory");
}

static void the_demos_yard_loads(void **state)
{
    (void) state;
    struct floor_map *map = NULL;
    struct error err = { "" };
    assert_int_equal(floor_map_load(SOURCE_DIR "/etc/demo/yard.geojson", &map, &err), 0);
    assert_true(walkable(map, 10, 15));
    floor_map_destroy(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_read_with_kind_name_and_height),
        cmocka_unit_test(ids_come_from_the_feature_first_and_may_be_numbers),
        cmocka_unit_test(a_line_may_say_which_way_people_come_in),
        cmocka_unit_test(every_polygon_of_a_multipolygon_is_a_feature),
        cmocka_unit_test(shelves_and_holes_cannot_be_walked_on),
        cmocka_unit_test(the_floor_inside_an_island_of_shelves_can_be_walked_on),
        cmocka_unit_test(the_bounds_are_those_of_the_walkable),
        cmocka_unit_test(the_grid_is_aligned_to_whole_cells),
        cmocka_unit_test(the_mask_has_the_cells_whose_centre_can_be_walked_on),
        cmocka_unit_test(a_rectangle_is_a_floor),
        cmocka_unit_test(what_is_wrong_is_named_with_its_feature),
        cmocka_unit_test(errors_of_syntax_name_the_line),
        cmocka_unit_test(more_corners_than_the_bound_are_refused),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(the_demos_yard_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
