/* test_accumulate.c - dwell, passes, movement and exposure of a bucket, worked by hand */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/accumulate.h"
#include "near.h"
#include "testing.h"

#define T0_US   INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */
#define TICK_US INT64_C(100000)

static const struct grid four_by_two = { .origin = { 0, 0 }, .cell_m = 1, .columns = 4, .rows = 2 };

static struct accumulator *open_accumulator(void)
{
    struct accumulator *acc = NULL;
    assert_int_equal(accumulator_create(&four_by_two, 60, &acc), 0);
    return acc;
}

static struct heat_bucket *emit(struct accumulator *acc, struct cameras *cameras)
{
    struct heat_bucket *bucket = NULL;
    assert_int_equal(accumulator_emit(acc, "shop", "ground", cameras, &bucket), 0);
    return bucket;
}

/* A walk over these x at y, one a tick, from the first tick of the bucket on. */
static struct heat_bucket *walk(const double *x, size_t ticks, double y)
{
    struct accumulator *acc = open_accumulator();
    struct cameras cameras = { 0 };
    struct walker walker = { 0 };
    for (size_t i = 0; i < ticks; i++) {
        accumulator_begin_tick(acc, T0_US + (int64_t) i * TICK_US, TICK_US);
        (void) accumulator_add_person(acc, &walker, (struct floor_m){ x[i], y });
    }
    struct heat_bucket *bucket = emit(acc, &cameras);
    accumulator_destroy(&acc);
    return bucket;
}

static void walk_through_two_cells_is_summed_by_hand(void **state)
{
    (void) state;
    /* Steps end where 0.1 m are reached: 0.5 -> 0.7, 0.7 -> 0.9 in cell 0, 0.9 -> 1.3, 1.3 -> 1.2
     * in cell 1; the tick at 0.75 is 0.05 from the anchor and waits. */
    struct heat_bucket *b = walk((double[]){ 0.5, 0.7, 0.75, 0.9, 1.3, 1.2 }, 6, 0.5);
    assert_string_equal(b->store, "shop");
    assert_string_equal(b->floor, "ground");
    assert_int_equal(b->start_us, T0_US);
    assert_int_equal(b->end_us, T0_US + 60 * US_PER_S);
    assert_int_equal(b->people_ms, 600);
    assert_int_equal(b->cell_count, 2);
    assert_int_equal(b->cells[0].cell, 0);
    assert_int_equal(b->cells[0].dwell_ms, 400);
    assert_int_equal(b->cells[0].passes, 1);
    assert_int_equal(b->cells[0].move_x_mm, 400);
    assert_int_equal(b->cells[0].path_mm, 400);
    assert_int_equal(b->cells[1].cell, 1);
    assert_int_equal(b->cells[1].dwell_ms, 200);
    assert_int_equal(b->cells[1].passes, 1);
    assert_int_equal(b->cells[1].move_x_mm, 300);
    assert_int_equal(b->cells[1].path_mm, 500);
    assert_int_equal(b->cells[1].move_y_mm, 0);
    heat_bucket_destroy(&b);
}

static void jitter_on_a_border_is_one_pass(void **state)
{
    (void) state;
    struct heat_bucket *b =
        walk((double[]){ 0.95, 1.05, 0.96, 1.09, 0.99, 1.05, 1.11, 0.95, 0.91 }, 9, 0.5);
    assert_int_equal(b->cell_count, 2);
    assert_int_equal(b->cells[0].passes, 1);
    assert_int_equal(b->cells[1].passes, 1); /* at 1.11; 0.91 is not far enough back */
    assert_int_equal(b->cells[0].dwell_ms + b->cells[1].dwell_ms, 900);
    assert_int_equal(b->cells[0].dwell_ms, 500); /* dwell goes by where they are */
    heat_bucket_destroy(&b);
}

