/*
 * test_finding.c - corrections read, refused and applied
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calib/calibration.h"
#include "calib/finding.h"
#include "near.h"
#include "sim/random.h"
#include "testing.h"

#define HEAD "kind = \"calibration-shift\"; camera = \"left\"; calibration = \"5de34e20aa\";\n"

#define PINHOLE                                                         \
    "image = { width = 1280; height = 720; };\n"                        \
    "pinhole = {\n"                                                     \
    "    focal = [900.0, 910.0];\n"                                     \
    "    centre = [630.0, 365.0];\n"                                    \
    "    rotation = ((1.0, 0.0, 0.0), (0.0, -0.70710678, -0.70710678)," \
    "                (0.0, 0.70710678, -0.70710678));\n"                \
    "    translation = [0.0, 2.1213203, 2.1213203];\n"                  \
    "};\nlens = { k1 = -0.2; };\n"

/* The same camera without its lens, times a scale: K [R t]. */
#define MATRIX                                                                            \
    "image = { width = 1280; height = 720; };\n"                                          \
    "image_from_floor = ((1000.0, 0.0, -400.0, 1200.0), (0.0, -300.0, -300.0, 2400.0),\n" \
    "                    (0.0, 0.0, -1.0, 3.0));\n"

#define HOMOGRAPHY                               \
    "image = { width = 1280; height = 720; };\n" \
    "floor_from_image = ((0.01, 0.0, -5.0), (0.0, -0.012, 8.0), (0.0, 0.0, 1.0));\n"

static void read_good(const char *correction, struct finding *ret_finding)
{
    struct problems problems = { 0 };
    char text[512];
    *ret_finding = (struct finding){ 0 };
    (void) snprintf(text, sizeof(text), HEAD "%s", correction);
    if (finding_read(text, "f.cfg", ret_finding, &problems) < 0)
        fail_msg("%s", problems.sentences[0]);
}

static void read_file(const char *text, struct camera_file *ret_file)
{
    struct problems problems = { 0 };
    *ret_file = (struct camera_file){ 0 };
    assert_int_equal(camera_file_read(text, "cam.cfg", ret_file, &problems), 0);
}

static struct calibration *calibration_of(const struct camera_file *file)
{
    struct problems problems = { 0 };
    struct calibration *calibration = NULL;
    struct text text = TEXT_INIT;
    camera_file_write(file, &text);
    assert_int_equal(calibration_parse(text.bytes, "cam.cfg", &calibration, &problems), 0);
    text_release(&text);
    return calibration;
}

static struct floor_m place(const struct calibration *calibration, double x, double y, double z_m)
{
    struct floor_m p;
    const struct covariance2 exact = { 0, 0, 0 };
    assert_int_equal(
        calibration_floor_from_image(calibration, (struct image_px){ x, y }, exact, z_m, &p, NULL),
        0);
    return p;
}

/* By hand: a quarter turn about (1, 2) takes (3, 2) to (1, 4); then (10, 20) is added. */
static void a_turn_and_a_move_are_what_they_say(void **state)
{
    struct finding finding;
    double at[3];
    (void) state;
    read_good(
        "correction = { dx_m = 10.0; dy_m = 20.0; rotation_deg = 90.0; about = [1.0, 2.0]; };",
        &finding);
    struct matrix3 map = finding_floor_from_floor(&finding);
    matrix3_apply(&map, 3, 2, 1, at);
    assert_near(at[0], 11, 1e-12);
    assert_near(at[1], 24, 1e-12);
    assert_near(at[2], 1, 0);
    assert_true(finding_is_about(&finding, "5de34e20aabbcc"));
    assert_false(finding_is_about(&finding, "5de34e20abbbcc"));
    finding_release(&finding);
}

/* Every model, on the floor and above it: the corrected camera puts a pixel where the correction
 * puts what the old one said. */
static void a_corrected_camera_puts_pixels_where_the_correction_says(void **state)
{
    static const char *const cameras[] = { PINHOLE, MATRIX, HOMOGRAPHY };
    struct finding finding;
    (void) state;
    read_good("correction = { dx_m = 0.12; dy_m = -0.3; rotation_deg = 7.0; about = [4.0, 5.0]; };",
              &finding);
    struct matrix3 map = finding_floor_from_floor(&finding);
    for (size_t i = 0; i < ARRAY_LENGTH(cameras); i++) {
        struct camera_file file;
        read_file(cameras[i], &file);
        struct calibration *old = calibration_of(&file);
        assert_int_equal(finding_apply(&finding, &file), 0);
        struct calibration *fresh = calibration_of(&file);
        for (double z_m = 0; z_m <= 1.7; z_m += calibration_has_height(old) ? 1.7 : 9) {
            struct floor_m was = place(old, 700, 600, z_m), is = place(fresh, 700, 600, z_m);
            double at[3];
            matrix3_apply(&map, was.x, was.y, 1, at);
            assert_near(is.x, at[0], 1e-9);
            assert_near(is.y, at[1], 1e-9);
        }
        calibration_destroy(&old);
        calibration_destroy(&fresh);
        camera_file_release(&file);
    }
    finding_release(&finding);
}

