/*
 * test_message.c - messages to bytes and back, and bytes that are none
 */
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

static double between(double low, double high)
{
    return low + (high - low) * rand() / RAND_MAX;
}

/* A random frame that keeps all promises; single precision where the wire has it. */
static struct observation_frame random_frame(void)
{
    struct observation_frame f = {
        .store = "demo",
        .floor = "ground",
        .camera = "cam-10",
        .boot_id = (uint64_t) rand() * 12345678901u + 1,
        .sequence = (uint64_t) rand(),
        .capture_us = INT64_C(1795425245000000) + rand(),
        .receive_us = -rand(),
        .publish_us = rand(),
        .clock_source = CLOCK_SOURCE_STREAM,
        .width = 768,
        .height = 576,
        .calibration_version = "0123456789abcdef",
        .model_id = "yolo",
        .model_width = 320,
        .model_height = 416,
        .flags = FRAME_PICTURE_SUSPICIOUS,
        .observation_count = (size_t) rand() % 20,
    };
    f.observations = calloc(f.observation_count + 1, sizeof(*f.observations));
    for (size_t i = 0; i < f.observation_count; i++) {
        float left = (float) between(-50, 700), top = (float) between(-50, 500);
        f.observations[i] = (struct observation){
            .object_class = (enum observation_class)(1 + rand() % 3),
            .score = (float) between(0, 1),
            .floor = { between(-100, 100), between(-100, 100) },
            .covariance = { between(0.2, 3), between(-0.1, 0.1), between(0.2, 3) },
            .box = { left, top, left + 30, top + 90 },
            .height_m = rand() % 2 ? NAN : (float) between(1, 2),
            .reasons = (uint32_t) rand() % 16,
            .body_index = rand() % 3 ? -1 : rand() % (int) f.observation_count,
        };
    }
    if (rand() % 2) {
        f.appearance_length = 8;
        f.appearance = calloc(f.observation_count * 8 + 1, sizeof(float));
        for (size_t i = 0; i < f.observation_count * 8; i++)
            f.appearance[i] = (float) between(-1, 1);
    }
    return f;
}

static void assert_same_observation(const struct observation *a, const struct observation *b)
{
    assert_int_equal(a->object_class, b->object_class);
    assert_true(a->score == b->score);
    assert_memory_equal(&a->floor, &b->floor, sizeof(a->floor));
    assert_memory_equal(&a->covariance, &b->covariance, sizeof(a->covariance));
    assert_true(a->box.left == b->box.left && a->box.top == b->box.top);
    assert_float_equal(a->box.right, b->box.right, 1e-4);
    assert_float_equal(a->box.bottom, b->box.bottom, 1e-4);
    assert_true(a->height_m == b->height_m || (isnan(a->height_m) && isnan(b->height_m)));
    assert_int_equal(a->reasons, b->reasons);
    assert_int_equal(a->body_index, b->body_index);
}

static void every_field_of_a_frame_comes_back(void **state)
{
    (void) state;
    srand(1);
    for (int run = 0; run < 200; run++) {
        struct observation_frame frame = random_frame(), back;
        void *bytes;
        size_t length;
        struct error err = { "" };
        assert_int_equal(observation_frame_pack(&frame, &bytes, &length), 0);
        assert_int_equal(observation_frame_unpack(bytes, length, &back, &err), 0);
        assert_string_equal(back.store, frame.store);
        assert_string_equal(back.floor, frame.floor);
        assert_string_equal(back.camera, frame.camera);
        assert_int_equal(back.boot_id, frame.boot_id);
        assert_int_equal(back.sequence, frame.sequence);
        assert_int_equal(back.capture_us, frame.capture_us);
        assert_int_equal(back.receive_us, frame.receive_us);
        assert_int_equal(back.publish_us, frame.publish_us);
        assert_int_equal(back.clock_source, frame.clock_source);
        assert_int_equal(back.width, frame.width);
        assert_int_equal(back.height, frame.height);
        assert_string_equal(back.calibration_version, frame.calibration_version);
        assert_string_equal(back.model_id, frame.model_id);
        assert_int_equal(back.model_width, frame.model_width);
        assert_int_equal(back.model_height, frame.model_height);
        assert_int_equal(back.flags, frame.flags);
        assert_int_equal(back.observation_count, frame.observation_count);
        for (size_t i = 0; i < frame.observation_count; i++)
            assert_same_observation(&back.observations[i], &frame.observations[i]);
        if (frame.observation_count && frame.appearance_length)
            assert_memory_equal(back.appearance, frame.appearance,
                                frame.observation_count * 8 * sizeof(float));
        free(bytes);
        observation_frame_release(&frame);
        observation_frame_release(&back);
    }
}

