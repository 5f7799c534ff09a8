/*
 * test_import_tsai.c - Tsai's camera as PETS 2009 writes it
 *
 * Expected values are worked by hand; test_import_real.c has the published views.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calib/import_tsai.h"
#include "near.h"
#include "testing.h"

#define HEAD      "<?xml version=\"1.0\"?>\n<Camera name=\"yard\">\n"
#define GEOMETRY  "<Geometry width=\"800\" height=\"600\" dpx=\"0.005\" dpy=\"0.004\"/>\n"
#define INTRINSIC "<Intrinsic focal=\"4\" kappa1=\"0\" cx=\"400\" cy=\"300\" sx=\"1.25\"/>\n"
#define EXTRINSIC "<Extrinsic tx=\"1000\" ty=\"2000\" tz=\"3000\" rx=\"0.3\" ry=\"0\" rz=\"0\"/>\n"
#define TAIL      "</Camera>\n"
#define WHOLE     HEAD GEOMETRY INTRINSIC EXTRINSIC TAIL

static struct tsai tsai_of(const char *text)
{
    struct tsai tsai;
    struct error err = { "" };
    if (import_tsai_parse(text, strlen(text), "view.xml", &tsai, &err) < 0)
        fail_msg("%s", err.text);
    return tsai;
}

static void refused(const char *text, const char *words)
{
    struct tsai tsai;
    struct error err = { "" };
    assert_int_equal(import_tsai_parse(text, strlen(text), "view.xml", &tsai, &err), -EINVAL);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void a_camera_without_a_lens_is_a_pinhole(void **state)
{
    (void) state;
    struct tsai tsai = tsai_of(WHOLE);
    struct import_camera camera;
    struct tsai_lens_fit fit;
    import_tsai_camera(&tsai, 0.5, &camera, &fit);
    assert_string_equal(camera.name, "yard");
    assert_true(camera.width_px == 800 && camera.height_px == 600 && camera.has_pose);
    /* 4 mm * 1.25 / 5 um and 4 mm / 4 um. */
    assert_near(camera.focal_px[0], 1000, 1e-9);
    assert_near(camera.focal_px[1], 1000, 1e-9);
    assert_true(camera.centre_px[0] == 400 && camera.centre_px[1] == 300);
    assert_true(camera.translation[0] == 1000 && camera.translation[2] == 3000);
    assert_near(camera.rotation[4], cos(0.3), 1e-15);
    assert_near(camera.rotation[5], -sin(0.3), 1e-15);
    assert_false(camera.has_lens);
    assert_true(fit.worst_px == 0 && fit.focal_scale == 1);
}

static void angles_turn_about_x_then_y_then_z(void **state)
{
    (void) state;
    /* x goes to x, -z (about y), -z: its column; z goes to -y, -y, x. */
    const double quarter[3] = { M_PI / 2, M_PI / 2, M_PI / 2 };
    const double expected[9] = { 0, 0, 1, 0, 1, 0, -1, 0, 0 };
    double rotation[9];
    import_tsai_rotation(quarter, rotation);
    for (int i = 0; i < 9; i++)
        assert_near(rotation[i], expected[i], 1e-15);
}

/* The camera of WHOLE with another kappa1. */
static struct tsai with_kappa(double kappa1_per_mm2)
{
    struct tsai tsai = tsai_of(WHOLE);
    tsai.kappa1_per_mm2 = kappa1_per_mm2;
    return tsai;
}

static void a_weak_lens_is_followed_with_the_focal_length_kept(void **state)
{
    (void) state;
    /* r_u = r_d (1 + 0.08 r_d^2) in focal lengths. Its inverse begins 1 - K r^2 + 3 K^2 r^4. */
    struct tsai tsai = with_kappa(0.005);
    struct import_camera camera;
    struct tsai_lens_fit fit;
    assert_near(import_tsai_undistort(&tsai, 0.5), 0.5 * 1.02, 1e-15);
    import_tsai_camera(&tsai, 0.5, &camera, &fit);
    assert_true(camera.has_lens && fit.focal_scale == 1 && fit.folded_share == 0);
    assert_near(camera.k1, -0.08, 0.001);
    assert_near(camera.k2, 3 * 0.08 * 0.08, 0.004);
    assert_true(fit.worst_px < 0.005);
}

