/*
 * test_import_real.c - published calibrations, imported and held against published truth
 *
 * PETS 2009 (Tsai) and WILDTRACK (OpenCV): where people stood is known for both. Skipped where the
 * data is not there.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "calib/calibration.h"
#include "calib/import_folder.h"
#include "calib/import_opencv.h"
#include "calib/import_tsai.h"
#include "near.h"
#include "testing.h"

#define PETS      SHARED_DIR "/data/pets2009"
#define WILDTRACK SHARED_DIR "/data/wildtrack"

#define NO_NOISE ((struct covariance2){ 0, 0, 0 })

static char *read_bytes(const char *path, size_t *ret_length)
{
    char *bytes;
    struct error err = { "" };
    if (file_read(path, IMPORT_BYTES_MAX, &bytes, ret_length, &err) < 0)
        fail_msg("%s", err.text);
    return bytes;
}

static void skip_without(const char *path)
{
    if (!file_exists(path))
        skip();
}

/* The camera file that comes out of an import must be one. */
static struct calibration *calibration_of(const struct import_camera *camera,
                                          const struct import_frame *frame)
{
    struct import_camera placed;
    struct error err = { "" };
    if (import_place(camera, frame, &placed, &err) < 0)
        fail_msg("%s", err.text);
    struct camera_file file = import_camera_file(&placed);
    AUTO(text_release) struct text text = TEXT_INIT;
    AUTO(problems_release) struct problems problems = { 0 };
    struct calibration *calibration = NULL;
    camera_file_write(&file, &text);
    if (calibration_parse(text.bytes, "imported", &calibration, &problems) < 0)
        fail_msg("%s", problems.sentences[0]);
    return calibration;
}

static void read_view(int view, struct tsai *ret_tsai)
{
    char path[512];
    size_t length;
    struct error err = { "" };
    (void) snprintf(path, sizeof(path), PETS "/calibration/View_%03d.xml", view);
    char *bytes = read_bytes(path, &length);
    if (import_tsai_parse(bytes, length, path, ret_tsai, &err) < 0)
        fail_msg("%s", err.text);
    free(bytes);
}

/* The frame of docs/demo-calibration.md. */
static struct import_frame demo_frame(void)
{
    struct import_frame frame = import_frame_same();
    frame.metres_per_unit = 0.001;
    frame.rotate_rad = 54.35 * M_PI / 180;
    frame.origin_m[0] = 13.0;
    frame.origin_m[1] = 26.9;
    frame.pixel_shift_px = 0.5;
    return frame;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* Distances, which are sorted when asked for a share. */
struct distances {
    double *m;
    size_t count;
};

static void add_distance(struct distances *distances, double m)
{
    distances->m = realloc(distances->m, (distances->count + 1) * sizeof(double));
    assert_non_null(distances->m);
    distances->m[distances->count++] = m;
}

static double distance_at(struct distances *distances, double share)
{
    if (!distances->m)
        return NAN; /* near nothing */
    qsort(distances->m, distances->count, sizeof(double), by_size);
    return distances->m[(size_t) (share * (double) (distances->count - 1))];
}

static void assert_same_numbers(const struct number_list *a, const struct number_list *b,
                                double tolerance)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_near(a->values[i], b->values[i], tolerance);
}

