/*
 * test_heat_view.c - movement arrows, heat over a still, plans that do not fit
 *
 * Pictures are compared with the same picture of an empty floor: what differs inside the map is
 * what was drawn. Where it must be follows by hand from the scale of the map.
 */
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/heat_field.h"
#include "report/heat_picture.h"

#define COLUMNS 40
#define ROWS    40
#define CELLS   (COLUMNS * ROWS)

/* 3 m above floor point (1, 2), looking straight down, the picture's top towards +y: a metre of
 * floor is 500 / 3 px and (1, 2) is in the middle. */
#define DOWN_CAMERA                                         \
    "image = { width = 1280; height = 720; };\n"            \
    "pinhole = {\n"                                         \
    "    focal = [500.0, 500.0];\n"                         \
    "    centre = [640.0, 360.0];\n"                        \
    "    rotation = ((1, 0, 0), (0, -1, 0), (0, 0, -1));\n" \
    "    translation = [-1.0, 2.0, 3.0];\n"                 \
    "};\n"

/* Stands upright at the origin, 2 m up, and looks along +y: half of its picture is sky. */
#define LEVEL_CAMERA                                       \
    "image = { width = 1280; height = 720; };\n"           \
    "pinhole = {\n"                                        \
    "    focal = [300.0, 300.0];\n"                        \
    "    centre = [640.0, 360.0];\n"                       \
    "    rotation = ((1, 0, 0), (0, 0, -1), (0, 1, 0));\n" \
    "    translation = [0.0, 2.0, 0.0];\n"                 \
    "};\n"

static const struct heat_picture_options dwell = { .layer = HEAT_LAYER_DWELL, .title = "test" };
static const struct heat_picture_options movement = { .layer = HEAT_LAYER_MOVEMENT,
                                                      .title = "test" };

/* A floor of 10 x 10 m from (-5, -5), all of it seen, nobody there. */
static struct heat_sums *empty_floor(void)
{
    struct heat_sums *sums = calloc(1, sizeof(*sums));
    sums->grid = (struct grid){ { -5, -5 }, 0.25, COLUMNS, ROWS };
    double **arrays[] = { &sums->dwell_s,  &sums->passes, &sums->move_x_m,
                          &sums->move_y_m, &sums->path_m, &sums->exposure_s };
    for (size_t i = 0; i < ARRAY_LENGTH(arrays); i++)
        *arrays[i] = calloc(CELLS, sizeof(double));
    for (uint32_t cell = 0; cell < CELLS; cell++)
        sums->exposure_s[cell] = 60;
    return sums;
}

static void free_sums(struct heat_sums **sums)
{
    free((*sums)->dwell_s);
    free((*sums)->passes);
    free((*sums)->move_x_m);
    free((*sums)->move_y_m);
    free((*sums)->path_m);
    free((*sums)->exposure_s);
    free(*sums);
}

static void walk(struct heat_sums *sums, struct floor_m at, double x_m, double y_m, double path_m)
{
    uint32_t cell = grid_cell_at(&sums->grid, at);
    sums->move_x_m[cell] = x_m;
    sums->move_y_m[cell] = y_m;
    sums->path_m[cell] = path_m;
}

static struct image *over_plain(const struct heat_sums *sums,
                                const struct heat_picture_options *options)
{
    struct image *picture = NULL;
    assert_int_equal(
        heat_picture_over_plan(sums, NULL, 0, (struct floor_m){ 0, 0 }, options, &picture, NULL),
        0);
    return picture;
}

/* Over a black still of width x 720 px, the frame's part from corner on. */
static struct image *over_part(const struct heat_sums *sums, const char *camera,
                               struct image_px corner, uint32_t width)
{
    struct calibration *calibration = NULL;
    struct problems problems = { 0 };
    struct image *picture = NULL;
    AUTO(image_unref) struct image *still = NULL;
    assert_int_equal(calibration_parse(camera, "test.cfg", &calibration, &problems), 0);
    assert_int_equal(image_create(width, 720, IMAGE_RGB8, &still), 0);
    int r = heat_picture_over_camera(sums, still, corner, calibration, &dwell, &picture, NULL);
    calibration_destroy(&calibration);
    problems_release(&problems);
    assert_int_equal(r, 0);
    return picture;
}

static struct image *over_camera(const struct heat_sums *sums, const char *camera)
{
    return over_part(sums, camera, (struct image_px){ 0, 0 }, 1280);
}

/* The map of a square floor or a still: 36 px from the left, 100 from the top, 900 wide. */
#define MAP_LEFT  36
#define MAP_TOP   100
#define MAP_WIDTH 900

struct difference {
    size_t count;
    double x, y;      /* mean, px from the map's corner */
    uint32_t top_row; /* highest differing row, px from the map's top */
};

