/* test_footprint.c - the cells of the floor that a camera sees; expected counts are worked by hand
 */
#include <stdlib.h>

#include "calib/watch.h"
#include "near.h"
#include "testing.h"

/* 3 m above (5, 5), looking straight down: 100 px to the metre of floor. */
#define DOWN_CAMERA                                                                          \
    "image = { width = 800; height = 600; };\n"                                              \
    "pinhole = { focal = [300, 300]; centre = [400, 300]; translation = [-5.0, 5.0, 3.0];\n" \
    "    rotation = ((1, 0, 0), (0, -1, 0), (0, 0, -1)); };\n"

static const struct grid metre_grid = {
    .origin = { 0, 0 }, .cell_m = 1, .columns = 10, .rows = 10
};

static struct calibration *camera(const char *text)
{
    struct calibration *calibration = NULL;
    struct problems problems = { 0 };
    assert_int_equal(calibration_parse(text, "test.cfg", &calibration, &problems), 0);
    problems_release(&problems);
    return calibration;
}

static uint32_t count_seen(const struct calibration *calibration, struct box_px view,
                           const struct watch *watch, double edge_sd_px)
{
    uint8_t mask[16] = { 0 };
    uint32_t seen = 0;
    assert_true(grid_mask_bytes(&metre_grid) <= sizeof(mask));
    calibration_footprint(calibration, view, watch, edge_sd_px, &metre_grid, mask);
    for (uint32_t cell = 0; cell < grid_cells(&metre_grid); cell++)
        seen += grid_mask_test(mask, cell);
    return seen;
}

static void a_homography_sees_the_cells_whose_centres_are_in_the_view(void **state)
{
    (void) state;
    /* 100 px/m, the picture is 8 x 6 m: x 1..9, y 2..8. */
    AUTO(calibration_destroy)
    struct calibration *c =
        camera("image = { width = 800; height = 600; };\n"
               "floor_from_image = ((0.01, 0, 1), (0, -0.01, 8), (0, 0, 1));\n");
    assert_int_equal(count_seen(c, (struct box_px){ 0, 0, 800, 600 }, NULL, 2), 48);
    assert_int_equal(count_seen(c, (struct box_px){ 0, 0, 400, 600 }, NULL, 2), 24);
    /* Within 1 m needs less than 100 px of noise. */
    assert_int_equal(count_seen(c, (struct box_px){ 0, 0, 800, 600 }, NULL, 101), 0);
    assert_int_equal(count_seen(c, (struct box_px){ 0, 0, 800, 600 }, NULL, 99), 48);
}

static void feet_outside_the_roi_are_not_seen(void **state)
{
    (void) state;
    AUTO(calibration_destroy)
    struct calibration *c =
        camera("image = { width = 800; height = 600; };\n"
               "floor_from_image = ((0.01, 0, 1), (0, -0.01, 8), (0, 0, 1));\n");
    double corners[] = { 100, 100, 400, 100, 400, 300, 100, 300 };
    struct watch roi = { .roi = { corners, 8 } }, none = { 0 };
    assert_int_equal(count_seen(c, (struct box_px){ 0, 0, 800, 600 }, &roi, 2), 6);
    assert_int_equal(count_seen(c, (struct box_px){ 0, 0, 800, 600 }, &none, 2), 48);
}

static void half_of_a_person_must_be_in_the_view(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = camera(DOWN_CAMERA);
    /* On the floor the picture is 8 x 6 m; at 0.85 m, 2.15 m below the camera, it is 8 * 2.15 / 3 =
     * 5.73 m by 4.3 m: cells with centres within 2.87 m and 2.15 m of (5, 5), 6 columns and 4 rows.
     */
    assert_int_equal(count_seen(c, (struct box_px){ 0, 0, 800, 600 }, NULL, 2), 24);
}

static void the_two_demo_cameras_overlap_and_leave_gaps(void **state)
{
    (void) state;
    struct calibration *c = NULL;
    struct problems problems = { 0 };
    const struct grid yard = { .origin = { 2.5, 2 }, .cell_m = 0.5, .columns = 47, .rows = 54 };
    uint8_t left[400] = { 0 }, right[400] = { 0 };
    uint32_t counts[4] = { 0 };
    assert_int_equal(calibration_load(SOURCE_DIR "/etc/demo/left.cfg", &c, &problems), 0);
    assert_true(grid_mask_bytes(&yard) <= sizeof(left));
    calibration_footprint(c, (struct box_px){ 0, 0, 461, 576 }, NULL, 3, &yard, left);
    calibration_footprint(c, (struct box_px){ 307, 0, 768, 576 }, NULL, 3, &yard, right);
    calibration_destroy(&c);
    problems_release(&problems);
    for (uint32_t cell = 0; cell < grid_cells(&yard); cell++)
        counts[grid_mask_test(left, cell) + 2 * grid_mask_test(right, cell)]++;
    print_message("cells: none %u, left %u, right %u, both %u\n", counts[0], counts[1], counts[2],
                  counts[3]);
    for (int i = 0; i < 4; i++)
        assert_true(counts[i] > 200); /* of 2538: each kind is at least 50 m^2 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_homography_sees_the_cells_whose_centres_are_in_the_view),
        cmocka_unit_test(feet_outside_the_roi_are_not_seen),
        cmocka_unit_test(half_of_a_person_must_be_in_the_view),
        cmocka_unit_test(the_two_demo_cameras_overlap_and_leave_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
