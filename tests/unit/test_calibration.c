/*
 * test_calibration.c - camera files, the lens, and pixels on the floor
 *
 * Expected values are worked by hand for cameras that look straight down and 45 degrees down, and
 * come from OpenCV 4.6.0 (cv2.projectPoints) and from Tsai's own formulas for the rest.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calib/calibration.h"
#include "near.h"
#include "testing.h"

#define NO_NOISE ((struct covariance2){ 0, 0, 0 })

/* 3 m above floor point (1, 2), looking straight down, the picture's top towards +y. */
#define DOWN_CAMERA                                         \
    "image = { width = 1280; height = 720; };\n"            \
    "pinhole = {\n"                                         \
    "    focal = [1000.0, 1000.0];\n"                       \
    "    centre = [640.0, 360.0];\n"                        \
    "    rotation = ((1, 0, 0), (0, -1, 0), (0, 0, -1));\n" \
    "    translation = [-1.0, 2.0, 3.0];\n"                 \
    "};\n"

/* 3 m above the origin, looking along +y and 45 degrees down: t = -R (0 0 3) = (0, 3c, 3c). */
#define SLANTED_PINHOLE                                              \
    "image = { width = 1280; height = 720; };\n"                     \
    "pinhole = {\n"                                                  \
    "    focal = [300.0, 300.0];\n"                                  \
    "    centre = [640.0, 360.0];\n"                                 \
    "    rotation = ((1, 0, 0),\n"                                   \
    "                (0, -0.70710678118655, -0.70710678118655),\n"   \
    "                (0, 0.70710678118655, -0.70710678118655));\n"   \
    "    translation = [0.0, 2.12132034355964, 2.12132034355964];\n" \
    "};\n"

#define OPENCV_LENS "k1 = -0.31; k2 = 0.12; p1 = 0.0011; p2 = -0.0007; k3 = -0.021;"

/* K [R | t] of a camera 3.2 m above (2, -5) with the rotation vector (1.9, 0.1, -0.05). */
#define OPENCV_CAMERA                                                                            \
    "image = { width = 1280; height = 720; };\n"                                                 \
    "image_from_floor = (\n"                                                                     \
    "    (841.8340752831308, 687.693430746573, -194.91827774789388, 2378.5374919598635),\n"      \
    "    (8.968134122043395, 55.02895991698597, -949.1529835283794, 3294.4980786316573),\n"      \
    "    (-0.08444793189235593, 0.9417694229833276, -0.3254825659428698, 5.919287189718533));\n" \
    "lens = { " OPENCV_LENS " focal = [900.0, 880.0]; centre = [640.0, 360.0]; };\n"

/* 1 px is 1 cm; pixel (500, 800) is the origin. */
#define PLAIN_HOMOGRAPHY "floor_from_image = ((0.01, 0, -5), (0, -0.01, 8), (0, 0, 1));\n"

static struct calibration *camera(const char *text)
{
    struct calibration *calibration = NULL;
    struct problems problems = { 0 };
    int r = calibration_parse(text, "test.cfg", &calibration, &problems);
    for (size_t i = 0; i < problems.count; i++)
        print_message("%s\n", problems.sentences[i]);
    problems_release(&problems);
    assert_int_equal(r, 0);
    return calibration;
}

static void assert_floor(const struct calibration *calibration, double px, double py,
                         double height_m, double x_m, double y_m, double tolerance_m)
{
    struct floor_m point;
    assert_int_equal(calibration_floor_from_image(calibration, (struct image_px){ px, py },
                                                  NO_NOISE, height_m, &point, NULL),
                     0);
    assert_near(point.x, x_m, tolerance_m);
    assert_near(point.y, y_m, tolerance_m);
}

static void assert_no_floor(const struct calibration *calibration, double px, double py)
{
    struct floor_m point;
    assert_int_equal(calibration_floor_from_image(calibration, (struct image_px){ px, py },
                                                  NO_NOISE, 0, &point, NULL),
                     -ERANGE);
}

