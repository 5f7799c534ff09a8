/*
 * test_sensor.c - one simulated camera with people placed by hand
 *
 * Bounds of the statistics are 4.5 standard deviations of what chance may do; with the fixed seeds
 * here nothing is left to it.
 */
#include "near.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sim/sensor.h"

#define START_US INT64_C(1700000000000000)
#define SIGMAS   4.5

static const char hall[] =
    "{\"type\":\"FeatureCollection\",\"features\":["
    "{\"type\":\"Feature\",\"properties\":{\"kind\":\"walkable\"},\"geometry\":{\"type\":"
    "\"Polygon\",\"coordinates\":[[[0,-5],[12,-5],[12,5],[0,5],[0,-5]]]}},"
    "{\"type\":\"Feature\",\"properties\":{\"kind\":\"shelf\",\"height_m\":1.8},\"geometry\":{"
    "\"type\":\"Polygon\",\"coordinates\":[[[4,2],[4.6,2],[4.6,5],[4,5],[4,2]]]}}]}";

static const float looks[SIM_APPEARANCE] = { 1 };

/* 3 m above the origin, looking along +x, 45 degrees down; focal length 500 px, centre (500, 500).
 */
static double at_origin[] = { 0, 0 };
static double square[] = { 1000, 1000 };
static const struct sim_camera_config eye = {
    .id = (char *) "eye",
    .position_m = { at_origin, 2 },
    .height_m = 3,
    .tilt_deg = 45,
    .fov_deg = 90,
    .image = { square, 2 },
    .fps = 10,
};

/* Everything that errs, off; tests switch on what they look at. */
static struct sim_sensor_config faultless(void)
{
    return (struct sim_sensor_config){ .noise = true, .recall = 1, .merge_s = 1 };
}

struct stage {
    struct floor_map *map;
    struct height_field *field;
    struct sensor *sensor;
};

static void open_stage(struct stage *stage, const struct sim_camera_config *camera,
                       const struct sim_sensor_config *config, uint64_t seed)
{
    struct error err = { "" };
    *stage = (struct stage){ 0 };
    assert_int_equal(floor_map_parse(hall, strlen(hall), "hall", &stage->map, NULL), 0);
    assert_int_equal(height_field_create(stage->map, &stage->field), 0);
    int r = sensor_create(camera, config, stage->field, (struct floor_m){ 0, -5 },
                          (struct floor_m){ 12, 5 }, START_US, 0, seed, &stage->sensor, &err);
    if (r < 0)
        fail_msg("%s", err.text);
}

static void close_stage(struct stage *stage)
{
    sensor_destroy(&stage->sensor);
    height_field_destroy(&stage->field);
    floor_map_destroy(&stage->map);
}

static struct sensor_target person(int64_t id, double x_m, double y_m)
{
    return (struct sensor_target){
        .id = id, .slot = (size_t) id - 1, .body = { { x_m, y_m }, 1.7, 0.2 }, .appearance = looks
    };
}

static struct sensor_picture look(struct stage *stage, const struct sensor_target *targets,
                                  size_t count)
{
    struct sensor_picture picture;
    assert_int_equal(sensor_look(stage->sensor, targets, count, &picture), 0);
    return picture;
}

/*
 * By hand: (3, 0, 0) lies on the optical axis. (3, 1, 0) is 1 m to the left at depth 3 sqrt 2:
 * u = 500 - 500 / 4.2426. (3, 0, 1.7) is 4.3 / sqrt 2 deep and 1.7 / sqrt 2 above the axis:
 * v = 500 - 500 * 1.7 / 4.3.
 */
static void points_project_as_by_hand(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    open_stage(&stage, &eye, &config, 1);
    const struct view *view = sensor_view(stage.sensor);
    struct image_px p;
    assert_near(view_project(view, 3, 0, 0, &p), 3 * sqrt(2), 1e-9);
    assert_near(p.x, 500, 1e-9);
    assert_near(p.y, 500, 1e-9);
    assert_true(view_project(view, 3, 1, 0, &p) > 0);
    assert_near(p.x, 500 - 500 / (3 * sqrt(2)), 1e-9);
    assert_near(p.y, 500, 1e-9);
    assert_true(view_project(view, 3, 0, 1.7, &p) > 0);
    assert_near(p.y, 500 - 500 * 1.7 / 4.3, 1e-9);
    assert_true(view_project(view, -4, 0, 0, &p) <= 0);
    close_stage(&stage);
}

