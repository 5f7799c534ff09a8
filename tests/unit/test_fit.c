/*
 * test_fit.c - cameras from marked points: what is chosen, said and refused
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/calibration.h"
#include "calib/fit_advice.h"
#include "calib/fit_error.h"
#include "calib/fit_file.h"
#include "fit_scene.h"
#include "near.h"
#include "testing.h"

/* Marks, the fit of them, and what was said. */
struct trial {
    struct marked_point items[64];
    struct marked_points points;
    struct fit_options options;
    struct fit fit;
    struct error err;
    int result;
};

static void fit_marks(struct trial *t, size_t count)
{
    t->points = (struct marked_points){ t->items, count, (char *) "points.csv" };
    t->options.width = SCENE_WIDTH;
    t->options.height = SCENE_HEIGHT;
    t->result = fit_points(&t->points, &t->options, &t->fit, &t->err);
}

static void mark(struct trial *t, const struct true_camera *camera, size_t count, double sigma_px,
                 double raised_share)
{
    struct random random = random_stream(7, count);
    *t = (struct trial){ .err = { "" } };
    mark_points(camera, &random, count, 0, sigma_px, raised_share, t->items);
}

static struct floor_m place_of(const struct fit *fit, struct image_px px, double z_m)
{
    struct camera_model model;
    struct floor_m at = { NAN, NAN };
    assert_int_equal(fit_camera_model(&fit->data.frame, &fit->result.camera, &model), 0);
    assert_int_equal(camera_model_floor(&model, px, z_m, &at), 0);
    return at;
}

/* The largest error over the room, m, of places z_m high. */
static double worst_error_m(const struct fit *fit, const struct true_camera *camera, double z_m)
{
    double worst = 0;
    for (double x = 0.5; x < 12; x += 1)
        for (double y = 0.5; y < 10; y += 1) {
            struct image_px px = true_pixel(camera, x, y, z_m);
            if (!pixel_in_picture(px))
                continue;
            struct floor_m at = place_of(fit, px, z_m);
            worst = fmax(worst, hypot(at.x - x, at.y - y));
        }
    return worst;
}

static bool says(const struct problems *problems, const char *words)
{
    for (size_t i = 0; i < problems->count; i++)
        if (strstr(problems->sentences[i], words))
            return true;
    return false;
}

/* ---- what is found ---- */

/* A camera 10 m up that looks straight down sees 1 m as 100 px when its focal length is 1000 px. By
 * hand: x = (u - 640) / 100, y = (360 - v) / 100. */
static void four_exact_points_give_the_map_between_them(void **state)
{
    struct trial t = { .err = { "" } };
    const double corners[4][4] = {
        { 140, 60, -5, 3 }, { 1140, 60, 5, 3 }, { 1140, 660, 5, -3 }, { 140, 660, -5, -3 }
    };
    (void) state;
    for (int i = 0; i < 4; i++)
        t.items[i] = (struct marked_point){ .px = { corners[i][0], corners[i][1] },
                                            .x_m = corners[i][2],
                                            .y_m = corners[i][3],
                                            .line = i + 2 };
    fit_marks(&t, 4);
    assert_int_equal(t.result, 0);
    assert_int_equal(t.fit.result.camera.model, FIT_HOMOGRAPHY);
    struct floor_m at = place_of(&t.fit, (struct image_px){ 890, 210 }, 0);
    assert_near(at.x, 2.5, 1e-9);
    assert_near(at.y, 1.5, 1e-9);
    assert_true(isnan(t.fit.left_out_cm));
    fit_release(&t.fit);
}

static void exact_points_give_the_camera_itself(void **state)
{
    struct trial t;
    (void) state;
    mark(&t, &corner_camera, 10, 0, 0);
    fit_marks(&t, 10);
    assert_int_equal(t.result, 0);
    assert_int_equal(t.fit.result.camera.model, FIT_PINHOLE);
    struct fit_pinhole p = fit_camera_pinhole(&t.fit.data.frame, &t.fit.result.camera);
    assert_near(p.focal_x_px, 900, 1e-4);
    assert_near(p.centre_m[0], -1, 1e-6);
    assert_near(p.centre_m[1], -1, 1e-6);
    assert_near(p.centre_m[2], 4, 1e-6);
    assert_true(worst_error_m(&t.fit, &corner_camera, 1.7) < 1e-6);
    fit_release(&t.fit);
}

/* From straight above, focal length and height cannot be told apart: the floor can be all the same.
 */