static void a_camera_looking_down_scales_by_its_height(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *down = camera(DOWN_CAMERA);
    /* 3 m / 1000 px: 3 mm a pixel; down in the picture is towards -y. */
    assert_floor(down, 640, 360, 0, 1, 2, 1e-9);
    assert_floor(down, 740, 360, 0, 1.3, 2, 1e-9);
    assert_floor(down, 640, 460, 0, 1, 1.7, 1e-9);
    /* A metre above the floor it is 2 mm a pixel. */
    assert_floor(down, 740, 460, 1, 1.2, 1.8, 1e-9);
}

static void a_camera_says_where_it_hangs_and_how_large_its_picture_is(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *down = camera(DOWN_CAMERA);
    struct floor_m at;
    double height_m;
    uint32_t width, height;
    assert_int_equal(calibration_position(down, &at, &height_m), 0);
    assert_near(at.x, 1, 1e-12);
    assert_near(at.y, 2, 1e-12);
    assert_near(height_m, 3, 1e-12);
    calibration_size(down, &width, &height);
    assert_int_equal(width, 1280);
    assert_int_equal(height, 720);
    assert_true(calibration_has_height(down));
}

static void a_slanted_camera_meets_the_floor_where_trigonometry_says(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *slanted = camera(SLANTED_PINHOLE);
    assert_floor(slanted, 640, 360, 0, 0, 3, 1e-9);            /* 45 degrees down */
    assert_floor(slanted, 640, 660, 0, 0, 0, 1e-9);            /* straight down */
    assert_floor(slanted, 940, 360, 0, 4.2426406871, 3, 1e-9); /* x = depth = 3 sqrt 2 */
    assert_floor(slanted, 640, 360, 1, 0, 2, 1e-9);            /* 2 m below the camera */
}

static void the_horizon_and_what_is_above_it_are_refused(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *slanted = camera(SLANTED_PINHOLE);
    assert_no_floor(slanted, 640, 60); /* 45 degrees above the axis: level */
    assert_no_floor(slanted, 100, 60);
    assert_no_floor(slanted, 640, 30);
    assert_no_floor(slanted, NAN, 300);
    assert_floor(slanted, 640, 61, 0, 0, 1797, 0.01); /* y = 3 (600 - 1) / 1 */
}

static void what_is_behind_the_camera_has_no_pixel(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *slanted = camera(SLANTED_PINHOLE);
    struct image_px p;
    assert_int_equal(calibration_image_from_floor(slanted, (struct floor_m){ 0, -10 }, 0, &p),
                     -ERANGE);
    assert_int_equal(calibration_image_from_floor(slanted, (struct floor_m){ 0, 3 }, 0, &p), 0);
    assert_near(p.x, 640, 1e-9);
    assert_near(p.y, 360, 1e-9);
}

static void the_plane_through_the_camera_is_refused(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *down = camera(DOWN_CAMERA);
    struct floor_m point;
    assert_int_equal(calibration_floor_from_image(down, (struct image_px){ 700, 400 }, NO_NOISE, 3,
                                                  &point, NULL),
                     -ERANGE);
}

static void the_covariance_is_the_squared_scale(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *down = camera(DOWN_CAMERA);
    AUTO(calibration_destroy) struct calibration *slanted = camera(SLANTED_PINHOLE);
    struct floor_m point;
    struct covariance2 c, noise = { 4, 0, 1 };
    assert_int_equal(
        calibration_floor_from_image(down, (struct image_px){ 700, 300 }, noise, 0, &point, &c), 0);
    assert_near(c.xx, 4 * 9e-6, 1e-12); /* (3 mm/px)^2 */
    assert_near(c.xy, 0, 1e-12);
    assert_near(c.yy, 9e-6, 1e-12);
    assert_int_equal(
        calibration_floor_from_image(slanted, (struct image_px){ 640, 360 }, noise, 0, &point, &c),
        0);
    /* dx/du = depth / f = 3 sqrt 2 / 300; dy/dv = 3 / cos^2 45 / 300 = 0.02 m/px. */
    assert_near(c.xx, 4 * 2e-4, 1e-10);
    assert_near(c.yy, 4e-4, 1e-10);
}

