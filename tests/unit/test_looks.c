/* test_looks.c - who could be seen, and what that says; expected values by hand */
#include <math.h>
#include <stdlib.h>

#include "fusion/belief.h"
#include "fusion/doubles.h"
#include "near.h"
#include "testing.h"

/* As in test_sighting.c: 3 m above (0, 0), level, along +y; and one that stands 60 m on and looks
 * back: (x, y) appears to it as (-x, 60 - y) does to the first. */
#define AHEAD                                                                                    \
    "image = { width = 2000; height = 2000; };\n"                                                \
    "image_from_floor = ((1000.0, 1000.0, 0.0, 0.0), (0.0, 500.0, -1000.0, 3000.0), (0.0, 1.0, " \
    "0.0, 0.0));\n"
#define BACK                                                                                  \
    "image = { width = 2000; height = 2000; };\n"                                             \
    "image_from_floor = ((-1000.0, -1000.0, 0.0, 60000.0), (0.0, -500.0, -1000.0, 33000.0), " \
    "(0.0, "                                                                                  \
    "-1.0, 0.0, 60.0));\n"

struct stage {
    struct arena *arena;
    struct cameras cameras;
    struct seers seers;
    struct tracks tracks;
    struct sighting sightings[2]; /* one of each camera */
    int64_t look_us[2];
    struct looks looks;
};

static void hang(struct stage *stage, const char *name, const char *text, const struct grid *grid)
{
    struct problems problems = { 0 };
    struct calibration *calibration = NULL;
    struct box_px view = { 0, 0, 2000, 2000 };
    assert_int_equal(calibration_parse(text, name, &calibration, &problems), 0);
    int slot = cameras_add(&stage->cameras, name);
    assert_true(slot >= 0);
    struct camera *camera = &stage->cameras.items[slot];
    camera->footprint = calloc(grid_mask_bytes(grid), 1);
    assert_non_null(camera->footprint);
    assert_int_equal(viewpoint_init(&camera->view, calibration, view, 1, NULL), 0);
    calibration_footprint(calibration, view, NULL, 1, grid, camera->footprint);
    stage->sightings[slot] = (struct sighting){ .camera = slot };
    calibration_destroy(&calibration);
}

static int open_stage(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct grid grid = { .origin = { -10, 0 }, .cell_m = 0.5, .columns = 40, .rows = 120 };
    if (!stage || arena_create(4096, &stage->arena) < 0)
        return -1;
    hang(stage, "ahead", AHEAD, &grid);
    hang(stage, "back", BACK, &grid);
    *state = stage;
    return seers_build(&stage->seers, &grid, &stage->cameras);
}

static int close_stage(void **state)
{
    struct stage *stage = *state;
    cameras_release(&stage->cameras);
    seers_release(&stage->seers);
    tracks_release(&stage->tracks);
    arena_destroy(&stage->arena);
    free(stage);
    return 0;
}

static struct track *stand(struct stage *stage, double x_m, double y_m, enum track_phase phase)
{
    struct track *track = tracks_add(&stage->tracks);
    assert_non_null(track);
    track->phase = phase;
    track->state =
        kalman_start((struct floor_m){ x_m, y_m }, (struct covariance2){ 0.01, 0, 0.01 }, 0);
    return track;
}

static void found_by(struct stage *stage, struct track *track, int camera)
{
    assert_int_equal(
        track_note_support(track, &stage->sightings[camera], READING_FOOT, stage->arena), 0);
}

static struct tick_cameras tick_of(struct stage *stage)
{
    return (struct tick_cameras){ .cameras = &stage->cameras,
                                  .seers = &stage->seers,
                                  .look_us = stage->look_us };
}

static void look(struct stage *stage)
{
    struct tick_cameras tick = tick_of(stage);
    assert_int_equal(looks_take(&stage->tracks, &tick, stage->arena, &stage->looks), 0);
}

static void person_before_hides_the_one_behind(void **state)
{
    struct stage *stage = *state;
    (void) stand(stage, 0, 20, PHASE_CONFIRMED);
    (void) stand(stage, 0, 25, PHASE_CONFIRMED);
    look(stage);
    /* At 20 m: v from 500 + 65 to 500 + 150, half a width of 0.18 * 85 = 15.3 px. At 25 m: 552 to
     * 620 and 12.24 px: all of its width and the lower 620 - 565 of its 68 px are covered. */
    const struct look *behind = looks_find(&stage->looks, 1, 0);
    assert_non_null(behind);
    assert_near(behind->visible, 1 - 55.0 / 68, 1e-9);
    assert_near(looks_find(&stage->looks, 0, 0)->visible, 1, 0);
    /* From the other side it is the other way round. */
    assert_near(looks_find(&stage->looks, 1, 1)->visible, 1, 0);
    assert_true(looks_find(&stage->looks, 0, 1)->visible < 0.5);
}

