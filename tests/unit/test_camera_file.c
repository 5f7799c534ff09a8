/*
 * test_camera_file.c - camera files written and read back
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/calibration.h"
#include "calib/camera_file.h"
#include "near.h"
#include "testing.h"

#define LIST(array) ((struct number_list){ (array), ARRAY_LENGTH(array) })

static double focal[] = { 1000, 1000.5 }, centre[] = { 640, 1.0 / 3 };
static double rotation[] = { 1, 0, 0, 0, -1, 0, 0, 0, -1 };
static double translation[] = { -1, 2, 3 };
static double first[] = { 10, 20.25, 0.1, 1e-9, 0 }, second[] = { 700, 3, -2, 1e9, 1.7 };
static struct number_list points[] = { { first, 5 }, { second, 5 } };

static struct camera_file whole(void)
{
    struct camera_file file = { .width_px = 1280, .height_px = 720 };
    file.pinhole.focal = LIST(focal);
    file.pinhole.centre = LIST(centre);
    file.pinhole.rotation = LIST(rotation);
    file.pinhole.translation = LIST(translation);
    file.lens.k1 = -0.31;
    file.lens.p2 = 1.0 / 7000;
    file.author = (char *) "Ann \"the tape\" O'Hara";
    file.note = (char *) "back\\slash\nand a second line, \xc3\xa9";
    file.valid_from = (char *) "2026-11-23T09:14:05Z";
    file.fit.model = (char *) "pinhole-k1";
    file.fit.sigma_px = 0.75;
    file.points = (struct number_lists){ points, 2 };
    return file;
}

static void read_back(const char *text, struct camera_file *ret_file)
{
    AUTO(problems_release) struct problems problems = { 0 };
    int r = camera_file_read(text, "written.cfg", ret_file, &problems);
    for (size_t i = 0; i < problems.count; i++)
        print_message("%s\n", problems.sentences[i]);
    assert_int_equal(r, 0);
}

static void assert_same_list(struct number_list a, struct number_list b)
{
    assert_int_equal(a.count, b.count);
    assert_memory_equal(a.values, b.values, a.count * sizeof(double));
}

static void what_is_written_reads_back_to_the_last_bit(void **state)
{
    (void) state;
    struct camera_file file = whole();
    AUTO(camera_file_release) struct camera_file back = { 0 };
    AUTO(text_release) struct text text = TEXT_INIT;
    camera_file_write(&file, &text);
    read_back(text.bytes, &back);
    assert_int_equal(back.width_px, 1280);
    assert_same_list(back.pinhole.focal, file.pinhole.focal);
    assert_same_list(back.pinhole.centre, file.pinhole.centre);
    assert_same_list(back.pinhole.rotation, file.pinhole.rotation);
    assert_same_list(back.pinhole.translation, file.pinhole.translation);
    assert_true(back.lens.k1 == file.lens.k1 && back.lens.p2 == file.lens.p2);
    assert_string_equal(back.author, file.author);
    assert_string_equal(back.note, file.note);
    assert_string_equal(back.valid_from, file.valid_from);
    assert_string_equal(back.fit.model, file.fit.model);
    assert_true(back.fit.sigma_px == file.fit.sigma_px);
    assert_int_equal(back.points.count, 2);
    assert_same_list(back.points.items[0], points[0]);
    assert_same_list(back.points.items[1], points[1]);
}

static void a_written_camera_can_be_used(void **state)
{
    (void) state;
    struct camera_file file = whole();
    AUTO(text_release) struct text text = TEXT_INIT;
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    camera_file_write(&file, &text);
    assert_int_equal(calibration_parse(text.bytes, "written.cfg", &calibration, &problems), 0);
    double height_m;
    struct floor_m at;
    assert_int_equal(calibration_position(calibration, &at, &height_m), 0);
    assert_near(at.x, 1, 1e-12);
    assert_near(at.y, 2, 1e-12);
    assert_near(height_m, 3, 1e-12);
}

static void a_time_that_is_none_is_refused_by_line(void **state)
{
    (void) state;
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(camera_file_release) struct camera_file file = { 0 };
    int r = camera_file_read("image = { width = 1; height = 1; };\nvalid_from = \"soon\";\n",
                             "a.cfg", &file, &problems);
    assert_int_equal(r, -EINVAL);
    assert_non_null(strstr(problems.sentences[0], "a.cfg:2: valid_from: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back_to_the_last_bit),
        cmocka_unit_test(a_written_camera_can_be_used),
        cmocka_unit_test(a_time_that_is_none_is_refused_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