/* Seeded noise: xorshift64* and the polar method. */
static double uniform(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double) ((*state * UINT64_C(2685821657736338717)) >> 11) * 0x1p-53;
}

static double gaussian(uint64_t *state)
{
    for (;;) {
        double a = 2 * uniform(state) - 1, b = 2 * uniform(state) - 1, s = a * a + b * b;
        if (s > 0 && s < 1)
            return a * sqrt(-2 * log(s) / s);
    }
}

static void the_covariance_matches_what_noise_does(void **state)
{
    (void) state;
    AUTO(calibration_destroy)
    struct calibration *slanted =
        camera(SLANTED_PINHOLE "lens = { k1 = -0.1; k2 = 0.01; p1 = 0.001; p2 = -0.002; };\n");
    const int points = 10000;
    const double sd_x_px = 0.4, sd_y_px = 0.8; /* small, so that first order holds */
    uint64_t seed = 20090;
    double nees = 0;
    for (int i = 0; i < points; i++) {
        struct image_px p = { 200 + 880 * uniform(&seed), 250 + 450 * uniform(&seed) };
        struct image_px noisy = { p.x + sd_x_px * gaussian(&seed),
                                  p.y + sd_y_px * gaussian(&seed) };
        struct covariance2 c, noise = { sd_x_px * sd_x_px, 0, sd_y_px * sd_y_px };
        struct floor_m truth, seen;
        assert_int_equal(calibration_floor_from_image(slanted, p, noise, 0, &truth, NULL), 0);
        assert_int_equal(calibration_floor_from_image(slanted, noisy, noise, 0, &seen, &c), 0);
        assert_true(covariance2_valid(c));
        nees += covariance2_mahalanobis2(c, seen.x - truth.x, seen.y - truth.y) / points;
    }
    /* Two degrees of freedom: mean 2, and 2 / sqrt(10,000) = 0.02 spread of the mean. */
    assert_near(nees, 2, 0.1);
}

static void the_lens_does_what_opencv_does(void **state)
{
    (void) state;
    /* cv2.projectPoints with K = [900 0 640; 0 880 360; 0 0 1] and these five coefficients. */
    static const double cases[][4] = {
        { 640.0, 360.0, 640.000000000, 360.000000000 },
        { 100.0, 80.0, 164.172394189, 113.871726390 },
        { 1200.0, 700.0, 1124.047141335, 654.610223028 },
        { 640.0, 20.0, 639.905955579, 35.281861556 },
        { 1000.0, 360.0, 982.916554240, 360.154880000 },
    };
    AUTO(calibration_destroy) struct calibration *lens = camera(OPENCV_CAMERA);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct image_px distorted = { cases[i][2], cases[i][3] };
        struct undistorted_px ideal;
        assert_int_equal(calibration_undistort(lens, distorted, &ideal), 0);
        assert_near(ideal.x, cases[i][0], 1e-6); /* the numbers above have 9 digits */
        assert_near(ideal.y, cases[i][1], 1e-6);
    }
}

static void a_projection_matrix_does_what_opencv_does(void **state)
{
    (void) state;
    /* x y z (m), and where cv2.projectPoints puts them, px. */
    static const double cases[][5] = {
        { 0.00, 0.00, 0.00, 409.999768297, 549.879701620 },
        { 3.00, 2.00, 0.00, 828.410242221, 452.946313717 },
        { 4.00, 8.00, 1.70, 861.179304658, 178.149109139 },
        { 1.00, 4.00, 0.85, 622.586126160, 291.491455524 },
    };
    AUTO(calibration_destroy) struct calibration *c = camera(OPENCV_CAMERA);
    struct floor_m at;
    double height_m;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const double *w = cases[i];
        struct image_px p;
        assert_int_equal(calibration_image_from_floor(c, (struct floor_m){ w[0], w[1] }, w[2], &p),
                         0);
        assert_near(p.x, w[3], 1e-6);
        assert_near(p.y, w[4], 1e-6);
        assert_floor(c, w[3], w[4], w[2], w[0], w[1], 1e-6);
    }
    assert_int_equal(calibration_position(c, &at, &height_m), 0);
    assert_near(at.x, 2, 1e-9);
    assert_near(at.y, -5, 1e-9);
    assert_near(height_m, 3.2, 1e-9);
}

