/*
 * test_paths.c - clearance of a floor and ways around what stands on it
 *
 * Distances are read off the drawing below, in metres. The clearance raster has cells of 0.2 m, so
 * that a distance errs by 0.15 m at most (clearance.h), and ways of eight directions are up to
 * 8.2 % longer than straight ones (1 / cos 22.5 degrees).
 *
 *     10 +-------------------+
 *        |     wall          |     a wall from (5, 0) to (5, 8) with nothing around its end,
 *        |       |           |     a shelf of 1 x 1 m at (7..8, 3..4)
 *        |       |    []     |
 *      0 +-------+-----------+
 *        0       5          10
 */
#include "testing.h"

#include <errno.h>
#include <string.h>

#include "near.h"
#include "sim/paths.h"
#include "sim/random.h"

/* clang-format off: one feature a line */
#define FEATURE(kind, type, coordinates)                            \
    "{\"type\":\"Feature\",\"properties\":{\"kind\":\"" kind "\"}," \
    "\"geometry\":{\"type\":\"" type "\",\"coordinates\":" coordinates "}}"
#define FLOOR_TEXT                                                                                 \
    "{\"type\":\"FeatureCollection\",\"features\":[" FEATURE(                                      \
        "walkable", "Polygon",                                                                     \
        "[[[0,0],[10,0],[10,10],[0,10],[0,0]]]") "," FEATURE("wall", "LineString",                 \
                                                             "[[5,0],[5,8]]") "," FEATURE("shelf", \
                                                                                          "Polygo" \
                                                                                          "n",     \
                                                                                          "[[[7,"  \
                                                                                          "3],[8," \
                                                                                          "3],[8," \
                                                                                          "4],[7," \
                                                                                          "4],[7," \
                                                                                          "3]]]") "]}"
/* clang-format on */

struct fixture {
    struct floor_map *map;
    struct clearance *clearance;
    struct paths *paths;
};

static struct fixture fixture;

static int set_up(void **state)
{
    *state = &fixture;
    struct error err;
    if (floor_map_parse(FLOOR_TEXT, strlen(FLOOR_TEXT), "text", &fixture.map, &err) < 0 ||
        clearance_create(fixture.map, &fixture.clearance, &err) < 0)
        return -1;
    return paths_create(fixture.clearance, &fixture.paths);
}

static int tear_down(void **state)
{
    (void) state;
    paths_destroy(&fixture.paths);
    clearance_destroy(&fixture.clearance);
    floor_map_destroy(&fixture.map);
    return 0;
}

static double at(double x, double y)
{
    return clearance_at(fixture.clearance, (struct floor_m){ x, y });
}

static void clearance_is_the_distance_to_what_is_nearest(void **state)
{
    (void) state;
    assert_near(at(1, 5), 1, CLEARANCE_ERROR_M);     /* the edge of the floor */
    assert_near(at(4.3, 5), 0.7, CLEARANCE_ERROR_M); /* the wall */
    assert_near(at(5.7, 5), 0.7, CLEARANCE_ERROR_M); /* its other side */
    assert_near(at(9, 3.5), 1, CLEARANCE_ERROR_M);   /* between shelf and edge */
    assert_near(at(5, 9), 1, CLEARANCE_ERROR_M);     /* above the wall's end */
    assert_near(at(2.5, 2.5), CLEARANCE_MAX_M, 0);
}

static void clearance_is_negative_inside(void **state)
{
    (void) state;
    assert_true(at(7.5, 3.5) < -0.3);
    assert_true(at(-0.05, 5) < 0);
    assert_true(at(100, 5) < 0);
    assert_true(at(NAN, 5) < 0);
}

static void the_gradient_points_away_from_the_wall(void **state)
{
    (void) state;
    double x, y;
    (void) clearance_gradient(fixture.clearance, (struct floor_m){ 4.3, 5 }, &x, &y);
    assert_near(x, -1, 0.01);
    assert_near(y, 0, 0.01);
}

static void a_way_is_free_unless_something_stands_on_it(void **state)
{
    (void) state;
    const struct clearance *c = fixture.clearance;
    struct floor_m west = { 4, 2 }, east = { 6, 2 }, north = { 4, 6 };
    assert_true(clearance_way_free(c, west, north, 0.2));
    assert_false(clearance_way_free(c, west, east, 0.2));
    assert_true(clearance_way_free(c, west, west, 0.2));
    assert_false(clearance_way_free(c, west, north, 1.2)); /* the wall is 1 m away */
}

static size_t goal_at(double x, double y)
{
    size_t goal;
    uint32_t cell = grid_cell_at(clearance_grid(fixture.clearance), (struct floor_m){ x, y });
    assert_int_equal(paths_add_goal(fixture.paths, &cell, 1, &goal), 0);
    return goal;
}

/* From (4, 2) around (5, 8) to (6, 2): twice hypot(1, 6), 12.2 m, and 0.3 m off the wall's end. */
static void the_way_leads_around_the_wall(void **state)
{
    (void) state;
    double length_m;
    assert_int_equal(
        paths_length(fixture.paths, goal_at(6, 2), (struct floor_m){ 4, 2 }, &length_m), 0);
    assert_true(length_m > 12.1);
    assert_true(length_m < 13.2 * 1.082);
}

