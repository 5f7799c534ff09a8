/* test_tracks.c - which sightings are one person, and how tracks begin, double and end */
#include <stdlib.h>

#include "base/clock.h"
#include "fusion/belief.h"
#include "fusion/cluster.h"
#include "fusion/life.h"
#include "near.h"
#include "testing.h"

static const struct fusion_config config = { .tick_ms = 100,
                                             .frame_valid_ms = 1000,
                                             .gate_sigma = 3.5,
                                             .position_sd_m = 0.2,
                                             .acceleration_sd_m_s2 = 0.4,
                                             .max_speed_m_s = 4,
                                             .merge_m = 0.8,
                                             .max_gap_ms = 2000,
                                             .people = { 1.7, 0.1 } };

struct bench {
    struct fusion_settings settings;
    struct arena *arena;
    struct tracks tracks;
    struct ground ground; /* that knows of no doors */
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
                              .noise_scale = 1,
                              .foot = { x, y },
                              .foot_covariance = { 0.06, 0, 0.06 },
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
    assert_int_equal(
        life_begin(&bench->tracks, &sighting, 1, &bench->ground, &bench->settings, bench->arena),
        0);
}

static void leftovers_of_two_cameras_begin_one_track(void **state)
{
    struct bench *bench = *state;
    struct sighting s[] = { seen(0, 0, 10, 1, 1), seen(1, 1, 20, 1.4, 1) };
    const struct sighting *leftovers[] = { &s[0], &s[1] };
    assert_int_equal(
        life_begin(&bench->tracks, leftovers, 2, &bench->ground, &bench->settings, bench->arena),
        0);
    assert_int_equal(bench->tracks.count, 1);
    const struct track *track = &bench->tracks.items[0];
    assert_int_equal(track->number, 1);
    assert_int_equal(track_camera_count(track), 2);
    assert_near(track->state.position.x, 1.2, 1e-12); /* equal weights */
    assert_near(track->state.position_variance.xx, 0.03, 1e-12);
    assert_int_equal(track->seen_us, 20 * US_PER_MS);
    assert_true(track->phase == PHASE_TENTATIVE);
}

static void new_people_are_likelier_at_a_door(void **state)
{
    struct bench *bench = *state;
    static const char map_text[] =
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":{"
        "\"kind\":"
        "\"entrance\"},\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[4,0],[5,0]]}}]}";
    struct floor_map *map;
    struct error err = { "" };
    uint8_t walkable[200] = { 0 };
    struct grid grid = { .cell_m = 0.25, .columns = 40, .rows = 40 };
    assert_int_equal(floor_map_parse(map_text, sizeof(map_text) - 1, "map", &map, &err), 0);
    assert_int_equal(ground_init(&bench->ground, &grid, walkable), 0);
    assert_int_equal(ground_add_doors(&bench->ground, map), 0);
    struct sighting near = seen(0, 0, 0, 4.5, 1.8), inside = seen(0, 0, 0, 4.5, 2.4);
    begin(bench, &near); /* two metres around the line's middle, give or take half a cell */
    begin(bench, &inside);
    assert_near(bench->tracks.items[0].belief, BELIEF_AT_A_DOOR, 0);
    assert_near(bench->tracks.items[1].belief, BELIEF_AT_BIRTH, 0);
    ground_release(&bench->ground);
    floor_map_destroy(&map);
}

static void lost_person_turns_up_again_under_the_old_number(void **state)
{
    struct bench *bench = *state;
    struct sighting first = seen(0, 0, 0, 1, 1), again = seen(1, 1, 1500, 1.6, 1),
                    elsewhere = seen(1, 1, 1500, 2.6, 1);
    begin(bench, &first);
    bench->tracks.items[0].phase = PHASE_LOST;
    bench->tracks.items[0].height_m = 1.6;
    track_predict(&bench->tracks.items[0], 1500 * US_PER_MS, bench->settings.noise_m2_s3);
    begin(bench, &elsewhere); /* 1.6 m away: somebody else */
    assert_int_equal(bench->tracks.count, 2);
    begin(bench, &again);
    assert_int_equal(bench->tracks.count, 2);
    assert_int_equal(bench->tracks.items[0].number, 1);
    assert_true(bench->tracks.items[0].phase == PHASE_TENTATIVE);
    assert_near(bench->tracks.items[0].state.position.x, 1.6, 1e-12);
    assert_near(bench->tracks.items[0].height_m, 1.6, 1e-12);
}

static void people_are_confirmed_when_believed(void **state)
{
    struct bench *bench = *state;
    struct sighting first = seen(0, 0, 0, 1, 1);
    begin(bench, &first);
    assert_int_equal(life_confirm(&bench->tracks, 0), 0);
    bench->tracks.items[0].belief = 3;
    assert_int_equal(life_confirm(&bench->tracks, 0), 1);
    assert_true(bench->tracks.items[0].phase == PHASE_CONFIRMED);
    assert_int_equal(life_confirm(&bench->tracks, 0), 0);
}

