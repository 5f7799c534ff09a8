/*
 * test_detector_video.c - people in a real picture: the first frame of PETS 2009 S2.L1 View_001
 *
 * The recording is vtest.avi, named by FLOORFUSE_VIDEO; the boxes are the ground truth of MOT15 for
 * frame 1 (PETS09-S2L1.txt: id 9, 15, 19).
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/capture.h"
#include "detector_fixture.h"
#include "testing.h"

#define DEADLINE_MS 20000

static const struct box_px people[] = {
    { 499, 158, 499 + 31.03, 158 + 75.17 },
    { 258, 219, 258 + 32.913, 219 + 88.702 },
    { 633, 242, 633 + 42.338, 242 + 81.074 },
};

/* What counts as found in object detection since PASCAL VOC. */
#define FOUND_IOU 0.5

static struct image *first_frame(void)
{
    const char *video = getenv("FLOORFUSE_VIDEO");
    if (!video || access(video, R_OK) < 0)
        return NULL;
    struct capture_options options = { .url = video, .fps = 7, .fast = true, .start_us = 1 };
    struct capture *capture = NULL;
    struct error err = { "" };
    struct frame frame = { 0 };
    if (capture_create(&options, &capture, &err) < 0)
        fail_msg("%s", err.text);
    int r = 0;
    while (r == 0) {
        struct pollfd ready = { .fd = capture_fd(capture), .events = POLLIN };
        assert_int_equal(poll(&ready, 1, DEADLINE_MS), 1);
        r = capture_next(capture, &frame);
    }
    assert_int_equal(r, 1);
    capture_destroy(&capture);
    return frame.image;
}

static void assert_finds_everybody(const struct detector_options *options)
{
    struct image *picture = first_frame();
    if (!picture)
        skip();
    struct detector *detector = detector_of(options);
    struct detections found = find(detector, picture);
    for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
        double best = 0;
        for (size_t k = 0; k < found.count; k++)
            best = fmax(best, box_iou(found.items[k].box, people[i]));
        if (best < FOUND_IOU)
            fail_msg("person %zu was not found: best IoU %.2f", i, best);
    }
    /* One more is a sign saying "no cycling" or a lamp post, not a flood. */
    assert_true(found.count <= sizeof(people) / sizeof(people[0]) + 2);
    free(found.items);
    detector_destroy(&detector);
    image_unref(&picture);
}

static void the_body_model_finds_everybody(void **state)
{
    (void) state;
    if (access(MODEL_WITH_BODY, R_OK) < 0 || detector_engines()[0] == '\0')
        skip();
    struct detector_options options = { .networks = { { .model = MODEL_WITH_BODY,
                                                        .threshold = 0.3 } },
                                        .network_count = 1,
                                        .nms_iou = 0.45 };
    assert_finds_everybody(&options);
}

static void hog_finds_everybody(void **state)
{
    (void) state;
    if (!strstr(detector_engines(), "hog"))
        skip();
    struct detector_options options = { .networks = { { .engine = "hog", .threshold = 0.3 } },
                                        .network_count = 1,
                                        .nms_iou = 0.45 };
    assert_finds_everybody(&options);
}

static void engines_agree_on_people(void **state)
{
    (void) state;
    if (access(MODEL_WITH_BODY, R_OK) < 0 || !strstr(detector_engines(), "darknet opencv"))
        skip();
    struct image *picture = first_frame();
    if (!picture)
        skip();
    static const char *const engines[] = { "darknet", "opencv" };
    struct detections found[2];
    double mean_iou, score_difference;
    for (int i = 0; i < 2; i++) {
        struct detector_options options = {
            .networks = { { .engine = engines[i], .model = MODEL_WITH_BODY, .threshold = 0.3 } },
            .network_count = 1,
            .nms_iou = 0.45
        };
        struct detector *detector = detector_of(&options);
        found[i] = find(detector, picture);
        detector_destroy(&detector);
    }
    assert_int_equal(found[0].count, found[1].count);
    compare_detections(found[0], found[1], &mean_iou, &score_difference);
    assert_true(mean_iou >= 0.999);
    assert_true(score_difference <= 1e-3);
    free(found[0].items);
    free(found[1].items);
    image_unref(&picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_model_finds_everybody),
        cmocka_unit_test(hog_finds_everybody),
        cmocka_unit_test(engines_agree_on_people),
    };
    if (!getenv("FLOORFUSE_VIDEO"))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
