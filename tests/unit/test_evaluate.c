/*
 * test_evaluate.c - every measure on cases worked out by hand, and on two published ones
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "eval/evaluate.h"
#include "near.h"
#include "testing.h"

struct files {
    char truth[64], result[64];
};

static int open_files(void **state)
{
    struct files *files = calloc(1, sizeof(*files));
    if (!files)
        return -1;
    (void) snprintf(files->truth, sizeof(files->truth), "/tmp/floorfuse-truth-XXXXXX");
    (void) snprintf(files->result, sizeof(files->result), "/tmp/floorfuse-result-XXXXXX");
    int truth = mkstemp(files->truth), result = mkstemp(files->result);
    *state = files;
    return truth < 0 || result < 0 || close(truth) < 0 || close(result) < 0 ? -1 : 0;
}

static int close_files(void **state)
{
    struct files *files = *state;
    (void) unlink(files->truth);
    (void) unlink(files->result);
    free(files);
    return 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int score(const struct files *files, const struct region *region, struct evaluation *ret,
                 struct error *err)
{
    struct evaluate_options options = { .truth = files->truth,
                                        .result = files->result,
                                        .radius_m = 0.5,
                                        .tolerance_us = 50000,
                                        .cell_m = 1 };
    if (region)
        options.region = *region;
    return evaluate(&options, ret, err);
}

static struct evaluation score_texts(void **state, const char *truth, const char *result)
{
    struct files *files = *state;
    struct evaluation e;
    struct error err = { "" };
    write_file(files->truth, truth);
    write_file(files->result, result);
    assert_int_equal(score(files, NULL, &e, &err), 0);
    return e;
}

#define HEADER "time_us,id,x_m,y_m\n"

/* Two people for four times; 1 s between them. */
static const char two_people[] = HEADER "0,1,0.5,0.5\n0,2,5.5,0.5\n"
                                        "1000000,1,0.5,0.5\n1000000,2,5.5,0.5\n"
                                        "2000000,1,0.5,0.5\n2000000,2,5.5,0.5\n"
                                        "3000000,1,0.5,0.5\n3000000,2,5.5,0.5\n";

static void the_truth_itself_is_perfect(void **state)
{
    struct evaluation e = score_texts(state, two_people, two_people);
    assert_near(e.moda, 1, 0);
    assert_near(e.modp, 1, 0);
    assert_near(e.mota, 1, 0);
    assert_near(e.idf1, 1, 0);
    assert_near(e.hota, 1, 1e-12);
    assert_near(e.association_accuracy, 1, 1e-12);
    assert_near(e.count_mae, 0, 0);
    assert_near(e.heat_error, 0, 0);
    assert_int_equal(e.mostly_tracked, 2);
    assert_int_equal(e.id_switches, 0);
    assert_int_equal(e.fragments, 0);
}

static void misses_false_points_and_doubles_are_counted(void **state)
{
    /* Of 8: person 2 is missed at 0 s and 1 s; 3 points are false, of which one is beside person 1,
     * who has their match 0.1 m away: MODA 1 - 5/8, precision 6/9, recall 6/8. */
    struct evaluation e = score_texts(state, two_people,
                                      HEADER "0,7,0.5,0.6\n0,8,0.5,0.9\n"
                                             "1000000,7,0.5,0.6\n1000000,9,9,9\n"
                                             "2000000,7,0.5,0.6\n2000000,8,5.5,0.6\n"
                                             "2000000,9,9,9\n"
                                             "3000000,7,0.5,0.6\n3000000,8,5.5,0.6\n");
    assert_int_equal(e.missed, 2);
    assert_int_equal(e.false_positives, 3);
    assert_int_equal(e.doubled, 1);
    assert_near(e.moda, 3.0 / 8, 1e-12);
    assert_near(e.precision, 6.0 / 9, 1e-12);
    assert_near(e.recall, 6.0 / 8, 1e-12);
    assert_near(e.mean_error_m, 0.1, 1e-12);
    assert_near(e.modp, 1 - 0.1 / 0.5, 1e-12);
    assert_near(e.duplicate_rate, 1.0 / 8, 1e-12);
    /* One more, none, one more, none than the truth: 2, 2, 3, 2 people of 2. */
    assert_near(e.count_mae, 0.25, 1e-12);
    assert_near(e.count_bias, 0.25, 1e-12);
    assert_near(e.count_bias_share, 1.0 / 8, 1e-12);
}