static void a_camera_straight_above_gets_a_map_of_the_floor(void **state)
{
    static const double places[7][2] = { { 2, 3 }, { 10, 2 }, { 11, 6 }, { 1, 6.5 },
                                         { 5, 4 }, { 8, 5 },  { 3, 1 } };
    struct trial t = { .err = { "" } };
    (void) state;
    for (int i = 0; i < 7; i++)
        t.items[i] = (struct marked_point){ .px = { 100 * places[i][0], 720 - 100 * places[i][1] },
                                            .x_m = places[i][0],
                                            .y_m = places[i][1],
                                            .line = i + 2 };
    fit_marks(&t, 7);
    assert_int_equal(t.result, 0);
    assert_int_equal(t.fit.result.camera.model, FIT_HOMOGRAPHY);
    struct floor_m at = place_of(&t.fit, (struct image_px){ 650, 320 }, 0);
    assert_near(at.x, 6.5, 1e-6);
    assert_near(at.y, 4, 1e-6);
    fit_release(&t.fit);
}

static void a_bent_picture_gets_a_bent_lens(void **state)
{
    struct true_camera bent = corner_camera;
    struct trial t;
    (void) state;
    bent.k1 = -0.2;
    mark(&t, &bent, 40, 0.5, 0);
    fit_marks(&t, 40);
    assert_int_equal(t.result, 0);
    assert_int_equal(t.fit.result.camera.model, FIT_PINHOLE_K1);
    struct fit_pinhole p = fit_camera_pinhole(&t.fit.data.frame, &t.fit.result.camera);
    assert_near(p.k1, -0.2, 0.02);
    assert_true(worst_error_m(&t.fit, &bent, 0) < 0.05);
    fit_release(&t.fit);
}

static void points_above_the_floor_find_a_principal_point_off_the_middle(void **state)
{
    struct true_camera cropped = corner_camera;
    struct trial t;
    (void) state;
    cropped.centre_x_px += 80;
    cropped.centre_y_px -= 60;
    mark(&t, &cropped, 40, 0.3, 0.4);
    fit_marks(&t, 40);
    assert_int_equal(t.result, 0);
    assert_true(fit_model_fits_centre(t.fit.result.camera.model));
    struct fit_pinhole p = fit_camera_pinhole(&t.fit.data.frame, &t.fit.result.camera);
    assert_near(p.centre_x_px, 720, 15);
    assert_near(p.centre_y_px, 300, 15);
    assert_true(worst_error_m(&t.fit, &cropped, 1.7) < 0.08);
    fit_release(&t.fit);
}

static void a_known_lens_leaves_only_the_pose(void **state)
{
    struct true_camera bent = corner_camera;
    double focal[] = { 900, 900 }, centre[] = { 640, 360 };
    struct camera_file lens = { .width_px = SCENE_WIDTH, .height_px = SCENE_HEIGHT };
    struct trial t;
    (void) state;
    bent.k1 = -0.2;
    lens.lens.k1 = -0.2;
    lens.lens.focal = (struct number_list){ focal, 2 };
    lens.lens.centre = (struct number_list){ centre, 2 };
    mark(&t, &bent, 6, 0, 0);
    t.options.lens = &lens;
    fit_marks(&t, 6);
    assert_int_equal(t.result, 0);
    assert_int_equal(t.fit.result.camera.model, FIT_POSE);
    assert_true(worst_error_m(&t.fit, &bent, 1.7) < 1e-5);
    fit_release(&t.fit);
    lens.width_px = 640;
    fit_marks(&t, 6);
    assert_int_equal(t.result, -EINVAL);
    assert_non_null(strstr(t.err.text, "640x720"));
    fit_release(&t.fit);
}

/* ---- what must not matter ---- */

static void the_order_of_the_points_does_not_matter(void **state)
{
    struct trial t, shuffled;
    struct random random = random_stream(8, 0);
    (void) state;
    mark(&t, &corner_camera, 12, 1, 0);
    t.items[3].px.x += 60;
    shuffled = t;
    for (size_t i = 11; i > 0; i--) {
        size_t j = random_index(&random, i + 1);
        struct marked_point p = shuffled.items[i];
        shuffled.items[i] = shuffled.items[j];
        shuffled.items[j] = p;
    }
    fit_marks(&t, 12);
    fit_marks(&shuffled, 12);
    assert_int_equal(t.result, 0);
    assert_int_equal(shuffled.result, 0);
    assert_int_equal(t.fit.result.camera.model, shuffled.fit.result.camera.model);
    struct image_px px = { 700, 500 };
    struct floor_m a = place_of(&t.fit, px, 0), b = place_of(&shuffled.fit, px, 0);
    assert_near(a.x, b.x, 1e-5);
    assert_near(a.y, b.y, 1e-5);
    assert_near(t.fit.left_out_cm, shuffled.fit.left_out_cm, 1e-3);
    fit_release(&t.fit);
    fit_release(&shuffled.fit);
}

