/*
 * fusion_scene.h - a floor, cameras that look straight down on it, and a record of what came out
 *
 * The cameras have bare homographies of 1 cm a pixel, so a view in px is a rectangle of floor; what
 * people they see is said by the test, in floor metres.
 */
#ifndef FLOORFUSE_TESTS_UNIT_FUSION_SCENE_H
#define FLOORFUSE_TESTS_UNIT_FUSION_SCENE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/fusion.h"
#include "testing.h"

/* 2026-01-01T00:00:00Z: a bucket starts here. */
#define SCENE_START_US INT64_C(1767225600000000)

/* 20 m x 10 m of floor; pixel (0, 0) is at x 0, y 10. */
#define SCENE_CAMERA                              \
    "image = { width = 2000; height = 1000; };\n" \
    "floor_from_image = ((0.01, 0.0, 0.0), (0.0, -0.01, 10.0), (0.0, 0.0, 1.0));\n"

/* The defaults of the store config. */
static const struct fusion_config scene_config = { .tick_ms = 100,
                                                   .lateness_ms = 1000,
                                                   .frame_valid_ms = 1000,
                                                   .gate_sigma = 3,
                                                   .position_sd_m = 0.20,
                                                   .acceleration_sd_m_s2 = 0.4,
                                                   .max_speed_m_s = 4.0,
                                                   .merge_m = 0.8,
                                                   .max_gap_ms = 2000,
                                                   .settle_ms = 2000,
                                                   .people = { 1.7, 0.1 } };
static const struct heat_config scene_heat = { .cell_m = 1, .bucket_s = 60, .visit_s = 5 };

struct scene {
    struct floor_map *map;
    struct fusion *fusion;
    struct calibration *calibration;
    struct track_report *reports; /* of all settled ticks */
    int64_t *report_tick_us;      /* of each report */
    size_t report_count;
    struct heat_bucket **buckets;
    size_t bucket_count;
    uint64_t sequence[8];
};

static inline void scene_tick(void *context, const struct tick_report *report)
{
    struct scene *scene = context;
    size_t count = scene->report_count + report->track_count;
    scene->reports = realloc(scene->reports, (count + 1) * sizeof(*scene->reports));
    scene->report_tick_us = realloc(scene->report_tick_us, (count + 1) * sizeof(int64_t));
    assert_true(scene->reports && scene->report_tick_us);
    for (size_t i = 0; i < report->track_count; i++) {
        scene->reports[scene->report_count] = report->tracks[i];
        scene->report_tick_us[scene->report_count++] = report->tick_us;
    }
}

static inline void scene_bucket(void *context, struct heat_bucket *bucket)
{
    struct scene *scene = context;
    size_t bytes = (scene->bucket_count + 1) * sizeof(struct heat_bucket *);
    scene->buckets = realloc(scene->buckets, bytes);
    assert_non_null(scene->buckets);
    scene->buckets[scene->bucket_count++] = bucket;
}

/* A camera that sees the floor between two x, over all of its depth. */
static inline void scene_camera(struct scene *scene, const char *name, double from_x_m,
                                double to_x_m)
{
    struct box_px view = { .left = from_x_m * 100, .right = to_x_m * 100, .bottom = 1000 };
    assert_int_equal(fusion_set_camera(scene->fusion, name, scene->calibration, view, NULL, 1), 0);
}

static inline void scene_open_with(struct scene *scene, const struct fusion_config *config)
{
    struct problems problems = { 0 };
    struct fusion_sink sink = { .context = scene, .settled = scene_tick, .bucket = scene_bucket };
    struct floor_m low = { 0, 0 }, high = { 20, 10 };
    *scene = (struct scene){ 0 };
    assert_int_equal(floor_map_rectangle(low, high, &scene->map), 0);
    assert_int_equal(calibration_parse(SCENE_CAMERA, "scene", &scene->calibration, &problems), 0);
    problems_release(&problems);
    assert_int_equal(fusion_create("shop", "ground", scene->map, config, &scene_heat, &sink,
                                   &scene->fusion, NULL),
                     0);
}