static void a_swap_is_two_switches_and_half_the_identities(void **state)
{
    /* 7 and 8 change places after 1 s. MOTA: 1 - 2/8. Each person has 2 of 4 times with the better
     * track: IDTP 4, IDF1 = 2 * 4 / (8 + 8). HOTA: all matches exact, so DetA 1 at every threshold;
     * each match belongs to a pair with 2 of 4 + 4 - 2 times: AssA 1/3, HOTA sqrt(1/3). */
    struct evaluation e = score_texts(state, two_people,
                                      HEADER "0,7,0.5,0.5\n0,8,5.5,0.5\n"
                                             "1000000,7,0.5,0.5\n1000000,8,5.5,0.5\n"
                                             "2000000,8,0.5,0.5\n2000000,7,5.5,0.5\n"
                                             "3000000,8,0.5,0.5\n3000000,7,5.5,0.5\n");
    assert_near(e.moda, 1, 0);
    assert_int_equal(e.id_switches, 2);
    assert_near(e.mota, 0.75, 1e-12);
    assert_near(e.idf1, 0.5, 1e-12);
    assert_near(e.detection_accuracy, 1, 1e-12);
    assert_near(e.association_accuracy, 1.0 / 3, 1e-12);
    assert_near(e.hota, sqrt(1.0 / 3), 1e-12);
}

static void who_is_found_again_is_a_fragment(void **state)
{
    /* Person 1 is not found at 1 s and comes back under another number: one fragment, one switch;
     * person 2 is never found. */
    struct evaluation e =
        score_texts(state, two_people,
                    HEADER "0,7,0.5,0.5\n1000000,9,9,9\n2000000,8,0.5,0.5\n3000000,8,0.5,0.5\n");
    assert_int_equal(e.fragments, 1);
    assert_int_equal(e.id_switches, 1);
    assert_int_equal(e.mostly_tracked, 0);
    assert_int_equal(e.partly_tracked, 1);
    assert_int_equal(e.mostly_lost, 1);
    assert_near(e.mota, 1 - (5 + 1 + 1) / 8.0, 1e-12);
    /* Track 8 agrees with person 1 twice: 2 * 2 / (8 + 4). */
    assert_near(e.idf1, 4.0 / 12, 1e-12);
}

static void the_match_of_the_time_before_is_kept(void **state)
{
    /* At 1 s track 8 is nearer to person 1, but 7 was theirs and is still within 0.5 m. */
    struct evaluation e = score_texts(state, HEADER "0,1,0,0\n1000000,1,0,0\n",
                                      HEADER "0,7,0.1,0\n1000000,7,0.4,0\n1000000,8,0.05,0\n");
    assert_int_equal(e.id_switches, 0);
    assert_near(e.motp, 1 - (0.1 + 0.4) / 2 / 0.5, 1e-12);
    assert_near(e.modp, 1 - (0.1 + 0.05) / 2 / 0.5, 1e-12); /* each time on its own */
}

static void hota_falls_with_distance_as_worked_out(void **state)
{
    /* Always 0.25 m away with a radius of 0.5 m: similarity 1 - 0.25 / 1 = 0.75, so that the
     * thresholds 0.05 .. 0.75 match: 15 of 19, each with DetA = AssA = 1. */
    struct evaluation e = score_texts(state, HEADER "0,1,0,0\n1000000,1,0,0\n",
                                      HEADER "0,7,0.25,0\n1000000,7,0.25,0\n");
    assert_near(e.hota, 15.0 / 19, 1e-12);
    /* Where nothing matches the error is called 1. */
    assert_near(e.localisation_accuracy, (15 * 0.75 + 4) / 19, 1e-12);
}

