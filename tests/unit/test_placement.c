/*
 * test_placement.c - where a box puts a person on the floor
 *
 * The camera hangs 5 m above the origin, looks along +y and 45 degrees down with f = 1000 px, so
 * that everything can be worked by hand. With c = cos 45: a point (x, y, h) has depth c (y + 5 -
 * h), appears at u = 640 + 1000 x / depth and v = 360 + 1000 (5 - h - y) / (y + 5 - h).
 */
#include <errno.h>

#include "calib/calibration.h"
#include "near.h"
#include "testing.h"

#define CAMERA                                                       \
    "image = { width = 1280; height = 720; };\n"                     \
    "pinhole = {\n"                                                  \
    "    focal = [1000.0, 1000.0]; centre = [640.0, 360.0];\n"       \
    "    rotation = ((1, 0, 0),\n"                                   \
    "                (0, -0.70710678118655, -0.70710678118655),\n"   \
    "                (0, 0.70710678118655, -0.70710678118655));\n"   \
    "    translation = [0.0, 3.53553390593274, 3.53553390593274];\n" \
    "};\n"

#define HOMOGRAPHY                               \
    "image = { width = 1280; height = 720; };\n" \
    "floor_from_image = ((0.01, 0, -6.4), (0, -0.01, 7.2), (0, 0, 1));\n"

static const struct box_px whole_view = { 0, 0, 1280, 720 };

static struct calibration *camera(const char *text)
{
    struct calibration *calibration = NULL;
    struct problems problems = { 0 };
    assert_int_equal(calibration_parse(text, "test.cfg", &calibration, &problems), 0);
    problems_release(&problems);
    return calibration;
}

static double row_of(double y_m, double h_m)
{
    return 360 + 1000 * (5 - h_m - y_m) / (y_m + 5 - h_m);
}

/* The box of a person of height h at (0, y): half a metre wide at the feet. */
static struct box_px box_of(double y_m, double h_m)
{
    double half = 1000 * 0.25 / (M_SQRT1_2 * (y_m + 5));
    return (struct box_px){ 640 - half, row_of(y_m, h_m), 640 + half, row_of(y_m, 0) };
}

/* Detectors err by 3 % of a box's height, and by what the camera's setting says. */
static double edge_sd_px(struct box_px box, double own_px)
{
    return hypot(own_px, 0.03 * (box.bottom - box.top));
}

static void the_foot_is_the_middle_of_the_bottom_edge(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = camera(CAMERA);
    struct placement p;
    assert_int_equal(placement_of_person(c, box_of(6, 1.8), whole_view, 2, &p), 0);
    assert_near(p.floor.x, 0, 1e-9);
    assert_near(p.floor.y, 6, 1e-9);
    assert_near(p.height_m, 1.8, 1e-6); /* a float */
    assert_int_equal(p.reasons, 0);
    /* dx/du = c (y + 5) / 1000 on the mean of two edges; dv/dy = -10,000 / (y + 5)^2 px/m. Heads of
     * 1.70 m are nearer, so a px from the middle of the picture they are 11 / 9.3 px from it, and
     * the middle of a box is half way between. The box is that of somebody 1.8 m tall. */
    double edge_px = edge_sd_px(box_of(6, 1.8), 2);
    double taller = (row_of(6, 0) - row_of(6, 1.8)) / (row_of(6, 0) - row_of(6, 1.7));
    double gain = 1 / (1 + (11 / 9.3 - 1) / 2 * taller);
    assert_near(sqrt(p.covariance.xx), gain * M_SQRT1_2 * 11 / 1000 * edge_px / M_SQRT2, 1e-6);
    assert_near(sqrt(p.covariance.yy), 121.0 / 10000 * edge_px, 1e-6);
}

static void a_cut_foot_is_placed_by_the_head(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = camera(CAMERA);
    struct box_px view = { 0, 0, 1280, 320 }, box = box_of(6, 1.7);
    struct placement p;
    box.bottom = 319;
    assert_true(box.top < 200);
    assert_int_equal(placement_of_person(c, box, view, 2, &p), 0);
    assert_near(p.floor.x, 0, 1e-9);
    assert_near(p.floor.y, 6, 1e-9);
    assert_true(isnan(p.height_m));
    assert_int_equal(p.reasons, PLACEMENT_FOOT_CLIPPED | PLACEMENT_HEAD_PLANE);
}

static void a_head_is_placed_in_the_plane_of_heads(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = camera(CAMERA);
    double top = row_of(6, 1.7);
    struct box_px head = { 620, top, 660, top + 40 };
    struct placement p;
    assert_int_equal(placement_of_head(c, head, 2, &p), 0);
    assert_near(p.floor.x, 0, 1e-9);
    assert_near(p.floor.y, 6, 1e-9);
    assert_int_equal(p.reasons, PLACEMENT_HEAD_PLANE);
    /* Pixels: 3.3 m under the camera dv/dy = -1000 * 2 * 3.3 / (y + 3.3)^2. Height: 6 m away, 3.3 m
     * below: 6 / 3.3 m for each metre of height. */
    double pixel_sd_m = 9.3 * 9.3 / 6600 * edge_sd_px(head, 2),
           height_sd_m = 6 / 3.3 * PERSON_HEIGHT_SD_M;
    assert_near(p.covariance.yy, pixel_sd_m * pixel_sd_m + height_sd_m * height_sd_m, 1e-6);
}

