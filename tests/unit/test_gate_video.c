/*
 * test_gate_video.c - what the motion gate costs and saves on a real film with a night around it
 *
 * The day is vtest.avi with its ground truth (PETS 2009 S2.L1, View 1). The night is the same yard
 * without people, the median of many frames, with the noise of a dark sensor, new in every frame.
 * The network looks where the gate asks; where it does not, nobody is found. Without the gate it
 * looks at everything: recall may not differ by more than a point.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/capture.h"
#include "chance.h"
#include "detector/motion_gate.h"
#include "detector_fixture.h"
#include "testing.h"

#define TRUTH SHARED_DIR "/data/pets2009/PETS09-S2L1.txt"

enum { FRAMES = 795, NIGHT = 300, WIDTH = 768, HEIGHT = 576, MEDIAN_OF = 15, EVERY = 3 };
#define FPS         7.0 /* PETS 2009 */
#define NIGHT_FPS   5.0
#define DEADLINE_MS 20000
#define MATCH_IOU   0.5
#define NIGHT_NOISE 4.0

struct truth {
    int frame;
    struct box_px box;
};

struct film {
    struct image *frames[FRAMES]; /* those of every EVERY, and those for the median */
    struct image *night;          /* without people and noise */
    struct truth *truth;
    size_t truth_count;
};

static struct film film;

/* ---- the film ---- */

static void read_truth(void)
{
    FILE *file = fopen(TRUTH, "r");
    char line[256];
    assert_non_null(file);
    film.truth = calloc(20000, sizeof(*film.truth));
    assert_non_null(film.truth);
    while (fgets(line, sizeof(line), file)) {
        int frame;
        double left, top, width, height;
        assert_int_equal(
            sscanf(line, "%d,%*d,%lf,%lf,%lf,%lf", &frame, &left, &top, &width, &height), 5);
        film.truth[film.truth_count++] =
            (struct truth){ frame - 1, { left - 1, top - 1, left - 1 + width, top - 1 + height } };
    }
    (void) fclose(file);
}

static void read_frames(const char *video)
{
    struct capture_options options = { .url = video, .fps = FPS, .fast = true, .start_us = 1 };
    struct capture *capture = NULL;
    struct error err = { "" };
    assert_int_equal(capture_create(&options, &capture, &err), 0);
    for (;;) {
        struct frame frame;
        int r = capture_next(capture, &frame);
        if (r == -ENODATA)
            break;
        if (r == 0) {
            struct pollfd ready = { .fd = capture_fd(capture), .events = POLLIN };
            assert_int_equal(poll(&ready, 1, DEADLINE_MS), 1);
            continue;
        }
        assert_int_equal(r, 1);
        if (frame.index < FRAMES && (frame.index % EVERY == 0))
            film.frames[frame.index] = frame.image;
        else
            image_unref(&frame.image);
    }
    capture_destroy(&capture);
}

static int by_value(const void *a, const void *b)
{
    return *(const uint8_t *) a - *(const uint8_t *) b;
}

/* Nobody stands in one place for half of the film. */
static void make_night(void)
{
    const struct image *sources[MEDIAN_OF];
    assert_int_equal(image_create(WIDTH, HEIGHT, IMAGE_RGB8, &film.night), 0);
    for (int i = 0; i < MEDIAN_OF; i++)
        sources[i] = film.frames[i * (FRAMES / MEDIAN_OF / EVERY) * EVERY];
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < 3 * WIDTH; x++) {
            uint8_t values[MEDIAN_OF];
            for (int i = 0; i < MEDIAN_OF; i++)
                values[i] = image_at(sources[i], 0, y)[x];
            qsort(values, MEDIAN_OF, 1, by_value);
            image_at(film.night, 0, y)[x] = (uint8_t) (values[MEDIAN_OF / 2] * 6 / 10);
        }
    }
}

static struct image *night_frame(uint64_t seed)
{
    struct image *frame;
    struct chance chance = { seed };
    double half = NIGHT_NOISE * 1.7320508; /* of an even distribution with that deviation */
    assert_int_equal(image_create(WIDTH, HEIGHT, IMAGE_RGB8, &frame), 0);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            int noise = (int) chance_between(&chance, -half, half);
            for (int i = 0; i < 3; i++) {
                int value = image_at(film.night, x, y)[i] + noise;
                image_at(frame, x, y)[i] = (uint8_t) (value < 0 ? 0 : value > 255 ? 255 : value);
            }
        }
    }
    return frame;
}

