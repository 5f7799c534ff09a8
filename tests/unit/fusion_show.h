/*
 * fusion_show.h - some seconds of a store with everything that can happen, to be played in pieces
 *
 * Five cameras of bench/town.h, and one that never says anything. Frames come late, too late, out
 * of order, from the future or not at all; boxes are made up, people come and go; one camera sees
 * nobody, one goes dark for a while, one is named late, one is turned. All of it follows from the
 * seed. What comes out is written down as bytes, so that two runs are compared bit for bit.
 */
#ifndef FLOORFUSE_TESTS_UNIT_FUSION_SHOW_H
#define FLOORFUSE_TESTS_UNIT_FUSION_SHOW_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/town.h"
#include "chance.h"
#include "fusion/fusion.h"
#include "fusion_scene.h"
#include "testing.h"

#define SHOW_CAMERAS     5
#define SHOW_RATE_HZ     5
#define SHOW_ROUNDS      60
#define SHOW_FRAMES      (SHOW_CAMERAS * SHOW_ROUNDS)
#define SHOW_PEOPLE_MAX  100 /* in a frame */
#define SHOW_LOOK_LENGTH 3
#define SHOW_SILENT      "silent" /* named, and never heard */

/* Which camera is what. */
enum { SHOW_SEES_NOBODY = 1, SHOW_GOES_DARK = 2, SHOW_IS_TURNED = 3, SHOW_COMES_LATE = 4 };

struct show_step {
    const struct observation_frame *frame;
    int camera;
    int64_t arrival_ns; /* after the start */
    uint64_t missed;    /* of this camera so far */
};

struct show {
    struct town *town;
    struct show_step steps[SHOW_FRAMES];
    size_t step_count;
    size_t named_at, turned_at, ended_at;               /* steps */
    float (*looks)[SHOW_PEOPLE_MAX * SHOW_LOOK_LENGTH]; /* of each frame */
};

/* Somebody who is not there. */
static inline void show_add_false_box(struct chance *chance, const struct town_camera *camera,
                                      struct observation_frame *frame)
{
    double left = chance_between(chance, 0, 1800), top = chance_between(chance, 0, 700);
    struct box_px box = { left, top, left + chance_between(chance, 60, 120),
                          top + chance_between(chance, 150, 300) };
    enum observation_class class =
        chance_between(chance, 0, 1) < 0.2 ? OBSERVATION_HEAD : OBSERVATION_PERSON;
    struct observer observer = { .calibration = camera->calibration,
                                 .view = camera->view,
                                 .edge_sd_px = TOWN_EDGE_SD_PX };
    size_t bytes = (frame->observation_count + 1) * sizeof(*frame->observations);
    frame->observations = realloc(frame->observations, bytes);
    assert_non_null(frame->observations);
    struct finding finding = { .object_class = class, .score = 0.5f, .box = box };
    frame->observation_count +=
        observe(&observer, &finding, &frame->observations[frame->observation_count]) == 0;
}

/* A camera that has lost its calibration for a moment. */
static inline void show_add_nonsense(struct observation_frame *frame)
{
    if (frame->observation_count > 0)
        frame->observations[0].floor.x = NAN;
}

/* Of somebody only the head is found. */
static inline void show_behead(const struct town_camera *camera, struct observation_frame *frame)
{
    if (frame->observation_count == 0)
        return;
    struct box_px box = frame->observations[0].box;
    struct observer observer = { .calibration = camera->calibration,
                                 .view = camera->view,
                                 .edge_sd_px = TOWN_EDGE_SD_PX };
    box.bottom = box.top + (box.bottom - box.top) / 7;
    struct finding finding = { .object_class = OBSERVATION_HEAD, .score = 0.7f, .box = box };
    (void) (observe(&observer, &finding, &frame->observations[0]) < 0);
}