static void a_box_cut_at_both_ends_says_nothing(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = camera(CAMERA);
    struct box_px view = { 0, 200, 1280, 320 };
    struct placement p;
    assert_int_equal(placement_of_person(c, (struct box_px){ 600, 200, 700, 320 }, view, 2, &p),
                     -ENOTSUP);
}

static void a_top_cut_away_leaves_the_foot_and_no_height(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = camera(CAMERA);
    struct box_px view = { 0, 200, 1280, 720 }, box = box_of(6, 1.7);
    struct placement p;
    box.top = 200;
    assert_int_equal(placement_of_person(c, box, view, 2, &p), 0);
    assert_near(p.floor.y, 6, 1e-9);
    assert_true(isnan(p.height_m));
    assert_int_equal(p.reasons, 0);
}

static void a_box_cut_at_the_side_is_less_certain_sideways(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = camera(CAMERA);
    struct box_px box = { 500, 100, 600, 500 }, view = { 500, 0, 1280, 720 };
    struct placement whole, cut;
    assert_int_equal(placement_of_person(c, box, whole_view, 2, &whole), 0);
    assert_int_equal(placement_of_person(c, box, view, 2, &cut), 0);
    assert_near(cut.floor.x, whole.floor.x, 1e-12);
    /* 0.41 * 400 = 164 px wide when whole: 64 px lost, the middle is off by up to 32 px. Row 500:
     * y = 5 (1 - 0.14) / (1 + 0.14), dx/du = c (y + 5) / 1000. */
    double y = 5 * 0.86 / 1.14, scale = M_SQRT1_2 * (y + 5) / 1000;
    /* As above, for a box of 400 px where somebody of 1.70 m has fewer. */
    double gain = 1 / (1 + ((y + 5) / (y + 3.3) - 1) / 2 * 400 / (500 - row_of(y, 1.7)));
    assert_near(cut.covariance.xx - whole.covariance.xx, gain * gain * 32 * 32 * scale * scale,
                1e-7);
    assert_near(cut.covariance.yy, whole.covariance.yy, 1e-12);
}

static void a_bare_homography_grows_the_covariance_of_a_cut_foot(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = camera(HOMOGRAPHY);
    struct placement p;
    /* 41 px wide: 100 px tall when whole, so 40 px are missing; 1 px is 1 cm. */
    struct box_px box = { 600, 660, 641, 720 };
    assert_int_equal(placement_of_person(c, box, whole_view, 2, &p), 0);
    assert_int_equal(p.reasons, PLACEMENT_FOOT_CLIPPED);
    assert_near(p.floor.y, 0, 1e-9);
    assert_near(p.covariance.yy, (40 * 40 + 4 + 1.8 * 1.8) * 1e-4, 1e-9);
    assert_int_equal(placement_of_head(c, box, 2, &p), -ENOTSUP);
}

static void no_floor_point_is_said_so(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *c = camera(CAMERA);
    /* The horizon of this camera is 1000 px above the axis. */
    struct box_px sky = { 600, -800, 700, -640 }, view = { 0, -2000, 1280, 720 };
    struct placement p;
    assert_int_equal(placement_of_person(c, sky, view, 2, &p), -ERANGE);
    assert_int_equal(placement_of_head(c, sky, 2, &p), -ERANGE);
    assert_int_equal(placement_of_person(c, (struct box_px){ NAN, 0, 10, 10 }, whole_view, 2, &p),
                     -ERANGE);
    assert_int_equal(placement_of_person(c, (struct box_px){ 10, 0, 10, 10 }, whole_view, 2, &p),
                     -ERANGE);
}

static void a_person_right_below_shows_no_height(void **state)
{
    (void) state;
    AUTO(calibration_destroy)
    struct calibration *c =
        camera("image = { width = 1280; height = 720; };\n"
               "pinhole = { focal = [500, 500]; centre = [640, 360]; translation = [0, 0, 3];\n"
               "    rotation = ((1, 0, 0), (0, -1, 0), (0, 0, -1)); };\n");
    struct placement p;
    assert_int_equal(
        placement_of_person(c, (struct box_px){ 590, 310, 690, 400 }, whole_view, 2, &p), 0);
    assert_true(isnan(p.height_m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_foot_is_the_middle_of_the_bottom_edge),
        cmocka_unit_test(a_cut_foot_is_placed_by_the_head),
        cmocka_unit_test(a_head_is_placed_in_the_plane_of_heads),
        cmocka_unit_test(a_box_cut_at_both_ends_says_nothing),
        cmocka_unit_test(a_top_cut_away_leaves_the_foot_and_no_height),
        cmocka_unit_test(a_box_cut_at_the_side_is_less_certain_sideways),
        cmocka_unit_test(a_bare_homography_grows_the_covariance_of_a_cut_foot),
        cmocka_unit_test(no_floor_point_is_said_so),
        cmocka_unit_test(a_person_right_below_shows_no_height),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
