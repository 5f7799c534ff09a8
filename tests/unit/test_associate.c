/* test_associate.c - who is near, who is whom; compared with slow plain versions and by hand */
#include <stdlib.h>
#include <string.h>

#include "fusion/associate.h"
#include "fusion/near.h"
#include "fusion_scene.h"
#include "near.h"
#include "testing.h"

#define POINTS 400

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *) left, b = *(const uint32_t *) right;
    return (a > b) - (a < b);
}

static void near_finds_what_a_full_search_finds(void **state)
{
    (void) state;
    struct arena *arena = NULL;
    struct floor_m points[POINTS];
    uint64_t random = 1;
    assert_int_equal(arena_create(4096, &arena), 0);
    for (int i = 0; i < POINTS; i++) {
        points[i].x = 20 * scene_uniform(&random) - 10;
        points[i].y = 20 * scene_uniform(&random) - 10;
    }
    points[0] = (struct floor_m){ 1e5, -1e5 };
    struct near *near = near_build(points, POINTS, 2, arena);
    assert_non_null(near);
    for (int i = 0; i < POINTS; i++) {
        double radius_m = 2 * scene_uniform(&random);
        const uint32_t *found;
        uint32_t sorted[POINTS];
        size_t n = near_find(near, points[i], radius_m, &found), expected = 0;
        memcpy(sorted, found, n * sizeof(*sorted));
        qsort(sorted, n, sizeof(*sorted), by_number);
        for (uint32_t j = 0; j < POINTS; j++) {
            if (floor_distance_m(points[i], points[j]) > radius_m)
                continue;
            assert_true(expected < n);
            assert_int_equal(sorted[expected++], j);
        }
        assert_int_equal(n, expected);
    }
    arena_destroy(&arena);
}

static void near_takes_no_points_at_all(void **state)
{
    (void) state;
    struct arena *arena = NULL;
    const uint32_t *found;
    assert_int_equal(arena_create(4096, &arena), 0);
    struct near *near = near_build(NULL, 0, 1, arena);
    assert_non_null(near);
    assert_int_equal(near_find(near, (struct floor_m){ 0, 0 }, 1, &found), 0);
    arena_destroy(&arena);
}

/* Tracks that stand at points with a standard deviation of 0.3 m, sightings with 0.4: together 0.5.
 */
struct bench {
    struct arena *arena;
    struct prediction predictions[8];
    size_t track_count;
    struct sighting sightings[8];
    size_t count;
    struct match match[8];
    bool contested;
};

static void place(struct sighting *sighting, double x)
{
    sighting->foot = sighting->position = (struct floor_m){ x, 0 };
    sighting->foot_covariance = sighting->covariance = (struct covariance2){ 0.16, 0, 0.16 };
}

static void open_bench(struct bench *bench, const double *track_x, size_t tracks,
                       const double *sighting_x, size_t sightings)
{
    *bench = (struct bench){ .count = sightings, .track_count = tracks };
    assert_int_equal(arena_create(4096, &bench->arena), 0);
    for (size_t i = 0; i < tracks; i++)
        bench->predictions[i] =
            (struct prediction){ .position = { track_x[i], 0 }, .covariance = { 0.09, 0, 0.09 } };
    for (size_t i = 0; i < sightings; i++)
        place(&bench->sightings[i], sighting_x[i]);
}

static void associate_bench(struct bench *bench)
{
    uint32_t tracks[8], first[9] = { 0 }, numbers[64], used = 0;
    struct candidates candidates = {
        .tracks = tracks, .track_count = bench->track_count, .first = first, .numbers = numbers
    };
    for (size_t i = 0; i < bench->count; i++) {
        for (uint32_t k = 0; k < bench->track_count; k++)
            numbers[used++] = tracks[k] = k;
        first[i + 1] = used;
    }
    assert_int_equal(associate_frame(bench->sightings, bench->count, &candidates,
                                     bench->predictions, 3.5, bench->arena, bench->match,
                                     &bench->contested),
                     0);
}

static void close_bench(struct bench *bench)
{
    arena_destroy(&bench->arena);
}

static void whole_frame_is_matched_best_not_the_first_pair(void **state)
{
    (void) state;
    /* Nearest first gives sighting 0.5 to track 0.6 and 1.5 to track 0: 0.2^2 + 3^2 = 9.04 sigma^2;
     * best is 0.5 to 0 and 1.5 to 0.6: 1^2 + 1.8^2 = 4.24. */
    struct bench bench;
    open_bench(&bench, (double[]){ 0, 0.6 }, 2, (double[]){ 0.5, 1.5 }, 2);
    associate_bench(&bench);
    assert_int_equal(bench.match[0].track, 0);
    assert_int_equal(bench.match[1].track, 1);
    close_bench(&bench);
}