/* For three seconds half of the store is empty. */
static inline void show_send_away(struct observation_frame *frame)
{
    size_t kept = 0;
    for (size_t i = 0; i < frame->observation_count; i++)
        if (frame->observations[i].floor.x < 9)
            frame->observations[kept++] = frame->observations[i];
    frame->observation_count = kept;
}

/* Two cameras say what people look like: each as where they stand now, and now and then nothing. */
static inline void show_add_appearance(struct show *show, struct chance *chance,
                                       struct observation_frame *frame)
{
    float *rows = show->looks[frame - show->town->frames];
    frame->appearance_length = SHOW_LOOK_LENGTH;
    frame->appearance = rows;
    for (size_t i = 0; i < frame->observation_count; i++, rows += SHOW_LOOK_LENGTH) {
        rows[0] = (float) frame->observations[i].floor.x;
        rows[1] = (float) frame->observations[i].floor.y;
        rows[2] = (float) chance_between(chance, 0, 3);
        if (chance_between(chance, 0, 1) < 0.05)
            rows[1] = NAN;
    }
}

static inline void show_change_frame(struct show *show, struct chance *chance, int round,
                                     int camera)
{
    struct observation_frame *frame = &show->town->frames[round * SHOW_CAMERAS + camera];
    if (round >= 20 && round < 35)
        show_send_away(frame);
    if (camera == SHOW_IS_TURNED && round % 2 == 0)
        show_behead(&show->town->cameras[camera], frame);
    if (camera == SHOW_SEES_NOBODY || round < 10)
        frame->observation_count = 0;
    else if (chance_between(chance, 0, 1) < 0.15)
        show_add_false_box(chance, &show->town->cameras[camera], frame);
    if (camera == 0 && round >= 44 && round < 52)
        frame->flags = FRAME_PICTURE_SUSPICIOUS;
    if (camera == 0 && round % 16 == 0)
        show_add_nonsense(frame);
    if (camera == 0 && round % 20 == 10) /* a clock that jumps, and is not believed */
        frame->capture_us += 48 * 3600 * US_PER_S;
    if (camera == 0 || camera == SHOW_IS_TURNED)
        show_add_appearance(show, chance, frame);
}

/* Frames are told of up to a second after they were captured, some by a clock that is behind; the
 * last camera never says when. Each camera takes another model in the middle of the show. */
static inline void show_add_origin(int round, int camera, struct observation_frame *frame)
{
    int64_t latency_ms = (round * 7919 + camera * 104729) % 1000 - 20;
    frame->publish_us = camera == SHOW_CAMERAS - 1 ? 0 : frame->capture_us + latency_ms * US_PER_MS;
    (void) snprintf(frame->model_id, sizeof(frame->model_id), "%s",
                    round < SHOW_ROUNDS / 2 ? "yolo" : "yolo-tiny");
    frame->model_width = 320;
    frame->model_height = round < SHOW_ROUNDS / 2 ? 320 : 256;
}

static inline bool show_is_dark(int round, int camera)
{
    return camera == SHOW_GOES_DARK && round >= 24 && round < 40;
}

static inline int show_by_arrival(const void *left, const void *right)
{
    const struct show_step *a = left, *b = right;
    if (a->arrival_ns != b->arrival_ns)
        return a->arrival_ns < b->arrival_ns ? -1 : 1;
    return (a->frame > b->frame) - (a->frame < b->frame);
}

