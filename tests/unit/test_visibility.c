/*
 * test_visibility.c - what shelves, walls and other people hide
 */
#include "near.h"

#include <string.h>

#include "sim/visibility.h"

/* A hall of 20 x 10 m; a shelf of 1.8 m from x = 4 to 4.6, and a wall across at x = 15. */
static const char hall[] =
    "{\"type\":\"FeatureCollection\",\"features\":["
    "{\"type\":\"Feature\",\"properties\":{\"kind\":\"walkable\"},\"geometry\":{\"type\":"
    "\"Polygon\",\"coordinates\":[[[0,-5],[20,-5],[20,5],[0,5],[0,-5]]]}},"
    "{\"type\":\"Feature\",\"properties\":{\"kind\":\"shelf\",\"height_m\":1.8},\"geometry\":{"
    "\"type\":\"Polygon\",\"coordinates\":[[[4,-2],[4.6,-2],[4.6,2],[4,2],[4,-2]]]}},"
    "{\"type\":\"Feature\",\"properties\":{\"kind\":\"wall\"},\"geometry\":{\"type\":"
    "\"LineString\",\"coordinates\":[[15,-5],[15,5]]}}]}";

struct scene {
    struct floor_map *map;
    struct height_field *field;
    struct viewshed *viewshed; /* of a camera 3 m above the origin */
};

static int set_up(void **state)
{
    static struct scene scene;
    scene = (struct scene){ 0 };
    assert_int_equal(floor_map_parse(hall, strlen(hall), "hall", &scene.map, NULL), 0);
    assert_int_equal(height_field_create(scene.map, &scene.field), 0);
    assert_int_equal(viewshed_create(scene.field, (struct floor_m){ 0, 0 }, 3, &scene.viewshed), 0);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    viewshed_destroy(&scene->viewshed);
    height_field_destroy(&scene->field);
    floor_map_destroy(&scene->map);
    return 0;
}

static void a_raster_holds_what_stands_where(void **state)
{
    const struct height_field *field = ((struct scene *) *state)->field;
    assert_near(height_field_at(field, (struct floor_m){ 4.3, 0 }), 1.8, 1e-6);
    assert_near(height_field_at(field, (struct floor_m){ 3.9, 0 }), 0, 0);
    assert_near(height_field_at(field, (struct floor_m){ 4.3, 2.1 }), 0, 0);
    assert_true(isinf(height_field_at(field, (struct floor_m){ 15.01, 3 })));
    assert_near(height_field_at(field, (struct floor_m){ 100, 0 }), 0, 0);
}

/*
 * Similar triangles: from the camera (height 3) over the shelf's far upper edge (4.6 m away, 1.8
 * high) the line sinks 1.2 m in 4.6 m; at distance d it is at 3 - 1.2 d / 4.6. At 6 m: 1.4348 m,
 * so that a head at 1.7 shows and feet do not. It meets the floor at 11.5 m.
 * Tolerance: the cell's centre lies up to 0.05 m off, 0.3 m of sinking a metre at most: 0.02 m,
 * and 0.005 m of rounding.
 */
static void a_shelf_hides_feet_and_not_the_head(void **state)
{
    struct viewshed *viewshed = ((struct scene *) *state)->viewshed;
    const double distances_m[] = { 5, 6, 7, 8, 10, 11.3 };
    for (size_t i = 0; i < ARRAY_LENGTH(distances_m); i++) {
        double d = distances_m[i];
        double hidden_m = viewshed_hidden_below_m(viewshed, (struct floor_m){ d, 0.02 });
        assert_near(hidden_m, 3 - 1.2 * d / 4.6, 0.025);
    }
    assert_near(viewshed_hidden_below_m(viewshed, (struct floor_m){ 12, 0 }), 0, 0);
    assert_near(viewshed_hidden_below_m(viewshed, (struct floor_m){ 3, 0 }), 0, 0);
    /* Beside the shelf's shadow: the line to (6, 4) passes x = 4.6 at y = 3.07. */
    assert_near(viewshed_hidden_below_m(viewshed, (struct floor_m){ 6, 4 }), 0, 0);
}

static void a_wall_hides_everything(void **state)
{
    struct viewshed *viewshed = ((struct scene *) *state)->viewshed;
    assert_true(isinf(viewshed_hidden_below_m(viewshed, (struct floor_m){ 17, 3 })));
    assert_near(viewshed_hidden_below_m(viewshed, (struct floor_m){ 14.5, 4.5 }), 0, 0);
}

