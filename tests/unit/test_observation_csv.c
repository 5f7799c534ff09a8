/*
 * test_observation_csv.c - detections that were written down, as the frames that fusion takes
 *
 * Two cameras hang 10 m above the floor, at x = 0 ("a") and x = 4 ("b"), and look straight down
 * with a focal length of 1,000 px on 1,000 x 1,000 px. By the pinhole's formula a foot at (x, y) is
 * at u = 100 (x - x of the camera) + 500, v = 500 - 100 y, and an edge of 3 px is 0.03 m there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calib/camera_table.h"
#include "fusion/observation_csv.h"
#include "near.h"

#define TABLE                                          \
    "a 1000 0 -500 5000 0 -1000 -500 5000 0 0 -1 10\n" \
    "b 1000 0 -500 1000 0 -1000 -500 5000 0 0 -1 10\n"
#define BOXES  "time_us,camera,class,score,left_px,top_px,right_px,bottom_px\n"
#define POINTS "time_us,camera,class,score,floor_x_m,floor_y_m\n"

struct fixture {
    struct camera_table table;
    struct observation_csv_camera cameras[3];
    char path[64];
    struct observation_csv *csv;
    int64_t time_us;
    const struct observation_frame *const *frames;
    size_t frame_count;
    struct error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f || camera_table_parse(TABLE, strlen(TABLE), "table", 1000, 1000, &f->table, &f->err) < 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        f->cameras[i] =
            (struct observation_csv_camera){ .observer = { .calibration =
                                                               f->table.items[i].calibration,
                                                           .view = { 0, 0, 1000, 1000 },
                                                           .edge_sd_px = 3 } };
        (void) strcpy(f->cameras[i].name, f->table.items[i].name);
    }
    (void) strcpy(f->cameras[2].name, "upstairs");
    f->cameras[2].elsewhere = true;
    (void) strcpy(f->path, "/tmp/floorfuse-observations-XXXXXX");
    int fd = mkstemp(f->path);
    *state = f;
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    observation_csv_close(&f->csv);
    camera_table_release(&f->table);
    (void) unlink(f->path);
    free(f);
    return 0;
}

static void write_file(const struct fixture *f, const char *header, const char *rows)
{
    FILE *file = fopen(f->path, "we");
    assert_non_null(file);
    assert_true(fputs(header, file) >= 0 && fputs(rows, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int open_rows(struct fixture *f, const char *header, const char *rows)
{
    write_file(f, header, rows);
    observation_csv_close(&f->csv);
    return observation_csv_open(f->path, "ground", f->cameras, 3, &f->csv, &f->err);
}

static int next(struct fixture *f)
{
    return observation_csv_next(f->csv, &f->time_us, &f->frames, &f->frame_count, &f->err);
}

/* Read to the end or to the first error. */
static int play(struct fixture *f, const char *header, const char *rows)
{
    int r = open_rows(f, header, rows);
    while (r == 0) {
        r = next(f);
        if (r == 0)
            return 0;
        r = r == 1 ? 0 : r;
    }
    return r;
}

static void a_box_is_placed_where_its_foot_is(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_rows(f, BOXES, "5000,a,person,0.75,480,100,520,400\n"), 0);
    assert_int_equal(next(f), 1);
    assert_int_equal(f->time_us, 5000);
    assert_int_equal(f->frame_count, 2);
    const struct observation_frame *frame = f->frames[0];
    assert_string_equal(frame->camera, "a");
    assert_string_equal(frame->floor, "ground");
    assert_int_equal(frame->capture_us, 5000);
    assert_int_equal(frame->width, 1000);
    assert_int_equal(frame->height, 1000);
    assert_int_equal(frame->observation_count, 1);
    const struct observation *o = &frame->observations[0];
    assert_int_equal(o->object_class, OBSERVATION_PERSON);
    assert_near((double) o->score, 0.75, 0);
    assert_near(o->floor.x, 0, 1e-9);                     /* (500 - 500) / 100 */
    assert_near(o->floor.y, 1, 1e-9);                     /* (500 - 400) / 100 */
    assert_true(o->covariance.yy >= 0.03 * 0.03 - 1e-12); /* an edge, or worse */
    assert_near(o->box.left, 480, 0);
    assert_near(o->box.bottom, 400, 0);
    assert_int_equal(o->body_index, -1);
    assert_int_equal(next(f), 0);
    assert_int_equal(next(f), 0);
}