/* ---- what is found ---- */

struct count {
    int frames, rested, truths, found, found_without_gate;
};

static int people_found(struct detections found, int frame)
{
    int count = 0;
    for (size_t i = 0; i < film.truth_count; i++) {
        bool met = false;
        for (size_t k = 0; film.truth[i].frame == frame && !met && k < found.count; k++)
            met = box_iou(film.truth[i].box, found.items[k].box) >= MATCH_IOU;
        count += met;
    }
    return count;
}

static int people_there(int frame)
{
    int count = 0;
    for (size_t i = 0; i < film.truth_count; i++)
        count += film.truth[i].frame == frame;
    return count;
}

/* frame -1: a night, in which nobody is. */
static void show(struct detector *detector, struct motion_gate *gate, const struct image *picture,
                 int64_t at_us, int frame, struct count *count)
{
    struct detections found;
    int asks = motion_gate_asks(gate, picture, at_us);
    assert_true(asks >= 0);
    count->frames++;
    count->rested += asks == 0;
    if (asks == 0 && frame < 0)
        return;
    assert_int_equal(detector_detect(detector, picture, &found), 0);
    if (asks > 0)
        motion_gate_tell(gate, found.count > 0);
    if (frame < 0)
        return;
    int people = people_found(found, frame);
    count->truths += people_there(frame);
    count->found_without_gate += people;
    count->found += asks > 0 ? people : 0;
}

static void show_night(struct detector *detector, struct motion_gate *gate, int64_t *at_us,
                       struct count *count)
{
    for (int i = 0; i < NIGHT; i++) {
        struct image *frame = night_frame((uint64_t) (*at_us + 1));
        show(detector, gate, frame, *at_us, -1, count);
        image_unref(&frame);
        *at_us += (int64_t) (US_PER_S / NIGHT_FPS);
    }
}

static void the_gate_rests_at_night_and_loses_nobody_by_day(void **state)
{
    (void) state;
    struct detector_options options = { .networks = { { .model = MODEL_WITH_BODY,
                                                        .threshold = 0.5 } },
                                        .network_count = 1,
                                        .nms_iou = 0.45 };
    struct motion_gate_options gate_options = { .refresh_us = 2 * US_PER_S,
                                                .hold_us = 10 * US_PER_S };
    struct motion_gate *gate;
    struct detector *detector = detector_of(&options);
    struct count evening = { 0 }, day = { 0 }, night = { 0 };
    int64_t at_us = 0;
    assert_int_equal(motion_gate_create(&gate_options, &gate), 0);
    show_night(detector, gate, &at_us, &evening);
    for (int i = 0; i < FRAMES; i += EVERY) {
        show(detector, gate, film.frames[i], at_us, i, &day);
        at_us += (int64_t) (EVERY * US_PER_S / FPS);
    }
    show_night(detector, gate, &at_us, &night);
    double recall = 100.0 * day.found / day.truths;
    double without = 100.0 * day.found_without_gate / day.truths;
    print_message("day: recall %.2f %% with the gate, %.2f %% without, rested %d of %d frames\n",
                  recall, without, day.rested, day.frames);
    print_message("night: rested %d of %d frames before and %d of %d after the day\n",
                  evening.rested, evening.frames, night.rested, night.frames);
    assert_true(without - recall <= 1);
    assert_true(without > 60); /* the comparison means something */
    /* A look every two seconds is one frame of ten; the hold is 50 frames of the second night. */
    assert_true(evening.rested >= 0.85 * NIGHT);
    assert_true(night.rested >= 0.85 * (NIGHT - 50));
    motion_gate_destroy(&gate);
    detector_destroy(&detector);
}

static int open_film(void **state)
{
    (void) state;
    read_truth();
    read_frames(getenv("FLOORFUSE_VIDEO"));
    make_night();
    return 0;
}

static int close_film(void **state)
{
    (void) state;
    for (int i = 0; i < FRAMES; i++)
        image_unref(&film.frames[i]);
    image_unref(&film.night);
    free(film.truth);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gate_rests_at_night_and_loses_nobody_by_day),
    };
    const char *video = getenv("FLOORFUSE_VIDEO");
    if (!video || access(video, R_OK) < 0 || access(TRUTH, R_OK) < 0 ||
        access(MODEL_WITH_BODY, R_OK) < 0)
        return 77;
    return cmocka_run_group_tests(tests, open_film, close_film);
}