/* What is published is what calib/ reads, and without calibration errors it is the truth. */
static void the_published_calibration_is_the_camera(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    struct sim_camera_config camera = eye;
    camera.yaw_deg = 130;
    camera.tilt_deg = 33;
    open_stage(&stage, &camera, &config, 1);
    struct image_px ours, theirs;
    struct floor_m point = { -1.5, 2.5 };
    assert_true(view_project(sensor_view(stage.sensor), point.x, point.y, 1.2, &ours) > 0);
    assert_int_equal(
        calibration_image_from_floor(sensor_calibration(stage.sensor), point, 1.2, &theirs), 0);
    assert_near(ours.x, theirs.x, 1e-6);
    assert_near(ours.y, theirs.y, 1e-6);
    close_stage(&stage);
}

/* A camera turned by 0.5 degrees (sd, three axes) is believed to be elsewhere, by about that. */
static void a_calibration_is_wrong_by_what_the_config_says(void **state)
{
    (void) state;
    struct sim_sensor_config config = faultless();
    config.rotation_sd_deg = 0.5;
    config.shift_sd_m = 0.05;
    double squared = 0;
    const int cameras = 400;
    for (int seed = 0; seed < cameras; seed++) {
        struct stage stage;
        open_stage(&stage, &eye, &config, (uint64_t) seed);
        struct floor_m place;
        double height_m;
        assert_int_equal(calibration_position(sensor_calibration(stage.sensor), &place, &height_m),
                         0);
        double up_m = sensor_view(stage.sensor)->height_m - height_m;
        squared += up_m * up_m;
        struct image_px p;
        assert_true(view_project(sensor_view(stage.sensor), 3, 0, 0, &p) > 0);
        assert_true(fabs(p.y - 500) < 500 * (5 * 0.5 * M_PI / 180 + 5 * 0.1));
        close_stage(&stage);
    }
    /* The sum of n squared normals has mean n and standard deviation sqrt(2 n). */
    double ratio = squared / (0.05 * 0.05);
    assert_near(ratio, cameras, SIGMAS * sqrt(2.0 * cameras));
}

/* Without noise: bottom at the feet, top at the crown, both on the middle line. */
static void a_person_in_the_open_gets_a_box_from_crown_to_feet(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = { .half_recall_px = 10 };
    open_stage(&stage, &eye, &config, 1);
    struct sensor_target target = person(7, 3, 0);
    struct sensor_picture picture = look(&stage, &target, 1);
    assert_true(picture.taken);
    assert_int_equal(picture.box_count, 1);
    struct box_px box = picture.boxes[0].box;
    assert_int_equal(picture.boxes[0].id, 7);
    assert_near(box.bottom, 500, 1e-6);
    assert_near(box.top, 500 - 500 * 1.7 / 4.3, 1e-6);
    assert_near((box.left + box.right) / 2, 500, 1e-6);
    /* Shoulders: 0.4 m wide at 0.82 * 1.7 m, depth (3 + 3 - 1.394) / sqrt 2. */
    assert_near(box.right - box.left, 500 * 0.4 / ((3 + 3 - 1.394) / sqrt(2)), 0.01);
    assert_int_equal(picture.seen_count, 1);
    assert_true(picture.seen[0].foot && picture.seen[0].head);
    assert_near((double) picture.seen[0].visible, 1, 1e-6);
    close_stage(&stage);
}

/*
 * Behind the shelf of 1.8 m that ends 4.6 m before the camera (along x), at (6, 3): the line of
 * sight passes x = 4.6 after 1.4 / 6 of the way, where it may not be below 1.8 m: it starts at (1.8
 * - 0.2333 * 3) / 0.7667 = 1.4348 m. So the head shows, the feet do not, and the box ends where
 * 1.4348 m appears.
 */
static void behind_a_shelf_the_head_shows_and_the_feet_do_not(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = { .half_recall_px = 10 };
    open_stage(&stage, &eye, &config, 1);
    struct sensor_target target = person(1, 6, 3);
    target.body.height_m = 1.85;
    struct sensor_picture picture = look(&stage, &target, 1);
    assert_int_equal(picture.box_count, 1);
    assert_int_equal(picture.seen_count, 1);
    assert_true(picture.seen[0].head);
    assert_false(picture.seen[0].foot);
    struct image_px edge;
    assert_true(view_project(sensor_view(stage.sensor), 6, 3, 1.4348, &edge) > 0);
    /* 0.025 m of raster (see test_visibility.c) are 500 * 0.025 / 4.5 px. */
    assert_near(picture.boxes[0].box.bottom, edge.y, 3);
    target.body.height_m = 1.3;
    assert_int_equal(look(&stage, &target, 1).seen_count, 0);
    close_stage(&stage);
}

