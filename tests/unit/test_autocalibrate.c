/* test_autocalibrate.c - a camera from people who walk past it */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "calib/autocalibrate.h"
#include "calib/walker_box.h"
#include "near.h"
#include "testing.h"
#include "walker_scene.h"

#define DEGREE (M_PI / 180)

static struct walker_scene plain_scene(void)
{
    struct walker_scene scene = {
        .options = auto_defaults(1280, 720),
        .camera = { .focal_px = 900,
                    .tilt_rad = 20 * DEGREE,
                    .roll_rad = 2 * DEGREE,
                    .height_m = 4 },
        .people = 60,
        .boxes_each = 20,
        .far_m = 25,
        .noise = 0.03 / M_SQRT2, /* of each edge: 3 % of the height */
        .outliers = 0.03,
    };
    return scene;
}

/* By hand: a level camera's horizon is in its middle; at 45 degrees it is a focal length above, and
 * verticals meet a focal length below. */
static void horizon_and_vertical_by_hand(void **state)
{
    struct auto_options options = auto_defaults(1280, 720);
    (void) state;
    struct auto_camera level = { .focal_px = 1000, .height_m = 3 };
    assert_near(auto_horizon_y_px(&options, &level, 100), 360, 1e-9);
    struct auto_camera tilted = { .focal_px = 1000, .tilt_rad = 45 * DEGREE, .height_m = 3 };
    assert_near(auto_horizon_y_px(&options, &tilted, 640), -640, 1e-9);
    assert_near(auto_vertical_point(&options, &tilted).y, 1360, 1e-9);
    /* The right side hangs lower, so the horizon rises to the right. */
    struct auto_camera rolled = { .focal_px = 1000, .roll_rad = 5 * DEGREE, .height_m = 3 };
    assert_near(auto_horizon_y_px(&options, &rolled, 740), 360 - 100 * tan(5 * DEGREE), 1e-9);
}

/* By hand: 3 m up, 45 degrees down, the middle of the picture meets the floor 3 m ahead. */
static void the_floor_lies_ahead_of_the_camera(void **state)
{
    struct auto_options options = auto_defaults(1280, 720);
    struct auto_camera camera = { .focal_px = 1000, .tilt_rad = 45 * DEGREE, .height_m = 3 };
    struct projection projection;
    struct floor_m p;
    (void) state;
    assert_int_equal(auto_camera_projection(&options, &camera, &projection), 0);
    assert_int_equal(
        projection_to_plane(&projection, (struct undistorted_px){ 640, 360 }, 0, &p, NULL), 0);
    assert_near(p.x, 0, 1e-9);
    assert_near(p.y, 3, 1e-9);
    assert_near(projection.centre_z_m, 3, 1e-9);
    assert_int_equal(
        projection_to_plane(&projection, (struct undistorted_px){ 740, 360 }, 0, &p, NULL), 0);
    assert_true(p.x > 0);
}

/* By hand: seen level from 10 m, a person of 1.70 m under a camera at 1.70 m ends at the horizon.
 */
static void a_box_by_hand(void **state)
{
    struct auto_options options = auto_defaults(1280, 720);
    struct auto_camera camera = { .focal_px = 1000, .height_m = 1.70 };
    struct projection projection;
    struct box_px box;
    (void) state;
    assert_int_equal(auto_camera_projection(&options, &camera, &projection), 0);
    assert_int_equal(walker_box_at(&projection, (struct floor_m){ 0, 10 }, 1.70, &box), 0);
    assert_near(box.top, 360, 0.1);
    /* The toes are WALKER_FEET_M nearer. */
    assert_near(box.bottom, 360 + 1000 * 1.70 / (10 - WALKER_FEET_M), 0.1);
    assert_near(box.right - box.left, 1000 * 2 * WALKER_SHOULDERS_M / 10, 0.1);
    assert_int_equal(walker_box_at(&projection, (struct floor_m){ 0, -10 }, 1.70, &box), -ERANGE);
}

/* Truth: the simulated cameras. */
static void cameras_of_shops_are_found(void **state)
{
    double squares[4] = { 0 };
    int count = 0;
    (void) state;
    for (uint64_t i = 0; i < 10; i++) {
        struct random random = random_stream(5, i);
        struct walker_scene scene = plain_scene();
        scene.options.scale_sd = 0;
        scene.camera.focal_px = 1280 * random_between(&random, 0.6, 0.9);
        scene.camera.tilt_rad = random_between(&random, 10, 28) * DEGREE;
        scene.camera.roll_rad = random_between(&random, -5, 5) * DEGREE;
        scene.camera.height_m = random_between(&random, 3.5, 8);
        struct walkers walkers = make_walkers(&scene, &random);
        struct auto_result r;
        struct error err = { "" };
        int found = autocalibrate(&walkers, &scene.options, &r, &err);
        walkers_release(&walkers);
        if (found < 0)
            continue; /* people who fill the picture: see below */
        double truth = auto_horizon_y_px(&scene.options, &scene.camera, 640);
        double z[] = { (r.camera.tilt_rad - scene.camera.tilt_rad) / r.sd.tilt_rad,
                       (r.camera.roll_rad - scene.camera.roll_rad) / r.sd.roll_rad,
                       (r.camera.height_m - scene.camera.height_m) / r.sd.height_m,
                       (auto_horizon_y_px(&scene.options, &r.camera, 640) - truth) /
                           r.horizon_sd_px[1] };
        assert_near(r.camera.height_m, scene.camera.height_m, 0.20 * scene.camera.height_m);
        for (int k = 0; k < 4; k++)
            squares[k] += z[k] * z[k];
        count++;
    }
    print_message("normalised errors: tilt %.2f, roll %.2f, height %.2f, horizon %.2f\n",
                  sqrt(squares[0] / count), sqrt(squares[1] / count), sqrt(squares[2] / count),
                  sqrt(squares[3] / count));
    assert_true(count >= 5);
    /* 1 where the standard deviations are honest; so few cameras scatter that by a quarter. */
    for (int k = 0; k < 4; k++)
        assert_true(sqrt(squares[k] / count) < 2.5);
}