static void the_other_camera_has_seen_nobody(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_rows(f, BOXES,
                               "5000,a,person,1,480,100,520,400\n"
                               "6000,b,person,1,480,100,520,400\n"),
                     0);
    assert_int_equal(next(f), 1);
    assert_string_equal(f->frames[1]->camera, "b");
    assert_int_equal(f->frames[1]->observation_count, 0);
    assert_int_equal(f->frames[1]->sequence, 0);
    assert_int_equal(next(f), 1);
    assert_int_equal(f->time_us, 6000);
    assert_int_equal(f->frame_count, 2);
    assert_int_equal(f->frames[0]->observation_count, 0);
    assert_int_equal(f->frames[1]->observation_count, 1);
    assert_int_equal(f->frames[1]->sequence, 1);
    assert_near(f->frames[1]->observations[0].floor.x, 4, 1e-9); /* camera b hangs at 4 */
    assert_int_equal(next(f), 0);
}

static void a_row_with_an_empty_class_says_that_a_camera_did_not_look(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_rows(f, BOXES,
                               "1,a,person,1,480,100,520,400\n"
                               "2,b,,,,,,\n"
                               "3,a,,,,,,\n3,b,,,,,,\n"
                               "4,b,,,,,,\n4,b,person,1,480,100,520,400\n"),
                     0);
    assert_int_equal(next(f), 1);
    assert_int_equal(f->frame_count, 2);
    assert_int_equal(next(f), 1);
    assert_int_equal(f->frame_count, 1);
    assert_string_equal(f->frames[0]->camera, "a");
    assert_int_equal(next(f), 1);
    assert_int_equal(f->frame_count, 0);
    assert_int_equal(next(f), 1); /* who has seen somebody has looked */
    assert_int_equal(f->frame_count, 2);
    assert_int_equal(f->frames[1]->sequence, 1);
    assert_int_equal(next(f), 0);
    assert_int_equal(observation_csv_counts(f->csv)->frames, 5);
}

static void columns_come_in_any_order_and_others_are_not_looked_at(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_rows(f,
                               "id,bottom_px,right_px,top_px,left_px,score,class,camera,time_us\n",
                               "x,400,520,100,480,0.5,body,a,9\n"),
                     0);
    assert_int_equal(next(f), 1);
    assert_int_equal(f->frames[0]->observations[0].object_class, OBSERVATION_PERSON);
    assert_near(f->frames[0]->observations[0].floor.x, 0, 1e-9);
}

/* From (0, 1) at 8.3 m below the camera, 1.70 m up: v = 500 - 1000 / 8.3. */
static void a_head_is_placed_below_itself(void **state)
{
    struct fixture *f = *state;
    char row[128];
    double u = 500, v = 500 - 1000 * 1 / 8.3;
    (void) snprintf(row, sizeof(row), "1,a,head,1,%.6f,%.6f,%.6f,%.6f\n", u - 10, v, u + 10,
                    v + 20);
    assert_int_equal(open_rows(f, BOXES, row), 0);
    assert_int_equal(next(f), 1);
    const struct observation *o = &f->frames[0]->observations[0];
    assert_int_equal(o->object_class, OBSERVATION_HEAD);
    assert_near(o->floor.x, 0, 1e-6);
    assert_near(o->floor.y, 1, 1e-6);
    assert_true(o->reasons & REASON_HEAD_PLANE);
}

