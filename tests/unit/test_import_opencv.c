/*
 * test_import_opencv.c - OpenCV's files, in three notations and many hands' names
 *
 * The camera is the one of test_calibration.c: its numbers and where it puts points come from
 * OpenCV 4.6.0 (cv2.projectPoints). The other files are written by hand after what OpenCV's
 * calibration sample, ROS and stereo_calib write.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/calibration.h"
#include "calib/import_opencv.h"
#include "near.h"
#include "testing.h"

#define YAML_HEAD "%YAML:1.0\n---\n"

#define YAML_MATRIX                                                      \
    "camera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n" \
    "   data: [ 900., 0., 640., 0., 880., 360., 0., 0., 1. ]\n"

#define YAML_LENS                                                                  \
    "distortion_coefficients: !!opencv-matrix\n   rows: 5\n   cols: 1\n   dt: d\n" \
    "   data: [ -3.1000000000000000e-01, 1.2e-01, 1.1e-03,\n       -7.0e-04, -2.1e-02 ]\n"

/* t = -R (2, -5, 3.2), of the projection matrix in test_calibration.c: (P14 - 640 P34) / 900, ...
 */
#define YAML_POSE                                                                             \
    "rvec: !!opencv-matrix\n   rows: 3\n   cols: 1\n   dt: d\n   data: [ 1.9, 0.1, -0.05 ]\n" \
    "tvec: !!opencv-matrix\n   rows: 3\n   cols: 1\n   dt: d\n"                               \
    "   data: [ -1.5664514549555528, 1.3222212390147563, 5.919287189718533 ]\n"

#define YAML_SIZE "image_width: 1280\nimage_height: 720\n"

/* Intrinsics and pose of one file. */
static int read_both(const char *text, int number, struct import_camera *ret_camera,
                     struct error *err)
{
    *ret_camera = (struct import_camera){ .width_px = 0 };
    int r = import_opencv_intrinsics(text, strlen(text), "cam.yml", number, ret_camera, err);
    return r < 0 ? r : import_opencv_pose(text, strlen(text), "cam.yml", number, ret_camera, err);
}

static struct import_camera camera_of(const char *text, int number)
{
    struct import_camera camera;
    struct error err = { "" };
    if (read_both(text, number, &camera, &err) < 0)
        fail_msg("%s", err.text);
    return camera;
}