/* A correction and its inverse, one after the other, through files. */
static void there_and_back_is_the_same_camera(void **state)
{
    struct random random = random_stream(9, 0);
    (void) state;
    for (int i = 0; i < 50; i++) {
        double dx = random_between(&random, -3, 3), dy = random_between(&random, -3, 3);
        double angle = random_between(&random, -180, 180);
        char there[200], back[200];
        struct finding finding, inverse;
        struct camera_file file;
        (void) snprintf(there, sizeof(there),
                        "correction = { dx_m = %.17g; dy_m = %.17g; rotation_deg = %.17g; };", dx,
                        dy, angle);
        double c = cos(angle * M_PI / 180), s = sin(angle * M_PI / 180);
        (void) snprintf(back, sizeof(back),
                        "correction = { dx_m = %.17g; dy_m = %.17g; rotation_deg = %.17g; };",
                        -(c * dx + s * dy), s * dx - c * dy, -angle);
        read_good(there, &finding);
        read_good(back, &inverse);
        read_file(PINHOLE, &file);
        struct calibration *old = calibration_of(&file);
        assert_int_equal(finding_apply(&finding, &file), 0);
        assert_int_equal(finding_apply(&inverse, &file), 0);
        struct calibration *again = calibration_of(&file);
        struct floor_m a = place(old, 300, 500, 1.7), b = place(again, 300, 500, 1.7);
        assert_near(a.x, b.x, 1e-9);
        assert_near(a.y, b.y, 1e-9);
        calibration_destroy(&old);
        calibration_destroy(&again);
        camera_file_release(&file);
        finding_release(&finding);
        finding_release(&inverse);
    }
}

static void marked_points_move_along(void **state)
{
    struct finding finding;
    struct camera_file file;
    (void) state;
    read_good("correction = { dx_m = 10.0; dy_m = 20.0; rotation_deg = 90.0; };", &finding);
    read_file(PINHOLE "points = ([100.0, 200.0, 3.0, 4.0, 1.5]);\n", &file);
    assert_int_equal(finding_apply(&finding, &file), 0);
    assert_near(file.points.items[0].values[0], 100, 0);
    assert_near(file.points.items[0].values[2], 6, 1e-12);
    assert_near(file.points.items[0].values[3], 23, 1e-12);
    assert_near(file.points.items[0].values[4], 1.5, 0);
    camera_file_release(&file);
    finding_release(&finding);
}

static void a_bending_correction_fits_only_a_homography(void **state)
{
    struct finding finding;
    struct camera_file pinhole, homography;
    (void) state;
    read_good("correction = { floor_from_floor = ((1.02, 0.0, 0.1), (0.0, 0.99, 0.0), "
              "(0.0, 0.001, 1.0)); };",
              &finding);
    read_file(PINHOLE, &pinhole);
    read_file(HOMOGRAPHY, &homography);
    assert_int_equal(finding_apply(&finding, &pinhole), -EDOM);
    assert_int_equal(finding_apply(&finding, &homography), 0);
    camera_file_release(&pinhole);
    camera_file_release(&homography);
    finding_release(&finding);
}

static void what_is_no_finding_is_refused_in_a_sentence(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        { "", "kind" },
        { HEAD, "moves nothing" },
        { HEAD "correction = { dx_m = 0.1; rotation = 3.0; };", "rotation" },
        { HEAD "correction = { dx_m = 1e9; };", "dx_m" },
        { HEAD "correction = { dx_m = 0.1; about = [1.0]; };", "about" },
        { HEAD "correction = { dx_m = 0.1; floor_from_floor = "
               "((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)); };",
          "give one" },
        { HEAD "correction = { floor_from_floor = "
               "((1.0, 0.0, 0.0), (2.0, 0.0, 0.0), (0.0, 0.0, 1.0)); };",
          "singular" },
        { HEAD "correction = { floor_from_floor = "
               "((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)); };",
          "mirrors" },
        { "kind = \"zone-shift\"; camera = \"left\"; calibration = \"5de34e20aa\";", "kind" },
        { "kind = \"calibration-shift\"; camera = \"left\"; calibration = \"5de3\";\n"
          "correction = { dx_m = 0.1; };",
          "version" },
    };
    (void) state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct problems problems = { 0 };
        struct finding finding = { 0 };
        assert_int_equal(finding_read(bad[i].text, "f.cfg", &finding, &problems), -EINVAL);
        assert_true(problems.count > 0);
        if (!strstr(problems.sentences[0], bad[i].words))
            fail_msg("\"%s\" should say \"%s\"", problems.sentences[0], bad[i].words);
        problems_release(&problems);
        finding_release(&finding);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_and_a_move_are_what_they_say),
        cmocka_unit_test(a_corrected_camera_puts_pixels_where_the_correction_says),
        cmocka_unit_test(there_and_back_is_the_same_camera),
        cmocka_unit_test(marked_points_move_along),
        cmocka_unit_test(a_bending_correction_fits_only_a_homography),
        cmocka_unit_test(what_is_no_finding_is_refused_in_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