static void a_floor_point_is_taken_as_it_is(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_rows(f, POINTS, "1,a,person,0.5,1.25,-2.5\n"), 0);
    assert_int_equal(next(f), 1);
    const struct observation *o = &f->frames[0]->observations[0];
    assert_near(o->floor.x, 1.25, 0);
    assert_near(o->floor.y, -2.5, 0);
    assert_near(o->covariance.xx, OBSERVATION_CSV_VARIANCE_M2, 0);
    assert_near(o->covariance.xy, 0, 0);
    assert_near(o->covariance.yy, OBSERVATION_CSV_VARIANCE_M2, 0);
    assert_true(isnan(o->height_m));

    assert_int_equal(
        open_rows(f, "time_us,camera,class,score,floor_x_m,floor_y_m,var_xx,var_xy,var_yy\n",
                  "1,a,person,2,1,2,0.25,0.0625,0.5\n"),
        0);
    assert_int_equal(next(f), 1);
    o = &f->frames[0]->observations[0];
    assert_near(o->covariance.xx, 0.25, 0);
    assert_near(o->covariance.xy, 0.0625, 0);
    assert_near(o->covariance.yy, 0.5, 0);
    assert_near((double) o->score, 1, 0); /* cut to 0..1 */
}

static void what_cannot_be_used_is_counted_by_reason(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(play(f, BOXES,
                          "1,c,person,1,480,100,520,400\n"
                          "1,upstairs,person,1,480,100,520,400\n"
                          "1,a,bicycle,1,480,100,520,400\n"
                          "1,a,person,nan,480,100,520,400\n"
                          "1,a,person,1,680,inf,720,400\n"
                          "1,a,person,1,720,100,680,400\n"
                          "1,a,person,1,680,400,720,400\n"
                          "1,a,person,1,680,-5,720,1000\n" /* neither head nor feet */
                          "1,c,person,1,480,100,520,400\n"
                          "1,a,person,1,480,100,520,400\n"),
                     0);
    const struct observation_csv_counts *counts = observation_csv_counts(f->csv);
    static const uint64_t expected[OBSERVATION_CSV_REASONS] = {
        [OBSERVATION_CSV_UNKNOWN_CAMERA] = 2, [OBSERVATION_CSV_OTHER_FLOOR] = 1,
        [OBSERVATION_CSV_OTHER_CLASS] = 1,    [OBSERVATION_CSV_NOT_FINITE] = 2,
        [OBSERVATION_CSV_EMPTY_BOX] = 2,      [OBSERVATION_CSV_NO_FLOOR_POINT] = 1,
    };
    assert_int_equal(counts->rows, 10);
    assert_int_equal(counts->observations, 1);
    for (int i = 0; i < OBSERVATION_CSV_REASONS; i++) {
        assert_int_equal(counts->left_out[i].rows, expected[i]);
        assert_non_null(observation_csv_reason_text((enum observation_csv_reason) i));
    }
    assert_int_equal(counts->left_out[OBSERVATION_CSV_UNKNOWN_CAMERA].first_line, 2);
    assert_int_equal(counts->left_out[OBSERVATION_CSV_EMPTY_BOX].first_line, 7);
}

static void covariances_and_floors_that_do_not_fit_are_counted(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        play(f, "floor,time_us,camera,class,score,floor_x_m,floor_y_m,var_xx,var_xy,var_yy\n",
             "ground,1,a,person,1,1,2,0.01,0,0.01\n"
             ",1,a,person,1,1,2,0.01,0,0.01\n"
             "roof,1,a,person,1,1,2,0.01,0,0.01\n"
             "ground,1,a,person,1,1,2,0.01,0.02,0.01\n"
             "ground,1,a,person,1,1,2,9,0,0.01\n"),
        0);
    const struct observation_csv_counts *counts = observation_csv_counts(f->csv);
    assert_int_equal(counts->observations, 2);
    assert_int_equal(counts->left_out[OBSERVATION_CSV_OTHER_FLOOR].rows, 1);
    assert_int_equal(counts->left_out[OBSERVATION_CSV_BAD_COVARIANCE].rows, 1);
    assert_int_equal(counts->left_out[OBSERVATION_CSV_UNSURE].rows, 1);
}