static void refused(const char *text, const char *words)
{
    struct import_camera camera;
    struct error err = { "" };
    if (read_both(text, 0, &camera, &err) == 0)
        fail_msg("taken, though it should say \"%s\"", words);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

/* The camera of cv2.projectPoints, whichever notation it came in. */
static void assert_opencv_camera(const struct import_camera *camera)
{
    static const double lens[5] = { -0.31, 0.12, 0.0011, -0.0007, -0.021 };
    const double got[5] = { camera->k1, camera->k2, camera->p1, camera->p2, camera->k3 };
    assert_int_equal(camera->model, IMPORT_PINHOLE);
    assert_int_equal(camera->width_px, 1280);
    assert_int_equal(camera->height_px, 720);
    assert_true(camera->has_lens && camera->has_pose);
    assert_true(camera->focal_px[0] == 900 && camera->focal_px[1] == 880);
    assert_true(camera->centre_px[0] == 640 && camera->centre_px[1] == 360);
    for (int i = 0; i < 5; i++)
        assert_true(got[i] == lens[i]);
    assert_near(camera->rotation[6], -0.08444793189235593, 1e-12);
    assert_near(camera->rotation[7], 0.9417694229833276, 1e-12);
    assert_near(camera->rotation[8], -0.3254825659428698, 1e-12);
    assert_near(camera->translation[2], 5.919287189718533, 1e-9);
}

static void yaml_xml_and_json_say_the_same(void **state)
{
    (void) state;
    static const char xml[] =
        "<?xml version=\"1.0\"?>\n<opencv_storage>\n"
        "<calibration_time>\"Mon 1 Jan 2024 10:00:00\"</calibration_time>\n"
        "<image_width>1280</image_width><image_height>720</image_height>\n"
        "<camera_matrix type_id=\"opencv-matrix\"><rows>3</rows><cols>3</cols><dt>d</dt>\n"
        "  <data>900. 0. 640. 0. 880. 360. 0. 0. 1.</data></camera_matrix>\n"
        "<distortion_coefficients type_id=\"opencv-matrix\"><rows>5</rows><cols>1</cols>\n"
        "  <dt>d</dt><data>-3.1e-01 1.2e-01 1.1e-03\n -7.0e-04 -2.1e-02</data>\n"
        "</distortion_coefficients>\n"
        "<rvec>1.9 0.1 -0.05</rvec>\n<tvec>-1.5664514549555528 1.3222212390147563 "
        "5.919287189718533</tvec>\n"
        "</opencv_storage>\n";
    static const char json[] =
        "{\n \"image_width\": 1280, \"image_height\": 720,\n"
        " \"camera_matrix\": { \"type_id\": \"opencv-matrix\", \"rows\": 3, \"cols\": 3,\n"
        "  \"dt\": \"d\", \"data\": [ 900.0, 0.0, 640.0, 0.0, 880.0, 360.0, 0.0, 0.0, 1.0 ] },\n"
        " \"distortion_coefficients\": { \"type_id\": \"opencv-matrix\", \"rows\": 5,\n"
        "  \"cols\": 1, \"dt\": \"d\", \"data\": [ -0.31, 0.12, 0.0011, -0.0007, -0.021 ] },\n"
        " \"rvec\": [ 1.9, 0.1, -0.05 ],\n"
        " \"tvec\": [ -1.5664514549555528, 1.3222212390147563, 5.919287189718533 ]\n}\n";
    struct import_camera yaml = camera_of(YAML_HEAD YAML_SIZE YAML_MATRIX YAML_LENS YAML_POSE, 0);
    assert_opencv_camera(&yaml);
    struct import_camera other = camera_of(xml, 0);
    assert_opencv_camera(&other);
    other = camera_of(json, 0);
    assert_opencv_camera(&other);
}

static void points_land_where_opencv_projects_them(void **state)
{
    (void) state;
    /* x y z (m), and where cv2.projectPoints puts them, px; our pixels are 0.5 further on. */
    static const double cases[][5] = {
        { 0.00, 0.00, 0.00, 409.999768297, 549.879701620 },
        { 3.00, 2.00, 0.00, 828.410242221, 452.946313717 },
        { 4.00, 8.00, 1.70, 861.179304658, 178.149109139 },
        { 1.00, 4.00, 0.85, 622.586126160, 291.491455524 },
    };
    struct import_camera camera = camera_of(YAML_HEAD YAML_SIZE YAML_MATRIX YAML_LENS YAML_POSE, 0);
    struct import_frame frame = import_frame_same();
    AUTO(text_release) struct text text = TEXT_INIT;
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *made = NULL;
    frame.pixel_shift_px = 0.5;
    assert_int_equal(import_place(&camera, &frame, &camera, NULL), 0);
    struct camera_file file = import_camera_file(&camera);
    camera_file_write(&file, &text);
    assert_int_equal(calibration_parse(text.bytes, "imported", &made, &problems), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const double *w = cases[i];
        struct image_px p;
        assert_int_equal(
            calibration_image_from_floor(made, (struct floor_m){ w[0], w[1] }, w[2], &p), 0);
        assert_near(p.x, w[3] + 0.5, 1e-6);
        assert_near(p.y, w[4] + 0.5, 1e-6);
    }
}

static void other_hands_use_other_names(void **state)
{
    (void) state;
    /* ROS camera_info. */
    struct import_camera camera =
        camera_of("image_width: 640\nimage_height: 480\ncamera_name: hall\n"
                  "camera_matrix:\n  rows: 3\n  cols: 3\n"
                  "  data: [500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0]\n"
                  "distortion_model: plumb_bob\n"
                  "distortion_coefficients:\n  rows: 1\n  cols: 5\n"
                  "  data: [-0.3, 0.1, 0.001, -0.002, 0.0]\n",
                  0);
    assert_true(camera.width_px == 640 && camera.height_px == 480);
    assert_true(camera.focal_px[1] == 510 && camera.k1 == -0.3 && camera.p2 == -0.002);
    assert_false(camera.has_pose);
    /* By hand, nested rows, four coefficients, a rotation matrix. */
    camera = camera_of("cameraMatrix: [[500, 0, 320], [0, 510, 240], [0, 0, 1]]\n"
                       "distCoeffs: [-0.3, 0.1, 0.001, -0.002]\n"
                       "image_size: [640, 480]\n"
                       "R: [[1, 0, 0], [0, -1, 0], [0, 0, -1]]\nT: [[-1], [2], [3]]\n",
                       0);
    assert_true(camera.width_px == 640 && camera.height_px == 480);
    assert_true(camera.k2 == 0.1 && camera.k3 == 0 && camera.has_pose);
    assert_true(camera.rotation[4] == -1 && camera.translation[2] == 3);
    /* K alone, and the pose in one matrix. */
    camera = camera_of("K: [500, 0, 320, 0, 510, 240, 0, 0, 1]\n"
                       "extrinsics: [1, 0, 0, -1, 0, -1, 0, 2, 0, 0, -1, 3, 0, 0, 0, 1]\n",
                       0);
    assert_false(camera.has_lens);
    assert_true(camera.has_pose && camera.rotation[8] == -1 && camera.translation[1] == 2);
}

static void eight_coefficients_are_taken_when_the_last_are_0(void **state)
{
    (void) state;
    struct import_camera camera =
        camera_of(YAML_HEAD YAML_MATRIX "dist_coeffs: [ 0.1, 0.2, 0.3, 0.4, 0.5, 0, 0, 0 ]\n", 0);
    assert_true(camera.k1 == 0.1 && camera.k3 == 0.5);
    refused(YAML_HEAD YAML_MATRIX "dist_coeffs: [ 0.1, 0.2, 0.3, 0.4, 0.5, 0, 0.6, 0 ]\n",
            "cam.yml:8: dist_coeffs has 8 coefficients and number 7 is not 0");
    refused(YAML_HEAD YAML_MATRIX "D: [ 0.1, 0.2, 0.3 ]\n", "cam.yml:8: D has 3 coefficients");
}

static void fisheyes_are_refused(void **state)
{
    (void) state;
    refused("distortion_model: equidistant\n" YAML_MATRIX, "cam.yml:1: distortion_model says "
                                                           "equidistant");
    refused("fisheye_model: 1\n" YAML_MATRIX, "is a fish-eye");
    (void) camera_of("fisheye_model: 0\n" YAML_MATRIX, 0);
}

static void of_a_stereo_pair_one_camera_is_taken(void **state)
{
    (void) state;
    static const char pair[] = "M1: [ 500., 0., 320., 0., 510., 240., 0., 0., 1. ]\n"
                               "D1: [ -0.1, 0., 0., 0., 0. ]\n"
                               "M2: [ 600., 0., 330., 0., 610., 250., 0., 0., 1. ]\n"
                               "D2: [ -0.2, 0., 0., 0., 0. ]\n";
    struct import_camera camera = camera_of(pair, 2);
    assert_true(camera.focal_px[0] == 600 && camera.k1 == -0.2);
    camera = camera_of(pair, 1);
    assert_true(camera.focal_px[0] == 500 && camera.k1 == -0.1);
    refused(pair, "cam.yml:1: the file holds several cameras");
    /* Where one camera is from the other is not where it is over the floor. */
    refused(YAML_HEAD YAML_MATRIX "R: [ 1, 0, 0, 0, 1, 0, 0, 0, 1 ]\nT: [ 0.1, 0, 0 ]\n"
                                  "Q: [ 1, 0, 0, 0 ]\n",
            "cam.yml:8: R of a stereo pair");
}

static void what_is_missing_or_wrong_is_named_by_file_and_line(void **state)
{
    (void) state;
    refused("", "cam.yml: the file is empty");
    refused(YAML_HEAD YAML_LENS, "cam.yml: no camera matrix");
    refused(YAML_HEAD "K: [ 1, 2, 3 ]\n", "cam.yml:3: K has 3 numbers instead of 9");
    refused(YAML_HEAD "K: [ 9, 0, 3, 0, nine, 4, 0, 0, 1 ]\n",
            "cam.yml:3: K: \"nine\" is not a number");
    refused(YAML_HEAD "K: [ 9, 0, .Nan, 0, 9, 4, 0, 0, 1 ]\n",
            "cam.yml:3: K: number 3 is not finite");
    refused(YAML_HEAD "K: [ 9, 0, 3, 0, .Inf, 4, 0, 0, 1 ]\n", "number 5 is not finite");
    refused(YAML_HEAD "K: [ -9, 0, 3, 0, 9, 4, 0, 0, 1 ]\n", "must be positive");
    refused(YAML_HEAD "K: [ 9, 0, 0, 0, 9, 0, 3, 4, 1 ]\n", "is not a camera matrix");
    refused(YAML_HEAD "K: [ 9, 1, 3, 0, 9, 4, 0, 0, 1 ]\n", "skew of 1 px");
    refused(YAML_HEAD "K: !!opencv-matrix\n   rows: 3\n   cols: 2\n   dt: d\n"
                      "   data: [ 9, 0, 3, 0, 9, 4, 0, 0, 1 ]\n",
            "cam.yml:3: K: its rows and cols do not multiply to the 9 numbers");
    refused(YAML_HEAD YAML_MATRIX "image_width: 12.5\n", "image_width is 12.5");
    refused(YAML_HEAD YAML_MATRIX "image_width: -4\n", "image_width is -4");
    refused(YAML_HEAD YAML_MATRIX "image_size: [ 640, 480.5 ]\n", "image_size is 480.5");
    refused(YAML_HEAD YAML_MATRIX "rvec: [ 1, 0, 0 ]\n",
            "cam.yml:8: rvec is there and the translation (tvec or T) is not");
    refused(YAML_HEAD YAML_MATRIX "tvec: [ 1, 0, 0 ]\n", "the rotation (rvec or R) is not");
    refused(YAML_HEAD YAML_MATRIX "rvec: [ 1, 0 ]\ntvec: [ 1, 0, 0 ]\n", "rvec has 2 numbers");
    refused(YAML_HEAD YAML_MATRIX "rvec: [ 90, 0, 0 ]\ntvec: [ 1, 0, 0 ]\n",
            "cam.yml:8: rvec turns more than once round");
    refused(YAML_HEAD YAML_MATRIX "R: [ 2, 0, 0, 0, 2, 0, 0, 0, 2 ]\ntvec: [ 1, 0, 0 ]\n",
            "cam.yml:8: R is not a rotation");
    refused(YAML_HEAD YAML_MATRIX "R: [ 1, 0, 0, 0, 1, 0, 0, 0, -1 ]\ntvec: [ 1, 0, 0 ]\n",
            "cam.yml:8: R mirrors");
    refused(YAML_HEAD YAML_MATRIX "K: [ 9, 0, 3, 0, 9, 4, 0, 0, 1 ]\n",
            "cam.yml:8: K says something else than camera_matrix in line 3");
}

static void truncated_files_are_refused(void **state)
{
    (void) state;
    refused(YAML_HEAD YAML_SIZE "K: [ 9, 0, 3,\n", "is not whole YAML or JSON");
    refused("<?xml version=\"1.0\"?>\n<opencv_storage>\n<K>9 0 3", "cam.yml:3: is not whole XML");
    refused("{ \"K\": [ 9, 0", "is not whole YAML or JSON");
    refused("<calibration/>", "begins with <calibration>");
    /* Nested without end; and a bomb of aliases stays one word. */
    char deep[200];
    memset(deep, '[', sizeof(deep));
    deep[sizeof(deep) - 1] = '\0';
    refused(deep, "nested too deep");
    refused("a: &a [1, 1]\nb: &b [*a, *a]\nK: [*b, *b]\n", "K: \"b\" is not a number");
}

/* Whatever is cut off a good file, nothing is taken for a camera that is not the whole one. */
static void every_beginning_of_a_file_is_refused_or_the_same_camera(void **state)
{
    (void) state;
    static const char whole[] = YAML_HEAD YAML_SIZE YAML_LENS YAML_POSE YAML_MATRIX;
    struct import_camera camera;
    for (size_t length = 0; length < strlen(whole) - 2; length++) {
        char *cut = strndup(whole, length);
        int r = read_both(cut, 0, &camera, NULL);
        free(cut);
        assert_true(r < 0);
    }
    camera = camera_of(whole, 0);
    assert_opencv_camera(&camera);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_xml_and_json_say_the_same),
        cmocka_unit_test(points_land_where_opencv_projects_them),
        cmocka_unit_test(other_hands_use_other_names),
        cmocka_unit_test(eight_coefficients_are_taken_when_the_last_are_0),
        cmocka_unit_test(fisheyes_are_refused),
        cmocka_unit_test(of_a_stereo_pair_one_camera_is_taken),
        cmocka_unit_test(what_is_missing_or_wrong_is_named_by_file_and_line),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(every_beginning_of_a_file_is_refused_or_the_same_camera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