/* The same floor turned by a quarter and moved: every error in cm stays. */
static void where_the_floor_has_its_origin_does_not_matter(void **state)
{
    struct trial t, moved;
    (void) state;
    mark(&t, &corner_camera, 14, 1, 0.3);
    moved = t;
    for (int i = 0; i < 14; i++) {
        moved.items[i].x_m = 300 - t.items[i].y_m;
        moved.items[i].y_m = -40 + t.items[i].x_m;
    }
    fit_marks(&t, 14);
    fit_marks(&moved, 14);
    assert_int_equal(t.result, 0);
    assert_int_equal(moved.result, 0);
    assert_int_equal(t.fit.result.camera.model, moved.fit.result.camera.model);
    for (int i = 0; i < 14; i++)
        assert_near(t.fit.points[i].error_cm, moved.fit.points[i].error_cm, 1e-3);
    assert_near(t.fit.left_out_cm, moved.fit.left_out_cm, 1e-2);
    fit_release(&t.fit);
    fit_release(&moved.fit);
}

/* ---- what is refused ---- */

static void mirrored_points_are_refused(void **state)
{
    struct trial t;
    (void) state;
    mark(&t, &corner_camera, 12, 1, 0);
    for (int i = 0; i < 12; i++)
        t.items[i].y_m = -t.items[i].y_m;
    fit_marks(&t, 12);
    assert_int_equal(t.result, -EDOM);
    assert_non_null(strstr(t.err.text, "mirrored"));
    fit_release(&t.fit);
}

static void points_on_one_line_are_refused(void **state)
{
    struct trial t = { .err = { "" } };
    (void) state;
    for (int i = 0; i < 8; i++) {
        double x = 2 + i, y = 1 + 0.5 * i;
        t.items[i] = (struct marked_point){
            .px = true_pixel(&corner_camera, x, y, 0), .x_m = x, .y_m = y, .line = i + 2
        };
    }
    fit_marks(&t, 8);
    assert_int_equal(t.result, -EDOM);
    assert_non_null(strstr(t.err.text, "points.csv:9"));
    assert_non_null(strstr(t.err.text, "one line"));
    fit_release(&t.fit);
}

static void an_unknown_model_is_refused(void **state)
{
    struct trial t;
    (void) state;
    mark(&t, &corner_camera, 12, 1, 0);
    t.options.model = "fisheye";
    fit_marks(&t, 12);
    assert_int_equal(t.result, -EINVAL);
    assert_non_null(strstr(t.err.text, "fisheye"));
    fit_release(&t.fit);
}

/* ---- what is said ---- */

static void advise(struct trial *t, struct problems *warnings, struct problems *refusals)
{
    assert_int_equal(t->result, 0);
    assert_int_equal(fit_advise(&t->points, &t->fit, FIT_MAX_ERROR_CM, warnings, refusals), 0);
}

static void a_good_fit_needs_no_words(void **state)
{
    struct problems warnings = { 0 }, refusals = { 0 };
    struct trial t;
    (void) state;
    mark(&t, &corner_camera, 20, 1, 0.2);
    fit_marks(&t, 20);
    advise(&t, &warnings, &refusals);
    assert_int_equal(warnings.count, 0);
    assert_int_equal(refusals.count, 0);
    fit_release(&t.fit);
}

static void a_wrong_point_is_named(void **state)
{
    struct problems warnings = { 0 }, refusals = { 0 };
    struct trial t;
    (void) state;
    mark(&t, &corner_camera, 12, 1, 0);
    t.items[5].x_m += 1.5;
    (void) strcpy(t.items[5].name, "pillar");
    fit_marks(&t, 12);
    advise(&t, &warnings, &refusals);
    assert_int_equal(warnings.count, 1);
    assert_true(says(&warnings, "points.csv:7 (pillar) does not agree"));
    assert_int_equal(refusals.count, 0);
    problems_release(&warnings);
    fit_release(&t.fit);
}

