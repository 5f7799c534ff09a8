/*
 * test_import.c - formats, axes, units and placing; matrices as text
 *
 * Expected values are worked by hand.
 */
#include <errno.h>
#include <string.h>

#include "calib/calibration.h"
#include "calib/import.h"
#include "calib/import_matrix.h"
#include "near.h"
#include "testing.h"

/* 3 m above (1, 2) of its own world, looking straight down, the picture's top towards +y. */
static struct import_camera down_camera(void)
{
    return (struct import_camera){ .model = IMPORT_PINHOLE,
                                   .width_px = 1280,
                                   .height_px = 720,
                                   .has_pose = true,
                                   .focal_px = { 1000, 1000 },
                                   .centre_px = { 639.5, 359.5 },
                                   .rotation = { 1, 0, 0, 0, -1, 0, 0, 0, -1 },
                                   .translation = { -1, 2, 3 } };
}

static struct import_camera matrix(const char *text, bool inverse)
{
    struct import_camera camera;
    struct error err = { "" };
    if (import_matrix_parse(text, strlen(text), "m.txt", inverse, &camera, &err) < 0)
        fail_msg("%s", err.text);
    camera.width_px = 1280;
    camera.height_px = 720;
    return camera;
}

static void refused(const char *text, bool inverse, const char *words)
{
    struct import_camera camera;
    struct error err = { "" };
    assert_int_equal(import_matrix_parse(text, strlen(text), "m.txt", inverse, &camera, &err),
                     -EINVAL);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static struct import_camera placed(struct import_camera camera, const struct import_frame *frame)
{
    struct error err = { "" };
    if (import_place(&camera, frame, &camera, &err) < 0)
        fail_msg("%s", err.text);
    return camera;
}

/* The floor point of our pixel (x, y), by the camera file that comes out. */
static void assert_floor(struct import_camera camera, double x, double y, double x_m, double y_m)
{
    AUTO(text_release) struct text text = TEXT_INIT;
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *made = NULL;
    struct camera_file file = import_camera_file(&camera);
    struct covariance2 no_noise = { 0, 0, 0 };
    struct floor_m at;
    camera_file_write(&file, &text);
    if (calibration_parse(text.bytes, "imported", &made, &problems) < 0)
        fail_msg("%s", problems.sentences[0]);
    assert_int_equal(
        calibration_floor_from_image(made, (struct image_px){ x, y }, no_noise, 0, &at, NULL), 0);
    assert_near(at.x, x_m, 1e-9);
    assert_near(at.y, y_m, 1e-9);
}

static void the_format_shows_in_the_first_bytes(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        enum import_format format;
    } cases[] = {
        { "%YAML:1.0\n---\nK: 1\n", IMPORT_OPENCV },
        { "---\nK: 1\n", IMPORT_OPENCV },
        { "# by hand\nimage_width: 640\n", IMPORT_OPENCV },
        { "{ \"K\": 1 }", IMPORT_OPENCV },
        { "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<opencv_storage>", IMPORT_OPENCV },
        { "<opencv_storage><Camera/></opencv_storage>", IMPORT_OPENCV },
        { "<?xml version=\"1.0\"?>\n<Camera name=\"a\">", IMPORT_TSAI },
        { "# from the plan\n1 0 0\n0 1 0\n0 0 1\n", IMPORT_MATRIX },
        { "[[1, 0, 0],\n", IMPORT_MATRIX },
        { "", IMPORT_MATRIX },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_int_equal(import_format_of_bytes(cases[i].text, strlen(cases[i].text)),
                         cases[i].format);
}

static void words_that_are_no_format_unit_or_axes_are_refused(void **state)
{
    (void) state;
    enum import_format format;
    double unit, axes[9];
    struct error err;
    assert_int_equal(import_format_parse("tsai", &format, &err), 0);
    assert_int_equal(format, IMPORT_TSAI);
    assert_int_equal(import_format_parse("blender", &format, &err), -EINVAL);
    assert_non_null(strstr(err.text, "blender"));
    assert_int_equal(import_units_parse("cm", &unit, &err), 0);
    assert_true(unit == 0.01);
    assert_int_equal(import_units_parse("inch", &unit, &err), -EINVAL);
    assert_non_null(strstr(err.text, "mm, cm or m"));
    static const char *const wrong[] = { "",      "x",     "x,y",    "x,y,z,x",
                                         "a,b,c", "x y z", "x,y,zz", "x,,z" };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_int_equal(import_axes_parse(wrong[i], axes, &err), -EINVAL);
    assert_int_equal(import_axes_parse("x,x,z", axes, &err), -EINVAL);
    assert_non_null(strstr(err.text, "twice"));
}

static void left_handed_axes_are_refused(void **state)
{
    (void) state;
    double axes[9];
    struct error err;
    static const char *const left[] = { "x,y,-z", "y,x,z", "-x,y,z", "-x,-y,-z" };
    static const char *const right[] = {
        "x,y,z", "x,-y,-z", "y,x,-z", "-x,-y,z", "x,z,-y", "y,z,x"
    };
    for (size_t i = 0; i < ARRAY_LENGTH(left); i++) {
        assert_int_equal(import_axes_parse(left[i], axes, &err), -EINVAL);
        assert_non_null(strstr(err.text, "left-handed"));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++)
        assert_int_equal(import_axes_parse(right[i], axes, &err), 0);
    /* Our y is the source's z. */
    assert_int_equal(import_axes_parse("x,z,-y", axes, &err), 0);
    const double expected[9] = { 1, 0, 0, 0, 0, 1, 0, -1, 0 };
    for (int i = 0; i < 9; i++)
        assert_true(axes[i] == expected[i]);
}

static void a_pinhole_is_moved_turned_and_scaled_onto_the_floor(void **state)
{
    (void) state;
    /* In decimetres: 0.3 m above (0.1, 0.2), and 0.3 mm a pixel. */
    struct import_frame frame = import_frame_same();
    double centre[3];
    frame.pixel_shift_px = 0.5;
    frame.metres_per_unit = 0.1;
    assert_floor(placed(down_camera(), &frame), 640, 360, 0.1, 0.2);
    assert_floor(placed(down_camera(), &frame), 1640, 360, 0.4, 0.2);
    /* Turned by 90 degrees x points along y: (0.1, 0.2) becomes (-0.2, 0.1), then it is moved. */
    frame.rotate_rad = M_PI / 2;
    frame.origin_m[0] = 10;
    frame.origin_m[1] = -20;
    struct import_camera camera = placed(down_camera(), &frame);
    assert_int_equal(import_position(&camera, centre), 0);
    assert_near(centre[0], 9.8, 1e-12);
    assert_near(centre[1], -19.9, 1e-12);
    assert_near(centre[2], 0.3, 1e-12);
    assert_floor(camera, 640, 360, 9.8, -19.9);
    assert_floor(camera, 1640, 360, 9.8, -19.6);
}

static void axes_turn_a_world_of_which_z_points_down(void **state)
{
    (void) state;
    /* The same camera over an OpenCV board: x right, y down the board, z into the floor. */
    struct import_camera camera = down_camera();
    const double same[9] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };
    struct import_frame frame = import_frame_same();
    double centre[3];
    memcpy(camera.rotation, same, sizeof(same));
    camera.translation[1] = -2;
    frame.pixel_shift_px = 0.5;
    /* At (1, 2, -3): below the floor, were its z ours. */
    camera = placed(camera, &frame);
    assert_int_equal(import_position(&camera, centre), 0);
    assert_near(centre[2], -3, 1e-12);
    frame = import_frame_same();
    assert_int_equal(import_axes_parse("x,-y,-z", frame.axes, NULL), 0);
    camera = placed(camera, &frame);
    assert_int_equal(import_position(&camera, centre), 0);
    assert_near(centre[0], 1, 1e-12);
    assert_near(centre[1], -2, 1e-12);
    assert_near(centre[2], 3, 1e-12);
    assert_floor(camera, 640, 360, 1, -2);
    assert_floor(camera, 640, 1360, 1, -5);
}

