/*
 * test_onnx.c - ONNX networks: what the file says, what the output means, the whole way
 *
 * The networks are written by tests/data/make_onnx.py, which says what they compute; without
 * Python's onnx those tests are left out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "detector/onnx_boxes.h"
#include "detector/onnx_file.h"
#include "detector_fixture.h"
#include "near.h"
#include "testing.h"

/* ---- outputs, by hand: an input of 64 x 64 px has 8 * 8 + 4 * 4 + 2 * 2 = 84 cells ---- */

static int family_of(int rows, int columns, int classes, struct error *err)
{
    const int dims[] = { 1, rows, columns };
    struct onnx_output output;
    int r = onnx_output_of(dims, 3, 64, 64, classes, "x.onnx", &output, err);
    return r < 0 ? r : (int) output.family;
}

static void shapes_tell_the_family(void **state)
{
    (void) state;
    struct error err = { "" };
    assert_int_equal(family_of(252, 7, 2, &err), ONNX_YOLOV5);
    assert_int_equal(family_of(252, 6, 1, &err), ONNX_YOLOV5); /* 6 as YOLOv10 has */
    assert_int_equal(family_of(6, 84, 2, &err), ONNX_YOLOV8);
    assert_int_equal(family_of(300, 6, 2, &err), ONNX_YOLOV10);
    assert_int_equal(family_of(84, 7, 2, &err), -ENOTSUP); /* YOLOX */
    assert_non_null(strstr(err.text, "1x84x7, which with 2 classes"));
    /* One class makes these as wide as YOLOv10: YOLOX, and YOLOv5 with a cell of 64 px more. */
    assert_int_equal(family_of(84, 6, 1, &err), -ENOTSUP);
    assert_int_equal(family_of(255, 6, 1, &err), -ENOTSUP);
    assert_int_equal(family_of(252, 85, 2, &err), -ENOTSUP);
    assert_non_null(strstr(err.text, "detector.names"));
    const int dims[] = { 1, 18, 8, 8 };
    struct onnx_output output;
    assert_int_equal(onnx_output_of(dims, 4, 64, 64, 1, "x.onnx", &output, &err), -ENOTSUP);
    assert_non_null(strstr(err.text, "4 dimensions"));
}

static const enum detection_class second_is_a_person[] = { 0, DETECTION_PERSON };

static struct detection only_box(const struct onnx_output *output, const float *values)
{
    struct candidates found = { 0 };
    assert_int_equal(onnx_boxes_decode(output, values, second_is_a_person, 0.25, &found), 0);
    assert_int_equal(found.count, 1);
    struct detection box = found.items[0];
    candidates_release(&found);
    return box;
}

static void assert_box(struct detection d, double score)
{
    assert_int_equal(d.object_class, DETECTION_PERSON);
    assert_near((double) d.score, score, 1e-6);
    assert_near(d.box.left, 15, 1e-6);
    assert_near(d.box.top, 20, 1e-6);
    assert_near(d.box.right, 25, 1e-6);
    assert_near(d.box.bottom, 40, 1e-6);
}

/* Centre (20, 30), 10 x 20 px; the other rows are too weak, of another class, or no numbers. */
static void each_family_is_decoded(void **state)
{
    (void) state;
    const struct onnx_output v5 = { ONNX_YOLOV5, 4, 7, 2 }, v8 = { ONNX_YOLOV8, 6, 3, 2 },
                             v10 = { ONNX_YOLOV10, 5, 6, 2 };
    const float rows5[] = { 20, 30, 10, 20, 0.8f, 0, 0.5f, 20, 30, 10, 20, 0.5f, 0, 0.4f,
                            20, 30, 10, 20, 1,    1, 0,    20, 30, 10, 20, NAN,  0, 1 };
    const float rows8[] = {
        20, 20, 20, 30, 30, 30, 10, 10, 10, 20, 20, 20, 1, 0, 0, 0, 0.7f, 0.2f
    };
    const float rows10[] = { 15, 20,   25, 40, 0.6f, 1,  15, 20,   25, 40, 0.9f, 0,  15, 20,   25,
                             40, 0.1f, 1,  15, 20,   25, 40, 0.9f, 2,  15, 20,   25, 40, 0.9f, -1 };
    assert_box(only_box(&v5, rows5), 0.4);
    assert_box(only_box(&v8, rows8), 0.7);
    assert_box(only_box(&v10, rows10), 0.6);
}