static void walk_along_a_border_still_passes(void **state)
{
    (void) state;
    struct heat_bucket *b = walk((double[]){ 0.5, 1.5, 2.5, 3.5 }, 4, 1.02);
    assert_int_equal(b->cell_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(b->cells[i].cell, 4 + i);
        assert_int_equal(b->cells[i].passes, 1);
    }
    heat_bucket_destroy(&b);
}

static void dwell_outside_the_grid_counts_people_only(void **state)
{
    (void) state;
    struct heat_bucket *b = walk((double[]){ 3.5, 4.05, 4.5, 3.5 }, 4, 0.5);
    assert_int_equal(b->people_ms, 400);
    assert_int_equal(b->cell_count, 1);
    assert_int_equal(b->cells[0].cell, 3);
    assert_int_equal(b->cells[0].dwell_ms, 200);
    assert_int_equal(b->cells[0].passes, 2); /* they left and came back */
    heat_bucket_destroy(&b);
}

static void tick_that_ends_with_the_bucket_belongs_to_it(void **state)
{
    (void) state;
    struct accumulator *acc = open_accumulator();
    struct cameras cameras = { 0 };
    accumulator_begin_tick(acc, T0_US + 60 * US_PER_S - TICK_US, TICK_US);
    assert_false(accumulator_is_over(acc, T0_US + 60 * US_PER_S - TICK_US));
    assert_true(accumulator_is_over(acc, T0_US + 60 * US_PER_S));
    struct heat_bucket *b = emit(acc, &cameras);
    assert_int_equal(b->start_us, T0_US);
    assert_false(accumulator_is_open(acc));
    heat_bucket_destroy(&b);
    accumulator_destroy(&acc);
}

static void exposure_and_cameras_go_by_name(void **state)
{
    (void) state;
    struct accumulator *acc = open_accumulator();
    struct cameras cameras = { 0 };
    assert_int_equal(cameras_add(&cameras, "zoo"), 0);
    assert_int_equal(cameras_add(&cameras, "bar"), 1);
    assert_int_equal(cameras_add(&cameras, "cafe"), 2);
    cameras.items[0].missed_total = 5;
    cameras_note_frame(
        &cameras,
        &(struct settle_frame){ .camera = 2, .boot_id = 9, .sequence = 41, .observations = 3 });
    accumulator_begin_tick(acc, T0_US, TICK_US);
    const struct camera_set nobody = { 0 }, zoo = { { 1 } }, bar_and_cafe = { { 6 } };
    assert_int_equal(accumulator_add_exposure(acc, &zoo), 0);          /* bit 2 by name */
    assert_int_equal(accumulator_add_exposure(acc, &bar_and_cafe), 0); /* bits 0 and 1 */
    assert_int_equal(accumulator_add_exposure(acc, &zoo), 0);
    assert_int_equal(accumulator_add_exposure(acc, &nobody), 0); /* not stored */
    struct heat_bucket *b = emit(acc, &cameras);
    assert_int_equal(b->exposure_count, 2);
    assert_int_equal(b->exposures[0].camera_set.words[0], 3);
    assert_int_equal(b->exposures[0].exposure_ms, 100);
    assert_int_equal(b->exposures[1].camera_set.words[0], 4);
    assert_int_equal(b->exposures[1].exposure_ms, 200);
    assert_int_equal(b->camera_count, 3);
    assert_string_equal(b->cameras[0].camera, "bar");
    assert_string_equal(b->cameras[2].camera, "zoo");
    assert_int_equal(b->cameras[2].missed, 5);
    assert_int_equal(b->cameras[1].frames, 1);
    assert_int_equal(b->cameras[1].observations, 3);
    assert_int_equal(b->cameras[1].boot_id, 9);
    assert_int_equal(b->cameras[1].last_sequence, 41);
    heat_bucket_destroy(&b);

    cameras.items[0].missed_total = 7;
    accumulator_begin_tick(acc, T0_US + 61 * US_PER_S, TICK_US);
    b = emit(acc, &cameras);
    assert_int_equal(b->cameras[2].missed, 2);
    assert_int_equal(b->cameras[1].frames, 0);
    assert_int_equal(b->exposure_count, 0);
    heat_bucket_destroy(&b);
    accumulator_destroy(&acc);
    cameras_release(&cameras);
}

