/*
 * test_camera_table.c - many cameras in one text file, and how far they reach
 *
 * The camera of these tests hangs 10 m above the floor's origin and looks straight down, x to the
 * right and y up as on the plan, with a focal length of 1,000 px and 1,000 x 1,000 px. By the
 * pinhole's formula, u = 1000 x / (10 - z) + 500 and v = -1000 y / (10 - z) + 500.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "calib/camera_table.h"
#include "calib/reach.h"
#include "near.h"

#define DOWN "1000 0 -500 5000  0 -1000 -500 5000  0 0 -1 10"

static int parse(const char *text, struct camera_table *table, struct error *err)
{
    return camera_table_parse(text, strlen(text), "t.txt", 1000, 1000, table, err);
}

static void assert_refused(const char *text, const char *words)
{
    struct camera_table table = { 0 };
    struct error err = { "" };
    assert_int_equal(parse(text, &table, &err), -EINVAL);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    assert_null(table.items);
}

static void names_and_matrices_are_read_and_comments_passed_over(void **state)
{
    (void) state;
    AUTO(camera_table_release) struct camera_table table = { 0 };
    struct error err = { "" };
    assert_int_equal(parse("# camera  matrix\n\n  C1 " DOWN "  # over the till\r\n"
                           "North.2\t" DOWN,
                           &table, &err),
                     0);
    assert_int_equal(table.count, 2);
    assert_string_equal(table.items[0].name, "C1");
    assert_string_equal(table.items[1].name, "North.2");
    struct floor_m place;
    double height_m;
    assert_int_equal(calibration_position(table.items[0].calibration, &place, &height_m), 0);
    assert_near(place.x, 0, 1e-9);
    assert_near(place.y, 0, 1e-9);
    assert_near(height_m, 10, 1e-9);
    uint32_t width, height;
    calibration_size(table.items[0].calibration, &width, &height);
    assert_int_equal(width, 1000);
    assert_int_equal(height, 1000);
}

static void a_point_appears_where_the_matrix_says(void **state)
{
    (void) state;
    AUTO(camera_table_release) struct camera_table table = { 0 };
    struct error err = { "" };
    struct image_px p;
    assert_int_equal(parse("a " DOWN "\n", &table, &err), 0);
    const struct floor_m point = { 2, 3 };
    assert_int_equal(calibration_image_from_floor(table.items[0].calibration, point, 2, &p), 0);
    assert_near(p.x, 750, 1e-9); /* 1000 * 2 / 8 + 500 */
    assert_near(p.y, 125, 1e-9); /* -1000 * 3 / 8 + 500 */
}

/* A matrix is the same camera at any scale and sign. */
static void a_scaled_matrix_is_the_same_camera(void **state)
{
    (void) state;
    AUTO(camera_table_release) struct camera_table table = { 0 };
    struct error err = { "" };
    struct floor_m point;
    assert_int_equal(
        parse("a -3e5 0 1.5e5 -1.5e6  0 3e5 1.5e5 -1.5e6  0 0 300 -3000\n", &table, &err), 0);
    const struct covariance2 noise = { 1, 0, 1 };
    assert_int_equal(calibration_floor_from_image(table.items[0].calibration,
                                                  (struct image_px){ 700, 200 }, noise, 0, &point,
                                                  NULL),
                     0);
    assert_near(point.x, 2, 1e-9);
    assert_near(point.y, 3, 1e-9);
}

/* What is stored and sent is the text of a camera file: it must say the same. */
static void the_text_of_a_calibration_is_a_camera_file(void **state)
{
    (void) state;
    AUTO(camera_table_release) struct camera_table table = { 0 };
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *again = NULL;
    struct error err = { "" };
    assert_int_equal(
        parse("a 1000.1 0 -500 5000.3 0 -1000 -500 5000 0.001 0 -1 10\n", &table, &err), 0);
    const struct calibration *first = table.items[0].calibration;
    assert_int_equal(calibration_parse(calibration_text(first), "again", &again, &problems), 0);
    assert_string_equal(calibration_version(again), calibration_version(first));
    struct image_px p, q;
    const struct floor_m point = { -1.25, 0.5 };
    assert_int_equal(calibration_image_from_floor(first, point, 1, &p), 0);
    assert_int_equal(calibration_image_from_floor(again, point, 1, &q), 0);
    assert_memory_equal(&p, &q, sizeof(p));
}

static void what_is_wrong_is_said_with_file_and_line(void **state)
{
    (void) state;
    static const char long_name[] =
        "a23456789012345678901234567890123456789012345678901234567890abcd";
    char text[256];
    assert_refused("a 1 2 3\n", "t.txt:1: camera a has 3 numbers");
    assert_refused("a " DOWN " 7\n", "camera a has 13 numbers");
    assert_refused("a " DOWN "\nb " DOWN "x\n", "t.txt:2: camera b: \"10x\" is not a finite");
    assert_refused("a 1000 0 nan 5000 0 -1000 -500 5000 0 0 -1 10\n", "\"nan\"");
    assert_refused("a 1000 0 0 5000 0 0 0 5000 0 0 -1 10\n",
                   "t.txt:1: camera a: the matrix is singular");
    assert_refused("a 1000 0 -500 -5000 0 -1000 -500 -5000 0 0 -1 -10\n", "below the floor");
    assert_refused("a " DOWN "\n\n# x\na " DOWN "\n", "t.txt:4: camera a is there twice");
    assert_refused("# nobody\n", "t.txt: no camera");
    assert_refused("", "t.txt: no camera");
    assert_int_equal(strlen(long_name), ID_SIZE);
    (void) snprintf(text, sizeof(text), "%s %s\n", long_name, DOWN);
    assert_refused(text, "has 64 bytes; at most 63");
    (void) snprintf(text, sizeof(text), "%s %s\n", long_name + 1, DOWN);
    AUTO(camera_table_release) struct camera_table table = { 0 };
    assert_int_equal(parse(text, &table, NULL), 0);
}