static void good_pair_is_not_given_up_for_two_poor_ones(void **state)
{
    (void) state;
    /* 0 is at track 0 exactly; -1.5 reaches only track 0 (3 sigma), 0 reaches track 1.5 as well.
     * Two pairs would cost 2 x 3^2 = 18, one pair and one left alone 0 + 3.12^2 = 9.7 (below). */
    struct bench bench;
    open_bench(&bench, (double[]){ 0, 1.5 }, 2, (double[]){ -1.5, 0 }, 2);
    associate_bench(&bench);
    assert_true(bench.match[0].track == ASSOCIATE_NONE);
    assert_int_equal(bench.match[1].track, 0);
    close_bench(&bench);
}

/* How far along x a sighting may be from a track at 0, to a centimetre. */
static double farthest_match_m(struct bench *bench)
{
    int cm = 0;
    do {
        place(&bench->sightings[0], 0.01 * cm++);
        associate_bench(bench);
    } while (bench->match[0].track == 0);
    return 0.01 * (cm - 2);
}

static void what_is_likelier_nobody_known_is_matched_to_nobody(void **state)
{
    (void) state;
    /* Nobody known: 0.07 / 2.5 a m^2 x 15 / 85 = 0.00494. The density of a normal with 0.5 m is as
     * low at 0.5 sqrt(-2 ln(0.00494 x 2 pi 0.25)) = 1.56 m; with 1.0 m (track 0.9165) at 2.64 m. */
    struct bench bench;
    open_bench(&bench, (double[]){ 0 }, 1, (double[]){ 0 }, 1);
    assert_near(farthest_match_m(&bench), 1.56, 0.011);
    bench.predictions[0].covariance = (struct covariance2){ 0.84, 0, 0.84 };
    assert_near(farthest_match_m(&bench), 2.64, 0.011);
    close_bench(&bench);
}

static void nobody_is_matched_outside_the_gate(void **state)
{
    (void) state;
    /* Known to 0.1 m and seen to 0.1 m: nobody else is likelier up to 3.8 sigma = 0.54 m, but the
     * gate of 3.5 is at 0.49 m. */
    struct bench bench;
    open_bench(&bench, (double[]){ 0 }, 1, (double[]){ 0 }, 1);
    bench.predictions[0].covariance = (struct covariance2){ 0.01, 0, 0.01 };
    for (int cm = 48; cm < 52; cm++) {
        place(&bench.sightings[0], 0.01 * cm);
        bench.sightings[0].foot_covariance = (struct covariance2){ 0.01, 0, 0.01 };
        associate_bench(&bench);
        assert_int_equal(bench.match[0].track == 0, cm <= 49);
    }
    close_bench(&bench);
}

static void person_who_is_hardly_believed_gives_way(void **state)
{
    (void) state;
    /* 0.3 m from the one and 0.5 m from the other: (0.5^2 - 0.3^2) / 0.5^2 = 0.64 less, but the
     * nearer is a person with a probability of a half only: 2 ln 2 = 1.39 more. */
    struct bench bench;
    open_bench(&bench, (double[]){ 0, 0.8 }, 2, (double[]){ 0.3 }, 1);
    associate_bench(&bench);
    assert_int_equal(bench.match[0].track, 0);
    assert_true(bench.contested);
    bench.predictions[0].unbelief = 1.39;
    associate_bench(&bench);
    assert_int_equal(bench.match[0].track, 1);
    bench.predictions[1].unbelief = INFINITY; /* lost */
    associate_bench(&bench);
    assert_int_equal(bench.match[0].track, 0);
    assert_false(bench.contested);
    close_bench(&bench);
}

static void one_track_takes_one_sighting(void **state)
{
    (void) state;
    struct bench bench;
    open_bench(&bench, (double[]){ 0 }, 1, (double[]){ 0.3, 0.1, -0.2 }, 3);
    associate_bench(&bench);
    assert_true(bench.match[0].track == ASSOCIATE_NONE);
    assert_int_equal(bench.match[1].track, 0);
    assert_true(bench.match[2].track == ASSOCIATE_NONE);
    close_bench(&bench);
}

static void no_tracks_or_no_sightings_is_fine(void **state)
{
    (void) state;
    struct bench bench;
    open_bench(&bench, NULL, 0, (double[]){ 0.3 }, 1);
    associate_bench(&bench);
    assert_true(bench.match[0].track == ASSOCIATE_NONE);
    bench.count = 0;
    associate_bench(&bench);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_finds_what_a_full_search_finds),
        cmocka_unit_test(near_takes_no_points_at_all),
        cmocka_unit_test(whole_frame_is_matched_best_not_the_first_pair),
        cmocka_unit_test(good_pair_is_not_given_up_for_two_poor_ones),
        cmocka_unit_test(what_is_likelier_nobody_known_is_matched_to_nobody),
        cmocka_unit_test(nobody_is_matched_outside_the_gate),
        cmocka_unit_test(person_who_is_hardly_believed_gives_way),
        cmocka_unit_test(one_track_takes_one_sighting),
        cmocka_unit_test(no_tracks_or_no_sightings_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