static void a_camera_on_a_wall_sees_the_room(void **state)
{
    struct scene *scene = *state;
    struct viewshed *viewshed;
    assert_int_equal(viewshed_create(scene->field, (struct floor_m){ 15, 0 }, 3, &viewshed), 0);
    assert_near(viewshed_hidden_below_m(viewshed, (struct floor_m){ 12, 0.5 }), 0, 0);
    viewshed_destroy(&viewshed);
}

/* What the walk over the raster finds is what a plain march in millimetres finds. */
static void the_walk_agrees_with_a_plain_march(void **state)
{
    struct scene *scene = *state;
    struct floor_m camera = { 1.234, -4.321 };
    double h = 2.7;
    struct viewshed *viewshed;
    assert_int_equal(viewshed_create(scene->field, camera, h, &viewshed), 0);
    for (double x = 0.55; x < 14.8; x += 0.9)
        for (double y = -4.45; y < 5; y += 0.7) {
            double length_m = hypot(camera.x - x, camera.y - y), hidden_m = 0;
            for (double at = 0.15; at < length_m - 0.3; at += 0.001) {
                double part = at / length_m;
                struct floor_m p = { x + part * (camera.x - x), y + part * (camera.y - y) };
                double o = height_field_at(scene->field, p);
                if (o > 0)
                    hidden_m = fmax(hidden_m, (o - part * h) / (1 - part));
            }
            double found_m = viewshed_hidden_below_m(viewshed, (struct floor_m){ x, y });
            if (height_field_at(scene->field, (struct floor_m){ x, y }) == 0)
                assert_near(fmin(found_m, 3), fmin(hidden_m, 3), 0.02);
        }
    viewshed_destroy(&viewshed);
}

/* A body of 40 x 160 px: points every 10 px, at 5, 15, ... */
static const struct silhouette body = { 100, 100, 140, 260 };

static void a_body_that_covers_the_left_half_leaves_the_right(void **state)
{
    (void) state;
    struct silhouette nearer = { 80, 60, 120, 300 };
    uint64_t visible = BODY_MASK & ~silhouette_covered(body, nearer);
    struct silhouette box = silhouette_visible_box(body, visible);
    assert_near(box.left, 120, 1e-9);
    assert_near(box.right, 140, 1e-9);
    assert_near(box.top, 100, 1e-9);
    assert_near(box.bottom, 260, 1e-9);
    assert_int_equal(__builtin_popcountll(visible), BODY_BITS / 2);
}

/* Its head, 20 px wide, hides less than its shoulders, which begin at 130 + 2/16 of 160. */
static void a_nearer_body_of_the_same_size_hides_what_is_below_its_shoulders(void **state)
{
    (void) state;
    struct silhouette nearer = { 100, 130, 140, 290 };
    uint64_t visible = BODY_MASK & ~silhouette_covered(body, nearer);
    struct silhouette box = silhouette_visible_box(body, visible);
    assert_near(box.bottom, 150, 1e-9);
    assert_near(box.top, 100, 1e-9);
    assert_int_equal(__builtin_popcountll(visible & FOOT_MASK), 0);
    assert_int_equal(__builtin_popcountll(visible & HEAD_MASK), HEAD_BITS);
}

static void a_body_elsewhere_hides_nothing(void **state)
{
    (void) state;
    assert_int_equal(silhouette_covered(body, (struct silhouette){ 141, 100, 180, 260 }), 0);
    assert_int_equal(silhouette_covered(body, (struct silhouette){ 100, 261, 140, 300 }), 0);
}

static void the_picture_ends_where_it_ends(void **state)
{
    (void) state;
    assert_int_equal(silhouette_outside(body, 200, 300), 0);
    uint64_t visible = BODY_MASK & ~silhouette_outside(body, 130, 200);
    struct silhouette box = silhouette_visible_box(body, visible);
    assert_near(box.right, 130, 1e-9);
    assert_near(box.bottom, 200, 1e-9);
    assert_int_equal(__builtin_popcountll(silhouette_below(body, 180)), 8 * BODY_COLUMNS);
    assert_int_equal(silhouette_below(body, 300), 0);
    assert_true(silhouette_below(body, 0) == ~UINT64_C(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_raster_holds_what_stands_where, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shelf_hides_feet_and_not_the_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wall_hides_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_camera_on_a_wall_sees_the_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_walk_agrees_with_a_plain_march, set_up, tear_down),
        cmocka_unit_test(a_body_that_covers_the_left_half_leaves_the_right),
        cmocka_unit_test(a_nearer_body_of_the_same_size_hides_what_is_below_its_shoulders),
        cmocka_unit_test(a_body_elsewhere_hides_nothing),
        cmocka_unit_test(the_picture_ends_where_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