static inline void show_open(struct show *show, uint64_t seed)
{
    struct town_plan plan = { .kind = TOWN_STORE,
                              .cameras = SHOW_CAMERAS,
                              .rate_hz = SHOW_RATE_HZ,
                              .rounds = SHOW_ROUNDS,
                              .seed = seed };
    struct chance chance = { seed * 7919 + 1 };
    uint64_t missed[SHOW_CAMERAS] = { 0 };
    *show = (struct show){ .looks = calloc(SHOW_FRAMES, sizeof(*show->looks)) };
    assert_non_null(show->looks);
    assert_int_equal(town_create(&plan, &show->town), 0);
    for (int round = 0; round < SHOW_ROUNDS; round++)
        for (int camera = 0; camera < SHOW_CAMERAS; camera++) {
            struct observation_frame *frame = &show->town->frames[round * SHOW_CAMERAS + camera];
            int64_t captured_us = frame->capture_us - TOWN_START_US;
            show_add_origin(round, camera, frame);
            show_change_frame(show, &chance, round, camera);
            bool is_late = chance_between(&chance, 0, 1) < 0.02;
            double delay_ms = is_late ? 1600 : chance_between(&chance, 0, 300);
            if (chance_between(&chance, 0, 1) < 0.04)
                missed[camera]++;
            else if (!show_is_dark(round, camera))
                show->steps[show->step_count++] = (struct show_step){
                    .frame = frame,
                    .camera = camera,
                    .arrival_ns =
                        captured_us * NS_PER_US + (int64_t) (delay_ms * (double) NS_PER_MS),
                    .missed = missed[camera],
                };
        }
    qsort(show->steps, show->step_count, sizeof(show->steps[0]), show_by_arrival);
    show->named_at = 60;
    show->turned_at = 150;
    show->ended_at = SIZE_MAX;
    for (size_t i = 0; seed % 2 == 0 && i < show->step_count; i++)
        if (show->steps[i].camera == SHOW_GOES_DARK && show->steps[i].frame->sequence < 24)
            show->ended_at = i + 1;
}

static inline void show_close(struct show *show)
{
    town_destroy(&show->town);
    free(show->looks);
}

/* One fusion that plays a part of the show, and what came out of it so far. */
struct show_run {
    const struct show *show;
    const struct fusion_config *config;
    struct fusion *fusion;
    struct buffer journal;
    int64_t clock_ns; /* of the monotonic clock at the start */
};

static inline void show_note_tick(struct buffer *journal, const struct tick_report *report)
{
    buffer_put_i64(journal, report->tick_us);
    buffer_put_u64(journal, report->confirmed_count);
    buffer_put_u64(journal, report->track_count);
    for (size_t i = 0; i < report->track_count; i++) {
        const struct track_report *t = &report->tracks[i];
        const double numbers[] = { t->position.x,    t->position.y,    t->covariance.xx,
                                   t->covariance.xy, t->covariance.yy, t->velocity_x_m_s,
                                   t->velocity_y_m_s };
        buffer_put_u64(journal, t->track);
        buffer_put_u32(journal, t->state);
        buffer_put_u32(journal, t->cameras);
        for (size_t k = 0; k < ARRAY_LENGTH(numbers); k++)
            buffer_put_double(journal, numbers[k]);
    }
}

static inline void show_note_live(void *context, const struct tick_report *report)
{
    struct show_run *run = context;
    buffer_put_u8(&run->journal, 1);
    show_note_tick(&run->journal, report);
}

static inline void show_note_settled(void *context, const struct tick_report *report)
{
    struct show_run *run = context;
    buffer_put_u8(&run->journal, 2);
    show_note_tick(&run->journal, report);
}

static inline void show_note_event(void *context, const struct zone_event *event)
{
    struct show_run *run = context;
    buffer_put_u8(&run->journal, 4);
    buffer_put_u32(&run->journal, event->kind);
    buffer_put_i64(&run->journal, event->time_us);
    buffer_put_u64(&run->journal, event->track);
    buffer_put_i64(&run->journal, event->stay_ms);
    buffer_put_double(&run->journal, event->position.x);
    buffer_put_double(&run->journal, event->position.y);
}

static inline void show_note_cells(struct buffer *journal, const struct heat_bucket *bucket)
{
    buffer_put_u64(journal, bucket->cell_count);
    for (size_t i = 0; i < bucket->cell_count; i++) {
        const struct heat_cell *c = &bucket->cells[i];
        const int64_t numbers[] = { c->cell,      c->passes,    c->dwell_ms,
                                    c->move_x_mm, c->move_y_mm, c->path_mm };
        for (size_t k = 0; k < ARRAY_LENGTH(numbers); k++)
            buffer_put_i64(journal, numbers[k]);
    }
    buffer_put_u64(journal, bucket->exposure_count);
    for (size_t i = 0; i < bucket->exposure_count; i++) {
        buffer_put_u64(journal, bucket->exposures[i].camera_set.words[0]);
        buffer_put_i64(journal, bucket->exposures[i].exposure_ms);
    }
}

