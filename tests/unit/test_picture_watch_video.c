/*
 * test_picture_watch_video.c - the watch on a real film with people in it, as it is and with faults
 *
 * vtest.avi (PETS 2009 S2.L1, View 1; 768 x 576, 795 frames), shown at a picture a second, so that
 * its 113 s are 13 minutes. The reference is of ten of its frames, 80 apart. Faults are made of its
 * own pictures. Real photographs of other rooms: SCUT-HEAD part B.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "capture/capture.h"
#include "image/picture_watch.h"
#include "testing.h"

enum { FRAMES = 795, WIDTH = 768, HEIGHT = 576, PIXELS = WIDTH * HEIGHT, STILL_EVERY = 80 };
#define DEADLINE_MS 20000
#define LEARNING_S  125 /* more than the reference takes */
#define PHOTOS      SHARED_DIR "/data/scut-head-b"

static struct film {
    uint8_t *frames[FRAMES]; /* brightness */
    struct signature reference;
} film;

/* ---- the film ---- */

static struct image *wrapped(uint8_t *pixels, void (*release)(void *))
{
    struct image *image;
    struct image view = { pixels, WIDTH, HEIGHT, WIDTH, IMAGE_YUV8, { 0 } };
    assert_int_equal(image_wrap(view, pixels, release, &image), 0);
    return image;
}

static void keep(void *pixels)
{
    (void) pixels;
}

/* The next frame of a recording, or 0 after the last. */
static int next_frame(struct capture *capture, struct frame *ret_frame)
{
    for (;;) {
        struct pollfd ready = { .fd = capture_fd(capture), .events = POLLIN };
        int r = capture_next(capture, ret_frame);
        if (r != 0)
            return r == -ENODATA ? 0 : r;
        assert_int_equal(poll(&ready, 1, DEADLINE_MS), 1);
    }
}

static void read_frames(const char *video)
{
    struct capture_options options = {
        .url = video, .fps = 1, .fast = true, .start_us = 1, .as_decoded = true
    };
    struct capture *capture = NULL;
    struct frame frame;
    assert_int_equal(capture_create(&options, &capture, NULL), 0);
    while (next_frame(capture, &frame) == 1) {
        uint8_t *copy = malloc(PIXELS);
        assert_non_null(copy);
        assert_int_equal(frame.image->format, IMAGE_YUV8);
        for (uint32_t y = 0; y < HEIGHT; y++)
            memcpy(copy + (size_t) y * WIDTH, image_at(frame.image, 0, y), WIDTH);
        film.frames[frame.index] = copy;
        image_unref(&frame.image);
    }
    capture_destroy(&capture);
}

static void make_reference(void)
{
    struct signature stills[FRAMES / STILL_EVERY + 1];
    size_t count = 0;
    for (int i = 0; i < FRAMES; i += STILL_EVERY) {
        AUTO(image_unref) struct image *image = wrapped(film.frames[i], keep);
        assert_int_equal(signature_measure(image, &stills[count++]), 0);
    }
    assert_int_equal(signature_merge(stills, count, &film.reference), 0);
}

/* ---- faults ---- */

typedef void make_fault(const uint8_t *from, uint8_t *to);

static uint8_t pixel(const uint8_t *from, int x, int y)
{
    x = x < 0 ? 0 : x >= WIDTH ? WIDTH - 1 : x;
    y = y < 0 ? 0 : y >= HEIGHT ? HEIGHT - 1 : y;
    return from[y * WIDTH + x];
}

/* What is left at night with the light off: a fiftieth, and a codec's hum. */
static void darken(const uint8_t *from, uint8_t *to)
{
    for (int i = 0; i < PIXELS; i++)
        to[i] = (uint8_t) (from[i] / 50 + i * 13 % 3);
}

/* A bag over the lens: grey, with the sensor's noise, new in each frame. */
static void cover(const uint8_t *from, uint8_t *to)
{
    uint32_t state = from[12345] + from[54321] * 256u + from[99999] * 65536u;
    for (int i = 0; i < PIXELS; i++) {
        state = state * 1664525u + 1013904223u;
        to[i] = (uint8_t) (90 + (state >> 30));
    }
}

static void fog(const uint8_t *from, uint8_t *to)
{
    for (int i = 0; i < PIXELS; i++)
        to[i] = (uint8_t) (200 + from[i] / 8);
}

/* A mean over 5 x 5 px twice: sigma 2 px. */
static void blur_once(const uint8_t *from, uint8_t *to)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int sum = 0;
            for (int v = -2; v <= 2; v++)
                for (int u = -2; u <= 2; u++)
                    sum += pixel(from, x + u, y + v);
            to[y * WIDTH + x] = (uint8_t) (sum / 25);
        }
}

static void blur(const uint8_t *from, uint8_t *to)
{
    uint8_t *half = malloc(PIXELS);
    assert_non_null(half);
    blur_once(from, half);
    blur_once(half, to);
    free(half);
}

/* The camera was pushed: 9 px, 6 px; what comes in at the rim repeats it. */
static void push(const uint8_t *from, uint8_t *to)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            to[y * WIDTH + x] = pixel(from, x + 9, y - 6);
}

