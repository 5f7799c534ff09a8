/* test_tracks.c - which sightings are one person, and how tracks begin, double and end */
#include <stdlib.h>

#include "base/clock.h"
#include "fusion/cluster.h"
#include "fusion/life.h"
#include "near.h"
#include "testing.h"

static const struct fusion_config config = { .tick_ms = 100,
                                             .frame_valid_ms = 1000,
                                             .gate_sigma = 3.5,
                                             .position_sd_m = 0.2,
                                             .acceleration_sd_m_s2 = 1,
                                             .max_speed_m_s = 4,
                                             .merge_m = 0.8,
                                             .confirm_ms = 500,
                                             .max_gap_ms = 2000 };

struct bench {
    struct fusion_settings settings;
    struct arena *arena;
    struct tracks tracks;
};

static int open_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    if (!bench || arena_create(4096, &bench->arena) < 0)
        return -1;
    bench->settings = fusion_settings_from(&config);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    tracks_release(&bench->tracks);
    arena_destroy(&bench->arena);
    free(bench);
    return 0;
}

static struct sighting seen(int camera, size_t frame, int64_t at_ms, double x, double y)
{
    return (struct sighting){ .camera = camera,
                              .frame = frame,
                              .capture_us = at_ms * US_PER_MS,
                              .position = { x, y },
                              .covariance = { 0.06, 0, 0.06 } };
}

/* Cluster at most 8 sightings. */
static void cluster_of(struct bench *bench, const struct sighting *sightings, size_t count,
                       uint32_t *ret_person)
{
    const struct sighting *pointers[8];
    for (size_t i = 0; i < count; i++)
        pointers[i] = &sightings[i];
    assert_int_equal(cluster_sightings(pointers, count, 0.8, 3.5, bench->arena, ret_person), 0);
}

static void near_sightings_of_two_cameras_are_one_person(void **state)
{
    uint32_t person[2];
    struct sighting s[] = { seen(0, 0, 0, 1, 1), seen(1, 1, 0, 1.5, 1.5) }; /* 0.71 m apart */
    cluster_of(*state, s, 2, person);
    assert_int_equal(person[0], 0);
    assert_int_equal(person[1], 0);
    s[1].position.x = 1.7; /* 0.86 m */
    cluster_of(*state, s, 2, person);
    assert_int_equal(person[1], 1);
}

static void two_of_one_frame_are_never_one_person(void **state)
{
    uint32_t person[3];
    struct sighting s[] = { seen(0, 0, 0, 1, 1), seen(0, 0, 0, 1.2, 1), seen(1, 1, 0, 1.15, 1) };
    cluster_of(*state, s, 3, person);
    assert_int_equal(person[0], 0);
    assert_int_equal(person[1], 1);
    assert_int_equal(person[2], 1); /* the nearer one */
}

static void chain_is_cut_where_centres_are_far_apart(void **state)
{
    uint32_t person[4];
    struct sighting s[] = { seen(0, 0, 0, 0, 0), seen(1, 1, 0, 0.6, 0), seen(2, 2, 0, 1.3, 0),
                            seen(3, 3, 0, 2.0, 0) };
    cluster_of(*state, s, 4, person);
    /* 0 and 0.6 join first; 1.3 is 1.0 from their centre; 1.3 and 2.0 join. */
    assert_int_equal(person[1], 0);
    assert_int_equal(person[2], 2);
    assert_int_equal(person[3], 2);
}

static void exact_sightings_far_apart_in_sigmas_are_two(void **state)
{
    uint32_t person[2];
    struct sighting s[] = { seen(0, 0, 0, 0, 0), seen(1, 1, 0, 0.7, 0) };
    s[0].covariance = s[1].covariance = (struct covariance2){ 0.01, 0, 0.01 }; /* 4.9 sigma */
    cluster_of(*state, s, 2, person);
    assert_int_equal(person[1], 1);
}

/* Begin one track for each sighting, as if no other were near. */
static void begin(struct bench *bench, const struct sighting *sighting)
{
    assert_int_equal(life_begin(&bench->tracks, &sighting, 1, &bench->settings, bench->arena), 0);
}

static void support(struct bench *bench, size_t track, const struct sighting *sighting)
{
    assert_int_equal(
        life_support(&bench->tracks.items[track], sighting, &bench->settings, bench->arena), 0);
}

static void forget_supports(struct bench *bench)
{
    for (size_t i = 0; i < bench->tracks.count; i++)
        bench->tracks.items[i].supports = NULL;
}

static void leftovers_of_two_cameras_begin_one_track(void **state)
{
    struct bench *bench = *state;
    struct sighting s[] = { seen(0, 0, 10, 1, 1), seen(1, 1, 20, 1.4, 1) };
    const struct sighting *leftovers[] = { &s[0], &s[1] };
    assert_int_equal(life_begin(&bench->tracks, leftovers, 2, &bench->settings, bench->arena), 0);
    assert_int_equal(bench->tracks.count, 1);
    const struct track *track = &bench->tracks.items[0];
    assert_int_equal(track->number, 1);
    assert_int_equal(track->hits, 2);
    assert_int_equal(track_camera_set(track), 3);
    assert_near(track->state.position.x, 1.2, 0.01); /* equal weights; 10 ms of noise between */
    assert_int_equal(track->born_us, 10 * US_PER_MS);
    assert_int_equal(track->seen_us, 20 * US_PER_MS);
}