static void nobody_hides_anybody_until_confirmed(void **state)
{
    struct stage *stage = *state;
    (void) stand(stage, 0, 20, PHASE_TENTATIVE);
    (void) stand(stage, 0, 25, PHASE_CONFIRMED);
    look(stage);
    assert_near(looks_find(&stage->looks, 1, 0)->visible, 1, 0);
}

static void camera_without_a_frame_does_not_look(void **state)
{
    struct stage *stage = *state;
    (void) stand(stage, 0, 20, PHASE_CONFIRMED);
    stage->look_us[1] = INT64_MIN;
    look(stage);
    assert_non_null(looks_find(&stage->looks, 0, 0));
    assert_null(looks_find(&stage->looks, 0, 1));
}

static void detectors_need_a_part_of_a_body(void **state)
{
    (void) state;
    assert_near(look_detection(0.9, 1), 0.9, 0);
    assert_near(look_detection(0.9, 0.45), 0.45, 1e-12); /* half way from 0.2 to 0.7 */
    assert_near(look_detection(0.9, 0.1), 0, 0);
}

static void hits_and_misses_change_the_odds_as_worked_out(void **state)
{
    struct stage *stage = *state;
    struct track *track = stand(stage, 0, 20, PHASE_TENTATIVE);
    struct tick_cameras tick = tick_of(stage);
    found_by(stage, track, 0);
    look(stage);
    belief_weigh(&stage->tracks, &stage->looks, &tick, &stage->cameras);
    /* ln(0.85 / 0.07) + ln(0.15 / 0.93) = 2.4967 - 1.8245 */
    assert_near(track->belief, 0.6722, 1e-3);
    assert_true(track->in_sight);
}

static void miss_of_who_cannot_see_says_nothing(void **state)
{
    struct stage *stage = *state;
    (void) stand(stage, 0, 20, PHASE_CONFIRMED);
    struct track *behind = stand(stage, 0, 22, PHASE_TENTATIVE);
    struct tick_cameras tick = tick_of(stage);
    stage->look_us[1] = INT64_MIN; /* only the camera before whom it is hidden */
    look(stage);
    belief_weigh(&stage->tracks, &stage->looks, &tick, &stage->cameras);
    assert_near(behind->belief, 0, 0);
    assert_true(behind->in_sight);
}

/* Two people 0.6 m apart, side by side for both cameras, 20 ticks; who finds whom. */
static size_t side_by_side(struct stage *stage, double apart_m, bool both)
{
    struct fusion_settings settings = { .merge_m = 0.8 };
    struct track *one = stand(stage, 0, 30, PHASE_CONFIRMED);
    (void) one;
    struct track *other = stand(stage, apart_m, 30, PHASE_CONFIRMED);
    other->born_us = -1000000; /* they have met later */
    for (int64_t t = 0; t < 20 && stage->tracks.count == 2; t++) {
        for (size_t i = 0; i < 2; i++) {
            struct track *track = &stage->tracks.items[i];
            track->supports = NULL;
            found_by(stage, track, both ? 0 : (int) i);
            if (both)
                found_by(stage, track, 1);
        }
        look(stage);
        assert_int_equal(doubles_unite(&stage->tracks, &stage->looks, &stage->cameras, t * 100000,
                                       100000, &settings, stage->arena),
                         0);
    }
    return stage->tracks.count;
}

static void two_whom_each_camera_shows_beside_each_other_stay_two(void **state)
{
    assert_int_equal(side_by_side(*state, 0.6, true), 2);
}

static void two_who_are_found_in_turns_are_one(void **state)
{
    assert_int_equal(side_by_side(*state, 0.6, false), 1);
    assert_int_equal(((struct stage *) *state)->tracks.items[0].number, 1);
}

static void two_far_apart_are_not_compared(void **state)
{
    assert_int_equal(side_by_side(*state, 0.9, false), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(person_before_hides_the_one_behind),
        TEST(nobody_hides_anybody_until_confirmed),
        TEST(camera_without_a_frame_does_not_look),
        TEST(detectors_need_a_part_of_a_body),
        TEST(hits_and_misses_change_the_odds_as_worked_out),
        TEST(miss_of_who_cannot_see_says_nothing),
        TEST(two_whom_each_camera_shows_beside_each_other_stay_two),
        TEST(two_who_are_found_in_turns_are_one),
        TEST(two_far_apart_are_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
