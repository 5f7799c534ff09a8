/*
 * fusion_state_floor.h - a small floor with two cameras, whose state is saved
 *
 * Shared by fuzz_fusion_state.c, which damages the state, and test_fusion_save.c, which sees to it
 * that the seed is one that fusion_restore takes.
 */
#ifndef FLOORFUSE_TESTS_FUZZ_FUSION_STATE_FLOOR_H
#define FLOORFUSE_TESTS_FUZZ_FUSION_STATE_FLOOR_H

#include <stdio.h>

#include "base/clock.h"
#include "fusion/fusion.h"

#define STATE_FLOOR_START_US INT64_C(1767225600000000)
#define STATE_FLOOR_TICKS    12

struct state_floor {
    struct floor_map *map;
    struct fusion *fusion;
};

static inline void state_floor_close(struct state_floor *f)
{
    fusion_destroy(&f->fusion);
    floor_map_destroy(&f->map);
}

static inline int state_floor_name(struct state_floor *f, const char *camera)
{
    static const char file[] = "image = { width = 400; height = 300; };\n"
                               "floor_from_image = ((0.01, 0.0, 0.0), (0.0, -0.01, 3.0), "
                               "(0.0, 0.0, 1.0));\n";
    struct box_px view = { .right = 400, .bottom = 300 };
    struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    int r = calibration_parse(file, camera, &calibration, &problems);
    problems_release(&problems);
    return r < 0 ? r : fusion_set_camera(f->fusion, camera, calibration, view, NULL, 1);
}

/* Returns 0 or -errno; close it in both cases. */
static inline int state_floor_open(struct state_floor *ret)
{
    static const struct fusion_config config = { .tick_ms = 100,
                                                 .lateness_ms = 500,
                                                 .frame_valid_ms = 1000,
                                                 .gate_sigma = 3,
                                                 .position_sd_m = 0.20,
                                                 .acceleration_sd_m_s2 = 0.4,
                                                 .max_speed_m_s = 4.0,
                                                 .merge_m = 0.8,
                                                 .max_gap_ms = 2000,
                                                 .settle_ms = 400,
                                                 .people = { 1.7, 0.1 } };
    static const struct heat_config heat = { .cell_m = 0.5, .bucket_s = 5, .visit_s = 5 };
    struct fusion_sink sink = { 0 };
    struct floor_m low = { 0, 0 }, high = { 4, 3 };
    *ret = (struct state_floor){ 0 };
    int r = floor_map_rectangle(low, high, &ret->map);
    if (r == 0)
        r = fusion_create("shop", "ground", ret->map, &config, &heat, &sink, &ret->fusion, NULL);
    if (r == 0)
        r = state_floor_name(ret, "left");
    return r < 0 ? r : state_floor_name(ret, "right");
}

/* Two people, a frame of each camera every tick; the right one is half a second late, so that
 * frames of the left one wait. Returns 0, or what refused. */
static inline int state_floor_play(struct state_floor *f, int first_tick, int end_tick)
{
    static const char *const names[] = { "left", "right" };
    int r = 0;
    for (int tick = first_tick; tick < end_tick; tick++)
        for (int camera = 0; camera < 2; camera++) {
            int frame_tick = camera == 0 ? tick : tick - 5;
            int64_t now_ns = tick * 100 * NS_PER_MS;
            struct observation people[2] = { 0 };
            float looks[2][2] = { { 1, 0.1f }, { 0.1f, 1 } };
            for (int i = 0; i < 2; i++)
                people[i] = (struct observation){ .object_class = OBSERVATION_PERSON,
                                                  .score = 0.9f,
                                                  .floor = { 1 + 0.1 * frame_tick, 1 + i },
                                                  .covariance = { 0.01, 0.001, 0.01 },
                                                  .height_m = 1.7f,
                                                  .body_index = -1 };
            struct observation_frame frame = {
                .boot_id = 7,
                .sequence = (uint64_t) tick,
                .capture_us = STATE_FLOOR_START_US + frame_tick * 100 * US_PER_MS,
                .publish_us = STATE_FLOOR_START_US + (frame_tick * 100 + 37) * US_PER_MS,
                .model_id = "yolo",
                .model_width = 320,
                .model_height = 256,
                .observations = people,
                .observation_count = 2,
                .appearance = looks[0],
                .appearance_length = 2,
            };
            (void) snprintf(frame.camera, sizeof(frame.camera), "%s", names[camera]);
            int pushed = fusion_push(f->fusion, &frame, now_ns);
            if (r == 0)
                r = pushed;
            int advanced = fusion_advance(f->fusion, now_ns);
            if (r == 0)
                r = advanced;
        }
    return r;
}

#endif
