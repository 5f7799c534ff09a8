/*
 * test_clear.c - MODA and its kin; small cases counted by hand, one published case
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "eval/clear.h"
#include "near.h"
#include "testing.h"

#define POINTS(array) ((struct eval_points){ (array), ARRAY_LENGTH(array) })

static struct clear_result evaluate(struct eval_points truth, struct eval_points result,
                                    double radius_m, int64_t tolerance_us)
{
    struct clear_result r;
    assert_int_equal(clear_evaluate(&truth, &result, radius_m, tolerance_us, &r), 0);
    return r;
}

static void matches_misses_and_false_points_are_counted(void **state)
{
    (void) state;
    struct eval_point truth[] = {
        { 0, 1, { 0, 0 } },    { 0, 2, { 5, 0 } },    { 0, 3, { 9, 9 } },
        { 1000, 1, { 1, 0 } }, { 1000, 2, { 5, 1 } },
    };
    struct eval_point result[] = {
        { 0, 7, { 0.3, 0 } },    { 0, 8, { 5, 0.4 } },    { 0, 9, { 20, 20 } },
        { 1000, 7, { 1, 0.2 } }, { 1000, 8, { 5, 2.5 } },
    };
    struct clear_result r = evaluate(POINTS(truth), POINTS(result), 1, 0);
    assert_int_equal(r.truth, 5);
    assert_int_equal(r.matched, 3); /* 0.3, 0.4 and 0.2 m off */
    assert_int_equal(r.missed, 2);
    assert_int_equal(r.false_positives, 2);
    assert_int_equal(r.doubled, 0);
    assert_near(r.moda, 1 - 4.0 / 5, 1e-12);
    assert_near(r.modp, 0.7, 1e-12);
    assert_near(r.precision, 0.6, 1e-12);
    assert_near(r.recall, 0.6, 1e-12);
    assert_near(r.mean_error_m, 0.3, 1e-12);
}

static void as_many_as_possible_are_matched_before_distance_counts(void **state)
{
    (void) state;
    /* Greedy would take 0 with 0.1 and leave 0.9 with nothing: 0.9 is 1.9 from -1. */
    struct eval_point truth[] = { { 0, 1, { 0, 0 } }, { 0, 2, { 0.9, 0 } } };
    struct eval_point result[] = { { 0, 1, { 0.1, 0 } }, { 0, 2, { -0.9, 0 } } };
    struct clear_result r = evaluate(POINTS(truth), POINTS(result), 1, 0);
    assert_int_equal(r.matched, 2);
    assert_near(r.mean_error_m, (0.8 + 0.9) / 2, 1e-12);
}

static void a_match_may_be_exactly_the_radius_away(void **state)
{
    (void) state;
    struct eval_point truth[] = { { 0, 1, { 0, 0 } } }, at[] = { { 0, 1, { 1, 0 } } };
    struct eval_point beyond[] = { { 0, 1, { 1.001, 0 } } };
    assert_int_equal(evaluate(POINTS(truth), POINTS(at), 1, 0).matched, 1);
    assert_int_equal(evaluate(POINTS(truth), POINTS(beyond), 1, 0).matched, 0);
}

static void a_person_seen_twice_is_doubled(void **state)
{
    (void) state;
    struct eval_point truth[] = { { 0, 1, { 0, 0 } }, { 0, 2, { 10, 0 } } };
    struct eval_point result[] = { { 0, 1, { 0.1, 0 } }, { 0, 2, { 0.5, 0 } }, { 0, 3, { 5, 5 } } };
    struct clear_result r = evaluate(POINTS(truth), POINTS(result), 1, 0);
    assert_int_equal(r.matched, 1);
    assert_int_equal(r.false_positives, 2);
    assert_int_equal(r.doubled, 1); /* (5, 5) is beside nobody */
}

static void results_count_for_the_nearest_truth_time(void **state)
{
    (void) state;
    struct eval_point truth[] = { { 0, 1, { 0, 0 } }, { 100, 1, { 1, 0 } }, { 200, 1, { 2, 0 } } };
    struct eval_point result[] = {
        { 40, 1, { 0, 0 } },  /* for 0 */
        { 70, 1, { 9, 9 } },  /* for 100, but 110 is nearer to it */
        { 110, 1, { 1, 0 } }, /* for 100 */
        { 290, 1, { 2, 0 } }, /* 90 behind the last: out of tolerance */
    };
    struct clear_result r = evaluate(POINTS(truth), POINTS(result), 0.5, 50);
    assert_int_equal(r.matched, 2);
    assert_int_equal(r.missed, 1);
    assert_int_equal(r.false_positives, 0);
}

static void times_without_truth_are_not_scored(void **state)
{
    (void) state;
    struct eval_point truth[] = { { 1000, 1, { 0, 0 } } };
    struct eval_point result[] = { { 0, 1, { 0, 0 } },
                                   { 1000, 1, { 0, 0 } },
                                   { 5000, 1, { 3, 3 } } };
    struct clear_result r = evaluate(POINTS(truth), POINTS(result), 1, 10);
    assert_int_equal(r.matched, 1);
    assert_int_equal(r.false_positives, 0);
    assert_near(r.moda, 1, 0);
}