/* So far off that the middle of all points would lie behind the camera. */
static void a_slip_of_the_pen_is_only_left_out(void **state)
{
    struct trial t;
    (void) state;
    mark(&t, &corner_camera, 10, 1, 0);
    t.items[4].y_m -= 300;
    fit_marks(&t, 10);
    assert_int_equal(t.result, 0);
    assert_false(t.fit.points[4].kept);
    assert_int_equal(t.fit.result.count, 9);
    assert_true(worst_error_m(&t.fit, &corner_camera, 0) < 0.3);
    fit_release(&t.fit);
}

static void floor_points_in_centimetres_are_refused(void **state)
{
    struct problems warnings = { 0 }, refusals = { 0 };
    struct trial t;
    (void) state;
    mark(&t, &corner_camera, 12, 1, 0);
    for (int i = 0; i < 12; i++) {
        t.items[i].x_m *= 100;
        t.items[i].y_m *= 100;
    }
    fit_marks(&t, 12);
    advise(&t, &warnings, &refusals);
    assert_true(says(&refusals, "in cm?"));
    problems_release(&warnings);
    problems_release(&refusals);
    fit_release(&t.fit);
}

static void points_in_a_corner_are_warned_about(void **state)
{
    struct problems warnings = { 0 }, refusals = { 0 };
    struct trial t = { .err = { "" } };
    (void) state;
    for (int i = 0; i < 9; i++) {
        double x = 4 + 0.5 * (i % 3), y = 4 + 0.5 * (i / 3);
        t.items[i] = (struct marked_point){
            .px = true_pixel(&corner_camera, x, y, 0), .x_m = x, .y_m = y, .line = i + 2
        };
    }
    fit_marks(&t, 9);
    advise(&t, &warnings, &refusals);
    assert_true(says(&warnings, "close together"));
    problems_release(&warnings);
    problems_release(&refusals);
    fit_release(&t.fit);
}

static void four_points_are_said_to_check_nothing(void **state)
{
    struct problems warnings = { 0 }, refusals = { 0 };
    struct trial t;
    bool foretold;
    (void) state;
    mark(&t, &corner_camera, 4, 0.5, 0);
    fit_marks(&t, 4);
    advise(&t, &warnings, &refusals);
    assert_true(says(&warnings, "cannot check each other"));
    assert_true(fit_judged_error_cm(&t.fit, &foretold) > 0);
    assert_false(foretold);
    problems_release(&warnings);
    problems_release(&refusals);
    fit_release(&t.fit);
}

static void what_is_worse_than_allowed_is_refused(void **state)
{
    struct problems warnings = { 0 }, refusals = { 0 };
    struct trial t;
    (void) state;
    mark(&t, &corner_camera, 12, 3, 0);
    fit_marks(&t, 12);
    assert_int_equal(t.result, 0);
    assert_int_equal(fit_advise(&t.points, &t.fit, 0.5, &warnings, &refusals), 0);
    assert_true(says(&refusals, "--max-error-cm"));
    problems_release(&warnings);
    problems_release(&refusals);
    fit_release(&t.fit);
}

/* ---- the file ---- */

static void write_fit(const struct fit *fit, struct text *text, struct camera_file *ret_file)
{
    const struct fit_words words = { "Ann", "north wall", "2026-11-23T09:00:00Z" };
    struct problems problems = { 0 };
    struct calibration *calibration = NULL;
    assert_int_equal(fit_write(fit, &words, text), 0);
    assert_int_equal(calibration_parse(text->bytes, "cam.cfg", &calibration, &problems), 0);
    calibration_destroy(&calibration);
    assert_int_equal(camera_file_read(text->bytes, "cam.cfg", ret_file, &problems), 0);
}

static void assert_same_error(const struct fit *a, const struct fit *b)
{
    struct fit_error *first = NULL, *second = NULL;
    struct covariance2 c, d;
    struct floor_m p = { 6, 5 };
    assert_int_equal(fit_error_create(a, &first), 0);
    assert_int_equal(fit_error_create(b, &second), 0);
    assert_int_equal(fit_error_at(first, p, 0, &c), 0);
    assert_int_equal(fit_error_at(second, p, 0, &d), 0);
    assert_near(d.xx / c.xx, 1, 1e-4);
    assert_near(d.yy / c.yy, 1, 1e-4);
    assert_near(d.xy, c.xy, 1e-4 * sqrt(c.xx * c.yy));
    fit_error_destroy(&first);
    fit_error_destroy(&second);
}

