/*
 * test_autocalibrate_heights.c - heights for a camera of which only the floor is known
 */
#include <errno.h>
#include <string.h>

#include "calib/autocalibrate_heights.h"
#include "calib/fit_file.h"
#include "near.h"
#include "testing.h"
#include "walker_scene.h"

#define DEGREE (M_PI / 180)

static struct walker_scene plain_scene(void)
{
    return (struct walker_scene){
        .options = auto_defaults(1280, 720),
        .camera = { .focal_px = 900,
                    .tilt_rad = 25 * DEGREE,
                    .roll_rad = 1 * DEGREE,
                    .height_m = 4 },
        .people = 60,
        .boxes_each = 20,
        .far_m = 25,
        .noise = 0.03 / M_SQRT2,
        .outliers = 0.03,
    };
}

static struct walkers walkers_of(const struct walker_scene *scene, uint64_t seed)
{
    struct random random = random_stream(31, seed);
    return make_walkers(scene, &random);
}

/* What a homography of the scene's floor knows. */
static struct camera_model floor_of(const struct walker_scene *scene)
{
    struct camera_model model = { .width_px = 1280, .height_px = 720 };
    struct projection whole;
    assert_int_equal(auto_camera_projection(&scene->options, &scene->camera, &whole), 0);
    assert_int_equal(projection_of_homography(whole.floor_from_undistorted.m, &model.projection),
                     0);
    return model;
}

static void the_map_of_a_floor_holds_the_focal_length(void **state)
{
    struct walker_scene scene = plain_scene();
    struct camera_model floor = floor_of(&scene);
    (void) state;
    assert_near(auto_focal_of_floor(&floor.projection.undistorted_from_floor, 640, 360), 900, 1e-6);
    /* Straight down, by hand: 100 px a metre whatever the lens. */
    const struct matrix3 down = { { 100, 0, 640, 0, -100, 360, 0, 0, 1 } };
    assert_true(isnan(auto_focal_of_floor(&down, 640, 360)));
}

/* Within three of the standard deviations that it states itself, and those are not vague. */
static void people_say_how_high_the_camera_hangs(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct walker_scene scene = plain_scene();
        struct camera_model floor = floor_of(&scene);
        struct walkers walkers = walkers_of(&scene, seed);
        struct auto_heights h;
        struct error err;
        assert_int_equal(autocalibrate_heights(&walkers, &floor, &scene.options, NAN, &h, &err), 0);
        print_message("focal %.0f +- %.0f px (900), height %.2f +- %.2f m (4)\n", h.people.px,
                      h.people.px * h.people.log_sd, h.height_m, h.height_sd_m);
        assert_near(log(h.people.px / 900), 0, 3 * h.people.log_sd);
        assert_near(h.height_m, 4, 3 * h.height_sd_m);
        assert_true(h.height_sd_m < 0.4);
        assert_near(h.people_now.height_m, 1.70, 0.01);
        assert_true(isnan(h.sigmas_apart));
        walkers_release(&walkers);
    }
}

/* The floor is where the homography has it, whatever people say. */
static void the_floor_stays_as_it_was(void **state)
{
    struct walker_scene scene = plain_scene();
    struct camera_model floor = floor_of(&scene);
    struct walkers walkers = walkers_of(&scene, 5);
    struct projection raised;
    struct auto_heights h;
    struct error err;
    (void) state;
    assert_int_equal(autocalibrate_heights(&walkers, &floor, &scene.options, NAN, &h, &err), 0);
    assert_int_equal(projection_of_matrix(h.image_from_floor, &raised), 0);
    for (double y = 400; y <= 700; y += 50) {
        struct undistorted_px p = { 300 + y, y };
        struct floor_m a, b;
        assert_int_equal(projection_to_plane(&floor.projection, p, 0, &a, NULL), 0);
        assert_int_equal(projection_to_plane(&raised, p, 0, &b, NULL), 0);
        assert_near(a.x, b.x, 1e-9);
        assert_near(a.y, b.y, 1e-9);
    }
    walkers_release(&walkers);
}

/* A map that knows its focal length to 1 % hardly listens to people, who know it to some. */
static void what_is_known_better_weighs_more(void **state)
{
    struct walker_scene scene = plain_scene();
    struct camera_model floor = floor_of(&scene);
    struct walkers walkers = walkers_of(&scene, 6);
    struct auto_heights h;
    struct error err;
    (void) state;
    assert_int_equal(autocalibrate_heights(&walkers, &floor, &scene.options, 0.002, &h, &err), 0);
    assert_near(h.both.px, 900, 5);
    assert_true(h.both.log_sd < 0.002);
    assert_true(h.sigmas_apart < 3);
    walkers_release(&walkers);
}

static void a_floor_of_another_scale_is_refused(void **state)
{
    struct walker_scene scene = plain_scene();
    struct camera_model floor = floor_of(&scene);
    struct walkers walkers = walkers_of(&scene, 7);
    struct matrix3 feet = floor.projection.floor_from_undistorted;
    struct auto_heights h;
    struct error err;
    (void) state;
    for (int i = 0; i < 6; i++)
        feet.m[i] *= 10;
    assert_int_equal(projection_of_homography(feet.m, &floor.projection), 0);
    assert_int_equal(autocalibrate_heights(&walkers, &floor, &scene.options, NAN, &h, &err), -EDOM);
    assert_non_null(strstr(err.text, "scale"));
    walkers_release(&walkers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_of_a_floor_holds_the_focal_length),
        cmocka_unit_test(people_say_how_high_the_camera_hangs),
        cmocka_unit_test(the_floor_stays_as_it_was),
        cmocka_unit_test(what_is_known_better_weighs_more),
        cmocka_unit_test(a_floor_of_another_scale_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