static void a_projection_matrix_is_placed_like_the_pinhole_it_is(void **state)
{
    (void) state;
    /* K [R | t] of down_camera, pixel (0, 0) at the first pixel's centre, times -2. */
    const char *text = "# a 3x4 matrix\n-2000, 0, 1279, -1837\n0 2000 719 -6157\n0 0 2 -6\n";
    struct import_frame frame = import_frame_same();
    double centre[3];
    frame.pixel_shift_px = 0.5;
    frame.metres_per_unit = 0.1;
    frame.rotate_rad = M_PI / 2;
    frame.origin_m[0] = 10;
    frame.origin_m[1] = -20;
    struct import_camera camera = placed(matrix(text, false), &frame);
    assert_int_equal(camera.model, IMPORT_PROJECTION);
    assert_int_equal(import_position(&camera, centre), 0);
    assert_near(centre[0], 9.8, 1e-12);
    assert_near(centre[1], -19.9, 1e-12);
    assert_near(centre[2], 0.3, 1e-12);
    assert_floor(camera, 640, 360, 9.8, -19.9);
    assert_floor(camera, 1640, 360, 9.8, -19.6);
}

static void a_homography_is_placed_both_ways_round(void **state)
{
    (void) state;
    /* 1 px is 1 cm; pixel (500, 800) is the origin. And its inverse. */
    const char *floor_cm = "[[1, 0, -500],\n [0, -1, 800],\n [0, 0, 1]]\n";
    const char *image_px = "1 0 500 0 -1 800 0 0 1";
    struct import_frame frame = import_frame_same();
    frame.metres_per_unit = 0.01;
    assert_floor(placed(matrix(floor_cm, false), &frame), 600, 700, 1, 1);
    assert_floor(placed(matrix(image_px, true), &frame), 600, 700, 1, 1);
    /* Source pixels have (0, 0) at a centre: our (600.5, 700.5) is its (600, 700). */
    frame.pixel_shift_px = 0.5;
    assert_floor(placed(matrix(floor_cm, false), &frame), 600.5, 700.5, 1, 1);
    frame.rotate_rad = M_PI / 2;
    frame.origin_m[0] = 5;
    assert_floor(placed(matrix(floor_cm, false), &frame), 600.5, 700.5, 4, 1);
    /* A plan with y down is mended by its axes: our y is -y, and z with it. */
    frame = import_frame_same();
    frame.metres_per_unit = 0.01;
    assert_int_equal(import_axes_parse("x,-y,-z", frame.axes, NULL), 0);
    assert_floor(placed(matrix("1 0 -500 0 1 -800 0 0 1", false), &frame), 600, 700, 1, 1);
}