static void feet_outside_the_cameras_roi_are_counted(void **state)
{
    struct fixture *f = *state;
    double corners[] = { 0, 0, 500, 0, 500, 1000, 0, 1000 };
    const struct number_list left_half = { .values = corners, .count = 8 };
    f->cameras[0].observer.watch.roi = left_half;
    assert_int_equal(play(f, BOXES,
                          "1,a,person,1,480,100,520,400\n"
                          "1,a,person,1,280,100,320,400\n"),
                     0);
    assert_int_equal(observation_csv_counts(f->csv)->observations, 1);
    assert_int_equal(observation_csv_counts(f->csv)->left_out[OBSERVATION_CSV_OUTSIDE_ROI].rows, 1);
}

static void assert_refused(struct fixture *f, const char *header, const char *rows,
                           const char *words)
{
    char place[128];
    f->err.text[0] = '\0';
    assert_int_equal(play(f, header, rows), -EINVAL);
    (void) snprintf(place, sizeof(place), "%s:", f->path);
    if (!strstr(f->err.text, words) || !strstr(f->err.text, place))
        fail_msg("\"%s\" does not say \"%s\"", f->err.text, words);
}

static void malformed_text_is_refused_with_file_and_line(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "", "", "the file is empty");
    assert_refused(f, "time_us,camera,class,score,left_px,top_px,right_px\n", "",
                   ":1: neither a box");
    assert_refused(f, "camera,class,score,floor_x_m,floor_y_m\n", "",
                   ":1: there is no column time_us");
    assert_refused(f, "time_us,class,score,floor_x_m,floor_y_m\n", "", "no column camera");
    assert_refused(f, "time_us,camera,score,floor_x_m,floor_y_m\n", "", "no column class");
    assert_refused(f, "time_us,camera,class,floor_x_m,floor_y_m\n", "", "no column score");
    assert_refused(f, "time_us,camera,class,score,floor_x_m,floor_y_m,var_xx\n", "",
                   "a covariance is not complete");
    assert_refused(f, POINTS, "1,a,person,1,2\n", ":2: 5 fields where the header names 6");
    assert_refused(f, POINTS, "1,a,person,1,2,3\nx,a,person,1,2,3\n",
                   ":3: time_us: \"x\" is not a whole number");
    assert_refused(f, POINTS, "1,a,person,1,two,3\n", ":2: floor_x_m: \"two\" is not a number");
    assert_refused(f, POINTS, "1,a,person,,2,3\n", ":2: score: \"\" is not a number");
    assert_refused(f, POINTS, "2,a,person,1,2,3\n1,a,person,1,2,3\n",
                   ":3: time_us goes back from 2 to 1; sort");
    assert_refused(f, POINTS, "99000000000000000,a,person,1,2,3\n", "it must be microseconds");
}

/* One time for the whole file must not fill the memory. */
static void more_observations_than_a_frame_may_have_are_refused(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->path, "we");
    assert_non_null(file);
    (void) fputs(POINTS, file);
    for (int i = 0; i <= MESSAGE_OBSERVATIONS_MAX; i++)
        (void) fputs("7,a,person,1,2,3\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(observation_csv_open(f->path, NULL, f->cameras, 2, &f->csv, &f->err), 0);
    assert_int_equal(next(f), -EINVAL);
    assert_non_null(strstr(f->err.text, ":4098: camera a has more than 4096 observations"));
}

static void a_header_alone_is_a_file_without_times(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(play(f, POINTS, ""), 0);
    assert_int_equal(observation_csv_counts(f->csv)->times, 0);
}