static void who_stands_behind_somebody_is_hidden(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = { .half_recall_px = 10 };
    struct sim_camera_config low = eye; /* at eye height, so that bodies cover each other */
    low.height_m = 1.6;
    low.tilt_deg = 10;
    open_stage(&stage, &low, &config, 1);
    struct sensor_target targets[] = { person(1, 8, 0), person(2, 4, 0) };
    struct sensor_picture picture = look(&stage, targets, 2);
    assert_int_equal(picture.seen[0].id, 2);
    assert_near((double) picture.seen[0].visible, 1, 1e-6);
    for (size_t i = 1; i < picture.seen_count; i++)
        assert_true((double) picture.seen[i].visible < 0.25);
    close_stage(&stage);
}

/*
 * The share of misses is 1 - recall although misses last: 20,000 frames 0.1 s apart, misses that
 * last 0.5 s. Correlation from frame to frame is r = exp(-0.2) = 0.819; it makes (1 + r) / (1 - r)
 * = 10 times the variance of independent frames.
 */
static void misses_have_the_share_and_the_length_of_the_config(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    config.recall = 0.8;
    config.miss_s = 0.5;
    open_stage(&stage, &eye, &config, 3);
    struct sensor_target target = person(1, 4, 0);
    const int frames = 20000;
    int missed = 0, both = 0, before = 0;
    for (int i = 0; i < frames; i++) {
        int now = look(&stage, &target, 1).box_count == 0;
        missed += now;
        both += now && before;
        before = now;
    }
    double r = exp(-0.2), share = (double) missed / frames;
    assert_near(share, 0.2, SIGMAS * sqrt(0.2 * 0.8 / frames * (1 + r) / (1 - r)));
    double correlation = ((double) both / frames - share * share) / (share * (1 - share));
    assert_near(correlation, r, 0.03);
    close_stage(&stage);
}

/* Edges: 2 px and 3 % of the height at once; 10,000 frames without correlation. */
static void edges_jitter_by_what_the_config_says(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    config.edge_sd_px = 2;
    config.jitter_fraction = 0.03;
    open_stage(&stage, &eye, &config, 4);
    struct sensor_target target = person(1, 3, 0);
    const int frames = 10000;
    double top = 500 - 500 * 1.7 / 4.3, height_px = 500 - top;
    double sum_top = 0, sum_bottom = 0, squared = 0;
    for (int i = 0; i < frames; i++) {
        struct sensor_picture picture = look(&stage, &target, 1);
        assert_int_equal(picture.box_count, 1);
        struct box_px box = picture.boxes[0].box;
        sum_top += box.top - top;
        sum_bottom += box.bottom - 500;
        squared += (box.bottom - 500) * (box.bottom - 500);
    }
    double sd = hypot(2, 0.03 * height_px);
    assert_near(sum_top / frames, 0, SIGMAS * sd / sqrt(frames));
    assert_near(sum_bottom / frames, 0, SIGMAS * sd / sqrt(frames));
    assert_near(squared / (sd * sd), frames, SIGMAS * sqrt(2.0 * frames));
    close_stage(&stage);
}

/* 0.2 m towards the camera: the box ends where (2.8, 0, 0) appears. */
static void feet_are_drawn_too_near(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    config.foot_bias_m = 0.2;
    open_stage(&stage, &eye, &config, 5);
    struct sensor_target target = person(1, 3, 0);
    struct sensor_picture picture = look(&stage, &target, 1);
    /* (2.8, 0, -3) seen along (1, 0, -1) / sqrt 2: depth 5.8 / sqrt 2, 0.2 / sqrt 2 below. */
    assert_near(picture.boxes[0].box.bottom, 500 + 500 * 0.2 / 5.8, 1e-6);
    close_stage(&stage);
}

/* Counts of false boxes a frame follow Poisson(0.7): chi-square with 4 classes has 3 degrees of
 * freedom; 0.99999 of it lies below 25.9. */