static void pixels_beyond_the_growing_part_of_the_lens_are_refused(void **state)
{
    (void) state;
    /* r (1 - 0.3 r^2) grows up to r = 1 / sqrt 0.9 = 1.0541, where it is 0.70273: 702.73 px. */
    AUTO(calibration_destroy)
    struct calibration *lens =
        camera("image = { width = 1280; height = 720; };\n" PLAIN_HOMOGRAPHY
               "lens = { k1 = -0.3; focal = [1000.0, 1000.0]; centre = [0.0, 0.0]; };\n");
    struct undistorted_px ideal;
    struct image_px p;
    assert_int_equal(calibration_undistort(lens, (struct image_px){ 702.7, 0 }, &ideal), 0);
    assert_near(ideal.x, 1054, 8); /* near the top the curve is flat */
    assert_int_equal(calibration_undistort(lens, (struct image_px){ 702.8, 0 }, &ideal), -ERANGE);
    assert_int_equal(calibration_undistort(lens, (struct image_px){ 1e9, 1e9 }, &ideal), -ERANGE);
    /* Floor (x, 8) is the ideal pixel (500 + 100 x, 0). */
    assert_int_equal(calibration_image_from_floor(lens, (struct floor_m){ 5.54, 8 }, 0, &p), 0);
    assert_near(p.x, 702.73, 0.01);
    assert_int_equal(calibration_image_from_floor(lens, (struct floor_m){ 5.55, 8 }, 0, &p),
                     -ERANGE);
}

static void a_homography_is_applied_from_pixels_to_metres(void **state)
{
    (void) state;
    AUTO(calibration_destroy)
    struct calibration *plain =
        camera("image = { width = 1000; height = 600; };\n" PLAIN_HOMOGRAPHY);
    /* The same of any other scale, minus included. */
    AUTO(calibration_destroy)
    struct calibration *scaled =
        camera("image = { width = 1000; height = 600; };\n"
               "floor_from_image = ((-0.03, 0, 15), (0, 0.03, -24), (0, 0, -3));\n");
    struct floor_m point;
    double height_m;
    assert_floor(plain, 700, 300, 0, 2, 5, 1e-12);
    assert_floor(scaled, 700, 300, 0, 2, 5, 1e-12);
    assert_false(calibration_has_height(plain));
    assert_int_equal(
        calibration_floor_from_image(plain, (struct image_px){ 1, 1 }, NO_NOISE, 1.7, &point, NULL),
        -ENOTSUP);
    assert_int_equal(calibration_position(plain, &point, &height_m), -ENOTSUP);
}

static void a_homography_knows_its_horizon(void **state)
{
    (void) state;
    /* The floor's inverse of the slanted camera, by hand: with u = px - 640, v = py - 360,
     * x = 3 sqrt 2 u / (v + 300), y = 3 (300 - v) / (v + 300). */
    AUTO(calibration_destroy)
    struct calibration *slanted =
        camera("image = { width = 1280; height = 720; };\n"
               "floor_from_image = ((4.242640687119285, 0, -2715.290039756342), (0, -3, 1980),\n"
               "                    (0, 1, -60));\n");
    assert_floor(slanted, 640, 360, 0, 0, 3, 1e-9);
    assert_floor(slanted, 940, 360, 0, 4.2426406871, 3, 1e-9);
    assert_no_floor(slanted, 640, 60);
    assert_no_floor(slanted, 640, 59);
    assert_no_floor(slanted, 640, 0);
}