static void view_001_gives_the_numbers_of_the_demos_camera(void **state)
{
    (void) state;
    skip_without(PETS "/calibration/View_001.xml");
    /* tools/derive-demo-calibration.py wrote left.cfg with 6 to 12 decimals. */
    struct tsai tsai;
    struct import_camera camera;
    struct tsai_lens_fit fit;
    struct import_frame frame = demo_frame();
    size_t length;
    struct problems problems = { 0 };
    AUTO(camera_file_release) struct camera_file demo = { 0 };
    char *text = read_bytes(SOURCE_DIR "/etc/demo/left.cfg", &length);
    assert_int_equal(camera_file_read(text, "left.cfg", &demo, &problems), 0);
    free(text);
    read_view(1, &tsai);
    import_tsai_camera(&tsai, frame.pixel_shift_px, &camera, &fit);
    assert_int_equal(import_place(&camera, &frame, &camera, NULL), 0);
    struct camera_file ours = import_camera_file(&camera);
    assert_int_equal(ours.width_px, demo.width_px);
    assert_int_equal(ours.height_px, demo.height_px);
    assert_same_numbers(&ours.pinhole.focal, &demo.pinhole.focal, 1e-6);
    assert_same_numbers(&ours.pinhole.centre, &demo.pinhole.centre, 1e-6);
    assert_same_numbers(&ours.pinhole.rotation, &demo.pinhole.rotation, 1e-11);
    assert_same_numbers(&ours.pinhole.translation, &demo.pinhole.translation, 1e-8);
    assert_near(ours.lens.k1, demo.lens.k1, 1e-8);
    assert_near(ours.lens.k2, demo.lens.k2, 1e-8);
    assert_near(ours.lens.k3, demo.lens.k3, 1e-8);
    /* docs/demo-calibration.md: 0.0002 px. */
    assert_true(fit.worst_px < 0.0003);
    assert_true(fit.focal_scale == 1 && fit.folded_share == 0);
}

/* angle (degrees), x and y of the transform from the truth's floor to the demo's. */
static void read_transform(double ret_transform[static 3])
{
    char line[512];
    FILE *in = fopen(TEST_DATA "/demo-truth-transform.txt", "r");
    assert_non_null(in);
    int found = 0;
    while (found != 3 && fgets(line, sizeof(line), in))
        found = line[0] == '#' ? 0
                               : sscanf(line, "%lf %lf %lf", &ret_transform[0], &ret_transform[1],
                                        &ret_transform[2]);
    (void) fclose(in);
    assert_int_equal(found, 3);
}

static void view_001_puts_feet_where_the_truth_has_them(void **state)
{
    (void) state;
    skip_without(PETS "/PETS09-S2L1.txt");
    struct tsai tsai;
    struct import_camera camera;
    struct tsai_lens_fit fit;
    struct import_frame frame = demo_frame();
    struct distances distances = { NULL, 0 };
    double to_demo[3] = { 0 }, b[6] = { 0 };
    char line[512];
    read_view(1, &tsai);
    import_tsai_camera(&tsai, frame.pixel_shift_px, &camera, &fit);
    AUTO(calibration_destroy) struct calibration *view = calibration_of(&camera, &frame);
    read_transform(to_demo);
    double c = cos(to_demo[0] * M_PI / 180), s = sin(to_demo[0] * M_PI / 180);
    FILE *in = fopen(PETS "/PETS09-S2L1.txt", "r");
    assert_non_null(in);
    while (fgets(line, sizeof(line), in)) {
        /* frame, id, left, top, width, height, confidence, floor x, floor y */
        assert_int_equal(sscanf(line, "%*d,%*d,%lf,%lf,%lf,%lf,%*f,%lf,%lf", &b[0], &b[1], &b[2],
                                &b[3], &b[4], &b[5]),
                         6);
        struct floor_m truth = { c * b[4] - s * b[5] + to_demo[1],
                                 s * b[4] + c * b[5] + to_demo[2] };
        struct floor_m foot;
        struct image_px p = { b[0] + b[2] / 2, b[1] + b[3] };
        assert_int_equal(calibration_floor_from_image(view, p, NO_NOISE, 0, &foot, NULL), 0);
        add_distance(&distances, floor_distance_m(foot, truth));
    }
    (void) fclose(in);
    print_message("%zu boxes: median %.3f m, p90 %.3f m, p99 %.3f m\n", distances.count,
                  distance_at(&distances, 0.5), distance_at(&distances, 0.9),
                  distance_at(&distances, 0.99));
    /* docs/demo-calibration.md: 4650 boxes, 0.031, 0.065 and 0.128 m. */
    assert_int_equal(distances.count, 4650);
    assert_near(distance_at(&distances, 0.5), 0.031, 0.001);
    assert_near(distance_at(&distances, 0.9), 0.065, 0.001);
    assert_near(distance_at(&distances, 0.99), 0.128, 0.002);
    free(distances.m);
}