static void false_boxes_come_as_often_as_the_config_says(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    config.false_per_frame = 0.7;
    open_stage(&stage, &eye, &config, 6);
    const int frames = 5000;
    int counts[4] = { 0 };
    for (int i = 0; i < frames; i++) {
        struct sensor_picture picture = look(&stage, NULL, 0);
        counts[picture.box_count < 3 ? picture.box_count : 3]++;
        for (size_t k = 0; k < picture.box_count; k++)
            assert_int_equal(picture.boxes[k].id, 0);
    }
    double p0 = exp(-0.7), chi2 = 0;
    double expected[4] = { p0, p0 * 0.7, p0 * 0.7 * 0.7 / 2, 0 };
    expected[3] = 1 - expected[0] - expected[1] - expected[2];
    for (int i = 0; i < 4; i++) {
        double e = frames * expected[i];
        chi2 += (counts[i] - e) * (counts[i] - e) / e;
    }
    assert_true(chi2 < 25.9);
    close_stage(&stage);
}

/* A place that looks like a person: at one spot of the picture, a tenth of the time. */
static void some_places_keep_being_taken_for_a_person(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    config.false_places = 5;
    config.false_place_recall = 0.1;
    open_stage(&stage, &eye, &config, 7);
    const int frames = 20000;
    double places[32];
    int place_count = 0, boxes = 0;
    for (int i = 0; i < frames; i++) {
        struct sensor_picture picture = look(&stage, NULL, 0);
        boxes += (int) picture.box_count;
        for (size_t k = 0; k < picture.box_count; k++) {
            int at = 0;
            while (at < place_count && fabs(places[at] - picture.boxes[k].box.left) > 1e-9)
                at++;
            assert_true(at < 32);
            if (at == place_count)
                places[place_count++] = picture.boxes[k].box.left;
        }
    }
    assert_in_range(place_count, 1, 20);
    double expected = 0.1 * frames * place_count;
    assert_near(boxes, expected, SIGMAS * sqrt(expected * 0.9));
    close_stage(&stage);
}

static void frames_are_lost_as_often_as_the_config_says(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    config.drop_probability = 0.1;
    double down[] = { 10, 20, 30, 40 };
    struct sim_camera_config camera = eye;
    camera.down_s = (struct number_list){ down, 4 };
    open_stage(&stage, &camera, &config, 8);
    int lost = 0, frames = 0;
    for (int i = 0; i < 20000; i++) {
        double at_s = i / 10.0;
        bool taken = look(&stage, NULL, 0).taken;
        bool is_down = (at_s >= 10 && at_s < 20) || (at_s >= 30 && at_s < 40);
        assert_false(taken && is_down);
        frames += !is_down;
        lost += !is_down && !taken;
    }
    assert_near((double) lost / frames, 0.1, SIGMAS * sqrt(0.1 * 0.9 / frames));
    close_stage(&stage);
}

/* 3 outages an hour of 60 s: a share of 3 / 60 / (1 + 3 / 60) of 1,000 hours. */
static void outages_take_the_share_of_time_that_the_config_says(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    config.down_per_h = 3;
    config.down_mean_s = 60;
    struct sim_camera_config camera = eye;
    camera.fps = 0.1;
    open_stage(&stage, &camera, &config, 9);
    int lost = 0;
    const int frames = 360 * 1000;
    for (int i = 0; i < frames; i++)
        lost += !look(&stage, NULL, 0).taken;
    /* About 2,857 outages; the sum of n exponentials has a relative sd of sqrt(2 / n) here. */
    double expected = frames * 0.05 / 1.05;
    assert_near(lost, expected, SIGMAS * expected * sqrt(2 / 2857.0));
    close_stage(&stage);
}

static void a_clock_that_is_ahead_shows_the_past(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    struct sim_camera_config camera = eye;
    camera.clock_offset_ms = 250;
    camera.clock_drift_ppm = 100;
    open_stage(&stage, &camera, &config, 10);
    assert_int_equal(sensor_next_us(stage.sensor), START_US);
    assert_int_equal(sensor_true_us(stage.sensor, START_US), START_US - 250000);
    /* An hour later 100 ppm are 360 ms more. */
    int64_t later_us = START_US + 3600 * US_PER_S;
    assert_int_equal(sensor_true_us(stage.sensor, later_us), later_us - 250000 - 360000);
    close_stage(&stage);
}