static void assert_round_trip(const struct calibration *calibration)
{
    int floor_points = 0;
    uint32_t width, height;
    calibration_size(calibration, &width, &height);
    for (double y = 0; y <= height; y += 16) {
        for (double x = 0; x <= width; x += 16) {
            struct floor_m point;
            struct image_px back;
            if (calibration_floor_from_image(calibration, (struct image_px){ x, y }, NO_NOISE, 0,
                                             &point, NULL) < 0)
                continue;
            assert_int_equal(calibration_image_from_floor(calibration, point, 0, &back), 0);
            assert_near(back.x, x, 1e-6);
            assert_near(back.y, y, 1e-6);
            floor_points++;
        }
    }
    assert_in_range(floor_points, 500, 10000);
}

static struct calibration *demo_camera(const char *name)
{
    struct calibration *calibration = NULL;
    struct problems problems = { 0 };
    char path[512];
    (void) snprintf(path, sizeof(path), "%s/etc/demo/%s.cfg", SOURCE_DIR, name);
    int r = calibration_load(path, &calibration, &problems);
    for (size_t i = 0; i < problems.count; i++)
        print_message("%s\n", problems.sentences[i]);
    problems_release(&problems);
    assert_int_equal(r, 0);
    return calibration;
}

static void pixels_come_back_from_the_floor(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *opencv = camera(OPENCV_CAMERA);
    AUTO(calibration_destroy) struct calibration *demo = demo_camera("left");
    assert_round_trip(opencv);
    assert_round_trip(demo);
}

static void the_demo_cameras_do_what_tsai_says(void **state)
{
    (void) state;
    /* Tsai's formulas with the published numbers, turned into the demo's floor frame:
     * tools/derive-demo-calibration.py, function tsai_world_from_image. */
    static const double cases[][4] = {
        { 0, 576, 7.9357, 4.3850 },  { 768, 576, 16.8130, 3.4096 },  { 384, 288, 13.2126, 15.2961 },
        { 0, 200, 2.4409, 26.3934 }, { 768, 200, 23.5850, 21.2148 }, { 307, 300, 11.6275, 14.7602 },
    };
    AUTO(calibration_destroy) struct calibration *left = demo_camera("left");
    AUTO(calibration_destroy) struct calibration *right = demo_camera("right");
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const double *c = cases[i];
        assert_floor(left, c[0], c[1], 0, c[2], c[3], 0.001);
        assert_floor(right, c[0], c[1], 0, c[2], c[3], 0.001);
    }
}

