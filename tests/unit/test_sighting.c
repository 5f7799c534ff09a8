/* test_sighting.c - the two readings of a box; expected values worked out by similar triangles */
#include <stdlib.h>
#include <string.h>

#include "fusion/sighting.h"
#include "near.h"
#include "testing.h"

/*
 * A camera 3 m above (0, 0) that looks along +y, level: focal length 1000 px, principal point
 * (1000, 500). A point (x, y, z) appears at u = 1000 + 1000 x / y, v = 500 + 1000 (3 - z) / y.
 */
#define CAMERA                                                                                   \
    "image = { width = 2000; height = 2000; };\n"                                                \
    "image_from_floor = ((1000.0, 1000.0, 0.0, 0.0), (0.0, 500.0, -1000.0, 3000.0), (0.0, 1.0, " \
    "0.0, 0.0));\n"

struct stage {
    struct calibration *calibration;
    struct camera camera;
    struct ground ground; /* 100 m around the camera */
    struct arena *arena;
    struct aligned_frame *frame;
};

static int open_stage(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct problems problems = { 0 };
    struct box_px view = { 0, 0, 2000, 2000 };
    if (!stage || calibration_parse(CAMERA, "level", &stage->calibration, &problems) < 0 ||
        viewpoint_init(&stage->camera.view, stage->calibration, view, 1, NULL) < 0 ||
        arena_create(4096, &stage->arena) < 0)
        return -1;
    struct grid grid = { .origin = { -50, -50 }, .cell_m = 1, .columns = 100, .rows = 100 };
    uint8_t walkable[100 * 100 / 8];
    memset(walkable, 0xff, sizeof(walkable));
    if (ground_init(&stage->ground, &grid, walkable) < 0)
        return -1;
    stage->camera.habits = habits_of_unknown_camera();
    stage->camera.habits.foot_bias_m = 0;
    stage->camera.habits.foot_bias_variance = 0;
    stage->frame = calloc(1, sizeof(*stage->frame) + 4 * sizeof(struct observation));
    *state = stage;
    return stage->frame ? 0 : -1;
}

static int close_stage(void **state)
{
    struct stage *stage = *state;
    calibration_destroy(&stage->calibration);
    viewpoint_release(&stage->camera.view);
    ground_release(&stage->ground);
    arena_destroy(&stage->arena);
    free(stage->frame);
    free(stage);
    return 0;
}

/* The box that a person of height_m at (0, y_m) has when the lowest hidden_m are not seen. */
static struct box_px box_of(double y_m, double height_m, double hidden_m)
{
    double half = 1000 * 0.3 / y_m;
    return (struct box_px){ 1000 - half, 500 + 1000 * (3 - height_m) / y_m, 1000 + half,
                            500 + 1000 * (3 - hidden_m) / y_m };
}

static const struct sighting *see(struct stage *stage, const struct box_px *boxes, size_t count)
{
    struct box_px view = { 0, 0, 2000, 2000 };
    stage->frame->observation_count = count;
    for (size_t i = 0; i < count; i++) {
        struct placement placement;
        assert_int_equal(placement_of_person(stage->calibration, boxes[i], view, 1, &placement), 0);
        stage->frame->observations[i] = (struct observation){ .object_class = OBSERVATION_PERSON,
                                                              .floor = placement.floor,
                                                              .covariance = placement.covariance,
                                                              .box = boxes[i],
                                                              .height_m = placement.height_m,
                                                              .reasons = placement.reasons,
                                                              .body_index = -1 };
    }
    const struct sighting *s =
        sightings_of_frame(stage->frame, 0, &stage->camera, &stage->ground, 0.01, stage->arena);
    assert_non_null(s);
    return s;
}

static void person_in_full_is_where_the_feet_are(void **state)
{
    struct box_px box = box_of(10, 1.75, 0);
    const struct sighting *s = see(*state, &box, 1);
    assert_near(s->position.x, 0, 1e-9);
    assert_near(s->position.y, 10, 1e-9);
    assert_near(s->height_m, 1.75, 1e-5);
    assert_true(s->feet_are_seen);
    assert_near(s->away.x, 0, 1e-9);
    assert_near(s->away.y, 1, 1e-9);
}

