/* test_fusion.c - whole floors with simulated people; the truth is what the test simulates */
#include <errno.h>

#include "fusion_scene.h"
#include "near.h"

/* Two cameras at 7 frames a second that are not in step, with 143 ms between frames. */
#define PERIOD_US INT64_C(142857)
#define PHASE_US  INT64_C(61000)

/* Where somebody is at a time; false: not there. */
typedef bool (*walk_function)(int person, double t_s, struct floor_m *ret_position);

struct view {
    const char *camera;
    double from_x_m, to_x_m;
    int64_t phase_us;
    double bias_x_m;
    double dark_from_s;       /* no more frames; 0: never */
    double suspicious_from_s; /* frames that are not to be believed, empty; 0: never */
};

static struct scene_frame frame_of(const struct view *view, int64_t at_us, uint64_t sequence,
                                   walk_function walk, int people, double sd_m, uint64_t *random)
{
    struct scene_frame frame = { .at_us = at_us, .sequence = sequence };
    (void) snprintf(frame.camera, sizeof(frame.camera), "%s", view->camera);
    for (int p = 0; p < people; p++) {
        struct floor_m position;
        if (!walk(p, (double) at_us / 1e6, &position) || position.x < view->from_x_m ||
            position.x > view->to_x_m)
            continue;
        position = scene_noisy(position, sd_m, random);
        position.x += view->bias_x_m;
        frame.people[frame.count++] = position;
    }
    return frame;
}

/* Play views of a walk, in the order of capture, and finish. */
static void play(struct scene *scene, const struct view *views, int view_count, walk_function walk,
                 int people, double sd_m, double duration_s)
{
    uint64_t random = 42;
    int64_t next_us[4];
    for (int v = 0; v < view_count; v++) {
        scene_camera(scene, views[v].camera, views[v].from_x_m, views[v].to_x_m);
        next_us[v] = views[v].phase_us;
    }
    for (;;) {
        int v = 0;
        for (int i = 1; i < view_count; i++)
            if (next_us[i] < next_us[v])
                v = i;
        if ((double) next_us[v] > duration_s * 1e6)
            break;
        struct scene_frame frame =
            frame_of(&views[v], next_us[v], scene->sequence[v]++, walk, people, sd_m, &random);
        next_us[v] += PERIOD_US;
        if (views[v].suspicious_from_s > 0 &&
            (double) frame.at_us >= views[v].suspicious_from_s * 1e6) {
            frame.flags = FRAME_PICTURE_SUSPICIOUS;
            frame.count = 0;
        }
        if (views[v].dark_from_s == 0 || (double) frame.at_us < views[v].dark_from_s * 1e6)
            scene_live(scene, &frame, sd_m);
    }
    assert_int_equal(fusion_finish(scene->fusion), 0);
}

static bool one_walker(int person, double t_s, struct floor_m *ret)
{
    (void) person;
    *ret = (struct floor_m){ 2 + 1.2 * t_s, 5 + sin(t_s) };
    return true;
}

static void two_cameras_see_one_noisy_walker_as_one_track(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct view views[] = { { "a", 0, 20, 0, 0, 0 }, { "b", 0, 20, PHASE_US, 0, 0 } };
    play(&scene, views, 2, one_walker, 1, 0.15, 14);
    assert_int_equal(scene_count_people(&scene), 1);
    struct fusion_counts counts = fusion_counts(scene.fusion);
    assert_int_equal(counts.tracks_confirmed, 1);
    assert_int_equal(counts.peak_people, 1);
    double squared = 0;
    int64_t n = 0;
    for (size_t i = 0; i < scene.report_count; i++) {
        struct floor_m truth;
        double t_s = (double) (scene.report_tick_us[i] - SCENE_START_US) / 1e6;
        if (t_s < 2)
            continue;
        (void) one_walker(0, t_s, &truth);
        squared += pow(floor_distance_m(truth, scene.reports[i].position), 2);
        n++;
    }
    /* Each observation is wrong by 0.15 m on each axis (0.21 m); tracking must be better. */
    assert_true(sqrt(squared / (double) n) < 0.17);
    scene_close(&scene);
}