static inline void scene_open(struct scene *scene)
{
    scene_open_with(scene, &scene_config);
}

static inline void scene_close(struct scene *scene)
{
    for (size_t i = 0; i < scene->bucket_count; i++)
        heat_bucket_destroy(&scene->buckets[i]);
    free(scene->buckets);
    free(scene->reports);
    free(scene->report_tick_us);
    fusion_destroy(&scene->fusion);
    calibration_destroy(&scene->calibration);
    floor_map_destroy(&scene->map);
}

#define SCENE_PEOPLE_MAX 16

/* A frame on its way: who is in it, and where. */
struct scene_frame {
    char camera[ID_SIZE];
    int64_t at_us; /* capture time after SCENE_START_US */
    uint64_t sequence;
    uint32_t flags; /* enum frame_flag */
    size_t count;
    struct floor_m people[SCENE_PEOPLE_MAX];
};

/* Hand a frame in; observations have a standard deviation of sd_m. Returns what fusion_push does.
 */
static inline int scene_push(struct scene *scene, const struct scene_frame *f, double sd_m,
                             int64_t arrival_mono_ns)
{
    struct observation observations[SCENE_PEOPLE_MAX];
    struct observation_frame frame = { .boot_id = 7,
                                       .sequence = f->sequence,
                                       .capture_us = SCENE_START_US + f->at_us,
                                       .publish_us = SCENE_START_US + f->at_us + 40 * US_PER_MS +
                                                     (int64_t) f->sequence * US_PER_MS,
                                       .flags = f->flags,
                                       .model_id = "yolo",
                                       .model_width = 320,
                                       .model_height = 320 + (uint32_t) f->sequence,
                                       .observations = observations,
                                       .observation_count = f->count };
    (void) snprintf(frame.camera, sizeof(frame.camera), "%s", f->camera);
    for (size_t i = 0; i < f->count; i++)
        observations[i] = (struct observation){ .object_class = OBSERVATION_PERSON,
                                                .score = 0.9f,
                                                .floor = f->people[i],
                                                .covariance = { sd_m * sd_m, 0, sd_m * sd_m },
                                                .body_index = -1 };
    return fusion_push(scene->fusion, &frame, arrival_mono_ns);
}

/* Push and go on, as a live program does: the frame arrives when it was captured. */
static inline void scene_live(struct scene *scene, const struct scene_frame *f, double sd_m)
{
    int64_t now_ns = f->at_us * NS_PER_US;
    assert_int_equal(scene_push(scene, f, sd_m, now_ns), 0);
    assert_int_equal(fusion_advance(scene->fusion, now_ns), 0);
}

/* Random numbers that are the same everywhere (Numerical Recipes' 64-bit LCG). */
static inline double scene_uniform(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double) (*state >> 11) + 0.5) / 9007199254740992.0;
}

/* Normal, mean 0, standard deviation 1 (Box and Muller 1958). */
static inline double scene_normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(scene_uniform(state)));
    return radius * cos(2 * 3.14159265358979 * scene_uniform(state));
}

static inline struct floor_m scene_noisy(struct floor_m p, double sd_m, uint64_t *state)
{
    double dx = sd_m * scene_normal(state), dy = sd_m * scene_normal(state);
    return (struct floor_m){ p.x + dx, p.y + dy };
}

/* Different numbers among reports that are not tentative. */
static inline size_t scene_count_people(const struct scene *scene)
{
    uint64_t seen[256];
    size_t count = 0;
    for (size_t i = 0; i < scene->report_count; i++) {
        size_t k = 0;
        if (scene->reports[i].state == TRACK_TENTATIVE)
            continue;
        while (k < count && seen[k] != scene->reports[i].track)
            k++;
        if (k == count && count < 256)
            seen[count++] = scene->reports[i].track;
    }
    return count;
}

#endif