static inline void show_note_cameras(struct buffer *journal, const struct heat_bucket *bucket)
{
    buffer_put_u64(journal, bucket->camera_count);
    for (size_t i = 0; i < bucket->camera_count; i++) {
        const struct heat_camera *c = &bucket->cameras[i];
        buffer_put_bytes(journal, c->camera, strlen(c->camera));
        buffer_put_bytes(journal, c->calibration_version, strlen(c->calibration_version));
        buffer_put_bytes(journal, c->footprint, grid_mask_bytes(&bucket->grid));
        buffer_put_i64(journal, c->frames);
        buffer_put_i64(journal, c->observations);
        buffer_put_i64(journal, c->missed);
        buffer_put_u64(journal, c->boot_id);
        buffer_put_u64(journal, c->last_sequence);
        buffer_put_bytes(journal, c->model, sizeof(c->model));
        buffer_put_u32(journal, c->model_width);
        buffer_put_u32(journal, c->model_height);
        for (size_t k = 0; k < LATENCY_BINS; k++)
            buffer_put_u32(journal, c->latency.frames[k]);
    }
    buffer_put_u64(journal, bucket->pair_count);
    for (size_t i = 0; i < bucket->pair_count; i++) {
        const struct heat_pair *p = &bucket->pairs[i];
        buffer_put_u32(journal, p->camera_a);
        buffer_put_u32(journal, p->camera_b);
        buffer_put_i64(journal, p->count);
        buffer_put_double(journal, p->sum_dx_m);
        buffer_put_double(journal, p->sum_dy_m);
        buffer_put_double(journal, p->sum_squared_m2);
    }
}

static inline void show_note_bucket(void *context, struct heat_bucket *bucket)
{
    struct show_run *run = context;
    struct buffer *journal = &run->journal;
    buffer_put_u8(journal, 3);
    buffer_put_i64(journal, bucket->start_us);
    buffer_put_i64(journal, bucket->end_us);
    buffer_put_i64(journal, bucket->peak_people);
    buffer_put_i64(journal, bucket->people_ms);
    show_note_cells(journal, bucket);
    show_note_cameras(journal, bucket);
    heat_bucket_destroy(&bucket);
}

static inline void show_note_counts(struct show_run *run)
{
    struct fusion_counts c = fusion_counts(run->fusion);
    const uint64_t numbers[] = { c.frames,
                                 c.observations,
                                 c.frames_late,
                                 c.frames_unknown,
                                 c.frames_implausible,
                                 c.observations_dropped,
                                 c.appearances_ignored,
                                 c.ticks,
                                 c.tracks_confirmed,
                                 (uint64_t) c.dwell_ms,
                                 (uint64_t) c.people_ms,
                                 (uint64_t) c.looked_ms,
                                 (uint64_t) c.first_tick_us,
                                 (uint64_t) c.last_tick_us,
                                 (uint64_t) c.peak_people };
    struct pair_residual *pairs;
    int count = fusion_pair_residuals(run->fusion, &pairs);
    assert_true(count >= 0);
    for (size_t k = 0; k < ARRAY_LENGTH(numbers); k++)
        buffer_put_u64(&run->journal, numbers[k]);
    for (int i = 0; i < count; i++) {
        buffer_put_bytes(&run->journal, pairs[i].camera_a, strlen(pairs[i].camera_a));
        buffer_put_bytes(&run->journal, pairs[i].camera_b, strlen(pairs[i].camera_b));
        buffer_put_i64(&run->journal, pairs[i].count);
        buffer_put_double(&run->journal, pairs[i].mean_dx_m);
        buffer_put_double(&run->journal, pairs[i].mean_dy_m);
        buffer_put_double(&run->journal, pairs[i].rms_m);
    }
    free(pairs);
}