/* Angle and shift of tests/data/demo-truth-transform.txt. */
static void read_truth_transform(double ret[static 3])
{
    char line[256];
    int numbers = 0;
    FILE *file = fopen(TEST_DATA "/demo-truth-transform.txt", "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        if (line[0] != '#')
            numbers = sscanf(line, "%lf %lf %lf", &ret[0], &ret[1], &ret[2]);
    }
    (void) fclose(file);
    assert_int_equal(numbers, 3);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static void the_demo_camera_agrees_with_the_ground_truth(void **state)
{
    (void) state;
    enum { BOXES_MAX = 10000 };
    static double errors_m[BOXES_MAX];
    FILE *truth = fopen(SHARED_DIR "/data/pets2009/PETS09-S2L1.txt", "r");
    if (!truth)
        skip();
    AUTO(calibration_destroy) struct calibration *demo = demo_camera("left");
    double transform[3], left, top, width, height, x, y;
    size_t count = 0;
    read_truth_transform(transform);
    double angle = transform[0] * M_PI / 180;
    while (count < BOXES_MAX && fscanf(truth, "%*d,%*d,%lf,%lf,%lf,%lf,%*f,%lf,%lf,%*f", &left,
                                       &top, &width, &height, &x, &y) == 6) {
        struct floor_m foot;
        struct floor_m there = { cos(angle) * x - sin(angle) * y + transform[1],
                                 sin(angle) * x + cos(angle) * y + transform[2] };
        struct image_px p = { left + width / 2, top + height };
        assert_int_equal(calibration_floor_from_image(demo, p, NO_NOISE, 0, &foot, NULL), 0);
        errors_m[count++] = floor_distance_m(foot, there);
    }
    (void) fclose(truth);
    assert_int_equal(count, 4650);
    qsort(errors_m, count, sizeof(errors_m[0]), compare_doubles);
    print_message("median %.3f m, p90 %.3f m, p99 %.3f m\n", errors_m[count / 2],
                  errors_m[count * 9 / 10], errors_m[count * 99 / 100]);
    /* docs/demo-calibration.md: 0.031, 0.065 and 0.128 m. */
    assert_true(errors_m[count / 2] < 0.035);
    assert_true(errors_m[count * 99 / 100] < 0.14);
}

static void the_version_is_the_hash_of_the_text(void **state)
{
    (void) state;
    AUTO(calibration_destroy) struct calibration *down = camera(DOWN_CAMERA);
    char hex[65];
    assert_string_equal(calibration_text(down), DOWN_CAMERA);
    assert_int_equal(strlen(calibration_version(down)), 64);
    AUTO(calibration_destroy) struct calibration *other = camera(DOWN_CAMERA "\n");
    (void) snprintf(hex, sizeof(hex), "%s", calibration_version(other));
    assert_string_not_equal(calibration_version(down), hex);
}

struct bad_file {
    const char *text, *sentence; /* the sentence holds this */
};

#define IMAGE           "image = { width = 100; height = 100; };\n"
#define REST_OF_PINHOLE "centre = [50, 50]; translation = [0, 0, 3];"

static void bad_files_are_refused_with_file_and_line(void **state)
{
    (void) state;
    static const struct bad_file cases[] = {
        { "", "bad.cfg:" },
        { "image = {", "bad.cfg:1" },
        { IMAGE, "exactly one of" },
        { IMAGE PLAIN_HOMOGRAPHY "image_from_floor = ((1,0,0,0), (0,1,0,0), (0,0,1,3));\n",
          "bad.cfg:3: give exactly one of" },
        { IMAGE PLAIN_HOMOGRAPHY "colour = 3;\n", "bad.cfg:3" },
        { "image = { width = 0; height = 100; };\n" PLAIN_HOMOGRAPHY, "bad.cfg:1" },
        { "image = { width = 100; height = 16385; };\n" PLAIN_HOMOGRAPHY, "bad.cfg:1" },
        { IMAGE "floor_from_image = ((1, 0), (0, 1));\n", "bad.cfg:2" },
        { IMAGE "floor_from_image = ((1, 2, 3), (2, 4, 6), (0, 0, 1));\n",
          "bad.cfg:2: floor_from_image is singular" },
        { IMAGE "floor_from_image = ((1e999, 0, 0), (0, 1, 0), (0, 0, 1));\n", "bad.cfg:2" },
        { IMAGE "floor_from_image = ((nan, 0, 0), (0, 1, 0), (0, 0, 1));\n", "bad.cfg:2" },
        { IMAGE "floor_from_image = ((0.01, 0, -5), (0, 0.01, 8), (0, 0, 1));\n",
          "bad.cfg:2: floor_from_image: the whole of the picture does not meet the floor" },
        { IMAGE "image_from_floor = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 0, 1));\n",
          "bad.cfg:2: image_from_floor is singular" },
        { IMAGE "image_from_floor = ((1,0,0,0), (0,-1,0,0), (0,0,-1,-3));\n",
          "bad.cfg:2: image_from_floor puts the camera on or below the floor" },
        { IMAGE "pinhole = {\n    focal = [100, 100]; };\n",
          "bad.cfg:2: pinhole.rotation is missing" },
        { IMAGE "# rotation\npinhole = { focal = [90, 90]; " REST_OF_PINHOLE
                "\n/* rotation */ rotation = ((1,0,0), (0,-1.00001,0), (0,0,-1)); };\n",
          "bad.cfg:4: pinhole.rotation is not a rotation" },
        { IMAGE "pinhole = { focal = [90, 90]; " REST_OF_PINHOLE
                " rotation = ((1,0,0), (0,1,0), (0,0,-1)); };\n",
          "bad.cfg:2: pinhole.rotation mirrors" },
        { IMAGE "pinhole = { focal = [90, -90]; " REST_OF_PINHOLE
                " rotation = ((1,0,0), (0,-1,0), (0,0,-1)); };\n",
          "bad.cfg:2: pinhole.focal must be positive" },
        { IMAGE "note = \"focal\";\npinhole = { focal = [90, 1e400]; " REST_OF_PINHOLE
                " rotation = ((1,0,0), (0,-1,0), (0,0,-1)); };\n",
          "bad.cfg:3" },
        { IMAGE PLAIN_HOMOGRAPHY "lens = { k1 = -0.1; };\n", "bad.cfg:3: lens distortion needs" },
        { DOWN_CAMERA "lens = { k1 = -0.1; focal = [1, 1]; centre = [1, 1]; };\n",
          "bad.cfg:8: lens.focal and lens.centre contradict pinhole" },
        { IMAGE "@include \"/etc/passwd\"\n" PLAIN_HOMOGRAPHY,
          "bad.cfg:2: a camera file cannot include others" },
        { "\nauthor = \"M\xfc"
          "ller\";\n",
          "bad.cfg:2: not UTF-8 text" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct calibration *calibration = NULL;
        struct problems problems = { 0 };
        bool found = false;
        assert_int_equal(calibration_parse(cases[i].text, "bad.cfg", &calibration, &problems),
                         -EINVAL);
        assert_null(calibration);
        assert_true(problems.count > 0);
        for (size_t k = 0; k < problems.count; k++)
            found |= strstr(problems.sentences[k], cases[i].sentence) != NULL;
        if (!found)
            fail_msg("case %zu: \"%s\" instead of \"%s\"", i, problems.sentences[0],
                     cases[i].sentence);
        problems_release(&problems);
    }
}

static void a_missing_file_is_named(void **state)
{
    (void) state;
    struct calibration *calibration = NULL;
    struct problems problems = { 0 };
    assert_int_equal(calibration_load("/nonexistent/camera.cfg", &calibration, &problems), -ENOENT);
    assert_int_equal(problems.count, 1);
    assert_non_null(strstr(problems.sentences[0], "/nonexistent/camera.cfg"));
    problems_release(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_camera_looking_down_scales_by_its_height),
        cmocka_unit_test(a_camera_says_where_it_hangs_and_how_large_its_picture_is),
        cmocka_unit_test(a_slanted_camera_meets_the_floor_where_trigonometry_says),
        cmocka_unit_test(the_horizon_and_what_is_above_it_are_refused),
        cmocka_unit_test(what_is_behind_the_camera_has_no_pixel),
        cmocka_unit_test(the_plane_through_the_camera_is_refused),
        cmocka_unit_test(the_covariance_is_the_squared_scale),
        cmocka_unit_test(the_covariance_matches_what_noise_does),
        cmocka_unit_test(the_lens_does_what_opencv_does),
        cmocka_unit_test(a_projection_matrix_does_what_opencv_does),
        cmocka_unit_test(pixels_beyond_the_growing_part_of_the_lens_are_refused),
        cmocka_unit_test(a_homography_is_applied_from_pixels_to_metres),
        cmocka_unit_test(a_homography_knows_its_horizon),
        cmocka_unit_test(pixels_come_back_from_the_floor),
        cmocka_unit_test(the_demo_cameras_do_what_tsai_says),
        cmocka_unit_test(the_demo_camera_agrees_with_the_ground_truth),
        cmocka_unit_test(the_version_is_the_hash_of_the_text),
        cmocka_unit_test(bad_files_are_refused_with_file_and_line),
        cmocka_unit_test(a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