/* Pixels of the map in which two pictures differ; their legends may. */
static struct difference compare(const struct image *a, const struct image *b, uint32_t height)
{
    struct difference d = { .top_row = UINT32_MAX };
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < MAP_WIDTH; x++) {
            if (memcmp(image_at(a, MAP_LEFT + x, MAP_TOP + y),
                       image_at(b, MAP_LEFT + x, MAP_TOP + y), 3) == 0)
                continue;
            d.count++;
            d.x += x + 0.5;
            d.y += y + 0.5;
            d.top_row = d.top_row == UINT32_MAX ? y : d.top_row;
        }
    d.x /= (double) d.count;
    d.y /= (double) d.count;
    return d;
}

static struct difference arrow_of(double x_m, double y_m, double path_m)
{
    AUTO(free_sums) struct heat_sums *sums = empty_floor();
    AUTO(image_unref) struct image *nothing = over_plain(sums, &movement);
    walk(sums, (struct floor_m){ -0.1, 0.1 }, x_m, y_m, path_m);
    AUTO(image_unref) struct image *picture = over_plain(sums, &movement);
    return compare(nothing, picture, MAP_WIDTH);
}

/* The arrow stands at the cell's middle (-0.125, 0.125): 438.75, 438.75 px from the map's corner at
 * 90 px a metre; its head, the wide part, moves the mean towards where it points. */
static void arrows_point_where_people_went(void **state)
{
    (void) state;
    struct difference right = arrow_of(5, 0, 5), left = arrow_of(-5, 0, 5);
    struct difference up = arrow_of(0, 5, 5), down = arrow_of(0, -5, 5);
    assert_true(right.count > 100);
    assert_true(right.x > 438.75 + 3 && left.x < 438.75 - 3);
    assert_true(fabs(right.y - 438.75) < 2 && fabs(left.y - 438.75) < 2);
    assert_true(up.y < 438.75 - 3 && down.y > 438.75 + 3); /* +y is up on the sheet */
}

static void people_who_go_both_ways_get_a_square_and_few_steps_nothing(void **state)
{
    (void) state;
    struct difference both = arrow_of(0.1, 0, 5), few = arrow_of(0.5, 0, 0.5);
    assert_true(both.count > 10 && both.count < 200);
    assert_true(fabs(both.x - 438.75) < 1.5 && fabs(both.y - 438.75) < 1.5);
    assert_int_equal(few.count, 0);
}

static void walking_where_nobody_looked_has_no_arrow(void **state)
{
    (void) state;
    AUTO(free_sums) struct heat_sums *sums = empty_floor();
    for (uint32_t cell = 0; cell < CELLS; cell++)
        sums->exposure_s[cell] = cell % COLUMNS < COLUMNS / 2 ? 60 : 0;
    AUTO(image_unref) struct image *nothing = over_plain(sums, &movement);
    walk(sums, (struct floor_m){ 3, 3 }, 5, 0, 5);
    AUTO(image_unref) struct image *picture = over_plain(sums, &movement);
    assert_int_equal(compare(nothing, picture, MAP_WIDTH).count, 0);
}

static void presence_where_nobody_looked_is_counted_and_not_drawn(void **state)
{
    (void) state;
    AUTO(free_sums) struct heat_sums *sums = empty_floor();
    AUTO(heat_field_destroy) struct heat_field *field = NULL;
    uint32_t seen = grid_cell_at(&sums->grid, (struct floor_m){ -3, -3 });
    uint32_t unseen = grid_cell_at(&sums->grid, (struct floor_m){ 3, 3 });
    sums->dwell_s[seen] = 30;
    sums->dwell_s[unseen] = 10;
    sums->exposure_s[unseen] = 0;
    assert_int_equal(heat_field_create(sums, HEAT_LAYER_DWELL, 98, &field), 0);
    assert_true(heat_field_at(field, (struct floor_m){ 3, 3 }) == -1);
    assert_true(heat_field_at(field, (struct floor_m){ 3.3, 3.3 }) == 0); /* nor beside it */
    assert_true(fabs(field->presence_s - 30) < 1e-9);
    assert_true(fabs(field->unplaced_share - 0.25) < 1e-9);
}

/* Heat at (1.5, 2.5), 0.5 m right of and above the middle: 83.3 px, which the still's 1280 px on
 * 900 make 58.6. */
static void heat_lies_where_the_camera_sees_the_floor(void **state)
{
    (void) state;
    AUTO(free_sums) struct heat_sums *sums = empty_floor();
    AUTO(image_unref) struct image *nothing = over_camera(sums, DOWN_CAMERA);
    for (int i = 0; i < 4; i++) /* the four cells around it */
        sums->dwell_s[grid_cell_at(&sums->grid,
                                   (struct floor_m){ 1.5 + 0.125 * (i & 1 ? 1 : -1),
                                                     2.5 + 0.125 * (i & 2 ? 1 : -1) })] = 20;
    AUTO(image_unref) struct image *picture = over_camera(sums, DOWN_CAMERA);
    struct difference d = compare(nothing, picture, 506);
    assert_true(d.count > 1000);
    assert_true(fabs(d.x - (450 + 58.6)) < 3); /* 3 px are 2.6 cm of floor */
    assert_true(fabs(d.y - (253 - 58.6)) < 3);
}