/* Turned by one part in 57, which is 1 degree. */
static void turn(const uint8_t *from, uint8_t *to)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            to[y * WIDTH + x] =
                pixel(from, x + (y - HEIGHT / 2) * 10 / 573, y - (x - WIDTH / 2) * 10 / 573);
}

/* It looks at something else. */
static void mirror(const uint8_t *from, uint8_t *to)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            to[y * WIDTH + x] = from[y * WIDTH + WIDTH - 1 - x];
}

static void freeze(const uint8_t *from, uint8_t *to)
{
    (void) from;
    memcpy(to, film.frames[400], PIXELS);
}

/* A sign hangs before the left third. */
static void hang_sign(const uint8_t *from, uint8_t *to)
{
    memcpy(to, from, PIXELS);
    for (int y = 0; y < HEIGHT; y++)
        memset(to + y * WIDTH, 120, WIDTH / 3);
}

/* ---- showing ---- */

struct show {
    struct picture_watch *watch;
    int64_t at_us, step_us;
    int next; /* frame of the film */
};

static struct show show_begin(bool calibrated)
{
    struct show show = { .at_us = INT64_C(1767225600) * US_PER_S, .step_us = US_PER_S };
    assert_int_equal(picture_watch_create(&show.watch), 0);
    if (calibrated)
        picture_watch_set_reference(show.watch, &film.reference);
    return show;
}

/* The next picture of the film, changed by the fault, a step later. */
static enum picture_state show_one(struct show *show, make_fault *fault)
{
    const uint8_t *from = film.frames[show->next];
    uint8_t *to = malloc(PIXELS);
    assert_non_null(to);
    if (fault)
        fault(from, to);
    else
        memcpy(to, from, PIXELS);
    AUTO(image_unref) struct image *image = wrapped(to, free);
    assert_int_equal(picture_watch_see(show->watch, image, show->at_us), 1);
    show->at_us += show->step_us;
    show->next = (show->next + 1) % FRAMES;
    return picture_watch_state(show->watch);
}

/* Steps until a state is there; each before must be `meanwhile`. */
static int show_until(struct show *show, make_fault *fault, enum picture_state meanwhile,
                      enum picture_state wanted, int seconds_max)
{
    for (int s = 1; s <= seconds_max; s++) {
        enum picture_state state = show_one(show, fault);
        if (state == wanted)
            return s;
        if (state != meanwhile)
            fail_msg("frame %d is %s, not %s", show->next, picture_state_name(state),
                     picture_state_name(meanwhile));
    }
    fail_msg("never %s", picture_state_name(wanted));
    return 0;
}

static void show_good(struct show *show, make_fault *fault, int seconds)
{
    for (int s = 0; s < seconds; s++) {
        enum picture_state state = show_one(show, fault);
        if (state != PICTURE_GOOD)
            fail_msg("a false alarm at frame %d: %s", show->next, picture_state_name(state));
    }
}

static void people_raise_no_alarm(void **state)
{
    (void) state;
    for (int calibrated = 0; calibrated < 2; calibrated++) {
        struct show show = show_begin(calibrated);
        show_good(&show, NULL, calibrated ? FRAMES : FRAMES / 2);
        picture_watch_destroy(&show.watch);
    }
}

/* Good film, the fault, good film again: the state comes and goes, and nothing else does. */
static void check_fault(struct show *show, make_fault *fault, enum picture_state expected,
                        int enter_s)
{
    show_good(show, NULL, 20);
    int entered_s = show_until(show, fault, PICTURE_GOOD, expected, 2 * enter_s);
    assert_in_range(entered_s, enter_s, enter_s + 4);
    for (int s = 0; s < 20; s++)
        assert_int_equal(show_one(show, fault), expected);
    int left_s = show_until(show, NULL, expected, PICTURE_GOOD, 30);
    assert_in_range(left_s, 10, 14);
}

static void faults_are_told_and_forgotten(void **state)
{
    (void) state;
    for (int calibrated = 0; calibrated < 2; calibrated++) {
        struct show show = show_begin(calibrated);
        show_good(&show, NULL, calibrated ? 1 : LEARNING_S);
        check_fault(&show, darken, PICTURE_DARK, 10);
        check_fault(&show, cover, PICTURE_COVERED, 10);
        check_fault(&show, fog, PICTURE_WASHED_OUT, 20);
        check_fault(&show, blur, PICTURE_DEFOCUSED, 20);
        check_fault(&show, freeze, PICTURE_FROZEN, 30);
        if (calibrated) {
            check_fault(&show, push, PICTURE_MOVED, 20);
            check_fault(&show, turn, PICTURE_MOVED, 20);
            check_fault(&show, mirror, PICTURE_MOVED, 20);
        }
        picture_watch_destroy(&show.watch);
    }
}

static void without_a_reference_a_moved_camera_is_not_judged(void **state)
{
    (void) state;
    struct show show = show_begin(false);
    show_good(&show, NULL, LEARNING_S);
    show_good(&show, push, 50);
    picture_watch_destroy(&show.watch);
}