static void a_strong_lens_costs_part_of_a_pixel_and_says_so(void **state)
{
    (void) state;
    struct tsai tsai = with_kappa(0.05);
    struct import_camera camera;
    struct tsai_lens_fit fit;
    import_tsai_camera(&tsai, 0.5, &camera, &fit);
    assert_true(fit.focal_scale != 1);
    assert_near(fit.focal_scale, 1, 0.02);
    assert_near(camera.focal_px[0], 1000 * fit.focal_scale, 1e-9);
    assert_true(fit.worst_px > 0 && fit.worst_px < 2);
}

static void a_lens_that_folds_says_how_much_of_the_picture(void **state)
{
    (void) state;
    /* K = -1.6: r_u turns back at r_d = 1 / sqrt(4.8) = 0.4564, and 0.8 of that is 365.1 px. The
     * circle of that radius covers pi 365.1^2 less what is above and below the picture: the share
     * outside of it is 1 - (2 (300 sqrt(365.1^2 - 300^2) + 365.1^2 asin(300/365.1))) / 480000. */
    struct tsai tsai = with_kappa(-0.1);
    struct import_camera camera;
    struct tsai_lens_fit fit;
    double r = 0.8 * 1000 / sqrt(4.8);
    double share = 1 - 2 * (300 * sqrt(r * r - 90000) + r * r * asin(300 / r)) / 480000;
    import_tsai_camera(&tsai, 0, &camera, &fit);
    assert_near(fit.folded_share, share, 0.02);
    assert_true(fit.worst_px > TSAI_TOLERANCE_PX);
}

static void bad_files_are_named_by_line(void **state)
{
    (void) state;
    refused("", "view.xml:1: is not whole XML");
    refused(HEAD GEOMETRY INTRINSIC EXTRINSIC, "view.xml:6: is not whole XML");
    refused("<Kamera/>", "begins with <Kamera>");
    refused(HEAD GEOMETRY EXTRINSIC TAIL, "<Intrinsic> is missing");
    refused(HEAD GEOMETRY INTRINSIC TAIL, "<Extrinsic> is missing");
    refused(HEAD GEOMETRY GEOMETRY INTRINSIC EXTRINSIC TAIL, "view.xml:4: <Geometry> is there a "
                                                             "second time");
    refused(HEAD "<Geometry width=\"800\" height=\"600\" dpx=\"0.005\"/>\n" TAIL,
            "view.xml:3: <Geometry> has no dpy");
    refused(HEAD "<Geometry width=\"wide\" height=\"600\" dpx=\"1\" dpy=\"1\"/>\n" TAIL,
            "view.xml:3: <Geometry> width: \"wide\" is not a finite number");
    refused(HEAD "<Geometry width=\"8\" height=\"6\" dpx=\"nan\" dpy=\"1\"/>\n" TAIL,
            "is not a finite number");
    refused(HEAD "<Geometry width=\"8\" height=\"6\" dpx=\"-1\" dpy=\"1\"/>\n" TAIL,
            "dpx must be positive");
    refused(HEAD
            "<Geometry width=\"8.5\" height=\"6\" dpx=\"1\" dpy=\"1\"/>\n" INTRINSIC EXTRINSIC TAIL,
            "sizes are whole numbers");
}

static void every_beginning_of_a_file_is_refused(void **state)
{
    (void) state;
    struct tsai tsai;
    /* Its last byte is the end of a line. */
    for (size_t length = 0; length + 1 < strlen(WHOLE); length++) {
        char *cut = malloc(length + 1);
        assert_non_null(cut);
        memcpy(cut, WHOLE, length);
        int r = import_tsai_parse(cut, length, "view.xml", &tsai, NULL);
        free(cut);
        assert_int_equal(r, -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_camera_without_a_lens_is_a_pinhole),
        cmocka_unit_test(angles_turn_about_x_then_y_then_z),
        cmocka_unit_test(a_weak_lens_is_followed_with_the_focal_length_kept),
        cmocka_unit_test(a_strong_lens_costs_part_of_a_pixel_and_says_so),
        cmocka_unit_test(a_lens_that_folds_says_how_much_of_the_picture),
        cmocka_unit_test(bad_files_are_named_by_line),
        cmocka_unit_test(every_beginning_of_a_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
