/*
 * test_marked_points.c - the CSV of marked points: what is taken and what is refused, by line
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calib/marked_points.h"
#include "near.h"
#include "testing.h"

#define HEAD "x_px,y_px,x_m,y_m,z_m,name\n"
#define ROWS "10,20,1,2,,door\n30,40,3,4,1.5,\n50.5,60,5,6,0,\"a, b\"\n"

static int load(const char *text, struct marked_points *ret_points, struct error *err)
{
    char path[] = "/tmp/marked_points_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t) strlen(text));
    assert_int_equal(close(fd), 0);
    *ret_points = (struct marked_points){ 0 };
    int r = marked_points_load(path, 1280, 720, ret_points, err);
    assert_int_equal(unlink(path), 0);
    return r;
}

static void a_good_file_is_read_whole(void **state)
{
    struct marked_points points;
    struct error err = { "" };
    (void) state;
    assert_int_equal(load(HEAD ROWS "70,80,7,8,0,\n", &points, &err), 0);
    assert_int_equal(points.count, 4);
    assert_near(points.items[0].px.x, 10, 0);
    assert_near(points.items[0].z_m, 0, 0);
    assert_string_equal(points.items[0].name, "door");
    assert_near(points.items[1].z_m, 1.5, 0);
    assert_near(points.items[2].px.x, 50.5, 0);
    assert_string_equal(points.items[2].name, "a, b");
    assert_int_equal(points.items[3].line, 5);
    marked_points_release(&points);
}

static void columns_may_stand_in_any_order_and_heights_be_left_out(void **state)
{
    struct marked_points points;
    struct error err = { "" };
    (void) state;
    assert_int_equal(
        load("x_m,y_m,x_px,y_px\n1,2,10,20\n3,4,30,40\n5,6,50,60\n7,8,70,80\n", &points, &err), 0);
    assert_near(points.items[3].px.y, 80, 0);
    assert_near(points.items[3].y_m, 8, 0);
    assert_near(points.items[3].z_m, 0, 0);
    marked_points_release(&points);
}

static void bad_files_are_refused_by_line(void **state)
{
    static const struct {
        const char *text, *line, *words;
    } bad[] = {
        { "", ":", "the file is empty" },
        { "x_px,y_px,x_m\n", ":1:", "y_m is missing" },
        { HEAD ROWS, ":4:", "only 3 points" },
        { HEAD ROWS "70,80,7\n", ":5:", "" },
        { HEAD ROWS "70,eighty,7,8,0,\n", ":5:", "eighty" },
        { HEAD ROWS "70,80,nan,8,0,\n", ":5:", "" },
        { HEAD ROWS "70,80,7,inf,0,\n", ":5:", "" },
        { HEAD ROWS "70,80,7,8,1e999,\n", ":5:", "" },
        { HEAD ROWS "1300,80,7,8,0,\n", ":5:", "outside the picture of 1280x720" },
        { HEAD ROWS "-1,80,7,8,0,\n", ":5:", "outside the picture" },
        { HEAD ROWS "70,80,7000,8000,0,\n", ":5:", "metres" },
        { HEAD ROWS "10,20,1,2,0,\n", ":5:", "same point as line 2" },
        { HEAD ROWS "10,20,7,8,0,\n", ":5:", "pixel is the same as line 2" },
        { HEAD ROWS "70,80,5,6,0,\n", ":5:", "floor point is the same as line 4" },
    };
    (void) state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct marked_points points;
        struct error err = { "" };
        assert_true(load(bad[i].text, &points, &err) < 0);
        if (!strstr(err.text, bad[i].line) || !strstr(err.text, bad[i].words))
            fail_msg("\"%s\" should name %s and \"%s\"", err.text, bad[i].line, bad[i].words);
        assert_null(points.items);
    }
}

static void a_missing_file_is_named(void **state)
{
    struct marked_points points = { 0 };
    struct error err = { "" };
    (void) state;
    assert_int_equal(marked_points_load("/nowhere/points.csv", 8, 6, &points, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/points.csv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_is_read_whole),
        cmocka_unit_test(columns_may_stand_in_any_order_and_heights_be_left_out),
        cmocka_unit_test(bad_files_are_refused_by_line),
        cmocka_unit_test(a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