/* A frame of camera 0, told of so much later by such a model. */
static void note(struct cameras *cameras, int64_t latency_us, const char *model, uint32_t width)
{
    struct settle_frame frame = { .capture_us = T0_US,
                                  .origin = { .publish_us = T0_US + latency_us,
                                              .model_width = width,
                                              .model_height = width / 2 } };
    (void) snprintf(frame.origin.model, sizeof(frame.origin.model), "%s", model);
    cameras_note_frame(cameras, &frame);
}

/* Bins by hand: 1 ms is the end of bin 0, 1.1 ms that of bin 1, 1.21 ms that of bin 2. */
static void a_camera_has_its_latest_model_and_how_late_its_frames_were(void **state)
{
    (void) state;
    struct accumulator *acc = open_accumulator();
    struct cameras cameras = { 0 };
    assert_int_equal(cameras_add(&cameras, "bar"), 0);
    note(&cameras, 1000, "yolo-large", 640);
    note(&cameras, 1200, "yolo", 320);
    note(&cameras, -7 * US_PER_S, "yolo", 320); /* its clock is ahead of itself */
    note(&cameras, -T0_US, "yolo", 320);        /* it does not say: published at 0 */
    accumulator_begin_tick(acc, T0_US, TICK_US);
    struct heat_bucket *b = emit(acc, &cameras);
    assert_int_equal(b->cameras[0].frames, 4);
    assert_string_equal(b->cameras[0].model, "yolo");
    assert_int_equal(b->cameras[0].model_width, 320);
    assert_int_equal(b->cameras[0].model_height, 160);
    assert_int_equal(latency_sketch_count(&b->cameras[0].latency), 3);
    assert_int_equal(b->cameras[0].latency.frames[0], 2);
    assert_int_equal(b->cameras[0].latency.frames[2], 1);
    heat_bucket_destroy(&b);

    accumulator_begin_tick(acc, T0_US + 61 * US_PER_S, TICK_US);
    b = emit(acc, &cameras);
    assert_string_equal(b->cameras[0].model, "");
    assert_int_equal(b->cameras[0].model_width + b->cameras[0].model_height, 0);
    assert_int_equal(latency_sketch_count(&b->cameras[0].latency), 0);
    heat_bucket_destroy(&b);
    accumulator_destroy(&acc);
    cameras_release(&cameras);
}

/* What the wire lets through may be any number. */
static void times_as_far_apart_as_can_be_are_late_or_early(void **state)
{
    (void) state;
    struct frame_origin late = { .publish_us = INT64_MAX }, early = { .publish_us = INT64_MIN };
    assert_true(frame_origin_latency_us(&late, -1) == INT64_MAX);
    assert_true(frame_origin_latency_us(&early, 1) == INT64_MIN);
    assert_true(frame_origin_latency_us(&late, INT64_MAX - 5) == 5);
}

static void grid_beyond_the_bound_is_refused(void **state)
{
    (void) state;
    struct grid huge = { .cell_m = 1, .columns = 100000, .rows = 100000 };
    struct accumulator *acc = NULL;
    assert_int_equal(accumulator_create(&huge, 60, &acc), -EFBIG);
    assert_null(acc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk_through_two_cells_is_summed_by_hand),
        cmocka_unit_test(jitter_on_a_border_is_one_pass),
        cmocka_unit_test(walk_along_a_border_still_passes),
        cmocka_unit_test(dwell_outside_the_grid_counts_people_only),
        cmocka_unit_test(tick_that_ends_with_the_bucket_belongs_to_it),
        cmocka_unit_test(exposure_and_cameras_go_by_name),
        cmocka_unit_test(a_camera_has_its_latest_model_and_how_late_its_frames_were),
        cmocka_unit_test(times_as_far_apart_as_can_be_are_late_or_early),
        cmocka_unit_test(grid_beyond_the_bound_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