/* Two people whose boxes overlap by more than 0.5: one box in 40 % of the seconds. */
static void people_close_to_each_other_become_one_box(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    config.merge_iou = 0.5;
    config.merge_probability = 0.4;
    config.merge_s = 1;
    config.half_recall_visible = -1; /* found however little shows */
    open_stage(&stage, &eye, &config, 11);
    struct sensor_target targets[] = { person(1, 4, 0), person(2, 4.1, 0.08) };
    const int seconds = 2000;
    int merged = 0, changes = 0, before = -1;
    for (int i = 0; i < 10 * seconds; i++) {
        int now = look(&stage, targets, 2).box_count == 1;
        merged += now;
        changes += before >= 0 && now != before;
        before = now;
    }
    assert_near(merged / (10.0 * seconds), 0.4, SIGMAS * sqrt(0.4 * 0.6 / seconds));
    /* It may change once a second only, which it does with probability 2 * 0.4 * 0.6. */
    assert_near(changes, 0.48 * seconds, SIGMAS * sqrt(0.48 * 0.52 * seconds));
    close_stage(&stage);
}

static void some_people_get_a_second_box(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = faultless();
    config.double_probability = 0.1;
    open_stage(&stage, &eye, &config, 12);
    struct sensor_target target = person(1, 4, 0);
    const int frames = 5000;
    int doubles = 0;
    for (int i = 0; i < frames; i++)
        doubles += look(&stage, &target, 1).box_count == 2;
    assert_near((double) doubles / frames, 0.1, SIGMAS * sqrt(0.1 * 0.9 / frames));
    close_stage(&stage);
}

static void heads_get_boxes_when_asked_for(void **state)
{
    (void) state;
    struct stage stage;
    struct sim_sensor_config config = { .half_recall_px = 10, .heads = true };
    open_stage(&stage, &eye, &config, 13);
    struct sensor_target target = person(1, 3, 0);
    struct sensor_picture picture = look(&stage, &target, 1);
    assert_int_equal(picture.box_count, 2);
    assert_int_equal(picture.boxes[1].object_class, OBSERVATION_HEAD);
    assert_near(picture.boxes[1].box.top, picture.boxes[0].box.top, 1e-9);
    assert_true(picture.boxes[1].box.bottom < picture.boxes[0].box.bottom);
    close_stage(&stage);
}

static void recall_falls_with_size_and_what_shows(void **state)
{
    (void) state;
    struct sim_sensor_config config = {
        .noise = true, .recall = 0.9, .half_recall_px = 30, .half_recall_visible = 0.35
    };
    assert_near(sensor_recall(&config, 300, 1), 0.9, 1e-3);
    assert_near(sensor_recall(&config, 30, 1), 0.45, 1e-3);
    assert_near(sensor_recall(&config, 300, 0.35), 0.45, 1e-3);
    assert_true(sensor_recall(&config, 15, 1) < 0.1);
    assert_true(sensor_recall(&config, 300, 0.1) < 0.1);
}

static void calibrations_that_cannot_draw_people_are_refused(void **state)
{
    (void) state;
    struct sim_camera_config camera = eye;
    struct sim_sensor_config config = faultless();
    struct view_error none = { 0 };
    struct view view;
    struct calibration *calibration = NULL;
    struct error err = { "" };
    camera.calibration = (char *) "/nowhere/eye.cfg";
    assert_true(view_create(&camera, &none, &view, &calibration, &err) < 0);
    assert_non_null(strstr(err.text, "eye"));
    assert_null(calibration);
    (void) config;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_project_as_by_hand),
        cmocka_unit_test(the_published_calibration_is_the_camera),
        cmocka_unit_test(a_calibration_is_wrong_by_what_the_config_says),
        cmocka_unit_test(a_person_in_the_open_gets_a_box_from_crown_to_feet),
        cmocka_unit_test(behind_a_shelf_the_head_shows_and_the_feet_do_not),
        cmocka_unit_test(who_stands_behind_somebody_is_hidden),
        cmocka_unit_test(misses_have_the_share_and_the_length_of_the_config),
        cmocka_unit_test(edges_jitter_by_what_the_config_says),
        cmocka_unit_test(feet_are_drawn_too_near),
        cmocka_unit_test(false_boxes_come_as_often_as_the_config_says),
        cmocka_unit_test(some_places_keep_being_taken_for_a_person),
        cmocka_unit_test(frames_are_lost_as_often_as_the_config_says),
        cmocka_unit_test(outages_take_the_share_of_time_that_the_config_says),
        cmocka_unit_test(a_clock_that_is_ahead_shows_the_past),
        cmocka_unit_test(people_close_to_each_other_become_one_box),
        cmocka_unit_test(some_people_get_a_second_box),
        cmocka_unit_test(heads_get_boxes_when_asked_for),
        cmocka_unit_test(recall_falls_with_size_and_what_shows),
        cmocka_unit_test(calibrations_that_cannot_draw_people_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