/* Each model goes through its file and back: the same places, the same expected errors. */
static void a_fit_survives_its_file(void **state)
{
    static const char *const models[] = { "pinhole",      "pinhole-k1",     "homography",
                                          "pinhole-k1k2", "pinhole-centre", "pinhole-centre-k1" };
    (void) state;
    for (size_t m = 0; m < ARRAY_LENGTH(models); m++) {
        struct text text = TEXT_INIT;
        struct camera_file file = { 0 };
        struct marked_points points;
        struct fit back;
        struct trial t;
        mark(&t, &corner_camera, 30, 0.5, m >= 4 ? 0.4 : 0);
        t.options.model = models[m];
        fit_marks(&t, 30);
        assert_int_equal(t.result, 0);
        write_fit(&t.fit, &text, &file);
        assert_string_equal(file.fit.model, models[m]);
        assert_int_equal(fit_read(&file, &points, &back), 0);
        struct image_px px = { 500, 600 };
        struct floor_m a = place_of(&t.fit, px, 0), b = place_of(&back, px, 0);
        assert_near(a.x, b.x, 1e-9);
        assert_near(a.y, b.y, 1e-9);
        assert_same_error(&t.fit, &back);
        fit_release(&back);
        marked_points_release(&points);
        camera_file_release(&file);
        text_release(&text);
        fit_release(&t.fit);
    }
}

static void a_file_whose_points_are_of_another_camera_is_told(void **state)
{
    struct text text = TEXT_INIT;
    struct camera_file file = { 0 };
    struct marked_points points;
    struct fit back;
    struct trial t;
    (void) state;
    mark(&t, &corner_camera, 12, 0.5, 0);
    fit_marks(&t, 12);
    assert_int_equal(t.result, 0);
    write_fit(&t.fit, &text, &file);
    file.pinhole.translation.values[0] += 2;
    assert_int_equal(fit_read(&file, &points, &back), -EINVAL);
    fit_release(&back);
    marked_points_release(&points);
    file.points.count = 3;
    assert_int_equal(fit_read(&file, &points, &back), -ENODATA);
    fit_release(&back);
    marked_points_release(&points);
    file.points.count = 12;
    camera_file_release(&file);
    text_release(&text);
    fit_release(&t.fit);
}

/* The option table of camera files lists the models by name. */
static void camera_files_know_every_model(void **state)
{
    (void) state;
    for (int m = 0; m < FIT_MODELS; m++) {
        char text[400];
        struct camera_file file = { 0 };
        struct problems problems = { 0 };
        enum fit_model model;
        const char *name = fit_model_name((enum fit_model) m);
        (void) snprintf(text, sizeof(text),
                        "image = { width = 8; height = 6; };\nfit = { model = \"%s\"; };\n", name);
        assert_int_equal(camera_file_read(text, "cam.cfg", &file, &problems), 0);
        assert_int_equal(fit_model_named(name, &model), 0);
        assert_int_equal(model, m);
        camera_file_release(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_exact_points_give_the_map_between_them),
        cmocka_unit_test(exact_points_give_the_camera_itself),
        cmocka_unit_test(a_camera_straight_above_gets_a_map_of_the_floor),
        cmocka_unit_test(a_bent_picture_gets_a_bent_lens),
        cmocka_unit_test(points_above_the_floor_find_a_principal_point_off_the_middle),
        cmocka_unit_test(a_known_lens_leaves_only_the_pose),
        cmocka_unit_test(the_order_of_the_points_does_not_matter),
        cmocka_unit_test(where_the_floor_has_its_origin_does_not_matter),
        cmocka_unit_test(mirrored_points_are_refused),
        cmocka_unit_test(points_on_one_line_are_refused),
        cmocka_unit_test(an_unknown_model_is_refused),
        cmocka_unit_test(a_good_fit_needs_no_words),
        cmocka_unit_test(a_wrong_point_is_named),
        cmocka_unit_test(a_slip_of_the_pen_is_only_left_out),
        cmocka_unit_test(floor_points_in_centimetres_are_refused),
        cmocka_unit_test(points_in_a_corner_are_warned_about),
        cmocka_unit_test(four_points_are_said_to_check_nothing),
        cmocka_unit_test(what_is_worse_than_allowed_is_refused),
        cmocka_unit_test(a_fit_survives_its_file),
        cmocka_unit_test(a_file_whose_points_are_of_another_camera_is_told),
        cmocka_unit_test(camera_files_know_every_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