static void dwell_in_the_wrong_cell_counts_twice(void **state)
{
    /* 1 of 2 s in the neighbouring cell: 1 s too little here and 1 s too much there, of 2 s. */
    struct evaluation e = score_texts(state, HEADER "0,1,0.9,0.5\n1000000,1,0.9,0.5\n",
                                      HEADER "0,7,0.9,0.5\n1000000,7,1.1,0.5\n");
    assert_near(e.heat_error, 1, 1e-12);
}

static void tentative_rows_and_times_without_truth_are_not_scored(void **state)
{
    struct evaluation e = score_texts(state, HEADER "0,1,0,0\n",
                                      "state,track,time_us,y_m,x_m\n"
                                      "confirmed,7,0,0,0\ntentative,8,0,3,3\n"
                                      "confirmed,7,500000,9,9\n");
    assert_near(e.moda, 1, 0);
    assert_int_equal(e.result, 1);
}

static void results_within_the_tolerance_are_of_that_time(void **state)
{
    /* 40 ms early and 10 ms late are both of 1 s: the nearer one counts. 60 ms is too far. */
    struct evaluation e = score_texts(state, HEADER "1000000,1,0,0\n2000000,1,0,0\n",
                                      HEADER "960000,7,3,3\n1010000,7,0,0\n2060000,7,0,0\n");
    assert_int_equal(e.matched, 1);
    assert_int_equal(e.false_positives, 0);
    assert_int_equal(e.missed, 1);
}

static void other_floors_are_far_away(void **state)
{
    struct evaluation e = score_texts(state, "time_us,id,x_m,y_m,floor\n0,1,0,0,ground\n",
                                      "time_us,id,x_m,y_m,floor\n0,1,0,0,first\n");
    assert_int_equal(e.matched, 0);
}

static void a_file_without_floors_means_any(void **state)
{
    struct evaluation e =
        score_texts(state, "time_us,id,x_m,y_m\n0,1,0,0\n100000,1,5,0\n",
                    "time_us,track,x_m,y_m,floor\n0,1,0,0,ground\n100000,1,5,0,ground\n");
    assert_near(e.moda, 1, 0);
    assert_near(e.heat_error, 0, 0);
}

static void the_region_is_cut_out_of_both(void **state)
{
    struct files *files = *state;
    static const double rectangle[] = { 0, 0, 1, 1 };
    struct region region = { rectangle, 4 };
    struct evaluation e;
    write_file(files->truth, HEADER "0,1,0.5,0.5\n0,2,5,5\n1000000,2,5,5\n");
    write_file(files->result, HEADER "0,7,0.5,0.5\n0,8,1.2,0.5\n1000000,8,0.9,0.5\n");
    assert_int_equal(score(files, &region, &e, NULL), 0);
    assert_int_equal(e.truth, 1);
    assert_int_equal(e.result, 2);
    assert_int_equal(e.false_positives, 1); /* at 1 s nobody is in the region */
}

static void bad_files_are_refused_with_file_and_line(void **state)
{
    static const struct {
        const char *truth, *words;
    } cases[] = {
        { "", "the file is empty" },
        { "time_us,x_m,y_m\n0,0,0\n", "the column id is missing" },
        { HEADER "0,1,0,0\n5,1,0,0\n4,1,0,0\n", ":4: time goes backwards" },
        { HEADER "0,1,0,0\n0,1,1,1\n", ":3: id 1 is twice at time 0" },
        { HEADER "0,1,0,nan\n", ":2: " },
        { HEADER "0,1,0\n", ":2: " },
        { HEADER, "there is no row" },
    };
    struct files *files = *state;
    write_file(files->result, HEADER "0,1,0,0\n");
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct evaluation e;
        struct error err = { "" };
        write_file(files->truth, cases[i].truth);
        assert_int_equal(score(files, NULL, &e, &err), -EINVAL);
        if (!strstr(err.text, cases[i].words) || !strstr(err.text, files->truth))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].words);
    }
}