static bool walkers_side_by_side(int person, double t_s, struct floor_m *ret)
{
    *ret = (struct floor_m){ 2 + t_s, 5 + 0.8 * person };
    return true;
}

static void two_people_80_cm_apart_stay_two(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct view views[] = { { "a", 0, 20, 0, 0, 0 }, { "b", 0, 20, PHASE_US, 0, 0 } };
    play(&scene, views, 2, walkers_side_by_side, 2, 0.05, 15);
    assert_int_equal(scene_count_people(&scene), 2);
    assert_int_equal(fusion_counts(scene.fusion).peak_people, 2);
    scene_close(&scene);
}

/* Cameras all around, each with errors of its own: a bias that stays and noise that does not, and
 * one person in ten missed. Returns the share of settled ticks after 2 s with `people` people. */
static double share_of_ticks_with(int cameras, walk_function walk, int people)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g" };
    struct scene scene;
    uint64_t random = 11, ticks = 0, right = 0;
    scene_open(&scene);
    for (int c = 0; c < cameras; c++)
        scene_camera(&scene, names[c], 0, 20);
    for (int64_t i = 0; i < 150; i++)
        for (int c = 0; c < cameras; c++) {
            double angle = 2 * 3.14159265358979 * c / cameras;
            int64_t at_us = i * 100000 + c * 9000;
            struct scene_frame frame = { .at_us = at_us, .sequence = (uint64_t) i };
            (void) snprintf(frame.camera, sizeof(frame.camera), "%s", names[c]);
            for (int p = 0; p < people; p++) {
                struct floor_m at;
                if (!walk(p, (double) at_us / 1e6, &at) || scene_uniform(&random) < 0.1)
                    continue;
                at = scene_noisy(at, 0.08, &random);
                frame.people[frame.count++] =
                    (struct floor_m){ at.x + 0.1 * cos(angle), at.y + 0.1 * sin(angle) };
            }
            scene_live(&scene, &frame, 0.08);
        }
    assert_int_equal(fusion_finish(scene.fusion), 0);
    for (size_t i = 0, end; i < scene.report_count; i = end) {
        for (end = i;
             end < scene.report_count && scene.report_tick_us[end] == scene.report_tick_us[i];)
            end++;
        if (scene.report_tick_us[i] < SCENE_START_US + 2 * US_PER_S)
            continue;
        ticks++;
        right += end - i == (size_t) people;
    }
    scene_close(&scene);
    assert_true(ticks > 100);
    return (double) right / (double) ticks;
}

static bool walkers_half_a_metre_apart(int person, double t_s, struct floor_m *ret)
{
    *ret = (struct floor_m){ 2 + t_s, 5 + 0.5 * person };
    return true;
}

static void two_people_half_a_metre_apart_stay_two(void **state)
{
    (void) state;
    assert_true(share_of_ticks_with(3, walkers_half_a_metre_apart, 2) >= 0.95);
}

static void one_person_seen_by_seven_cameras_is_one(void **state)
{
    (void) state;
    assert_true(share_of_ticks_with(7, one_walker, 1) >= 0.995);
}

static void person_keeps_the_number_from_camera_to_camera(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct view views[] = { { "a", 0, 11, 0, 0, 0 }, { "b", 9, 20, PHASE_US, 0, 0 } };
    play(&scene, views, 2, one_walker, 1, 0.1, 14);
    assert_int_equal(scene_count_people(&scene), 1);
    scene_close(&scene);
}