/* A field is made no farther than the first who asks needs. Who comes from farther away, and who
 * asked first, must not matter. */
static void the_order_of_questions_does_not_matter(void **state)
{
    (void) state;
    const struct floor_m near = { 7, 2 }, far = { 1, 1 };
    struct floor_m near_first[2], far_first[2];
    size_t a = goal_at(6, 2), b = goal_at(6, 2);
    assert_int_equal(paths_towards(fixture.paths, a, near, &near_first[0]), 0);
    assert_int_equal(paths_towards(fixture.paths, a, far, &near_first[1]), 0);
    assert_int_equal(paths_towards(fixture.paths, b, far, &far_first[1]), 0);
    assert_int_equal(paths_towards(fixture.paths, b, near, &far_first[0]), 0);
    assert_memory_equal(near_first, far_first, sizeof(near_first));
}

static void who_follows_the_way_arrives(void **state)
{
    (void) state;
    size_t goal = goal_at(6, 2);
    struct floor_m at_m = { 4, 2 }, towards;
    double walked_m = 0;
    int r = 0;
    for (int i = 0; i < 200 && r == 0; i++) {
        r = paths_towards(fixture.paths, goal, at_m, &towards);
        assert_true(r == 0 || r == 1);
        assert_true(clearance_way_free(fixture.clearance, at_m, towards, 0.1));
        double left = floor_distance_m(at_m, towards), step = fmin(left, 0.2);
        if (left > 0) {
            at_m.x += step * (towards.x - at_m.x) / left;
            at_m.y += step * (towards.y - at_m.y) / left;
        }
        walked_m += step;
    }
    assert_int_equal(r, 1);
    assert_true(walked_m < 13.2); /* nearly as short as a string pulled tight */
}

static void there_is_no_way_into_a_shelf(void **state)
{
    (void) state;
    size_t goal;
    uint32_t cell = grid_cell_at(clearance_grid(fixture.clearance), (struct floor_m){ 7.5, 3.5 });
    assert_int_equal(paths_add_goal(fixture.paths, &cell, 1, &goal), -ENOENT);
    struct floor_m towards;
    assert_int_equal(
        paths_towards(fixture.paths, goal_at(6, 2), (struct floor_m){ 100, 100 }, &towards),
        -EHOSTUNREACH);
}

static void who_was_pushed_to_the_wall_finds_back(void **state)
{
    (void) state;
    struct floor_m towards;
    assert_int_equal(
        paths_towards(fixture.paths, goal_at(2, 2), (struct floor_m){ 0.2, 5 }, &towards), 0);
    assert_true(towards.x > 0.2);
}

static void avoided_cells_are_gone_around(void **state)
{
    (void) state;
    const struct grid *grid = clearance_grid(fixture.clearance);
    for (uint32_t cell = 0; cell < grid_cells(grid); cell++) {
        struct floor_m p = grid_cell_centre(grid, cell);
        if (p.x > 1.5 && p.x < 3.5 && p.y > 4 && p.y < 6)
            paths_avoid(fixture.paths, cell);
    }
    struct floor_m p = { 2.5, 2 };
    size_t goal = goal_at(2.5, 8);
    for (int i = 0, r = 0; i < 200 && r == 0; i++) {
        struct floor_m towards;
        r = paths_towards(fixture.paths, goal, p, &towards);
        double length_m;
        assert_int_equal(paths_length(fixture.paths, goal, p, &length_m), 0);
        assert_true(length_m < 8); /* six times 2 m would be longer */
        double left = floor_distance_m(p, towards), step = fmin(left, 0.1);
        p.x += left > 0 ? step * (towards.x - p.x) / left : 0;
        p.y += left > 0 ? step * (towards.y - p.y) / left : 0;
    }
}

static void a_disc_stands_in_the_way(void **state)
{
    (void) state;
    clearance_add_disc(fixture.clearance, (struct floor_m){ 2, 5 }, 0.25);
    assert_near(at(2, 6), 0.75, CLEARANCE_ERROR_M);
    assert_false(clearance_way_free(fixture.clearance, (struct floor_m){ 2, 4 },
                                    (struct floor_m){ 2, 6 }, 0.2));
}

static void a_floor_as_large_as_a_town_is_refused(void **state)
{
    (void) state;
    struct floor_map *town;
    struct clearance *clearance = NULL;
    struct error err;
    assert_int_equal(
        floor_map_rectangle((struct floor_m){ 0, 0 }, (struct floor_m){ 900, 900 }, &town), 0);
    assert_int_equal(clearance_create(town, &clearance, &err), -EINVAL);
    assert_non_null(strstr(err.text, "too large"));
    floor_map_destroy(&town);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(clearance_is_the_distance_to_what_is_nearest),
        TEST(clearance_is_negative_inside),
        TEST(the_gradient_points_away_from_the_wall),
        TEST(a_way_is_free_unless_something_stands_on_it),
        TEST(the_way_leads_around_the_wall),
        TEST(the_order_of_questions_does_not_matter),
        TEST(who_follows_the_way_arrives),
        TEST(there_is_no_way_into_a_shelf),
        TEST(who_was_pushed_to_the_wall_finds_back),
        TEST(avoided_cells_are_gone_around),
        TEST(a_disc_stands_in_the_way),
        cmocka_unit_test(a_floor_as_large_as_a_town_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