/* ---- published figures, where the data is there ---- */

static void published_tracks_score_as_their_authors_say(void **state)
{
    static const double rectangle[] = { 2.03, 0, 6.30, 3.41 };
    struct evaluate_options options = {
        .truth = SHARED_DIR "/data/cmc/cmc2/truth.csv",
        .result = SHARED_DIR "/data/cmc/cmc2/published-tracks.csv",
        .radius_m = 0.5,
        .cell_m = 0.25,
        .region = { rectangle, 4 },
    };
    struct evaluation e;
    (void) state;
    if (access(options.truth, R_OK) < 0)
        skip();
    assert_int_equal(evaluate(&options, &e, NULL), 0);
    /* The data's README: MODA 95.8, IDF1 96.7, MOTA 94.0 */
    assert_near(100 * e.moda, 95.8, 0.05);
    assert_near(100 * e.idf1, 96.7, 0.05);
    assert_near(100 * e.mota, 94.0, 0.05);
}

/* "frame x y" in cells of 2.5 cm, as MVDet writes; only frames from `first` on. Rows are in order
 * of frames only as far as the lines are. */
static void convert_mvdet(const char *from, const char *to, long first)
{
    static long rows[20000][3];
    size_t count = 0;
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");
    double frame, x, y;
    assert_true(in && out);
    while (count < ARRAY_LENGTH(rows) && fscanf(in, "%lf %lf %lf", &frame, &x, &y) == 3)
        if ((long) frame >= first) {
            rows[count][0] = (long) frame;
            rows[count][1] = (long) x;
            rows[count++][2] = (long) y;
        }
    (void) fputs(HEADER, out);
    for (long f = first; f < 2000; f++)
        for (size_t i = 0; i < count; i++)
            if (rows[i][0] == f)
                (void) fprintf(out, "%ld,%zu,%.4f,%.4f\n", f * 100000, i,
                               0.025 * (double) rows[i][1], 0.025 * (double) rows[i][2]);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
}

static void mvdet_demo_scores_as_published(void **state)
{
    struct files *files = *state;
    struct evaluation e;
    if (access(SHARED_DIR "/data/wildtrack/mvdet-demo/gt-demo.txt", R_OK) < 0)
        skip();
    /* The prediction is of the test frames, 1800 and later. */
    convert_mvdet(SHARED_DIR "/data/wildtrack/mvdet-demo/gt-demo.txt", files->truth, 1800);
    convert_mvdet(SHARED_DIR "/data/wildtrack/mvdet-demo/test-demo.txt", files->result, 1800);
    assert_int_equal(score(files, NULL, &e, NULL), 0);
    assert_near(100 * e.moda, 88.4, 0.1);
    assert_near(100 * e.modp, 75.6, 0.1);
    assert_near(100 * e.precision, 93.6, 0.1);
    assert_near(100 * e.recall, 95.0, 0.1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_files, close_files)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_truth_itself_is_perfect),
        TEST(misses_false_points_and_doubles_are_counted),
        TEST(a_swap_is_two_switches_and_half_the_identities),
        TEST(who_is_found_again_is_a_fragment),
        TEST(the_match_of_the_time_before_is_kept),
        TEST(hota_falls_with_distance_as_worked_out),
        TEST(dwell_in_the_wrong_cell_counts_twice),
        TEST(tentative_rows_and_times_without_truth_are_not_scored),
        TEST(results_within_the_tolerance_are_of_that_time),
        TEST(other_floors_are_far_away),
        TEST(a_file_without_floors_means_any),
        TEST(the_region_is_cut_out_of_both),
        TEST(bad_files_are_refused_with_file_and_line),
        TEST(published_tracks_score_as_their_authors_say),
        TEST(mvdet_demo_scores_as_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