static void a_camera_that_sees_no_floor_is_refused(void **state)
{
    (void) state;
    /* Looks straight up: depth is z - 10. */
    assert_refused("sky 1000 0 500 -5000  0 1000 500 -5000  0 0 1 -10\n",
                   "t.txt:1: camera sky: image_from_floor");
}

static void a_zero_byte_and_a_missing_file_are_told(void **state)
{
    (void) state;
    struct camera_table table = { 0 };
    struct error err = { "" };
    assert_int_equal(camera_table_parse("a\0b", 3, "t.txt", 10, 10, &table, &err), -EINVAL);
    assert_non_null(strstr(err.text, "zero byte"));
    assert_int_equal(camera_table_load("/nowhere-at-all.txt", 10, 10, &table, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere-at-all.txt"));
}

static void a_camera_that_looks_down_reaches_as_far_as_its_picture(void **state)
{
    (void) state;
    AUTO(camera_table_release) struct camera_table table = { 0 };
    const struct box_px view = { 0, 0, 1000, 500 };
    struct floor_m low, high;
    assert_int_equal(parse("a " DOWN "\n", &table, NULL), 0);
    assert_int_equal(calibration_reach(table.items[0].calibration, view, 3, 1, &low, &high), 0);
    assert_near(low.x, -5, 1e-9);
    assert_near(high.x, 5, 1e-9);
    assert_near(low.y, 0, 1e-9); /* the upper half of the picture is the half with y above 0 */
    assert_near(high.y, 5, 1e-9);
}

/*
 * A camera 3 m high that looks along +y, level: v = 500 + 1000 * 3 / y at the floor, so a pixel
 * down is y^2 / 3000 m. With edges of 3 px, 1 m is reached at y = sqrt(1000) = 31.6 m, of which
 * probes of 1000 / 128 px see up to v = 500 + 100 rounded up to a probe: 30.5 .. 31.6 m.
 */
static void a_camera_that_looks_along_the_floor_reaches_as_far_as_it_can_tell(void **state)
{
    (void) state;
    AUTO(camera_table_release) struct camera_table table = { 0 };
    const struct box_px view = { 0, 0, 1000, 1000 };
    struct floor_m low, high;
    assert_int_equal(parse("a 1000 500 0 0  0 500 -1000 3000  0 1 0 0\n", &table, NULL), 0);
    assert_int_equal(calibration_reach(table.items[0].calibration, view, 3, 1, &low, &high), 0);
    assert_near(low.y, 6, 1e-9); /* v = 1000 */
    assert_in_range((int) (high.y * 10), 290, 316);
}

static void a_camera_that_can_tell_nothing_has_no_reach(void **state)
{
    (void) state;
    AUTO(camera_table_release) struct camera_table table = { 0 };
    const struct box_px view = { 0, 0, 1000, 1000 };
    struct floor_m low, high;
    assert_int_equal(parse("a " DOWN "\n", &table, NULL), 0);
    assert_int_equal(calibration_reach(table.items[0].calibration, view, 500, 1, &low, &high),
                     -ERANGE);
}

#define CMC SHARED_DIR "/data/cmc/cmc2/cameras.txt"

static void a_published_table_is_read(void **state)
{
    (void) state;
    AUTO(camera_table_release) struct camera_table table = { 0 };
    struct error err = { "" };
    if (access(CMC, R_OK) < 0)
        skip();
    assert_int_equal(camera_table_load(CMC, 1920, 1024, &table, &err), 0);
    assert_int_equal(table.count, 4);
    assert_string_equal(table.items[3].name, "cam4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_matrices_are_read_and_comments_passed_over),
        cmocka_unit_test(a_point_appears_where_the_matrix_says),
        cmocka_unit_test(a_scaled_matrix_is_the_same_camera),
        cmocka_unit_test(the_text_of_a_calibration_is_a_camera_file),
        cmocka_unit_test(what_is_wrong_is_said_with_file_and_line),
        cmocka_unit_test(a_camera_that_sees_no_floor_is_refused),
        cmocka_unit_test(a_zero_byte_and_a_missing_file_are_told),
        cmocka_unit_test(a_camera_that_looks_down_reaches_as_far_as_its_picture),
        cmocka_unit_test(a_camera_that_looks_along_the_floor_reaches_as_far_as_it_can_tell),
        cmocka_unit_test(a_camera_that_can_tell_nothing_has_no_reach),
        cmocka_unit_test(a_published_table_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