static void cameras_that_disagree_by_half_a_metre_make_no_doubles(void **state)
{
    (void) state;
    struct scene scene;
    struct pair_residual *pairs = NULL;
    scene_open(&scene);
    struct view views[] = { { "b", 0, 20, 0, 0.25, 0 }, { "a", 0, 20, PHASE_US, -0.25, 0 } };
    play(&scene, views, 2, one_walker, 1, 0.05, 14);
    assert_int_equal(scene_count_people(&scene), 1);
    assert_int_equal(fusion_pair_residuals(scene.fusion, &pairs), 1);
    assert_string_equal(pairs[0].camera_a, "a");
    assert_string_equal(pairs[0].camera_b, "b");
    assert_true(pairs[0].count > 20);
    assert_near(pairs[0].mean_dx_m, -0.5, 0.05); /* noise 0.07 m / sqrt(count), and velocity's */
    assert_near(pairs[0].mean_dy_m, 0, 0.05);
    assert_near(pairs[0].rms_m, 0.51, 0.05); /* root of 0.5^2 + 2 x 2 x 0.05^2 */
    free(pairs);
    scene_close(&scene);
}

static int64_t exposure_ms(const struct scene *scene, uint64_t set)
{
    int64_t ms = 0;
    for (size_t b = 0; b < scene->bucket_count; b++)
        for (size_t i = 0; i < scene->buckets[b]->exposure_count; i++)
            if (scene->buckets[b]->exposures[i].camera_set.words[0] == set)
                ms += scene->buckets[b]->exposures[i].exposure_ms;
    return ms;
}

static void dark_camera_loses_its_exposure(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct view views[] = { { "a", 0, 20, 0, 0, 0 }, { "b", 0, 20, PHASE_US, 0, 5 } };
    play(&scene, views, 2, one_walker, 1, 0.1, 12);
    /* b's last frame is at 4.918 s (34 periods + 61 ms), and valid for a second; a looks to the
     * end: frames at 0 .. 11.999 s (84 periods), so ticks end at 0.0 .. 12.0 s. */
    assert_int_equal(exposure_ms(&scene, 2), 0);
    assert_int_equal(exposure_ms(&scene, 1) + exposure_ms(&scene, 3), 12100);
    assert_int_equal(exposure_ms(&scene, 3), 5900 - 100 + 100);
    assert_int_equal(fusion_counts(scene.fusion).looked_ms, 12100);
    scene_close(&scene);
}

/* It sends on, and nothing in it can be believed: to the heat map it is as if it were gone. */
static void suspicious_camera_loses_its_exposure(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct view views[] = { { "a", 0, 20, 0, 0, 0, 0 }, { "b", 0, 20, PHASE_US, 0, 0, 5 } };
    play(&scene, views, 2, one_walker, 1, 0.1, 12);
    /* The figures of dark_camera_loses_its_exposure. */
    assert_int_equal(exposure_ms(&scene, 2), 0);
    assert_int_equal(exposure_ms(&scene, 1) + exposure_ms(&scene, 3), 12100);
    assert_int_equal(exposure_ms(&scene, 3), 5900);
    scene_close(&scene);
}

static bool crowd(int person, double t_s, struct floor_m *ret)
{
    double angle = t_s * (0.2 + 0.05 * person) + person;
    *ret = (struct floor_m){ 10 + (2 + person) * cos(angle), 5 + (1 + 0.6 * person) * sin(angle) };
    return t_s > person; /* they come one after the other */
}

static void dwell_of_cells_and_outside_is_all_people_time(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct view views[] = { { "a", 0, 20, 0, 0, 0 }, { "b", 0, 20, PHASE_US, 0, 0 } };
    play(&scene, views, 2, crowd, 8, 0.1, 130); /* the last ones walk off the grid at times */
    struct fusion_counts counts = fusion_counts(scene.fusion);
    int64_t people_ms = 0, cell_ms = 0;
    assert_int_equal(scene.bucket_count, 4); /* the first tick ends at 0 s: the bucket before */
    for (size_t b = 0; b < scene.bucket_count; b++) {
        people_ms += scene.buckets[b]->people_ms;
        for (size_t i = 0; i < scene.buckets[b]->cell_count; i++)
            cell_ms += scene.buckets[b]->cells[i].dwell_ms;
    }
    int64_t outside_ms = 0, reported_ms = 0;
    const struct grid *grid = fusion_grid(scene.fusion);
    for (size_t i = 0; i < scene.report_count; i++) {
        bool outside = grid_cell_at(grid, scene.reports[i].position) == GRID_OUTSIDE;
        reported_ms += 100;
        outside_ms += outside ? 100 : 0;
    }
    assert_int_equal(counts.people_ms, people_ms);
    assert_int_equal(counts.dwell_ms, cell_ms);
    assert_true(outside_ms > 1000);
    assert_int_equal(people_ms - cell_ms, outside_ms);
    assert_int_equal(people_ms, reported_ms);
    scene_close(&scene);
}