static void a_camera_that_starts_blind_is_told_without_any_reference(void **state)
{
    (void) state;
    static const struct {
        make_fault *fault;
        enum picture_state expected;
    } cases[] = { { darken, PICTURE_DARK }, { cover, PICTURE_COVERED } };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct show show = show_begin(false);
        assert_int_equal(show_until(&show, cases[i].fault, PICTURE_GOOD, cases[i].expected, 20),
                         10);
        show_until(&show, NULL, cases[i].expected, PICTURE_GOOD, 14);
        /* What it saw while it was blind is not what it compares with. */
        show_good(&show, NULL, LEARNING_S + 30);
        picture_watch_destroy(&show.watch);
    }
}

/* Key frames 25 s apart with nothing but repeats between them. */
static void a_codec_that_repeats_frames_is_not_frozen(void **state)
{
    (void) state;
    struct show show = show_begin(true);
    for (int s = 0; s < 200; s++) {
        show.next = (s / 25 * 10) % FRAMES;
        assert_int_equal(show_one(&show, NULL), PICTURE_GOOD);
    }
    picture_watch_destroy(&show.watch);
}

static void a_sign_before_the_lens_is_told_after_ten_minutes_and_not_suspicious(void **state)
{
    (void) state;
    struct show show = show_begin(true);
    show_good(&show, NULL, 20);
    show.step_us = 5 * US_PER_S;
    int steps = show_until(&show, hang_sign, PICTURE_GOOD, PICTURE_DIRTY, 140);
    assert_in_range(steps * 5, 600, 640);
    assert_false(picture_state_is_suspicious(PICTURE_DIRTY));
    assert_true(picture_state_is_suspicious(PICTURE_FROZEN));
    picture_watch_destroy(&show.watch);
}

/* Nine seconds of anything are nothing, however often they come. */
static void short_troubles_come_to_nothing(void **state)
{
    (void) state;
    struct show show = show_begin(true);
    make_fault *const faults[] = { darken, cover, blur, push, mirror };
    for (size_t i = 0; i < 10; i++) {
        show_good(&show, faults[i % ARRAY_LENGTH(faults)], 9);
        show_good(&show, NULL, 3);
    }
    picture_watch_destroy(&show.watch);
}

/* Other rooms, other cameras: none looks blind by itself. */
static void photographs_of_rooms_are_not_blind(void **state)
{
    (void) state;
    if (access(PHOTOS, R_OK) < 0)
        skip();
    struct capture_options options = {
        .url = PHOTOS, .fps = 1, .fast = true, .start_us = 1, .as_decoded = true
    };
    struct capture *capture = NULL;
    struct frame frame;
    int photos = 0;
    assert_int_equal(capture_create(&options, &capture, NULL), 0);
    for (; next_frame(capture, &frame) == 1; photos++) {
        struct picture_watch *watch;
        assert_int_equal(picture_watch_create(&watch), 0);
        assert_int_equal(picture_watch_see(watch, frame.image, frame.capture_us), 1);
        assert_int_equal(picture_watch_look(watch).seen, PICTURE_GOOD);
        picture_watch_destroy(&watch);
        image_unref(&frame.image);
    }
    assert_true(photos > 50);
    capture_destroy(&capture);
}

static void a_look_costs_little(void **state)
{
    (void) state;
    enum { LOOKS = 20 };
    struct show show = show_begin(true);
    int64_t begin_ns = clock_mono_ns();
    for (int i = 0; i < LOOKS; i++)
        (void) show_one(&show, NULL);
    print_message("a look at %d x %d takes %.2f ms\n", WIDTH, HEIGHT,
                  (double) (clock_mono_ns() - begin_ns) / NS_PER_MS / LOOKS);
    picture_watch_destroy(&show.watch);
}

static int open_film(void **state)
{
    (void) state;
    read_frames(getenv("FLOORFUSE_VIDEO"));
    assert_non_null(film.frames[FRAMES - 1]);
    make_reference();
    return 0;
}

static int close_film(void **state)
{
    (void) state;
    for (int i = 0; i < FRAMES; i++)
        free(film.frames[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_raise_no_alarm),
        cmocka_unit_test(faults_are_told_and_forgotten),
        cmocka_unit_test(without_a_reference_a_moved_camera_is_not_judged),
        cmocka_unit_test(a_camera_that_starts_blind_is_told_without_any_reference),
        cmocka_unit_test(a_codec_that_repeats_frames_is_not_frozen),
        cmocka_unit_test(a_sign_before_the_lens_is_told_after_ten_minutes_and_not_suspicious),
        cmocka_unit_test(short_troubles_come_to_nothing),
        cmocka_unit_test(photographs_of_rooms_are_not_blind),
        cmocka_unit_test(a_look_costs_little),
    };
    const char *video = getenv("FLOORFUSE_VIDEO");
    if (!video || access(video, R_OK) < 0)
        return 77;
    return cmocka_run_group_tests(tests, open_film, close_film);
}