static void damaged_bytes_are_refused_or_keep_the_promises(void **state)
{
    (void) state;
    srand(2);
    for (int run = 0; run < 3000; run++) {
        struct observation_frame frame = random_frame(), back;
        void *bytes;
        size_t length;
        assert_int_equal(observation_frame_pack(&frame, &bytes, &length), 0);
        size_t kept = rand() % 2 ? length : (size_t) rand() % length;
        for (int flips = rand() % 8; flips > 0 && kept; flips--)
            ((unsigned char *) bytes)[(size_t) rand() % kept] ^= (unsigned char) (1 << rand() % 8);
        int r = observation_frame_unpack(bytes, kept, &back, NULL);
        assert_true(r == 0 || r == -EBADMSG || r == -EPROTO);
        for (size_t i = 0; r == 0 && i < back.observation_count; i++)
            assert_true(covariance2_valid(back.observations[i].covariance));
        if (r == 0)
            observation_frame_release(&back);
        free(bytes);
        observation_frame_release(&frame);
    }
}

static int unpack_changed(void (*change)(struct observation_frame *))
{
    struct observation_frame back;
    struct observation_frame frame = random_frame();
    while (frame.observation_count == 0) {
        observation_frame_release(&frame);
        frame = random_frame();
    }
    void *bytes;
    size_t length;
    change(&frame);
    assert_int_equal(observation_frame_pack(&frame, &bytes, &length), 0);
    int r = observation_frame_unpack(bytes, length, &back, NULL);
    if (r == 0)
        observation_frame_release(&back);
    free(bytes);
    observation_frame_release(&frame);
    return r;
}

static void change_id(struct observation_frame *f)
{
    strcpy(f->camera, "../cam");
}
static void change_boot(struct observation_frame *f)
{
    f->boot_id = 0;
}
static void change_position(struct observation_frame *f)
{
    f->observations[0].floor.x = NAN;
}
static void change_covariance(struct observation_frame *f)
{
    f->observations[0].covariance = (struct covariance2){ 1, 2, 1 };
}
static void change_box(struct observation_frame *f)
{
    f->observations[0].box.right = f->observations[0].box.left;
}
static void change_score(struct observation_frame *f)
{
    f->observations[0].score = 1.5f;
}
static void change_body(struct observation_frame *f)
{
    f->observations[0].body_index = (int32_t) f->observation_count;
}

static void each_broken_promise_is_refused(void **state)
{
    (void) state;
    srand(3);
    void (*const changes[])(struct observation_frame *) = {
        change_id,  change_boot,  change_position, change_covariance,
        change_box, change_score, change_body,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(changes); i++)
        assert_int_equal(unpack_changed(changes[i]), -EBADMSG);
}

static void an_unknown_schema_version_is_told_apart(void **state)
{
    (void) state;
    srand(4);
    struct observation_frame frame = random_frame(), back;
    unsigned char *bytes;
    size_t length;
    assert_int_equal(observation_frame_pack(&frame, (void **) &bytes, &length), 0);
    /* field 1, varint: tag 0x08, then the version */
    assert_int_equal(bytes[0], 0x08);
    bytes[1] = 2;
    assert_int_equal(observation_frame_unpack(bytes, length, &back, NULL), -EPROTO);
    free(bytes);
    observation_frame_release(&frame);
}

static void every_field_of_a_hello_comes_back(void **state)
{
    (void) state;
    struct camera_hello hello = { .store = "demo",
                                  .floor = "ground",
                                  .camera = "left",
                                  .boot_id = 5,
                                  .next_sequence = 6,
                                  .previous_boot_id = 7,
                                  .previous_next_sequence = 8,
                                  .publish_us = 9,
                                  .state = CAMERA_LOST,
                                  .width = 768,
                                  .height = 576,
                                  .view = { 10, 0, 500, 576 },
                                  .calibration_text = (char *) "image = ...",
                                  .calibration_version = "abc",
                                  .engine = "opencv",
                                  .model_id = "m",
                                  .detail = "timed out" };
    struct camera_hello back;
    void *bytes;
    size_t length;
    assert_int_equal(camera_hello_pack(&hello, &bytes, &length), 0);
    assert_int_equal(camera_hello_unpack(bytes, length, &back, NULL), 0);
    assert_string_equal(back.calibration_text, hello.calibration_text);
    assert_string_equal(back.detail, hello.detail);
    assert_int_equal(back.previous_next_sequence, 8);
    assert_int_equal(back.state, CAMERA_LOST);
    assert_memory_equal(&back.view, &hello.view, sizeof(back.view));
    camera_hello_release(&back);
    free(bytes);
    hello.view.right = 769; /* outside the frame */
    assert_int_equal(camera_hello_pack(&hello, &bytes, &length), 0);
    assert_int_equal(camera_hello_unpack(bytes, length, &back, NULL), -EBADMSG);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_a_frame_comes_back),
        cmocka_unit_test(damaged_bytes_are_refused_or_keep_the_promises),
        cmocka_unit_test(each_broken_promise_is_refused),
        cmocka_unit_test(an_unknown_schema_version_is_told_apart),
        cmocka_unit_test(every_field_of_a_hello_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