static void hidden_feet_are_read_from_the_head(void **state)
{
    /* The lower edge at 0.8 m over (0, 10) is on the line to the floor at 10 * 3 / 2.2 = 13.64 m,
     * where the upper edge at 1.7 m over (0, 10) is at 3 - 1.3 * 13.64 / 10 = 1.227 m. */
    struct box_px box = box_of(10, 1.7, 0.8);
    const struct sighting *s = see(*state, &box, 1);
    assert_near(s->foot.y, 13.636, 0.001);
    assert_near(s->height_m, 1.227, 0.001);
    assert_near(s->head.y, 10, 1e-6);
    assert_near(s->per_height.y, -10 / 1.3, 1e-6); /* 10 cm taller is 77 cm nearer */
    assert_false(s->feet_are_seen);
    /* In doubt it lies in between, vague enough to hold both. */
    assert_true(s->position.y > 10 && s->position.y < 13.64);
    assert_true(sqrt(s->covariance.yy) > 1);
}

static void legs_in_the_box_of_a_person_are_nobodys(void **state)
{
    /* The same feet at 10 m, seen whole and up to 1.0 m; and a child of 1.0 m 2 m nearer, whose
     * feet are 300 * 10 / 8 - 300 = 75 px lower: more than a tenth of the 170 px. */
    struct box_px whole = box_of(10, 1.7, 0), legs = box_of(10, 1.0, 0), child = box_of(8, 1.0, 0);
    const struct sighting *s = see(*state, (struct box_px[]){ whole, legs }, 2);
    assert_false(s[0].is_part);
    assert_true(s[1].is_part);
    s = see(*state, (struct box_px[]){ whole, child }, 2);
    assert_false(s[0].is_part);
    assert_false(s[1].is_part);
    /* Beside the whole box by half their width, they are somebody's who is hidden behind it. */
    legs.left += 30;
    legs.right += 30;
    s = see(*state, (struct box_px[]){ whole, legs }, 2);
    assert_false(s[1].is_part);
}

static struct prediction person_at(double y_m, double height_m)
{
    struct prediction person = { .position = { 0, y_m }, .covariance = { 0.02, 0, 0.02 } };
    prediction_set_height(&person, height_m, 0.001);
    return person;
}

static void track_decides_which_reading_is_meant(void **state)
{
    struct box_px box = box_of(10, 1.7, 0.8);
    const struct sighting *s = see(*state, &box, 1);
    enum reading reading;
    double limit;
    struct prediction adult = person_at(10, 1.7), child = person_at(13.6, 1.23);
    assert_true(isfinite(sighting_misfit(s, &adult, 9, &reading, &limit)));
    assert_true(reading == READING_HEAD);
    assert_true(isfinite(sighting_misfit(s, &child, 9, &reading, &limit)));
    assert_true(reading == READING_FOOT);
    struct prediction nobody = person_at(20, 1.7);
    assert_true(isinf(sighting_misfit(s, &nobody, 9, &reading, &limit)));
}

static void tall_person_fits_a_tall_box_better(void **state)
{
    struct box_px box = box_of(10, 1.9, 0);
    const struct sighting *s = see(*state, &box, 1);
    enum reading reading;
    double limit;
    struct prediction tall = person_at(10, 1.9), small = person_at(10, 1.6);
    assert_true(sighting_misfit(s, &tall, 9, &reading, &limit) <
                sighting_misfit(s, &small, 9, &reading, &limit) - 2);
}

static void feet_behind_somebody_nearer_are_more_likely_hidden(void **state)
{
    struct box_px boxes[] = { box_of(10, 1.7, 0.4), box_of(6, 1.7, 0) };
    const struct sighting *alone = see(*state, boxes, 1), *behind;
    double alone_hidden = alone->hidden;
    behind = see(*state, boxes, 2);
    assert_true(behind[0].hidden > alone_hidden);
    assert_near(behind[1].hidden, alone_hidden, 0); /* the one before is not hidden */
}

static void foot_bias_moves_feet_away_from_the_camera(void **state)
{
    struct stage *stage = *state;
    struct box_px box = box_of(10, 1.75, 0);
    stage->camera.habits.foot_bias_m = 0.15;
    assert_near(see(stage, &box, 1)->foot.y, 10.15, 1e-9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(person_in_full_is_where_the_feet_are),
        TEST(hidden_feet_are_read_from_the_head),
        TEST(legs_in_the_box_of_a_person_are_nobodys),
        TEST(track_decides_which_reading_is_meant),
        TEST(tall_person_fits_a_tall_box_better),
        TEST(feet_behind_somebody_nearer_are_more_likely_hidden),
        TEST(foot_bias_moves_feet_away_from_the_camera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