/* The right 900 px of the frame, one to one on the map: (1, 2) is at 640 - 380 = 260 px. */
static void a_still_of_a_crop_has_the_heat_at_its_own_place(void **state)
{
    (void) state;
    AUTO(free_sums) struct heat_sums *sums = empty_floor();
    const struct image_px corner = { 380, 0 };
    AUTO(image_unref) struct image *nothing = over_part(sums, DOWN_CAMERA, corner, 900);
    for (int i = 0; i < 4; i++)
        sums->dwell_s[grid_cell_at(&sums->grid, (struct floor_m){ 1 + 0.125 * (i & 1 ? 1 : -1),
                                                                  2 + 0.125 * (i & 2 ? 1 : -1) })] =
            20;
    AUTO(image_unref) struct image *picture = over_part(sums, DOWN_CAMERA, corner, 900);
    struct difference d = compare(nothing, picture, 720);
    assert_true(d.count > 1000);
    assert_true(fabs(d.x - 260) < 3 && fabs(d.y - 360) < 3);
}

/* The horizon is row 360 of 720, which is 253 of 506 on the map: no heat above it, although heat is
 * everywhere on the floor and its far corners project to beyond any number. */
static void the_sky_stays_free_of_heat(void **state)
{
    (void) state;
    AUTO(free_sums) struct heat_sums *sums = empty_floor();
    AUTO(image_unref) struct image *nothing = over_camera(sums, LEVEL_CAMERA);
    for (uint32_t cell = 0; cell < CELLS; cell++)
        sums->dwell_s[cell] = 20;
    AUTO(image_unref) struct image *picture = over_camera(sums, LEVEL_CAMERA);
    struct difference d = compare(nothing, picture, 506);
    assert_true(d.count > 1000);
    assert_true(d.top_row >= 253);
}

static void a_plan_that_cannot_belong_to_the_heat_is_refused(void **state)
{
    (void) state;
    AUTO(free_sums) struct heat_sums *sums = empty_floor();
    AUTO(image_unref) struct image *plan = NULL;
    struct image *picture = NULL;
    struct error err = { "" };
    assert_int_equal(image_create(100, 100, IMAGE_RGBA8, &plan), 0);
    assert_int_equal(
        heat_picture_over_plan(sums, plan, 0.1, (struct floor_m){ 50, 0 }, &dwell, &picture, &err),
        -EINVAL);
    assert_non_null(strstr(err.text, "origin_m"));
    assert_int_equal(
        heat_picture_over_plan(sums, plan, 0, (struct floor_m){ 0, 0 }, &dwell, &picture, &err),
        -EINVAL);
    assert_non_null(strstr(err.text, "metres_per_pixel"));
    assert_null(picture);
}

/* The plan shows one metre of the floor's ten: hatch, heat and arrows must not spill over the page.
 */
static void what_the_plan_does_not_show_is_not_drawn_beside_it(void **state)
{
    (void) state;
    AUTO(free_sums) struct heat_sums *sums = empty_floor();
    AUTO(image_unref) struct image *plan = NULL;
    assert_int_equal(image_create(10, 10, IMAGE_RGBA8, &plan), 0);
    for (uint32_t cell = 0; cell < CELLS; cell++)
        sums->exposure_s[cell] = 0;
    AUTO(image_unref) struct image *picture = NULL;
    assert_int_equal(
        heat_picture_over_plan(sums, plan, 0.1, (struct floor_m){ 0, 0 }, &dwell, &picture, NULL),
        0);
    for (uint32_t y = 0; y < picture->height; y++) /* the left margin is paper all the way down */
        assert_int_equal(image_at(picture, MAP_LEFT / 2, y)[0], 255);
}

static void long_titles_are_cut_at_a_whole_character(void **state)
{
    (void) state;
    AUTO(free_sums) struct heat_sums *sums = empty_floor();
    char title[1200] = "";
    for (int i = 0; i < 500; i++)
        strcat(title, "ü");
    for (int shift = 0; shift < 2; shift++) { /* both ways that two bytes can straddle a limit */
        struct heat_picture_options options = { .title = title + 2 * shift,
                                                .time_range = shift ? title : NULL };
        AUTO(image_unref) struct image *picture = over_plain(sums, &options);
        assert_true(picture->width < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrows_point_where_people_went),
        cmocka_unit_test(people_who_go_both_ways_get_a_square_and_few_steps_nothing),
        cmocka_unit_test(walking_where_nobody_looked_has_no_arrow),
        cmocka_unit_test(presence_where_nobody_looked_is_counted_and_not_drawn),
        cmocka_unit_test(heat_lies_where_the_camera_sees_the_floor),
        cmocka_unit_test(a_still_of_a_crop_has_the_heat_at_its_own_place),
        cmocka_unit_test(the_sky_stays_free_of_heat),
        cmocka_unit_test(a_plan_that_cannot_belong_to_the_heat_is_refused),
        cmocka_unit_test(what_the_plan_does_not_show_is_not_drawn_beside_it),
        cmocka_unit_test(long_titles_are_cut_at_a_whole_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