static void all_eight_views_become_cameras_above_the_yard(void **state)
{
    (void) state;
    skip_without(PETS "/calibration/View_008.xml");
    struct import_frame frame = import_frame_same();
    frame.metres_per_unit = 0.001;
    frame.pixel_shift_px = 0.5;
    for (int view = 1; view <= 8; view++) {
        struct tsai tsai;
        struct import_camera camera;
        struct tsai_lens_fit fit;
        struct floor_m at;
        double height_m;
        read_view(view, &tsai);
        import_tsai_camera(&tsai, 0.5, &camera, &fit);
        AUTO(calibration_destroy) struct calibration *made = calibration_of(&camera, &frame);
        assert_int_equal(calibration_position(made, &at, &height_m), 0);
        print_message("view %d: %.2f m high at (%.1f, %.1f), lens within %.4f px, %.1f %% folded\n",
                      view, height_m, at.x, at.y, fit.worst_px, 100 * fit.folded_share);
        /* Views 1 to 4 are on buildings and masts, 5 to 8 on tripods. */
        assert_true(view <= 4 ? height_m > 4.5 && height_m < 8 : height_m > 1.5 && height_m < 2.5);
        assert_true(hypot(at.x, at.y) < 100);
        /* The lens of view 7 folds before the corners; the strong ones keep part of a pixel. */
        assert_true((fit.folded_share > 0) == (view == 7));
        assert_true(fit.worst_px < (view == 1 || view == 3 || view == 4 || view == 5 ? 0.05 : 0.7));
    }
}

/* What one annotation says, key by key. */
struct annotation {
    long position, camera;
    double xmin, xmax, ymin, ymax;
};

/* One key and its number at `at`; the keys of a view come in the order of the alphabet. */
static bool take_key(const char *at, struct annotation *a)
{
    const struct {
        const char *key;
        double *value;
    } edges[] = { { "\"xmax\":", &a->xmax },
                  { "\"xmin\":", &a->xmin },
                  { "\"ymax\":", &a->ymax },
                  { "\"ymin\":", &a->ymin } };
    if (strncmp(at, "\"positionID\":", 13) == 0)
        a->position = strtol(at + 13, NULL, 10);
    if (strncmp(at, "\"viewNum\":", 10) == 0)
        a->camera = strtol(at + 10, NULL, 10);
    for (size_t i = 0; i < ARRAY_LENGTH(edges); i++)
        if (strncmp(at, edges[i].key, 7) == 0)
            *edges[i].value = strtod(at + 7, NULL);
    return strncmp(at, "\"ymin\":", 7) == 0;
}

#define CAMERAS 7

static void compare_frame(const char *json, struct calibration *const cameras[CAMERAS],
                          struct distances distances[CAMERAS])
{
    struct annotation a = { .position = -1, .camera = -1 };
    for (const char *at = strchr(json, '"'); at; at = strchr(at + 1, '"')) {
        if (!take_key(at, &a) || (a.xmin == -1 && a.xmax == -1 && a.ymin == -1 && a.ymax == -1))
            continue;
        assert_in_range(a.camera, 0, CAMERAS - 1);
        /* ../shared/data/README.md says how a position is numbered. */
        long column = a.position % 480, row = a.position / 480;
        struct floor_m truth = { -3 + 0.025 * (double) column, -9 + 0.025 * (double) row };
        /* The boxes were made with OpenCV's projection: 0 is the centre of the first pixel. */
        struct image_px p = { (a.xmin + a.xmax) / 2 + 0.5, a.ymax + 0.5 };
        struct floor_m foot;
        if (calibration_floor_from_image(cameras[a.camera], p, NO_NOISE, 0, &foot, NULL) == 0)
            add_distance(&distances[a.camera], floor_distance_m(foot, truth));
    }
}

static void compare_frames(struct calibration *const cameras[CAMERAS],
                           struct distances distances[CAMERAS])
{
    DIR *folder = opendir(WILDTRACK "/annotations_positions");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[1024];
        size_t length;
        if (!strstr(entry->d_name, ".json"))
            continue;
        (void) snprintf(path, sizeof(path), WILDTRACK "/annotations_positions/%s", entry->d_name);
        char *json = read_bytes(path, &length);
        compare_frame(json, cameras, distances);
        free(json);
    }
    (void) closedir(folder);
}