static void track_is_due_after_three_hits_and_the_time(void **state)
{
    struct bench *bench = *state;
    struct sighting s[] = { seen(0, 0, 0, 1, 1), seen(0, 1, 400, 1, 1), seen(0, 2, 499, 1, 1),
                            seen(0, 3, 500, 1, 1) };
    begin(bench, &s[0]);
    support(bench, 0, &s[1]);
    support(bench, 0, &s[2]);
    assert_false(life_is_due(&bench->tracks.items[0], &bench->settings));
    support(bench, 0, &s[3]);
    assert_true(life_is_due(&bench->tracks.items[0], &bench->settings));
    bench->tracks.items[0].looks = 11; /* 4 of 11 frames: a flicker */
    assert_false(life_is_due(&bench->tracks.items[0], &bench->settings));
}

static void leftover_beside_a_track_of_another_camera_supports_it(void **state)
{
    struct bench *bench = *state;
    struct sighting first = seen(0, 0, 0, 1, 1), other = seen(1, 1, 50, 1.7, 1);
    begin(bench, &first);
    forget_supports(bench);
    const struct sighting *leftovers[] = { &other };
    size_t count = 1;
    assert_int_equal(life_adopt(&bench->tracks, leftovers, &count, &bench->settings, bench->arena),
                     0);
    assert_int_equal(count, 0);
    assert_int_equal(bench->tracks.items[0].hits, 2);
    assert_near(bench->tracks.items[0].state.position.x, 1, 0); /* it has not moved */
}

static void leftover_beside_a_track_of_the_same_camera_is_somebody_else(void **state)
{
    struct bench *bench = *state;
    struct sighting a = seen(0, 0, 0, 1, 1), b = seen(1, 1, 10, 1, 1), c = seen(1, 2, 50, 1.7, 1);
    begin(bench, &a);
    support(bench, 0, &b); /* camera 1 has found the track in this tick */
    const struct sighting *leftovers[] = { &c };
    size_t count = 1;
    assert_int_equal(life_adopt(&bench->tracks, leftovers, &count, &bench->settings, bench->arena),
                     0);
    assert_int_equal(count, 1);
}

static void track_that_only_its_own_camera_sees_adopts_nobody_from_it(void **state)
{
    struct bench *bench = *state;
    struct sighting a = seen(0, 0, 0, 1, 1), c = seen(0, 1, 143, 1.7, 1);
    begin(bench, &a);
    forget_supports(bench);
    const struct sighting *leftovers[] = { &c };
    size_t count = 1;
    assert_int_equal(life_adopt(&bench->tracks, leftovers, &count, &bench->settings, bench->arena),
                     0);
    assert_int_equal(count, 1);
}

/* Two tracks at 1 and at x, supported each tick by cameras a and b, for so long. */
static size_t side_by_side(struct bench *bench, double x, bool same_frame, int64_t for_ms)
{
    static struct sighting s[100][2];
    for (int64_t i = 0; i * 100 < for_ms; i++) {
        forget_supports(bench);
        s[i][0] = seen(0, 0, 100 * i, 1, 1);
        s[i][1] = same_frame ? seen(0, 0, 100 * i, x, 1) : seen(1, 1, 100 * i, x, 1);
        for (size_t k = 0; k < 2; k++) {
            if (i == 0)
                begin(bench, &s[i][k]);
            else if (k < bench->tracks.count)
                support(bench, k, &s[i][k]);
        }
        assert_int_equal(
            life_merge(&bench->tracks, 100 * i * US_PER_MS, &bench->settings, bench->arena), 0);
    }
    return bench->tracks.count;
}

static void doubles_of_different_cameras_are_merged_into_the_older(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(side_by_side(bench, 1.6, false, 800), 2);
    assert_false(life_is_due(&bench->tracks.items[1], &bench->settings)); /* while in doubt */
    bench->tracks.count = 0;
    assert_int_equal(side_by_side(bench, 1.6, false, 1200), 1);
    assert_int_equal(bench->tracks.items[0].number, 3);
}

static void two_that_one_camera_sees_at_once_are_never_merged(void **state)
{
    assert_int_equal(side_by_side(*state, 1.6, true, 10000), 2);
}

static void two_at_a_distance_are_never_merged(void **state)
{
    assert_int_equal(side_by_side(*state, 1.9, false, 10000), 2);
}

static void unseen_tracks_end_after_their_gap(void **state)
{
    struct bench *bench = *state;
    struct sighting s[] = { seen(0, 0, 0, 1, 1), seen(0, 0, 0, 5, 1) };
    begin(bench, &s[0]);
    begin(bench, &s[1]);
    bench->tracks.items[1].confirmed = true;
    life_end(&bench->tracks, 1000 * US_PER_MS, &bench->settings);
    assert_int_equal(bench->tracks.count, 2);
    life_end(&bench->tracks, 1001 * US_PER_MS, &bench->settings);
    assert_int_equal(bench->tracks.count, 1);
    assert_int_equal(bench->tracks.items[0].number, 2);
    life_end(&bench->tracks, 2000 * US_PER_MS, &bench->settings);
    assert_int_equal(bench->tracks.count, 1);
    life_end(&bench->tracks, 2001 * US_PER_MS, &bench->settings);
    assert_int_equal(bench->tracks.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(near_sightings_of_two_cameras_are_one_person),
        TEST(two_of_one_frame_are_never_one_person),
        TEST(chain_is_cut_where_centres_are_far_apart),
        TEST(exact_sightings_far_apart_in_sigmas_are_two),
        TEST(leftovers_of_two_cameras_begin_one_track),
        TEST(track_is_due_after_three_hits_and_the_time),
        TEST(leftover_beside_a_track_of_another_camera_supports_it),
        TEST(leftover_beside_a_track_of_the_same_camera_is_somebody_else),
        TEST(track_that_only_its_own_camera_sees_adopts_nobody_from_it),
        TEST(doubles_of_different_cameras_are_merged_into_the_older),
        TEST(two_that_one_camera_sees_at_once_are_never_merged),
        TEST(two_at_a_distance_are_never_merged),
        TEST(unseen_tracks_end_after_their_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
