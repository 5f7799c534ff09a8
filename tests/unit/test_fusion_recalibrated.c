/*
 * test_fusion_recalibrated.c - what buckets say of a camera that was calibrated anew while they ran
 *
 * The cameras of fusion_scene.h see a rectangle of floor. The new calibration puts the same pixels
 * 2 m further right, so which footprint a bucket holds can be read from one cell on either side.
 */
#include "fusion_scene.h"

#define MOVED_CAMERA                              \
    "image = { width = 2000; height = 1000; };\n" \
    "floor_from_image = ((0.01, 0.0, 2.0), (0.0, -0.01, 10.0), (0.0, 0.0, 1.0));\n"

/* Cells of 1 m in the bottom row: seen before only, and seen after only. */
#define CELL_BEFORE 4
#define CELL_AFTER  11

static struct calibration *parse(const char *text)
{
    struct problems problems = { 0 };
    struct calibration *calibration = NULL;
    assert_int_equal(calibration_parse(text, "moved", &calibration, &problems), 0);
    return calibration;
}

/* From 4 m to 10 m by the first calibration, from 6 m to 12 m by the second. */
static void tell(struct scene *scene, const struct calibration *calibration)
{
    struct box_px view = { .left = 400, .right = 1000, .bottom = 1000 };
    assert_int_equal(fusion_set_camera(scene->fusion, "a", calibration, view, NULL, 1), 0);
}

/* Frames of nobody, ten a second, with capture times in [from, to). */
static void watch(struct scene *scene, double from_s, double to_s)
{
    for (int64_t at_us = llround(from_s * 1e6); at_us < llround(to_s * 1e6); at_us += 100000) {
        struct scene_frame frame = { .camera = "a",
                                     .at_us = at_us,
                                     .sequence = scene->sequence[0]++ };
        scene_live(scene, &frame, 0.1);
    }
}

static const struct heat_bucket *bucket_at(const struct scene *scene, int64_t minute)
{
    for (size_t i = 0; i < scene->bucket_count; i++)
        if (scene->buckets[i]->start_us == SCENE_START_US + minute * 60 * US_PER_S)
            return scene->buckets[i];
    fail_msg("no bucket of minute %d", (int) minute);
    return NULL;
}

static void assert_counted_with(const struct heat_bucket *bucket,
                                const struct calibration *calibration, bool before, bool after)
{
    assert_int_equal(bucket->camera_count, 1);
    assert_string_equal(bucket->cameras[0].calibration_version, calibration_version(calibration));
    assert_int_equal(grid_mask_test(bucket->cameras[0].footprint, CELL_BEFORE), before);
    assert_int_equal(grid_mask_test(bucket->cameras[0].footprint, CELL_AFTER), after);
}

static void end(struct scene *scene)
{
    assert_int_equal(fusion_finish(scene->fusion), 0);
}

/* A bucket is written some seconds after its end, when it has settled. */
static void a_bucket_that_was_over_before_the_change_keeps_the_old_version(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct calibration *moved = parse(MOVED_CAMERA);
    tell(&scene, scene.calibration);
    watch(&scene, 0.1, 60.6);
    assert_int_equal(scene.bucket_count, 0);
    tell(&scene, moved);
    watch(&scene, 60.6, 125);
    assert_counted_with(bucket_at(&scene, 0), scene.calibration, true, false);
    assert_counted_with(bucket_at(&scene, 1), moved, false, true);
    assert_int_equal(bucket_at(&scene, 0)->cameras[0].frames +
                         bucket_at(&scene, 1)->cameras[0].frames,
                     1200); /* two minutes of ten a second, none lost and none twice */
    calibration_destroy(&moved);
    scene_close(&scene);
}

static void a_bucket_with_two_versions_says_the_one_at_its_end(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct calibration *moved = parse(MOVED_CAMERA);
    tell(&scene, scene.calibration);
    watch(&scene, 0.1, 30);
    tell(&scene, moved);
    watch(&scene, 30, 63);
    end(&scene);
    const struct heat_bucket *bucket = bucket_at(&scene, 0);
    assert_counted_with(bucket, moved, false, true);
    assert_int_equal(bucket->exposure_count, 1);
    assert_int_equal(bucket->exposures[0].exposure_ms, 60000);
    calibration_destroy(&moved);
    scene_close(&scene);
}

/* Nothing came that was placed by the new one: it counts from its first frame on. */
static void a_version_without_frames_is_not_in_a_bucket(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct calibration *moved = parse(MOVED_CAMERA);
    tell(&scene, scene.calibration);
    watch(&scene, 0.1, 59);
    tell(&scene, moved);
    end(&scene);
    assert_counted_with(bucket_at(&scene, 0), scene.calibration, true, false);
    calibration_destroy(&moved);
    scene_close(&scene);
}

/* Corrected, then taken back, and all of it before the first bucket was written. */
static void versions_in_quick_succession_each_have_their_time(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct calibration *moved = parse(MOVED_CAMERA);
    tell(&scene, scene.calibration);
    watch(&scene, 0.1, 59.5);
    tell(&scene, moved);
    watch(&scene, 59.5, 60.5);
    tell(&scene, scene.calibration);
    watch(&scene, 60.5, 125);
    assert_counted_with(bucket_at(&scene, 0), moved, false, true);
    assert_counted_with(bucket_at(&scene, 1), scene.calibration, true, false);
    calibration_destroy(&moved);
    scene_close(&scene);
}

static void being_told_of_the_same_again_changes_nothing(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    tell(&scene, scene.calibration);
    watch(&scene, 0.1, 60.6);
    tell(&scene, scene.calibration);
    tell(&scene, scene.calibration);
    watch(&scene, 60.6, 63);
    assert_counted_with(bucket_at(&scene, 0), scene.calibration, true, false);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_that_was_over_before_the_change_keeps_the_old_version),
        cmocka_unit_test(a_bucket_with_two_versions_says_the_one_at_its_end),
        cmocka_unit_test(a_version_without_frames_is_not_in_a_bucket),
        cmocka_unit_test(versions_in_quick_succession_each_have_their_time),
        cmocka_unit_test(being_told_of_the_same_again_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