/* The camera of a folder, as floorfuse calibrate import makes it. */
static struct calibration *folder_camera(const struct import_folder *folder, size_t i)
{
    struct import_camera camera = { .width_px = folder->width_px, .height_px = folder->height_px };
    struct import_frame frame = import_frame_same();
    struct error err = { "" };
    size_t length;
    frame.metres_per_unit = folder->metres_per_unit;
    frame.pixel_shift_px = 0.5;
    char *bytes = read_bytes(folder->cameras[i].intrinsics, &length);
    if (import_opencv_intrinsics(bytes, length, folder->cameras[i].intrinsics, 0, &camera, &err) <
        0)
        fail_msg("%s", err.text);
    free(bytes);
    bytes = read_bytes(folder->cameras[i].extrinsics, &length);
    if (import_opencv_pose(bytes, length, folder->cameras[i].extrinsics, 0, &camera, &err) < 0)
        fail_msg("%s", err.text);
    free(bytes);
    return calibration_of(&camera, &frame);
}

static void wildtracks_seven_cameras_put_feet_where_the_truth_has_them(void **state)
{
    (void) state;
    skip_without(WILDTRACK "/annotations_positions");
    /* ../shared/data/README.md, for C1 to C7 (CVLab1-4, IDIAP1-3), m. They differ by up to 7 mm
     * from what the 360 frames that are here give, ... */
    static const double told_m[CAMERAS] = { .116, .094, .086, .092, .072, .101, .076 };
    /* ... which a few lines of Python worked out from these annotations and the seven 3x4 matrices
     * of cameras.txt there, of which the importer sees nothing. */
    static const double medians_m[CAMERAS] = { .1204, .0943, .0882, .0853, .0718, .1062, .0772 };
    AUTO(import_folder_release) struct import_folder folder = { .cameras = NULL };
    struct calibration *cameras[CAMERAS];
    struct distances distances[CAMERAS] = { { NULL, 0 } }, all = { NULL, 0 };
    struct error err = { "" };
    if (import_folder_list(WILDTRACK, "zero", &folder, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(folder.count, CAMERAS);
    for (size_t i = 0; i < CAMERAS; i++)
        cameras[i] = folder_camera(&folder, i);
    compare_frames(cameras, distances);
    for (size_t i = 0; i < CAMERAS; i++) {
        print_message("%s: %zu boxes, median %.4f m\n", folder.cameras[i].name, distances[i].count,
                      distance_at(&distances[i], 0.5));
        for (size_t j = 0; j < distances[i].count; j++)
            add_distance(&all, distances[i].m[j]);
    }
    print_message("all: median %.3f m, p90 %.3f m, p99 %.3f m\n", distance_at(&all, 0.5),
                  distance_at(&all, 0.9), distance_at(&all, 0.99));
    for (size_t i = 0; i < CAMERAS; i++) {
        assert_near(distance_at(&distances[i], 0.5), told_m[i], 0.008);
        assert_near(distance_at(&distances[i], 0.5), medians_m[i], 0.0001);
        free(distances[i].m);
        calibration_destroy(&cameras[i]);
    }
    assert_near(distance_at(&all, 0.5), 0.09, 0.008);
    assert_near(distance_at(&all, 0.9), 0.20, 0.008);
    assert_near(distance_at(&all, 0.99), 0.31, 0.008);
    free(all.m);
}

int main(void)
{
    if (!file_exists(PETS) && !file_exists(WILDTRACK)) {
        print_message("skipped: neither %s nor %s is there\n", PETS, WILDTRACK);
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_001_gives_the_numbers_of_the_demos_camera),
        cmocka_unit_test(view_001_puts_feet_where_the_truth_has_them),
        cmocka_unit_test(all_eight_views_become_cameras_above_the_yard),
        cmocka_unit_test(wildtracks_seven_cameras_put_feet_where_the_truth_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