static void tick_at_each_time_of_the_input_lasts_until_it(void **state)
{
    (void) state;
    struct scene scene;
    struct fusion_config config = scene_config;
    static const int64_t at_ms[] = { 0, 500, 700, 1700, 9700 }; /* then nothing for 8 s */
    config.tick_ms = 0;
    scene_open_with(&scene, &config);
    scene_camera(&scene, "a", 0, 20);
    scene_camera(&scene, "b", 0, 20);
    for (uint64_t i = 0; i < ARRAY_LENGTH(at_ms); i++)
        for (int c = 0; c < 2; c++) {
            struct scene_frame frame = {
                .at_us = at_ms[i] * US_PER_MS, .sequence = i, .count = 1, .people = { { 3, 3 } }
            };
            (void) snprintf(frame.camera, sizeof(frame.camera), "%s", c ? "b" : "a");
            assert_int_equal(scene_push(&scene, &frame, 0.1, 0), 0);
        }
    assert_int_equal(fusion_finish(scene.fusion), 0);
    struct fusion_counts counts = fusion_counts(scene.fusion);
    assert_int_equal(counts.ticks, 5);
    /* 500 + 200 + 1000, and of the last 8 s one, for which a frame is valid */
    assert_int_equal(counts.looked_ms, 2700);
    assert_int_equal(scene.report_tick_us[1], SCENE_START_US + 500 * US_PER_MS);
    scene_close(&scene);
}

#define CAMERAS 3
#define FRAMES  120

struct delivery {
    struct scene_frame frame;
    double arrival_us; /* when it comes; frames of one camera stay in order */
};

static int by_arrival(const void *left, const void *right)
{
    const struct delivery *a = left, *b = right;
    return (a->arrival_us > b->arrival_us) - (a->arrival_us < b->arrival_us);
}

