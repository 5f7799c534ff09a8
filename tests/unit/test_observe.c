/*
 * test_observe.c - what is told of a finding: whether its feet are hidden, whether it counts at all
 *
 * Where boxes lie on the floor is tested in test_placement; here the camera only has to have a
 * floor.
 */
#include <errno.h>

#include "fusion/observe.h"
#include "testing.h"

static const char flat[] = "image = { width = 1000; height = 1000; };\n"
                           "floor_from_image = ((0.01, 0, 0), (0, -0.01, 10), (0, 0, 1));\n";

static struct calibration *calibration;

static int open_camera(void **state)
{
    (void) state;
    struct problems problems = { 0 };
    int r = calibration_parse(flat, "test.cfg", &calibration, &problems);
    problems_release(&problems);
    return r;
}

static int close_camera(void **state)
{
    (void) state;
    calibration_destroy(&calibration);
    return 0;
}

static struct observer observer_of(void)
{
    return (struct observer){ .calibration = calibration,
                              .view = { 0, 0, 1000, 1000 },
                              .edge_sd_px = 2 };
}

static uint32_t reasons_of(const struct finding *finding)
{
    const struct observer observer = observer_of();
    struct observation o;
    assert_int_equal(observe(&observer, finding, &o), 0);
    return o.reasons;
}

/* A body of 200 px: a seventh of it is a head, a third of it is the head of half a body. */
static void a_large_head_tells_of_hidden_feet(void **state)
{
    (void) state;
    struct finding whole = { .object_class = OBSERVATION_PERSON,
                             .score = 0.9f,
                             .box = { 400, 300, 480, 500 } };
    const struct box_px small = { 425, 300, 450, 329 }, large = { 410, 300, 465, 366 };
    assert_int_equal(reasons_of(&whole), 0);
    whole.head = &small;
    assert_int_equal(reasons_of(&whole), 0);
    whole.head = &large;
    assert_int_equal(reasons_of(&whole), REASON_FOOT_OCCLUDED);
}

static void feet_behind_somebody_are_hidden(void **state)
{
    (void) state;
    struct finding finding = { .object_class = OBSERVATION_PERSON,
                               .score = 0.9f,
                               .box = { 400, 300, 480, 500 },
                               .feet_covered = 0.5 };
    assert_int_equal(reasons_of(&finding), 0);
    finding.feet_covered = 0.8;
    assert_int_equal(reasons_of(&finding), REASON_FOOT_OCCLUDED);
}

static void people_and_heads_in_masks_are_not_told(void **state)
{
    (void) state;
    double poster[] = { 390, 290, 490, 290, 490, 510, 390, 510 };
    struct number_list masks[] = { { poster, 8 } };
    struct observer observer = observer_of();
    struct observation o;
    struct finding finding = { .object_class = OBSERVATION_PERSON,
                               .score = 0.9f,
                               .box = { 400, 300, 480, 500 } };
    observer.watch.masks = (struct number_lists){ masks, 1 };
    assert_int_equal(observe(&observer, &finding, &o), -ENOENT);
    finding.box.bottom = 560; /* in front of the poster */
    assert_int_equal(observe(&observer, &finding, &o), 0);
    finding.object_class = OBSERVATION_HEAD;
    finding.box = (struct box_px){ 425, 300, 450, 329 };
    assert_int_equal(observe(&observer, &finding, &o), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_head_tells_of_hidden_feet),
        cmocka_unit_test(feet_behind_somebody_are_hidden),
        cmocka_unit_test(people_and_heads_in_masks_are_not_told),
    };
    return cmocka_run_group_tests(tests, open_camera, close_camera);
}