static inline void show_name(struct show_run *run, int camera, bool turned)
{
    const struct town_camera *c = &run->show->town->cameras[camera < 0 ? 0 : camera];
    struct box_px view = c->view;
    if (turned)
        view.right /= 2;
    assert_int_equal(fusion_set_camera(run->fusion, camera < 0 ? SHOW_SILENT : c->name,
                                       c->calibration, view, NULL, TOWN_EDGE_SD_PX),
                     0);
}

/* The cameras that have been named before a step; backwards: in another order. */
static inline void show_name_all(struct show_run *run, size_t step, bool backwards)
{
    for (int i = 0; i <= SHOW_CAMERAS; i++) {
        int camera = (backwards ? SHOW_CAMERAS - i : i) - 1;
        if (camera != SHOW_COMES_LATE || step > run->show->named_at)
            show_name(run, camera, camera == SHOW_IS_TURNED && step > run->show->turned_at);
    }
}

static inline struct fusion *show_new_fusion(struct show_run *run)
{
    static const struct heat_config heat = { .cell_m = 1, .bucket_s = 3, .visit_s = 5 };
    struct fusion_sink sink = { .context = run,
                                .tick = show_note_live,
                                .settled = show_note_settled,
                                .event = show_note_event,
                                .bucket = show_note_bucket };
    struct fusion *fusion;
    assert_int_equal(fusion_create("shop", "ground", run->show->town->map, run->config, &heat,
                                   &sink, &fusion, NULL),
                     0);
    return fusion;
}

static inline void show_begin(struct show_run *run, const struct show *show,
                              const struct fusion_config *config)
{
    *run = (struct show_run){ .show = show, .config = config, .clock_ns = 77 * NS_PER_S };
    run->fusion = show_new_fusion(run);
    show_name_all(run, 0, false);
}

static inline int64_t show_now_ns(const struct show_run *run, size_t step)
{
    return run->clock_ns + (step > 0 ? run->show->steps[step - 1].arrival_ns : 0);
}

/* What the loop of a program would wait for. */
static inline void show_note_deadline(struct show_run *run)
{
    int64_t until_ns = fusion_next_deadline_mono_ns(run->fusion);
    bool is_time = until_ns != INT64_MAX && until_ns != INT64_MIN;
    buffer_put_i64(&run->journal, is_time ? until_ns - run->clock_ns : until_ns);
}

static inline void show_play(struct show_run *run, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        const struct show_step *step = &run->show->steps[i];
        if (i == run->show->named_at)
            show_name(run, SHOW_COMES_LATE, false);
        if (i == run->show->turned_at)
            show_name(run, SHOW_IS_TURNED, true);
        const char *dark = run->show->town->cameras[SHOW_GOES_DARK].name;
        if (i == run->show->ended_at)
            fusion_camera_ended(run->fusion, dark);
        fusion_camera_missed(run->fusion, step->frame->camera, step->missed);
        int64_t now_ns = show_now_ns(run, i + 1);
        int r = fusion_push(run->fusion, step->frame, now_ns);
        assert_true(r == 0 || r == -ESTALE || r == -EDOM || r == -ENOENT);
        buffer_put_i64(&run->journal, r);
        assert_int_equal(fusion_advance(run->fusion, now_ns), 0);
        show_note_deadline(run);
    }
}

static inline void show_save(const struct show_run *run, size_t step, struct buffer *saved)
{
    saved->length = 0;
    assert_int_equal(fusion_save(run->fusion, show_now_ns(run, step), saved), 0);
}

static inline void show_finish(struct show_run *run)
{
    assert_int_equal(fusion_finish(run->fusion), 0);
    show_note_counts(run);
    fusion_destroy(&run->fusion);
    assert_int_equal(buffer_result(&run->journal), 0);
}

#endif