static void suspected_double_of_a_person_is_not_confirmed(void **state)
{
    struct bench *bench = *state;
    struct sighting a = seen(0, 0, 0, 1, 1), b = seen(0, 0, 0, 1.5, 1);
    begin(bench, &a);
    begin(bench, &b);
    bench->tracks.items[0].phase = PHASE_CONFIRMED;
    bench->tracks.items[1].belief = 4;
    bench->tracks.items[1].rivals[0] = (struct rival){ .number = 1, .odds = 1.5, .met_us = 100 };
    assert_int_equal(life_confirm(&bench->tracks, 100), 0);
    bench->tracks.items[1].rivals[0].odds = 2.5;
    assert_int_equal(life_confirm(&bench->tracks, 100), 1);
}

static void unseen_tracks_are_lost_and_end(void **state)
{
    struct bench *bench = *state;
    struct sighting s[] = { seen(0, 0, 0, 1, 1), seen(0, 0, 0, 5, 1), seen(0, 0, 0, 8, 1) };
    for (size_t i = 0; i < 3; i++) {
        begin(bench, &s[i]);
        bench->tracks.items[i].phase = i == 0 ? PHASE_TENTATIVE : PHASE_CONFIRMED;
        bench->tracks.items[i].belief = 4;
    }
    bench->tracks.items[2].in_sight = true; /* hidden, where a camera looks */
    life_end(&bench->tracks, 1000 * US_PER_MS, &bench->settings);
    assert_int_equal(bench->tracks.count, 3);
    life_end(&bench->tracks, 1001 * US_PER_MS, &bench->settings);
    assert_int_equal(bench->tracks.count, 2); /* the tentative one is gone */
    assert_true(bench->tracks.items[0].phase == PHASE_LOST);
    assert_true(bench->tracks.items[1].phase == PHASE_CONFIRMED);
    life_end(&bench->tracks, 2001 * US_PER_MS, &bench->settings);
    assert_true(bench->tracks.items[1].phase == PHASE_LOST);
    life_end(&bench->tracks, 3001 * US_PER_MS, &bench->settings);
    assert_int_equal(bench->tracks.count, 0); /* forgotten */
}

static void people_who_are_not_believed_any_more_are_lost(void **state)
{
    struct bench *bench = *state;
    struct sighting first = seen(0, 0, 0, 1, 1);
    begin(bench, &first);
    bench->tracks.items[0].phase = PHASE_CONFIRMED;
    bench->tracks.items[0].in_sight = true;
    bench->tracks.items[0].belief = 1;
    life_end(&bench->tracks, 100 * US_PER_MS, &bench->settings);
    assert_true(bench->tracks.items[0].phase == PHASE_CONFIRMED);
    bench->tracks.items[0].belief = 0.99;
    life_end(&bench->tracks, 100 * US_PER_MS, &bench->settings);
    assert_true(bench->tracks.items[0].phase == PHASE_LOST);
}

static void two_frames_of_one_camera_are_one_camera(void **state)
{
    struct bench *bench = *state;
    struct sighting s[] = { seen(0, 0, 0, 1, 1), seen(3, 1, 33, 1, 1), seen(0, 2, 66, 1, 1) };
    begin(bench, &s[0]);
    for (size_t i = 1; i < 3; i++)
        assert_int_equal(
            track_note_support(&bench->tracks.items[0], &s[i], READING_FOOT, bench->arena), 0);
    assert_int_equal(track_camera_count(&bench->tracks.items[0]), 2);
    assert_true(track_has_camera(&bench->tracks.items[0], 3));
    assert_false(track_has_camera(&bench->tracks.items[0], 1));
}

static void looks_soon_after_each_other_are_little_news(void **state)
{
    (void) state;
    struct track track = { .number = 1 };
    assert_near(track_note_look(&track, 4, 0, 0.5), 1, 0);
    /* 1 - exp(-0.1 / 0.5) and 1 - exp(-1 / 0.5), by hand */
    assert_near(track_note_look(&track, 4, 100000, 0.5), 0.181269, 1e-6);
    assert_near(track_note_look(&track, 4, 1100000, 0.5), 0.864665, 1e-6);
    assert_near(track_note_look(&track, 5, 1100000, 0.5), 1, 0);
    for (int camera = 10; camera < 10 + TRACK_WATCHERS_MAX; camera++)
        (void) track_note_look(&track, camera, 2000000, 0.5);
    assert_near(track_note_look(&track, 4, 2000000, 0.5), 1, 0); /* forgotten for the others */
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
        TEST(new_people_are_likelier_at_a_door),
        TEST(lost_person_turns_up_again_under_the_old_number),
        TEST(people_are_confirmed_when_believed),
        TEST(suspected_double_of_a_person_is_not_confirmed),
        TEST(unseen_tracks_are_lost_and_end),
        TEST(people_who_are_not_believed_any_more_are_lost),
        TEST(two_frames_of_one_camera_are_one_camera),
        TEST(looks_soon_after_each_other_are_little_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