/* Six rows in all 720 orders, each with its own place. */
static void the_order_of_rows_of_one_time_does_not_matter(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[6] = {
        "1,a,person,0.5,480,100,520,400\n", "1,a,person,0.5,680,100,720,410\n",
        "1,b,head,0.5,480,100,520,400\n",   "1,a,person,0.6,480,100,520,400\n",
        "1,b,person,0.5,200,100,240,500\n", "1,a,head,0.5,300,100,340,140\n",
    };
    struct observation expected[2][6];
    for (int order = 0; order < 720; order++) {
        int left[6] = { 0, 1, 2, 3, 4, 5 };
        char text[512] = "";
        for (int i = 0, rest = order, count = 6; count > 0; i++, count--) {
            int pick = rest % count;
            rest /= count;
            (void) strcat(text, rows[left[pick]]);
            memmove(&left[pick], &left[pick + 1], (size_t) (5 - pick) * sizeof(int));
        }
        assert_int_equal(open_rows(f, BOXES, text), 0);
        assert_int_equal(next(f), 1);
        assert_int_equal(f->frames[0]->observation_count, 4);
        assert_int_equal(f->frames[1]->observation_count, 2);
        for (size_t c = 0; c < 2; c++)
            for (size_t i = 0; i < f->frames[c]->observation_count; i++) {
                const struct observation *o = &f->frames[c]->observations[i];
                if (order == 0)
                    expected[c][i] = *o;
                assert_int_equal(o->object_class, expected[c][i].object_class);
                assert_memory_equal(&o->box, &expected[c][i].box, sizeof(o->box));
                assert_memory_equal(&o->floor, &expected[c][i].floor, sizeof(o->floor));
                assert_memory_equal(&o->score, &expected[c][i].score, sizeof(o->score));
            }
    }
}

#define LOOKS "time_us,camera,class,score,floor_x_m,floor_y_m,appearance\n"

static void appearance_goes_with_its_observation(void **state)
{
    struct fixture *f = *state;
    /* Out of order; separated both ways; one without, one left out, one camera without any. */
    assert_int_equal(open_rows(f, LOOKS,
                               "1,a,person,1,3,0,0.25;0.5; 3\n"
                               "1,a,person,1,2,0,\n"
                               "1,a,cat,1,0,0,7 7 7\n"
                               "1,b,person,1,0,0,\n"
                               "1,a,person,1,1,0, -1 2e0 3 \n"
                               "2,a,person,1,1,0,\n"
                               "3,a,person,1,5,0,4 5 6\n"),
                     0);
    assert_int_equal(next(f), 1);
    const struct observation_frame *frame = f->frames[0];
    static const float expected[] = { -1, 2, 3, 0, 0, 0, 0.25f, 0.5f, 3 };
    assert_int_equal(frame->observation_count, 3);
    assert_int_equal(frame->appearance_length, 3);
    for (size_t i = 0; i < 3; i++)
        assert_near(frame->observations[i].floor.x, (double) i + 1, 0);
    assert_memory_equal(frame->appearance, expected, sizeof(expected));
    assert_int_equal(f->frames[1]->appearance_length, 0);
    assert_null(f->frames[1]->appearance);
    assert_int_equal(next(f), 1); /* nobody's is known */
    assert_int_equal(f->frames[0]->observation_count, 1);
    assert_int_equal(f->frames[0]->appearance_length, 0);
    assert_null(f->frames[0]->appearance);
    assert_int_equal(next(f), 1);
    assert_near(f->frames[0]->appearance[2], 6, 0);
}

