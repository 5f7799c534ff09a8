/*
 * test_heat_picture.c - what a heat picture must show, looked up pixel by pixel
 */
#include "testing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "report/floor_picture.h"
#include "report/heat_field.h"
#include "report/heat_picture.h"

#define COLUMNS 40
#define ROWS    20

/* A floor of 10 x 5 m: seen on the left half, people at one spot of it. */
static struct heat_sums *make_sums(void)
{
    struct heat_sums *sums = calloc(1, sizeof(*sums));
    sums->grid = (struct grid){ { 0, 0 }, 0.25, COLUMNS, ROWS };
    double **arrays[] = { &sums->dwell_s,  &sums->passes, &sums->move_x_m,
                          &sums->move_y_m, &sums->path_m, &sums->exposure_s };
    for (size_t i = 0; i < ARRAY_LENGTH(arrays); i++)
        *arrays[i] = calloc(COLUMNS * ROWS, sizeof(double));
    for (uint32_t cell = 0; cell < COLUMNS * ROWS; cell++)
        sums->exposure_s[cell] = cell % COLUMNS < COLUMNS / 2 ? 60 : 0;
    for (uint32_t row = 8; row < 12; row++)
        for (uint32_t column = 15; column < 20; column++) { /* up to the edge of what is seen */
            sums->dwell_s[row * COLUMNS + column] = 30;
            sums->path_m[row * COLUMNS + column] = 5;
            sums->move_x_m[row * COLUMNS + column] = 4;
        }
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

static void heat_is_per_square_metre_and_never_flows_into_the_unseen(void **state)
{
    (void) state;
    AUTO(free_sums) struct heat_sums *sums = make_sums();
    AUTO(heat_field_destroy) struct heat_field *field = NULL;
    assert_int_equal(heat_field_create(sums, HEAT_LAYER_DWELL, 100, &field), 0);
    /* 30 s in a cell of 0.25 m x 0.25 m are 480 s per m2; smoothing only takes away */
    assert_true(field->peak > 350 && field->peak <= 480);
    assert_true(heat_field_at(field, (struct floor_m){ 4.5, 2.5 }) > 0.8);
    assert_true(heat_field_at(field, (struct floor_m){ 1, 1 }) == 0);
    assert_true(heat_field_at(field, (struct floor_m){ 5.01, 2.5 }) == -1);
    assert_true(heat_field_at(field, (struct floor_m){ 50, 2.5 }) == -1);
}

static void every_layer_draws_on_any_floor(void **state)
{
    (void) state;
    const struct grid shapes[] = { { { 0, 0 }, 0.25, COLUMNS, ROWS },
                                   { { 0, 0 }, 0.25, COLUMNS * ROWS, 1 },
                                   { { 0, 0 }, 0.25, 1, COLUMNS * ROWS },
                                   { { -3, -3 }, 5, 1, 1 } };
    AUTO(free_sums) struct heat_sums *sums = make_sums();
    for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++)
        for (int layer = 0; layer < 3; layer++) {
            struct heat_picture_options options = { .layer = (enum heat_layer) layer,
                                                    .title = "test" };
            AUTO(image_unref) struct image *picture = NULL;
            sums->grid = shapes[i];
            assert_int_equal(heat_picture_over_plan(sums, NULL, 0, (struct floor_m){ 0, 0 },
                                                    &options, &picture, NULL),
                             0);
            assert_true(picture->width >= 300 && picture->width <= 2000);
        }
}

static void empty_heat_and_unseen_floors_draw(void **state)
{
    (void) state;
    AUTO(free_sums) struct heat_sums *sums = make_sums();
    struct heat_picture_options options = { 0 };
    memset(sums->dwell_s, 0, COLUMNS * ROWS * sizeof(double));
    AUTO(image_unref) struct image *empty = NULL;
    assert_int_equal(
        heat_picture_over_plan(sums, NULL, 0, (struct floor_m){ 0, 0 }, &options, &empty, NULL), 0);
    memset(sums->exposure_s, 0, COLUMNS * ROWS * sizeof(double));
    AUTO(image_unref) struct image *unseen = NULL;
    assert_int_equal(
        heat_picture_over_plan(sums, NULL, 0, (struct floor_m){ 0, 0 }, &options, &unseen, NULL),
        0);
    /* "nobody came" and "nobody looked" do not look the same */
    assert_int_equal(empty->width, unseen->width);
    assert_memory_not_equal(empty->pixels, unseen->pixels, empty->stride_bytes * empty->height);
}

static void the_table_has_no_number_where_nobody_looked(void **state)
{
    (void) state;
    char path[] = "/tmp/test_heat_picture.XXXXXX", *text;
    size_t length;
    AUTO(free_sums) struct heat_sums *sums = make_sums();
    int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    assert_int_equal(heat_write_csv(sums, path, NULL), 0);
    assert_int_equal(file_read(path, 1 << 20, &text, &length, NULL), 0);
    assert_non_null(strstr(text, "x_m,y_m,dwell_s,passes,move_x_m,move_y_m,exposure_s\n"));
    assert_non_null(strstr(text, "\n0.125,0.125,0.000,0,0.000,0.000,60.000\n"));
    assert_non_null(strstr(text, "\n4.875,2.125,30.000,0,4.000,0.000,60.000\n"));
    assert_non_null(strstr(text, "\n5.125,2.125,,,,,0.000\n"));
    free(text);
    (void) unlink(path);
}

static void a_plan_is_to_scale(void **state)
{
    (void) state;
    AUTO(floor_map_destroy) struct floor_map *map = NULL;
    AUTO(image_unref) struct image *plan = NULL;
    assert_int_equal(floor_map_rectangle((struct floor_m){ 1, 1 }, (struct floor_m){ 9, 4 }, &map),
                     0);
    assert_int_equal(floor_picture(map, 0.05, (struct floor_m){ 0, 0 }, &plan, NULL), 0);
    assert_int_equal(plan->width, 200);                /* 9 m and 1 m of border at 5 cm a pixel */
    assert_int_equal(plan->height, 100);               /* 4 m and 1 m */
    assert_int_equal(image_at(plan, 110, 50)[0], 255); /* (5.5, 2.5) is walkable: white */
    assert_true(image_at(plan, 5, 50)[0] < 250);       /* (0.25, 2.5) is not */
    struct image *none = NULL;
    assert_true(floor_picture(map, 1e-6, (struct floor_m){ 0, 0 }, &none, NULL) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heat_is_per_square_metre_and_never_flows_into_the_unseen),
        cmocka_unit_test(every_layer_draws_on_any_floor),
        cmocka_unit_test(empty_heat_and_unseen_floors_draw),
        cmocka_unit_test(the_table_has_no_number_where_nobody_looked),
        cmocka_unit_test(a_plan_is_to_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