static void a_wrong_camera_is_noticed_by_its_people(void **state)
{
    struct walker_scene scene = plain_scene();
    struct random random = random_stream(6, 0);
    struct walkers walkers = make_walkers(&scene, &random);
    struct camera_model camera = { .width_px = 1280, .height_px = 720 };
    struct auto_judgement j;
    (void) state;
    assert_int_equal(auto_camera_projection(&scene.options, &scene.camera, &camera.projection), 0);
    assert_int_equal(autocalibrate_judge(&walkers, &camera, &scene.options, &j, NULL), 0);
    assert_near(j.height_m, 1.70, 0.05); /* 60 people: 0.013 m; bodies differ a little */
    scene.camera.height_m *= 1.2;
    assert_int_equal(auto_camera_projection(&scene.options, &scene.camera, &camera.projection), 0);
    assert_int_equal(autocalibrate_judge(&walkers, &camera, &scene.options, &j, NULL), 0);
    assert_near(j.height_m, 1.2 * 1.70, 0.08);
    walkers_release(&walkers);
}

/* ---- what cannot say ---- */

static void refuses(struct walker_scene scene, const char *words)
{
    struct random random = random_stream(7, 0);
    struct walkers walkers = make_walkers(&scene, &random);
    struct auto_result result;
    struct error err = { "" };
    assert_int_equal(autocalibrate(&walkers, &scene.options, &result, &err), -EDOM);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    walkers_release(&walkers);
}

static void too_few_people_are_refused(void **state)
{
    (void) state;
    struct walker_scene scene = plain_scene();
    scene.people = 5;
    refuses(scene, "only 5 walking people");
    scene.people = 12;
    scene.boxes_each = 3;
    refuses(scene, "boxes of walking people can be used");
}

static void people_who_fill_the_picture_are_refused(void **state)
{
    (void) state;
    struct walker_scene scene = plain_scene();
    scene.camera.focal_px = 1800;
    scene.far_m = 9;
    refuses(scene, "people fill the picture");
}

static void load(const char *text, int expected, const char *words, struct walkers *ret_walkers)
{
    char path[] = "/tmp/floorfuse-walkers.XXXXXX";
    struct walkers_options options = walkers_defaults(1280, 720);
    struct error err = { "" };
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
    int r = walkers_load(path, &options, ret_walkers, &err);
    (void) remove(path);
    assert_int_equal(r, expected);
    assert_non_null(strstr(err.text, words));
}

static void bad_files_are_named_by_line(void **state)
{
    AUTO(walkers_release) struct walkers w = { 0 };
    (void) state;
    load("time_us,left_px\n1,2\n", -EINVAL, "need the columns", &w);
    load("frame,left_px,top_px,right_px,bottom_px\n0,1,2,x,4\n", -EINVAL, ":2: ", &w);
    load("frame,left_px,top_px,right_px,bottom_px\n1,9,9,30,80\n0,9,9,30,80\n", -EINVAL,
         ":3: time goes backwards", &w);
    load("frame,camera,left_px,top_px,right_px,bottom_px\n0,a,9,9,30,80\n0,b,9,9,30,80\n", -EINVAL,
         "say with --camera", &w);
    load("frame,left_px,top_px,right_px,bottom_px\n", -EINVAL, "has no boxes", &w);
}

/* By hand: of these five one is good, but a single box makes no walking person. */
static void boxes_are_left_out_for_a_reason(void **state)
{
    AUTO(walkers_release) struct walkers w = { 0 };
    (void) state;
    load("frame,class,score,left_px,top_px,right_px,bottom_px\n"
         "0,person,0.9,100,100,140,200\n0,person,0.1,300,100,340,200\n"
         "0,person,0.9,500,100,540,719\n0,person,0.9,nan,100,740,200\n0,car,0.9,9,100,49,200\n",
         0, "", &w);
    assert_int_equal(w.rows, 5);
    assert_int_equal(w.count, 0);
    assert_int_equal(w.left_out[WALKERS_SHORT], 1);
    assert_int_equal(w.left_out[WALKERS_LOW_SCORE], 1);
    assert_int_equal(w.left_out[WALKERS_CUT], 1);
    assert_int_equal(w.left_out[WALKERS_NOT_A_BOX], 1);
    assert_int_equal(w.left_out[WALKERS_OTHER_CLASS], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(horizon_and_vertical_by_hand),
        cmocka_unit_test(the_floor_lies_ahead_of_the_camera),
        cmocka_unit_test(a_box_by_hand),
        cmocka_unit_test(cameras_of_shops_are_found),
        cmocka_unit_test(a_wrong_camera_is_noticed_by_its_people),
        cmocka_unit_test(too_few_people_are_refused),
        cmocka_unit_test(people_who_fill_the_picture_are_refused),
        cmocka_unit_test(bad_files_are_named_by_line),
        cmocka_unit_test(boxes_are_left_out_for_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
