/*
 * test_message.c - messages to bytes and back, and bytes that are none
 */
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
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
        /* eighths of a pixel, which single precision holds exactly; a cast to float is not enough
         * here, as gcc 12 leaves its rounding out when it vectorises (-O2, -O3) */
        double left = (rand() % 6000 - 400) / 8.0, top = (rand() % 4400 - 400) / 8.0;
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
    assert_memory_equal(&a->box, &b->box, sizeof(a->box));
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

static void change_class(struct observation_frame *f)
{
    f->observations[0].object_class = 4;
}
static void change_height(struct observation_frame *f)
{
    f->observations[0].height_m = INFINITY;
}
static void change_clock_source(struct observation_frame *f)
{
    f->clock_source = 4;
}
static void change_appearance(struct observation_frame *f)
{
    free(f->appearance);
    f->appearance_length = 1;
    f->appearance = calloc(f->observation_count, sizeof(float));
    f->appearance[f->observation_count - 1] = NAN;
}
static void change_floor(struct observation_frame *f)
{
    f->floor[0] = '\0';
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
        change_id,           change_boot,   change_position, change_covariance,
        change_box,          change_score,  change_body,     change_class,
        change_clock_source, change_height, change_floor,    change_appearance,
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

/* Bytes put together by hand after the protobuf wire format (tag = field << 3 | type): a later
 * version whose field 5 is a varint where ours is fixed64, which our decoder cannot read. */
static void a_later_version_that_looks_different_is_still_told_by_its_number(void **state)
{
    (void) state;
    const uint8_t bytes[] = { 0x08, 0x02, 0x28, 0x05 };
    const uint8_t large[] = { 0x08, 0x80, 0x80, 0x80, 0x80, 0x08 }; /* 2^31 */
    const uint8_t endless[] = { 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    struct observation_frame frame;
    struct camera_hello hello;
    struct camera_health health;
    struct error err = { "" };
    assert_int_equal(observation_frame_unpack(bytes, sizeof(bytes), &frame, &err), -EPROTO);
    assert_string_equal(err.text, "schema version 2, this program knows 1");
    assert_int_equal(camera_hello_unpack(bytes, sizeof(bytes), &hello, NULL), -EPROTO);
    assert_int_equal(camera_health_unpack(bytes, sizeof(bytes), &health, NULL), -EPROTO);
    assert_int_equal(observation_frame_unpack(large, sizeof(large), &frame, NULL), -EPROTO);
    assert_int_equal(observation_frame_unpack(endless, sizeof(endless), &frame, NULL), -EBADMSG);
    assert_int_equal(observation_frame_unpack(bytes, 1, &frame, NULL), -EBADMSG);
    /* no version at all is version 0, as proto3 leaves zeros out */
    assert_int_equal(observation_frame_unpack(bytes, 0, &frame, NULL), -EPROTO);
}

/* Also by hand: two classes and one score. */
static void arrays_of_different_lengths_are_refused(void **state)
{
    (void) state;
    const uint8_t bytes[] = {
        0x08, 1,    0x12, 1, 'a', 0x1a, 1, 'b', 0x22, 1, 'c', /* version, store, floor, camera */
        0x29, 5,    0,    0, 0,   0,    0, 0,   0,            /* boot_id */
        0x50, 3,                                              /* clock_source */
        0xa2, 0x01, 2,    1, 1,                               /* object_class */
        0xaa, 0x01, 4,    0, 0,   0,    0,                    /* score */
    };
    struct observation_frame frame;
    struct error err = { "" };
    assert_int_equal(observation_frame_unpack(bytes, sizeof(bytes), &frame, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "differ in length"));
}

static void bounds_hold_when_packing(void **state)
{
    (void) state;
    void *bytes = NULL;
    size_t length;
    struct observation_frame frame = { .observation_count = MESSAGE_OBSERVATIONS_MAX + 1 };
    assert_int_equal(observation_frame_pack(&frame, &bytes, &length), -EINVAL);
    frame = (struct observation_frame){ .appearance_length = MESSAGE_APPEARANCE_MAX + 1 };
    assert_int_equal(observation_frame_pack(&frame, &bytes, &length), -EINVAL);
    /* each within its bound, together beyond MESSAGE_BYTES_MAX: 512 x 1024 x 4 bytes */
    frame = (struct observation_frame){ .observation_count = 512, .appearance_length = 1024 };
    frame.observations = calloc(512, sizeof(*frame.observations));
    frame.appearance = calloc(512 * 1024, sizeof(*frame.appearance));
    assert_int_equal(observation_frame_pack(&frame, &bytes, &length), -EINVAL);
    observation_frame_release(&frame);
    char *text = malloc(MESSAGE_CALIBRATION_MAX + 2);
    memset(text, 'x', MESSAGE_CALIBRATION_MAX + 1);
    text[MESSAGE_CALIBRATION_MAX + 1] = '\0';
    struct camera_hello hello = { .calibration_text = text };
    assert_int_equal(camera_hello_pack(&hello, &bytes, &length), -EINVAL);
    free(text);
    assert_null(bytes);
}

static struct camera_hello some_hello(void)
{
    return (struct camera_hello){ .store = "demo",
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
                                  .detail = "timed out",
                                  .ring_oldest = { 3, 4 } };
}

static int hello_round_trip(const struct camera_hello *hello, struct camera_hello *ret_back)
{
    void *bytes;
    size_t length;
    assert_int_equal(camera_hello_pack(hello, &bytes, &length), 0);
    int r = camera_hello_unpack(bytes, length, ret_back, NULL);
    free(bytes);
    return r;
}

static void every_field_of_a_hello_comes_back(void **state)
{
    (void) state;
    struct camera_hello hello = some_hello(), back;
    assert_int_equal(hello_round_trip(&hello, &back), 0);
    assert_string_equal(back.store, "demo");
    assert_string_equal(back.floor, "ground");
    assert_string_equal(back.camera, "left");
    assert_int_equal(back.boot_id, 5);
    assert_int_equal(back.next_sequence, 6);
    assert_int_equal(back.previous_boot_id, 7);
    assert_int_equal(back.publish_us, 9);
    assert_int_equal(back.width, 768);
    assert_int_equal(back.height, 576);
    assert_string_equal(back.calibration_version, "abc");
    assert_string_equal(back.engine, "opencv");
    assert_string_equal(back.model_id, "m");
    assert_string_equal(back.calibration_text, hello.calibration_text);
    assert_string_equal(back.detail, hello.detail);
    assert_int_equal(back.previous_next_sequence, 8);
    assert_int_equal(back.ring_oldest.boot_id, 3);
    assert_int_equal(back.ring_oldest.sequence, 4);
    assert_int_equal(back.state, CAMERA_LOST);
    assert_memory_equal(&back.view, &hello.view, sizeof(back.view));
    camera_hello_release(&back);
}

static void a_hello_with_an_impossible_value_is_refused(void **state)
{
    (void) state;
    struct camera_hello back, hello = some_hello();
    hello.view.right = 769; /* outside the frame */
    assert_int_equal(hello_round_trip(&hello, &back), -EBADMSG);
    hello = some_hello();
    hello.width = hello.height = 0; /* no frame yet, but numbers are numbers */
    hello.view.left = NAN;
    assert_int_equal(hello_round_trip(&hello, &back), -EBADMSG);
    hello = some_hello();
    hello.state = 5;
    assert_int_equal(hello_round_trip(&hello, &back), -EBADMSG);
    hello = some_hello();
    hello.boot_id = 0;
    assert_int_equal(hello_round_trip(&hello, &back), -EBADMSG);
}

static void what_could_drive_a_terminal_is_blanked(void **state)
{
    (void) state;
    struct camera_hello back, hello = some_hello();
    strcpy(hello.detail, "\033[2Jgone\n<3>forged \xc3\xa9");
    assert_int_equal(hello_round_trip(&hello, &back), 0);
    assert_string_equal(back.detail, " [2Jgone <3>forged \xc3\xa9");
    camera_hello_release(&back);
}

static void every_field_of_a_health_comes_back(void **state)
{
    (void) state;
    struct camera_health health = { .store = "demo",
                                    .camera = "left",
                                    .boot_id = UINT64_MAX,
                                    .publish_us = 2,
                                    .state = CAMERA_ENDED,
                                    .frames_captured = 3,
                                    .frames_skipped = 4,
                                    .frames_published = 5,
                                    .publish_dropped = 6,
                                    .reconnects = 7,
                                    .observations = UINT64_MAX,
                                    .picture = 6,
                                    .picture_alarms = 10,
                                    .frames_suspicious = 11,
                                    .clock_offset_us = INT64_MIN + 1,
                                    .wall_steps = 12,
                                    .ring_unkept = 13,
                                    .decode_ms = 8.5,
                                    .detect_ms = 9.25 };
    struct camera_health back;
    void *bytes;
    size_t length;
    assert_int_equal(camera_health_pack(&health, &bytes, &length), 0);
    assert_int_equal(camera_health_unpack(bytes, length, &back, NULL), 0);
    free(bytes);
    assert_string_equal(back.store, "demo");
    assert_string_equal(back.camera, "left");
    assert_int_equal(back.boot_id, UINT64_MAX);
    assert_int_equal(back.publish_us, 2);
    assert_int_equal(back.state, CAMERA_ENDED);
    assert_int_equal(back.frames_captured, 3);
    assert_int_equal(back.frames_skipped, 4);
    assert_int_equal(back.frames_published, 5);
    assert_int_equal(back.publish_dropped, 6);
    assert_int_equal(back.reconnects, 7);
    assert_int_equal(back.observations, UINT64_MAX);
    assert_int_equal(back.picture, 6);
    assert_int_equal(back.picture_alarms, 10);
    assert_int_equal(back.frames_suspicious, 11);
    assert_true(back.clock_offset_us == INT64_MIN + 1);
    assert_int_equal(back.wall_steps, 12);
    assert_int_equal(back.ring_unkept, 13);
    assert_true(back.decode_ms == 8.5 && back.detect_ms == 9.25);
    health.detect_ms = NAN;
    assert_int_equal(camera_health_pack(&health, &bytes, &length), 0);
    assert_int_equal(camera_health_unpack(bytes, length, &back, NULL), -EBADMSG);
    free(bytes);
}

/* Every cut and every single flipped bit of a hello and a health. */
static void damaged_reports_are_refused_or_keep_the_promises(void **state)
{
    (void) state;
    struct camera_hello hello = some_hello(), hello_back;
    struct camera_health health_back, health = {
        .store = "demo", .camera = "left", .boot_id = 1, .state = CAMERA_LOST, .decode_ms = 1.5
    };
    uint8_t *bytes[2];
    size_t length[2];
    assert_int_equal(camera_hello_pack(&hello, (void **) &bytes[0], &length[0]), 0);
    assert_int_equal(camera_health_pack(&health, (void **) &bytes[1], &length[1]), 0);
    for (size_t kind = 0; kind < 2; kind++) {
        for (size_t bit = 0; bit < 16 * length[kind]; bit++) {
            bool flip = bit < 8 * length[kind];
            size_t kept = flip ? length[kind] : (bit - 8 * length[kind]) / 8;
            if (flip)
                bytes[kind][bit / 8] ^= (uint8_t) (1 << bit % 8);
            int r = kind == 0 ? camera_hello_unpack(bytes[0], kept, &hello_back, NULL)
                              : camera_health_unpack(bytes[1], kept, &health_back, NULL);
            assert_true(r == 0 || r == -EBADMSG || r == -EPROTO);
            if (r == 0 && kind == 0)
                camera_hello_release(&hello_back);
            if (flip)
                bytes[kind][bit / 8] ^= (uint8_t) (1 << bit % 8);
        }
        free(bytes[kind]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_a_frame_comes_back),
        cmocka_unit_test(damaged_bytes_are_refused_or_keep_the_promises),
        cmocka_unit_test(each_broken_promise_is_refused),
        cmocka_unit_test(an_unknown_schema_version_is_told_apart),
        cmocka_unit_test(a_later_version_that_looks_different_is_still_told_by_its_number),
        cmocka_unit_test(arrays_of_different_lengths_are_refused),
        cmocka_unit_test(bounds_hold_when_packing),
        cmocka_unit_test(every_field_of_a_hello_comes_back),
        cmocka_unit_test(a_hello_with_an_impossible_value_is_refused),
        cmocka_unit_test(what_could_drive_a_terminal_is_blanked),
        cmocka_unit_test(every_field_of_a_health_comes_back),
        cmocka_unit_test(damaged_reports_are_refused_or_keep_the_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