/* ---- files ---- */

static void what_is_no_onnx_is_refused(void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *words;
    } cases[] = {
        { "", 0, "has no graph" },
        { "hello, I am a text\n", 19, "is not an ONNX file" },
        { "\x3a\x00", 2, "no input" },         /* an empty graph */
        { "\x3a\x7f", 2, "cut short" },        /* a graph that should go on */
        { "\x3a\x02\x5a\x00", 4, "no input" }, /* an input without a name */
        { "\x3a\x08\x2a\x02\x40\x01\x5a\x02\x08\x01", 10, "no input" }, /* names are numbers */
        { "\x3a\x05\x5a\x03\x0a\x01x", 7, "input is not one picture" },
        { "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 12, "is not an ONNX file" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct onnx_file file;
        struct error err = { "" };
        assert_int_equal(onnx_file_parse(cases[i].bytes, cases[i].length, "x.onnx", &file, &err),
                         -EINVAL);
        if (!strstr(err.text, cases[i].words))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].words);
    }
}

/* ---- real networks of the right shapes ---- */

static int write_networks(void **state)
{
    static char folder[] = "/tmp/floorfuse-test-onnx-XXXXXX";
    const char *const arguments[] = { "/usr/bin/python3", SOURCE_DIR "/tests/data/make_onnx.py",
                                      folder, NULL };
    const struct process_options options = { .arguments = arguments };
    struct text output = TEXT_INIT;
    struct error err = { "" };
    int status = 1;
    *state = NULL;
    if (!mkdtemp(folder))
        return -1;
    if (process_run(&options, &output, &status, &err) == 0 && status == 0 &&
        strstr(detector_engines(), "opencv"))
        *state = folder;
    else
        print_message("no networks: %s\n", output.bytes ? output.bytes : err.text);
    text_release(&output);
    return 0;
}

static int remove_networks(void **state)
{
    (void) state;
    return system("rm -rf /tmp/floorfuse-test-onnx-??????");
}

static struct network_options network_of(void **state, const char *name, char path[static 128])
{
    if (!*state)
        skip();
    (void) snprintf(path, 128, "%s/%s.onnx", (const char *) *state, name);
    return (struct network_options){ .model = path, .threshold = 0.5 };
}

/* Black but for a red rectangle. */
static struct image *red(uint32_t width, uint32_t height, uint32_t left, uint32_t top,
                         uint32_t size)
{
    struct image *picture;
    assert_int_equal(image_create(width, height, IMAGE_RGB8, &picture), 0);
    for (uint32_t y = top; y < top + size; y++) {
        for (uint32_t x = left; x < left + size; x++)
            image_at(picture, x, y)[0] = 255;
    }
    return picture;
}

static struct detections look(struct network_options network, struct image *picture)
{
    struct detector_options options = { .networks = { network },
                                        .network_count = 1,
                                        .nms_iou = 0.5 };
    struct detector *detector = detector_of(&options);
    struct detections found = find(detector, picture);
    assert_string_equal(detector_info(detector).engine, "opencv");
    detector_destroy(&detector);
    image_unref(&picture);
    return found;
}

static void yolov5_finds_red(void **state)
{
    char path[128];
    struct network_options network = network_of(state, "yolov5", path);
    struct detections found = look(network, red(64, 64, 16, 8, 8));
    assert_int_equal(found.count, 1);
    assert_box(found.items[0], 0.9);
    free(found.items);
}