static void a_homography_has_no_other_plane(void **state)
{
    (void) state;
    struct import_frame frame = import_frame_same();
    struct error err = { "" };
    struct import_camera camera = matrix("1 0 0 0 -1 0 0 0 1", false);
    assert_int_equal(import_axes_parse("x,z,-y", frame.axes, NULL), 0);
    assert_int_equal(import_place(&camera, &frame, &camera, &err), -EINVAL);
    assert_non_null(strstr(err.text, "--axes must end in z or -z"));
}

static void bad_matrices_are_named_by_line(void **state)
{
    (void) state;
    refused("", false, "m.txt: there are no numbers");
    refused("# nothing\n", false, "m.txt: there are no numbers");
    refused("1 2 3\n4 five 6\n7 8 9\n", false, "m.txt:2: \"five\" is not a number");
    refused("1 2 3\n4 5 6\n7 nan 9\n", false, "m.txt:3: nan is not finite");
    refused("1 2 3\n4 5\n7 8 9\n", false, "m.txt:2: 2 numbers in this row, 3 in the first");
    refused("1 2 3\n4 5 6\n", false, "6 numbers in 2 rows");
    refused("1 2\n3 4\n5 6\n7 8\n9 1\n2 3\n", false, "12 numbers in 6 rows");
    refused("1 2 3 4 5 6 7 8 9 10 11 12 13", false, "m.txt:1: more than 12 numbers");
    refused("1 2 3\n2 4 6\n0 0 1\n", false, "singular");
    refused("1 0 0 0 0 1 0 0 0 0 1 1", true, "has no inverse");
    refused("0x10000000000000000000000000000000000000000000000000000000000000000000 1", false,
            "is not a number");
}

static void a_rotation_of_few_digits_is_mended(void **state)
{
    (void) state;
    /* 45 degrees about x with three decimals. */
    double r[9] = { 1, 0, 0, 0, .707, -.707, 0, .707, .707 }, off;
    assert_int_equal(import_mend_rotation(r, &off), 0);
    assert_near(off, 1 - 2 * .707 * .707, 1e-12);
    assert_near(r[4], sqrt(0.5), 1e-15);
    assert_near(r[7], sqrt(0.5), 1e-15);
    double scaled[9] = { 2, 0, 0, 0, 2, 0, 0, 0, 2 };
    assert_int_equal(import_mend_rotation(scaled, &off), -EINVAL);
    double mirrored[9] = { 1, 0, 0, 0, 1, 0, 0, 0, -1 };
    assert_int_equal(import_mend_rotation(mirrored, &off), -EDOM);
    double none[9] = { NAN, 0, 0, 0, 1, 0, 0, 0, 1 };
    assert_int_equal(import_mend_rotation(none, &off), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_format_shows_in_the_first_bytes),
        cmocka_unit_test(words_that_are_no_format_unit_or_axes_are_refused),
        cmocka_unit_test(left_handed_axes_are_refused),
        cmocka_unit_test(a_pinhole_is_moved_turned_and_scaled_onto_the_floor),
        cmocka_unit_test(axes_turn_a_world_of_which_z_points_down),
        cmocka_unit_test(a_projection_matrix_is_placed_like_the_pinhole_it_is),
        cmocka_unit_test(a_homography_is_placed_both_ways_round),
        cmocka_unit_test(a_homography_has_no_other_plane),
        cmocka_unit_test(bad_matrices_are_named_by_line),
        cmocka_unit_test(a_rotation_of_few_digits_is_mended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