/* The same frames, each camera's delayed by a varying part of the lateness. */
static void deliver(struct scene *scene, uint64_t delays)
{
    static const char *const names[CAMERAS] = { "a", "b", "c" };
    static struct delivery deliveries[CAMERAS * FRAMES];
    uint64_t random = 99;
    scene_open(scene);
    for (int c = 0; c < CAMERAS; c++) {
        /* Naming order must not matter either. */
        int first = (int) (delays % CAMERAS);
        scene_camera(scene, names[(c + first) % CAMERAS], 0, 20);
    }
    for (int c = 0; c < CAMERAS; c++) {
        struct view view = { names[c], 0, 20, 20000 * c, 0, 0 };
        double last_us = 0;
        for (int i = 0; i < FRAMES; i++) {
            struct delivery *d = &deliveries[c * FRAMES + i];
            d->frame = frame_of(&view, 30000 + 20000 * (c % 2) + i * PERIOD_US, (uint64_t) i, crowd,
                                6, 0.2, &random);
            d->arrival_us =
                (double) d->frame.at_us + (delays ? 700000 * scene_uniform(&delays) : 0);
            last_us = d->arrival_us = fmax(d->arrival_us, last_us + 1);
        }
    }
    qsort(deliveries, CAMERAS * FRAMES, sizeof(*deliveries), by_arrival);
    for (int i = 0; i < CAMERAS * FRAMES; i++) {
        int64_t now_ns = (int64_t) (deliveries[i].arrival_us * 1e3);
        assert_int_equal(scene_push(scene, &deliveries[i].frame, 0.2, now_ns), 0);
        assert_int_equal(fusion_advance(scene->fusion, now_ns), 0);
    }
    assert_int_equal(fusion_finish(scene->fusion), 0);
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

static void assert_same_reports(const struct scene *a, const struct scene *b)
{
    assert_int_equal(a->report_count, b->report_count);
    for (size_t i = 0; i < a->report_count; i++) {
        const struct track_report *p = &a->reports[i], *q = &b->reports[i];
        assert_int_equal(a->report_tick_us[i], b->report_tick_us[i]);
        assert_int_equal(p->track, q->track);
        assert_int_equal(p->state, q->state);
        assert_int_equal(p->cameras, q->cameras);
        assert_true(same_bits(p->position.x, q->position.x));
        assert_true(same_bits(p->position.y, q->position.y));
        assert_true(same_bits(p->covariance.xx, q->covariance.xx));
        assert_true(same_bits(p->covariance.xy, q->covariance.xy));
        assert_true(same_bits(p->velocity_x_m_s, q->velocity_x_m_s));
        assert_true(same_bits(p->velocity_y_m_s, q->velocity_y_m_s));
    }
}

/* What came from the cameras, footprints aside. */
static void assert_same_cameras(const struct heat_bucket *a, const struct heat_bucket *b)
{
    assert_int_equal(a->camera_count, b->camera_count);
    for (size_t i = 0; i < a->camera_count; i++) {
        const struct heat_camera *p = &a->cameras[i], *q = &b->cameras[i];
        assert_string_equal(p->camera, q->camera);
        assert_int_equal(p->frames, q->frames);
        assert_int_equal(p->observations, q->observations);
        assert_string_equal(p->model, q->model);
        assert_int_equal(p->model_width, q->model_width);
        assert_int_equal(p->model_height, q->model_height);
        assert_memory_equal(&p->latency, &q->latency, sizeof(p->latency));
    }
}

static void assert_same_buckets(const struct scene *a, const struct scene *b)
{
    assert_int_equal(a->bucket_count, b->bucket_count);
    for (size_t i = 0; i < a->bucket_count; i++) {
        const struct heat_bucket *p = a->buckets[i], *q = b->buckets[i];
        assert_int_equal(p->cell_count, q->cell_count);
        assert_memory_equal(p->cells, q->cells, p->cell_count * sizeof(*p->cells));
        assert_int_equal(p->exposure_count, q->exposure_count);
        assert_memory_equal(p->exposures, q->exposures, p->exposure_count * sizeof(*p->exposures));
        assert_int_equal(p->pair_count, q->pair_count);
        for (size_t k = 0; k < p->pair_count; k++)
            assert_true(same_bits(p->pairs[k].sum_dx_m, q->pairs[k].sum_dx_m));
        assert_same_cameras(p, q);
    }
}

/* Frame i of the walk is told of 40 + i ms later: the median of 120 frames is 99 ms, whatever the
 * order and however long the messages took. The last one has 320 + 119 px. */
static void buckets_know_their_cameras_models_and_latencies(void **state)
{
    (void) state;
    struct scene scene;
    deliver(&scene, 3);
    assert_int_equal(scene.bucket_count, 1);
    assert_int_equal(scene.buckets[0]->camera_count, CAMERAS);
    for (int i = 0; i < CAMERAS; i++) {
        const struct heat_camera *camera = &scene.buckets[0]->cameras[i];
        assert_string_equal(camera->model, "yolo");
        assert_int_equal(camera->model_width, 320);
        assert_int_equal(camera->model_height, 320 + FRAMES - 1);
        assert_int_equal(camera->frames, FRAMES);
        assert_int_equal(latency_sketch_count(&camera->latency), FRAMES);
        assert_near(latency_sketch_quantile(&camera->latency, 0.5), 99, 0.048 * 99);
    }
    scene_close(&scene);
}

static void result_does_not_depend_on_the_order_of_arrival(void **state)
{
    (void) state;
    struct scene in_order;
    deliver(&in_order, 0);
    assert_true(in_order.report_count > 500);
    for (uint64_t delays = 1; delays <= 10; delays++) {
        struct scene shuffled;
        deliver(&shuffled, delays);
        assert_same_reports(&in_order, &shuffled);
        assert_same_buckets(&in_order, &shuffled);
        scene_close(&shuffled);
    }
    scene_close(&in_order);
}

static bool nobody(int person, double t_s, struct floor_m *ret)
{
    (void) person, (void) t_s, (void) ret;
    return false;
}

static void night_without_frames_costs_no_ticks(void **state)
{
    (void) state;
    struct scene scene;
    uint64_t random = 1;
    struct view view = { "a", 0, 20, 0, 0, 0 };
    scene_open(&scene);
    scene_camera(&scene, "a", 0, 20);
    for (int64_t hour = 0; hour < 20; hour += 10)
        for (int64_t i = 1; i <= 20; i++) {
            struct scene_frame frame = frame_of(&view, hour * 3600 * US_PER_S + i * PERIOD_US,
                                                (uint64_t) i, one_walker, 1, 0, &random);
            frame.people[0] = (struct floor_m){ 3, 3 };
            frame.count = 1;
            scene_live(&scene, &frame, 0.1);
        }
    assert_int_equal(fusion_finish(scene.fusion), 0);
    struct fusion_counts counts = fusion_counts(scene.fusion);
    assert_true(counts.ticks < 100); /* 2 x 2.9 s, and 2 s until the first one has gone */
    assert_int_equal(counts.tracks_confirmed, 2);
    assert_int_equal(scene.bucket_count, 2);
    assert_int_equal(scene.buckets[1]->start_us, SCENE_START_US + 36000 * US_PER_S);
    assert_int_equal(scene.buckets[0]->people_ms + scene.buckets[1]->people_ms, counts.people_ms);
    scene_close(&scene);
}

static void buckets_tell_what_each_camera_sent(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    scene_camera(&scene, "b", 0, 10);
    fusion_camera_missed(scene.fusion, "b", 3);
    struct view views[] = { { "a", 0, 20, 1000, 0, 0 } };
    play(&scene, views, 1, one_walker, 1, 0.1, 59);
    assert_int_equal(scene.bucket_count, 1);
    const struct heat_bucket *bucket = scene.buckets[0];
    assert_int_equal(bucket->start_us, SCENE_START_US);
    assert_int_equal(bucket->camera_count, 2);
    assert_string_equal(bucket->cameras[0].camera, "a");
    assert_int_equal(bucket->cameras[0].frames, 413); /* floor(58.999 s / 142857 us) + 1 */
    assert_int_equal(bucket->cameras[0].boot_id, 7);
    assert_int_equal(bucket->cameras[0].last_sequence, 412);
    assert_int_equal(bucket->cameras[1].frames, 0);
    assert_int_equal(bucket->cameras[1].missed, 3);
    assert_string_equal(bucket->cameras[0].calibration_version,
                        calibration_version(scene.calibration));
    scene_close(&scene);
}

static void unseen_floor_is_measured_in_cells(void **state)
{
    (void) state;
    struct scene scene;
    double walkable_m2, unseen_m2;
    scene_open(&scene);
    fusion_coverage(scene.fusion, &walkable_m2, &unseen_m2);
    assert_near(walkable_m2, 200, 1e-9);
    assert_near(unseen_m2, 200, 1e-9);
    scene_camera(&scene, "a", 0, 12);
    scene_camera(&scene, "b", 8, 15);
    fusion_coverage(scene.fusion, &walkable_m2, &unseen_m2);
    assert_near(unseen_m2, 50, 1e-9); /* 5 m x 10 m */
    scene_close(&scene);
}

static void frames_of_strangers_and_late_ones_are_counted(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    scene_camera(&scene, "a", 0, 20);
    struct scene_frame frame = { .camera = "stranger", .at_us = 100000 };
    assert_int_equal(scene_push(&scene, &frame, 0.1, 0), -ENOENT);
    for (int i = 0; i < 5; i++) {
        struct scene_frame empty = { .camera = "a", .at_us = i * 100000 };
        scene_live(&scene, &empty, 0.1);
    }
    struct scene_frame late = { .camera = "a", .at_us = 50000 };
    assert_int_equal(scene_push(&scene, &late, 0.1, 0), -ESTALE);
    struct fusion_counts counts = fusion_counts(scene.fusion);
    assert_int_equal(counts.frames_unknown, 1);
    assert_int_equal(counts.frames_late, 1);
    assert_int_equal(counts.frames, 5);
    scene_close(&scene);
}

static void cameras_beyond_the_bound_are_refused(void **state)
{
    (void) state;
    struct scene scene;
    struct box_px view = { .right = 100, .bottom = 100 };
    scene_open(&scene);
    for (int i = 0; i < HEAT_CAMERAS_MAX; i++) {
        char name[ID_SIZE];
        (void) snprintf(name, sizeof(name), "cam%d", i);
        scene_camera(&scene, name, 0, 1);
    }
    assert_int_equal(fusion_set_camera(scene.fusion, "more", scene.calibration, view, NULL, 1),
                     -ENOSPC);
    assert_int_equal(fusion_set_camera(scene.fusion, "cam7", scene.calibration, view, NULL, 1), 0);
    scene_close(&scene);
}

static void empty_floor_reports_ticks_without_people(void **state)
{
    (void) state;
    struct scene scene;
    scene_open(&scene);
    struct view views[] = { { "a", 0, 20, 0, 0, 0 }, { "b", 0, 20, PHASE_US, 0, 0 } };
    play(&scene, views, 2, nobody, 0, 0, 5);
    assert_int_equal(fusion_counts(scene.fusion).people_ms, 0);
    assert_true(fusion_counts(scene.fusion).looked_ms >= 5000);
    assert_true(fusion_next_deadline_mono_ns(scene.fusion) == INT64_MAX);
    scene_close(&scene);
}

static void nonsense_settings_are_refused_with_a_sentence(void **state)
{
    (void) state;
    struct scene scene;
    struct fusion *fusion = NULL;
    struct error err = { "" };
    struct fusion_config config = scene_config;
    struct fusion_sink sink = { .context = NULL };
    config.tick_ms = -1;
    scene_open(&scene);
    assert_int_equal(
        fusion_create("shop", "ground", scene.map, &config, &scene_heat, &sink, &fusion, &err),
        -EINVAL);
    assert_non_null(strstr(err.text, "tick_ms"));
    struct heat_config heat = scene_heat;
    heat.cell_m = 0.001;
    assert_int_equal(
        fusion_create("shop", "ground", scene.map, &scene_config, &heat, &sink, &fusion, &err),
        -EFBIG);
    assert_non_null(strstr(err.text, "heat.cell_m"));
    assert_null(fusion);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_cameras_see_one_noisy_walker_as_one_track),
        cmocka_unit_test(two_people_80_cm_apart_stay_two),
        cmocka_unit_test(two_people_half_a_metre_apart_stay_two),
        cmocka_unit_test(one_person_seen_by_seven_cameras_is_one),
        cmocka_unit_test(person_keeps_the_number_from_camera_to_camera),
        cmocka_unit_test(cameras_that_disagree_by_half_a_metre_make_no_doubles),
        cmocka_unit_test(dark_camera_loses_its_exposure),
        cmocka_unit_test(suspicious_camera_loses_its_exposure),
        cmocka_unit_test(dwell_of_cells_and_outside_is_all_people_time),
        cmocka_unit_test(tick_at_each_time_of_the_input_lasts_until_it),
        cmocka_unit_test(buckets_know_their_cameras_models_and_latencies),
        cmocka_unit_test(result_does_not_depend_on_the_order_of_arrival),
        cmocka_unit_test(night_without_frames_costs_no_ticks),
        cmocka_unit_test(buckets_tell_what_each_camera_sent),
        cmocka_unit_test(unseen_floor_is_measured_in_cells),
        cmocka_unit_test(frames_of_strangers_and_late_ones_are_counted),
        cmocka_unit_test(cameras_beyond_the_bound_are_refused),
        cmocka_unit_test(empty_floor_reports_ticks_without_people),
        cmocka_unit_test(nonsense_settings_are_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