static void yolov8_finds_red(void **state)
{
    char path[128];
    struct network_options network = network_of(state, "yolov8", path);
    struct detections found = look(network, red(64, 64, 16, 8, 8));
    assert_int_equal(found.count, 1);
    assert_box(found.items[0], 0.9);
    free(found.items);
}

static void yolov10_finds_red(void **state)
{
    char path[128];
    struct network_options network = network_of(state, "yolov10", path);
    struct detections found = look(network, red(64, 64, 32, 0, 32));
    assert_int_equal(found.count, 1);
    assert_box(found.items[0], 0.9);
    free(found.items);
}

/* 128 x 64 px become 64 x 32 in the middle of 64 x 64: a box's x doubles, its y less 16 doubles. */
static void pictures_keep_their_shape(void **state)
{
    char path[128];
    struct network_options network = network_of(state, "yolov8", path);
    struct detections found = look(network, red(128, 64, 32, 0, 16));
    assert_int_equal(found.count, 1);
    assert_near(found.items[0].box.left, 2 * 15, 1e-4);
    assert_near(found.items[0].box.right, 2 * 25, 1e-4);
    assert_near(found.items[0].box.top, 2 * (20 - 16), 1e-4);
    assert_near(found.items[0].box.bottom, 2 * (40 - 16), 1e-4);
    free(found.items);
}

static int create_code(const struct network_options *network, const char *words)
{
    struct detector_options options = { .networks = { *network },
                                        .network_count = 1,
                                        .nms_iou = 0.5 };
    struct detector *detector = NULL;
    struct error err = { "" };
    int r = detector_create(&options, &detector, &err);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    assert_null(detector);
    return r;
}

static void what_cannot_be_is_one_sentence(void **state)
{
    char path[128], nameless[128], any[128];
    struct network_options network = network_of(state, "yolov8", path);
    network.engine = "fast";
    assert_int_equal(create_code(&network, "run on detector engine \"opencv\""), -ENOTSUP);
    network.engine = NULL;
    network.width = network.height = 320;
    assert_int_equal(create_code(&network, "is 64x64 px and cannot be 320x320"), -EINVAL);
    network.width = network.height = 0;
    network.sha256 = "ab";
    assert_int_equal(create_code(&network, "has SHA-256"), -EINVAL);
    network = network_of(state, "nameless", nameless);
    assert_int_equal(create_code(&network, "what its classes are"), -EINVAL);
    network = network_of(state, "any-size", any);
    assert_int_equal(create_code(&network, "say which in detector.size"), -EINVAL);
}

/* Every length of a real file: refused by our reader or, where the rest is weights, by OpenCV. */
static void files_that_are_cut_short_are_refused(void **state)
{
    char path[128], cut_path[160];
    struct network_options network = network_of(state, "yolov8", path);
    struct error err = { "" };
    char *bytes;
    size_t length;
    assert_int_equal(file_read(path, 1 << 20, &bytes, &length, &err), 0);
    (void) snprintf(cut_path, sizeof(cut_path), "%s/cut.onnx", (const char *) *state);
    network.model = cut_path;
    for (size_t cut = 0; cut < length; cut += 1 + length / 40) {
        assert_int_equal(file_write(cut_path, bytes, cut, 0600, &err), 0);
        assert_true(create_code(&network, "cut.onnx") < 0);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_tell_the_family),
        cmocka_unit_test(each_family_is_decoded),
        cmocka_unit_test(what_is_no_onnx_is_refused),
        cmocka_unit_test(yolov5_finds_red),
        cmocka_unit_test(yolov8_finds_red),
        cmocka_unit_test(yolov10_finds_red),
        cmocka_unit_test(pictures_keep_their_shape),
        cmocka_unit_test(what_cannot_be_is_one_sentence),
        cmocka_unit_test(files_that_are_cut_short_are_refused),
    };
    return cmocka_run_group_tests(tests, write_networks, remove_networks);
}