static void nothing_divided_by_nothing_is_not_a_number(void **state)
{
    (void) state;
    struct eval_points none = { NULL, 0 };
    struct eval_point one[] = { { 0, 1, { 0, 0 } } };
    struct clear_result r = evaluate(none, none, 1, 0);
    assert_true(isnan(r.moda) && isnan(r.modp) && isnan(r.precision) && isnan(r.recall));
    r = evaluate(POINTS(one), none, 1, 0);
    assert_near(r.moda, 0, 0);
    assert_near(r.recall, 0, 0);
    assert_true(isnan(r.precision) && isnan(r.modp));
}

static int read_text(const char *text, struct eval_points *ret_points, struct error *err)
{
    char path[] = "/tmp/floorfuse-clear-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t) strlen(text));
    assert_int_equal(close(fd), 0);
    int r = eval_points_read(path, ret_points, err);
    (void) unlink(path);
    return r;
}

static void points_are_read_in_order_without_tentative_ones(void **state)
{
    (void) state;
    AUTO(eval_points_release) struct eval_points points = { 0 };
    struct error err = { "" };
    assert_int_equal(read_text("x_m,y_m,time_us,track,state\n"
                               "1,2,200,5,confirmed\n"
                               "3,4,100,9,confirmed\n"
                               "0,0,100,1,tentative\n"
                               "5,6,100,2,\n",
                               &points, &err),
                     0);
    assert_int_equal(points.count, 3);
    assert_int_equal(points.items[0].id, 2);
    assert_int_equal(points.items[1].id, 9);
    assert_int_equal(points.items[2].time_us, 200);
    assert_near(points.items[2].position.y, 2, 0);
}

static void bad_point_files_are_refused(void **state)
{
    (void) state;
    struct eval_points points = { 0 };
    struct error err = { "" };
    assert_int_equal(read_text("time_us,id,x_m\n1,1,1\n", &points, &err), -EINVAL);
    assert_non_null(strstr(err.text, "y_m is missing"));
    assert_int_equal(read_text("time_us,id,x_m,y_m\n1,1,1,inf\n", &points, &err), -EINVAL);
    assert_non_null(strstr(err.text, ":2: y_m"));
    assert_int_equal(points.count, 0);
}

/* `frame gridx gridy` lines of 2.5 cm cells become points of one frame a second. */
static struct eval_points read_mvdet(const char *name, long first_frame)
{
    char path[512];
    struct eval_points points = { 0 };
    double frame, x, y;
    (void) snprintf(path, sizeof(path), "%s/data/wildtrack/mvdet-demo/%s", SHARED_DIR, name);
    FILE *file = fopen(path, "r");
    if (!file)
        skip();
    points.items = calloc(20000, sizeof(*points.items));
    assert_non_null(points.items);
    while (points.count < 20000 && fscanf(file, "%lf %lf %lf", &frame, &x, &y) == 3) {
        if ((long) frame < first_frame)
            continue;
        points.items[points.count] = (struct eval_point){ (int64_t) frame * 1000000,
                                                          (int64_t) points.count,
                                                          { x * 0.025, y * 0.025 } };
        points.count++;
    }
    (void) fclose(file);
    return points;
}

static void the_published_figures_of_mvdet_come_out(void **state)
{
    (void) state;
    /* MVDet's own example: frames from 1800 on; its evaluation says MODA 88.4, MODP 75.6, precision
     * 93.6, recall 95.0 (per cent, one decimal). */
    AUTO(eval_points_release) struct eval_points result = read_mvdet("test-demo.txt", 1800);
    AUTO(eval_points_release) struct eval_points truth = read_mvdet("gt-demo.txt", 1800);
    struct clear_result r = evaluate(truth, result, 0.5, 0);
    print_message("MODA %.2f MODP %.2f precision %.2f recall %.2f\n", 100 * r.moda, 100 * r.modp,
                  100 * r.precision, 100 * r.recall);
    assert_near(100 * r.moda, 88.4, 0.06);
    assert_near(100 * r.modp, 75.6, 0.06);
    assert_near(100 * r.precision, 93.6, 0.06);
    assert_near(100 * r.recall, 95.0, 0.06);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_misses_and_false_points_are_counted),
        cmocka_unit_test(as_many_as_possible_are_matched_before_distance_counts),
        cmocka_unit_test(a_match_may_be_exactly_the_radius_away),
        cmocka_unit_test(a_person_seen_twice_is_doubled),
        cmocka_unit_test(results_count_for_the_nearest_truth_time),
        cmocka_unit_test(times_without_truth_are_not_scored),
        cmocka_unit_test(nothing_divided_by_nothing_is_not_a_number),
        cmocka_unit_test(points_are_read_in_order_without_tentative_ones),
        cmocka_unit_test(bad_point_files_are_refused),
        cmocka_unit_test(the_published_figures_of_mvdet_come_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