static void the_order_of_rows_does_not_matter_to_appearance(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[] = { "1,a,person,1,3,0,1 2\n1,a,person,1,3,0,2 1\n",
                                        "1,a,person,1,3,0,2 1\n1,a,person,1,3,0,1 2\n" };
    static const float expected[] = { 1, 2, 2, 1 };
    for (int order = 0; order < 2; order++) {
        assert_int_equal(open_rows(f, LOOKS, rows[order]), 0);
        assert_int_equal(next(f), 1);
        assert_memory_equal(f->frames[0]->appearance, expected, sizeof(expected));
    }
}

static void appearance_of_many_people_grows_with_them(void **state)
{
    struct fixture *f = *state;
    static char text[1 << 16];
    size_t length = 0;
    for (int i = 0; i < 1000; i++)
        length += (size_t) snprintf(text + length, sizeof(text) - length, "1,a,person,1,%d,0,%s\n",
                                    i, i % 3 ? "1 0" : "");
    assert_int_equal(open_rows(f, LOOKS, text), 0);
    assert_int_equal(next(f), 1);
    assert_int_equal(f->frames[0]->observation_count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_near(f->frames[0]->appearance[2 * i], i % 3 != 0, 0);
}

static void appearance_that_is_none_is_refused(void **state)
{
    struct fixture *f = *state;
    static char long_one[2 * MESSAGE_APPEARANCE_MAX + 64];
    size_t length = (size_t) sprintf(long_one, "1,a,person,1,1,1,");
    for (int i = 0; i <= MESSAGE_APPEARANCE_MAX; i++, length += 2)
        (void) strcpy(long_one + length, "1 ");
    (void) strcpy(long_one + length, "\n");
    assert_refused(f, LOOKS, "1,a,person,1,1,1,1 2 red\n", ":2: appearance is not numbers");
    assert_refused(f, LOOKS, "1,a,person,1,1,1,1 2\n1,a,person,1,1,1,1 2 3\n",
                   ":3: appearance has another length");
    assert_refused(f, LOOKS, long_one, ":2: appearance has too many numbers");
}

static void cameras_of_a_file_are_found(void **state)
{
    struct fixture *f = *state;
    bool present[3];
    write_file(f, BOXES, "1,b,,,,,,\n2,c,person,1,1,2,3,4\n");
    assert_int_equal(observation_csv_find_cameras(f->path, f->cameras, 3, present, &f->err), 0);
    assert_false(present[0]);
    assert_true(present[1]);
    assert_false(present[2]);
    write_file(f, BOXES, "");
    assert_int_equal(observation_csv_find_cameras(f->path, f->cameras, 3, present, &f->err), 0);
    assert_false(present[1]);
    write_file(f, BOXES, "1,c,,,,,,\n2,d,,,,,,\n");
    assert_int_equal(observation_csv_find_cameras(f->path, f->cameras, 3, present, &f->err),
                     -EINVAL);
    assert_non_null(strstr(f->err.text, ":2: camera \"c\" is unknown"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_box_is_placed_where_its_foot_is),
        TEST(the_other_camera_has_seen_nobody),
        TEST(a_row_with_an_empty_class_says_that_a_camera_did_not_look),
        TEST(columns_come_in_any_order_and_others_are_not_looked_at),
        TEST(a_head_is_placed_below_itself),
        TEST(a_floor_point_is_taken_as_it_is),
        TEST(what_cannot_be_used_is_counted_by_reason),
        TEST(covariances_and_floors_that_do_not_fit_are_counted),
        TEST(feet_outside_the_cameras_roi_are_counted),
        TEST(malformed_text_is_refused_with_file_and_line),
        TEST(more_observations_than_a_frame_may_have_are_refused),
        TEST(a_header_alone_is_a_file_without_times),
        TEST(the_order_of_rows_of_one_time_does_not_matter),
        TEST(appearance_goes_with_its_observation),
        TEST(the_order_of_rows_does_not_matter_to_appearance),
        TEST(appearance_of_many_people_grows_with_them),
        TEST(appearance_that_is_none_is_refused),
        TEST(cameras_of_a_file_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
