/*
 * test_replay_wire.c - what was missed is asked for and comes, over real ZeroMQ sockets
 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "wire/publisher.h"
#include "wire/replay_desk.h"

#define DEADLINE_NS (20 * NS_PER_S)

static char folder[64], endpoint[128], replay_endpoint[128], ring_folder[128];

static struct publisher *open_publisher(const char *camera)
{
    const struct publisher_options options = { .endpoint = endpoint,
                                               .store = "demo",
                                               .camera = camera,
                                               .send_hwm = 100000,
                                               .replay_endpoint = replay_endpoint,
                                               .ring_folder = ring_folder,
                                               .ring_bytes_max = 64 << 20,
                                               .ring_age_us = 3600 * US_PER_S };
    struct publisher *publisher = NULL;
    struct error err = { "" };
    if (publisher_create(&options, &publisher, &err) < 0)
        fail_msg("%s", err.text);
    return publisher;
}

static struct replay_desk *open_desk(void)
{
    struct replay_desk *desk = NULL;
    struct error err = { "" };
    if (replay_desk_create(replay_endpoint, "demo", &desk, &err) < 0)
        fail_msg("%s", err.text);
    return desk;
}

/* Frame n was captured at n ms and holds so many people; returns the boot. */
static uint64_t send_frames(struct publisher *publisher, const char *camera, int first, int end,
                            size_t people)
{
    struct observation *observations = calloc(people + 1, sizeof(*observations));
    for (size_t i = 0; i < people; i++)
        observations[i] = (struct observation){ .object_class = OBSERVATION_PERSON,
                                                .score = 1,
                                                .floor = { (double) i, 0 },
                                                .covariance = { 1, 0, 1 },
                                                .box = { 0, 0, 1, 1 },
                                                .body_index = -1 };
    uint64_t boot = 0;
    for (int i = first; i < end; i++) {
        struct observation_frame frame = { .store = "demo",
                                           .floor = "ground",
                                           .capture_us = i * US_PER_MS,
                                           .clock_source = CLOCK_SOURCE_FILE,
                                           .observations = observations,
                                           .observation_count = people };
        (void) snprintf(frame.camera, sizeof(frame.camera), "%s", camera);
        assert_int_equal(publisher_send_frame(publisher, &frame), 0);
        boot = frame.boot_id;
    }
    free(observations);
    return boot;
}

static void send_hello(struct publisher *publisher, const char *version, uint32_t width,
                       struct camera_hello *ret_sent)
{
    struct camera_hello hello = { .store = "demo",
                                  .floor = "ground",
                                  .camera = "cam1",
                                  .state = CAMERA_RUNNING,
                                  .width = width,
                                  .height = width,
                                  .view = { 0, 0, width, width } };
    (void) snprintf(hello.calibration_version, sizeof(hello.calibration_version), "%s", version);
    assert_int_equal(publisher_send_hello(publisher, &hello), 0);
    if (ret_sent)
        *ret_sent = hello;
}

/* One turn of both ends: whoever has something to do, does it. */
static void turn(struct publisher *publisher, struct replay_desk *desk)
{
    zmq_pollitem_t items[2] = { { .socket = replay_desk_socket(desk), .events = ZMQ_POLLIN } };
    int count = 1;
    if (publisher)
        items[count++] =
            (zmq_pollitem_t){ .socket = publisher_replay_socket(publisher), .events = ZMQ_POLLIN };
    assert_true(zmq_poll(items, count, 10) >= 0);
    if (publisher)
        assert_int_equal(publisher_answer_replays(publisher), 0);
}

/* Ask as soon as the camera is connected. */
static void ask(struct publisher *publisher, struct replay_desk *desk, const char *camera,
                struct wire_position after)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    int r;
    while ((r = replay_desk_ask(desk, camera, after, 0)) == -EHOSTUNREACH) {
        turn(publisher, desk);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    assert_int_equal(r, 0);
}

static void fetch(struct publisher *publisher, struct replay_desk *desk, const char *camera,
                  struct wire_position after, struct replay *replay)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    int r;
    ask(publisher, desk, camera, after);
    while ((r = replay_desk_receive(desk, replay)) == 0) {
        turn(publisher, desk);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    assert_int_equal(r, 1);
    assert_string_equal(replay->camera, camera);
    assert_int_equal(replay->after.boot_id, after.boot_id);
    assert_int_equal(replay->after.sequence, after.sequence);
}

static void assert_frame(const struct message *message, uint64_t boot, uint64_t sequence)
{
    assert_int_equal(message->kind, MESSAGE_FRAME);
    assert_int_equal(message->frame.boot_id, boot);
    assert_int_equal(message->frame.sequence, sequence);
    assert_int_equal(message->frame.capture_us, (int64_t) sequence * US_PER_MS);
}

/* A child that ends between ring and queue: nobody listens, and it does not wait until its queue
 * has left. Returns its boot. */
static uint64_t publish_and_die(int frames)
{
    int ends[2];
    uint64_t boot = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct publisher *publisher = open_publisher("cam1");
        send_hello(publisher, "a", 10, NULL);
        boot = send_frames(publisher, "cam1", 0, frames, 0);
        _exit(write(ends[1], &boot, sizeof(boot)) == sizeof(boot) ? 0 : 1);
    }
    int status;
    assert_int_equal(read(ends[0], &boot, sizeof(boot)), sizeof(boot));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void) close(ends[0]);
    (void) close(ends[1]);
    return boot;
}

static void what_a_killed_camera_did_not_send_is_fetched_from_its_next_start(void **state)
{
    (void) state;
    uint64_t dead = publish_and_die(50);
    struct publisher *publisher = open_publisher("cam1");
    AUTO(replay_desk_destroy) struct replay_desk *desk = open_desk();
    struct camera_hello hello;
    send_hello(publisher, "a", 0, &hello); /* without a picture it tells nothing that matters */
    assert_int_equal(hello.previous_boot_id, dead);
    assert_int_equal(hello.previous_next_sequence, 50);
    assert_int_equal(hello.ring_oldest.boot_id, dead); /* so far back fusion may go */
    assert_int_equal(hello.ring_oldest.sequence, 0);
    int64_t capture_us;
    assert_int_equal(publisher_last_capture_us(publisher, &capture_us), 1);
    assert_int_equal(capture_us, 49 * US_PER_MS);
    send_hello(publisher, "a", 10, &hello);
    uint64_t boot = send_frames(publisher, "cam1", 0, 3, 0);
    assert_true(boot != dead);
    struct replay replay;
    fetch(publisher, desk, "cam1", (struct wire_position){ dead, 19 }, &replay);
    assert_true(replay.found);
    assert_true(replay.complete);
    assert_int_equal(replay.count, 30 + 1 + 3);
    for (uint64_t i = 20; i < 50; i++)
        assert_frame(&replay.messages[i - 20], dead, i);
    assert_int_equal(replay.messages[30].kind, MESSAGE_HELLO);
    assert_int_equal(replay.messages[30].hello.boot_id, boot);
    for (uint64_t i = 0; i < 3; i++)
        assert_frame(&replay.messages[31 + i], boot, i);
    assert_int_equal(replay.last.boot_id, boot);
    assert_int_equal(replay.last.sequence, 2);
    replay_release(&replay);
    /* from the oldest there is */
    fetch(publisher, desk, "cam1", (struct wire_position){ 0, 0 }, &replay);
    assert_true(replay.found);
    assert_int_equal(replay.count, 1 + 50 + 1 + 3);
    replay_release(&replay);
    assert_false(publisher_all_taken(publisher));
    fetch(publisher, desk, "cam1", (struct wire_position){ boot, 2 }, &replay);
    assert_true(replay.found);
    assert_true(replay.complete);
    assert_int_equal(replay.count, 0);
    assert_int_equal(replay.last.sequence, 2);
    replay_release(&replay);
    assert_true(publisher_all_taken(publisher));
    (void) send_frames(publisher, "cam1", 3, 4, 0);
    assert_false(publisher_all_taken(publisher));
    assert_int_equal(publisher_counts(publisher).replays, 3);
    assert_int_equal(publisher_counts(publisher).replayed, 34 + 55);
    publisher_destroy(&publisher, 0);
}

static void a_long_replay_comes_in_pieces_that_fit_together(void **state)
{
    (void) state;
    struct publisher *publisher = open_publisher("cam1");
    AUTO(replay_desk_destroy) struct replay_desk *desk = open_desk();
    send_hello(publisher, "a", 10, NULL);
    uint64_t boot = send_frames(publisher, "cam1", 0, 1000, 20); /* some 1.5 kB each */
    send_hello(publisher, "b", 10, NULL); /* no frame was placed by this one */
    send_hello(publisher, "c", 10, NULL);
    send_hello(publisher, "c", 10, NULL); /* nothing new */
    (void) send_frames(publisher, "cam1", 1000, 1010, 20);
    struct wire_position after = { 0, 0 };
    uint64_t next = 0;
    size_t replies = 0, hellos = 0;
    for (bool complete = false; !complete; replies++) {
        struct replay replay;
        fetch(publisher, desk, "cam1", after, &replay);
        for (size_t i = 0; i < replay.count; i++) {
            if (replay.messages[i].kind == MESSAGE_FRAME) {
                assert_frame(&replay.messages[i], boot, next++);
                continue;
            }
            const char *version = replay.messages[i].hello.calibration_version;
            assert_string_equal(version, next < 1000 ? "a" : "c");
            hellos++;
        }
        assert_true(replay.found);
        after = replay.last;
        complete = replay.complete;
        assert_int_equal(after.boot_id, boot);
        assert_int_equal(after.sequence, next - 1);
        replay_release(&replay);
    }
    assert_int_equal(next, 1010);
    assert_in_range(replies, 3, 5);
    assert_in_range(hellos, 2, 3);
    publisher_destroy(&publisher, 0);
}

static void a_frame_as_large_as_one_may_be_is_replayed(void **state)
{
    (void) state;
    struct publisher *publisher = open_publisher("cam1");
    AUTO(replay_desk_destroy) struct replay_desk *desk = open_desk();
    static float appearance[MESSAGE_APPEARANCE_MAX * 255];
    static struct observation observations[255];
    for (size_t i = 0; i < ARRAY_LENGTH(observations); i++)
        observations[i] = (struct observation){ .object_class = OBSERVATION_PERSON,
                                                .covariance = { 1, 0, 1 },
                                                .box = { 0, 0, 1, 1 },
                                                .body_index = -1 };
    for (int i = 0; i < 2; i++) {
        struct observation_frame frame = { .store = "demo",
                                           .floor = "ground",
                                           .camera = "cam1",
                                           .capture_us = i * US_PER_MS,
                                           .clock_source = CLOCK_SOURCE_FILE,
                                           .observations = observations,
                                           .observation_count = ARRAY_LENGTH(observations),
                                           .appearance = appearance,
                                           .appearance_length = 1000 };
        assert_int_equal(publisher_send_frame(publisher, &frame), 0);
    }
    assert_true(publisher_counts(publisher).bytes > 2 * 1000 * 1000);
    struct wire_position after = { 0, 0 };
    for (uint64_t i = 0; i < 2; i++) {
        struct replay replay;
        fetch(publisher, desk, "cam1", after, &replay);
        assert_int_equal(replay.count, 1);
        assert_int_equal(replay.messages[0].frame.sequence, i);
        assert_true(replay.complete == (i == 1));
        after = replay.last;
        replay_release(&replay);
    }
    publisher_destroy(&publisher, 0);
}

static void a_position_that_is_gone_is_told_and_the_oldest_comes(void **state)
{
    (void) state;
    struct publisher *publisher = open_publisher("cam1");
    AUTO(replay_desk_destroy) struct replay_desk *desk = open_desk();
    struct replay replay;
    fetch(publisher, desk, "cam1", (struct wire_position){ 77, 5 }, &replay);
    assert_false(replay.found); /* the ring is empty */
    assert_true(replay.complete);
    assert_int_equal(replay.count, 0);
    assert_int_equal(replay.last.boot_id, 77);
    replay_release(&replay);
    uint64_t boot = send_frames(publisher, "cam1", 0, 3, 0);
    fetch(publisher, desk, "cam1", (struct wire_position){ boot + 1, 5 }, &replay);
    assert_false(replay.found);
    assert_true(replay.complete);
    assert_int_equal(replay.count, 3);
    assert_frame(&replay.messages[0], boot, 0);
    replay_release(&replay);
    publisher_destroy(&publisher, 0);
}

static void a_camera_without_a_ring_says_that_it_has_nothing(void **state)
{
    (void) state;
    const struct publisher_options options = { .endpoint = endpoint,
                                               .store = "demo",
                                               .camera = "cam1",
                                               .send_hwm = 10,
                                               .replay_endpoint = replay_endpoint,
                                               .ring_folder = ring_folder };
    struct publisher *publisher = NULL;
    assert_int_equal(publisher_create(&options, &publisher, NULL), 0);
    assert_int_equal(access(ring_folder, F_OK), -1);
    AUTO(replay_desk_destroy) struct replay_desk *desk = open_desk();
    uint64_t boot = send_frames(publisher, "cam1", 0, 3, 0);
    assert_true(publisher_all_taken(publisher));
    struct replay replay;
    fetch(publisher, desk, "cam1", (struct wire_position){ boot, 0 }, &replay);
    assert_false(replay.found);
    assert_true(replay.complete);
    assert_int_equal(replay.count, 0);
    replay_release(&replay);
    publisher_destroy(&publisher, 0);
}

static void a_camera_that_starts_again_takes_over_its_name(void **state)
{
    (void) state;
    AUTO(replay_desk_destroy) struct replay_desk *desk = open_desk();
    assert_int_equal(replay_desk_ask(desk, "cam1", (struct wire_position){ 0, 0 }, 0),
                     -EHOSTUNREACH);
    assert_int_equal(replay_desk_ask(desk, "Cam/1", (struct wire_position){ 0, 0 }, 0), -EINVAL);
    struct publisher *first = open_publisher("cam1");
    uint64_t boot = send_frames(first, "cam1", 0, 1, 0);
    struct replay replay;
    fetch(first, desk, "cam1", (struct wire_position){ 0, 0 }, &replay);
    replay_release(&replay);
    /* the old connection is still open when the new program comes, as after a power cut */
    void *context = zmq_ctx_new(), *second = zmq_socket(context, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(second, ZMQ_ROUTING_ID, "cam1", 4), 0);
    assert_int_equal(zmq_connect(second, replay_endpoint), 0);
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    uint8_t request[200];
    int length;
    while ((length = zmq_recv(second, request, sizeof(request), ZMQ_DONTWAIT)) < 0) {
        turn(first, desk);
        int r = replay_desk_ask(desk, "cam1", (struct wire_position){ boot, 0 }, 0);
        assert_true(r == 0 || r == -EAGAIN);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    struct replay_request asked;
    assert_int_equal(replay_request_unpack(request, (size_t) length, &asked, NULL), 0);
    assert_int_equal(asked.after.boot_id, boot);
    (void) zmq_close(second);
    (void) zmq_ctx_term(context);
    publisher_destroy(&first, 0);
}

/* Somebody who speaks for a camera; `change` makes the reply what it should not be. */
static void answer_by_hand(void *dealer, const char *store, const char *camera, uint64_t request_id,
                           const struct replay_item *items, size_t count, bool complete,
                           int version)
{
    struct replay_reply reply = { .request_id = request_id,
                                  .after = { 5, 1 },
                                  .last = { 5, complete ? 2 : 1 },
                                  .complete = complete,
                                  .items = (struct replay_item *) items,
                                  .item_count = count };
    (void) snprintf(reply.store, sizeof(reply.store), "%s", store);
    (void) snprintf(reply.camera, sizeof(reply.camera), "%s", camera);
    void *bytes;
    size_t length;
    assert_int_equal(replay_reply_pack(&reply, &bytes, &length), 0);
    ((uint8_t *) bytes)[1] = (uint8_t) version;
    assert_int_equal(zmq_send(dealer, bytes, length, 0), length);
    free(bytes);
}

static struct replay_item packed_frame(const char *store, const char *camera, void **ret_bytes)
{
    struct observation_frame frame = {
        .floor = "ground", .boot_id = 5, .sequence = 2, .clock_source = CLOCK_SOURCE_FILE
    };
    (void) snprintf(frame.store, sizeof(frame.store), "%s", store);
    (void) snprintf(frame.camera, sizeof(frame.camera), "%s", camera);
    size_t length;
    assert_int_equal(observation_frame_pack(&frame, ret_bytes, &length), 0);
    return (struct replay_item){ MESSAGE_FRAME, *ret_bytes, length };
}

static void each_refusal_of_a_reply_is_counted_by_its_reason(void **state)
{
    (void) state;
    AUTO(replay_desk_destroy) struct replay_desk *desk = open_desk();
    void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
    int wait_ms = 20000;
    assert_int_equal(zmq_setsockopt(dealer, ZMQ_ROUTING_ID, "cam1", 4), 0);
    assert_int_equal(zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &wait_ms, sizeof(wait_ms)), 0);
    assert_int_equal(zmq_connect(dealer, replay_endpoint), 0);
    ask(NULL, desk, "cam1", (struct wire_position){ 5, 1 });
    uint8_t bytes[200];
    int length = zmq_recv(dealer, bytes, sizeof(bytes), 0);
    struct replay_request request;
    assert_int_equal(replay_request_unpack(bytes, (size_t) length, &request, NULL), 0);
    uint64_t id = request.request_id;
    void *packed[3];
    const struct replay_item items[] = {
        packed_frame("demo", "cam1", &packed[0]),  packed_frame("demo", "cam10", &packed[1]),
        packed_frame("other", "cam1", &packed[2]), { MESSAGE_FRAME, "garbage", 7 },
        { MESSAGE_HELLO, "\x08\x02", 2 },
    };
    assert_int_equal(zmq_send(dealer, "a", 1, ZMQ_SNDMORE), 1); /* two parts */
    assert_int_equal(zmq_send(dealer, "b", 1, 0), 1);
    assert_int_equal(zmq_send(dealer, "garbage", 7, 0), 7);
    answer_by_hand(dealer, "other", "cam1", id, items, 1, true, 1);
    answer_by_hand(dealer, "demo", "cam10", id, items, 1, true, 1);
    answer_by_hand(dealer, "demo", "cam1", id, items, 1, true, 2);
    answer_by_hand(dealer, "demo", "cam1", id, items, 1, false, 1); /* leads nowhere */
    answer_by_hand(dealer, "demo", "cam1", id + 1, items, 1, true, 1);
    answer_by_hand(dealer, "demo", "cam1", id, items, ARRAY_LENGTH(items), true, 1);
    answer_by_hand(dealer, "demo", "cam1", id, items, 1, true, 1); /* once more */
    struct replay replay;
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    while (replay_desk_receive(desk, &replay) == 0) {
        turn(NULL, desk);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    assert_int_equal(replay.count, 1); /* of five */
    assert_int_equal(replay.messages[0].frame.sequence, 2);
    replay_release(&replay);
    while (replay_desk_late(desk) < 2) {
        assert_int_equal(replay_desk_receive(desk, &replay), 0);
        turn(NULL, desk);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    assert_int_equal(replay_desk_refused(desk, REFUSED_SHAPE), 1);
    assert_int_equal(replay_desk_refused(desk, REFUSED_TOPIC), 2 + 2);
    assert_int_equal(replay_desk_refused(desk, REFUSED_VERSION), 1 + 1);
    assert_int_equal(replay_desk_refused(desk, REFUSED_CONTENT), 2 + 1);
    for (size_t i = 0; i < ARRAY_LENGTH(packed); i++)
        free(packed[i]);
    (void) zmq_close(dealer);
    (void) zmq_ctx_term(context);
}

static void requests_of_others_are_passed_over(void **state)
{
    (void) state;
    struct publisher *publisher = open_publisher("cam1");
    (void) send_frames(publisher, "cam1", 0, 1, 0);
    void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
    int mandatory = 1;
    assert_int_equal(zmq_setsockopt(router, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof(mandatory)),
                     0);
    assert_int_equal(zmq_bind(router, replay_endpoint), 0);
    const struct replay_request requests[] = { { "other", "cam1", 1, { 0, 0 } },
                                               { "demo", "cam10", 2, { 0, 0 } },
                                               { "demo", "cam1", 3, { 0, 0 } } };
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    while (zmq_send(router, "cam1", 4, ZMQ_SNDMORE) < 0)
        assert_true(clock_mono_ns() < give_up_ns);
    assert_int_equal(zmq_send(router, "garbage", 7, 0), 7);
    for (size_t i = 0; i < ARRAY_LENGTH(requests); i++) {
        void *bytes;
        size_t length;
        assert_int_equal(replay_request_pack(&requests[i], &bytes, &length), 0);
        assert_int_equal(zmq_send(router, "cam1", 4, ZMQ_SNDMORE), 4);
        assert_int_equal(zmq_send(router, bytes, length, 0), length);
        free(bytes);
    }
    uint8_t bytes[4096];
    while (zmq_recv(router, bytes, sizeof(bytes), ZMQ_DONTWAIT) < 0) {
        assert_int_equal(publisher_answer_replays(publisher), 0);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    int length = zmq_recv(router, bytes, sizeof(bytes), 0); /* behind the routing id */
    struct replay_reply reply;
    assert_int_equal(replay_reply_unpack(bytes, (size_t) length, &reply, NULL), 0);
    assert_int_equal(reply.request_id, 3);
    assert_int_equal(reply.item_count, 1);
    replay_reply_release(&reply);
    assert_int_equal(publisher_counts(publisher).replays, 1);
    (void) zmq_close(router);
    (void) zmq_ctx_term(context);
    publisher_destroy(&publisher, 0);
}

static void a_ring_that_cannot_be_written_stops_nothing_and_is_counted(void **state)
{
    (void) state;
    struct publisher *publisher = open_publisher("cam1");
    char command[256];
    (void) snprintf(command, sizeof(command), "rm -rf %s", ring_folder);
    assert_int_equal(system(command), 0); /* before the first segment is there */
    (void) send_frames(publisher, "cam1", 0, 3, 0);
    struct publisher_counts counts = publisher_counts(publisher);
    assert_int_equal(counts.published, 3);
    assert_int_equal(counts.unkept, 3);
    assert_int_equal(counts.unkept_error, -ENOENT);
    publisher_destroy(&publisher, 0);
}

static int make_folder(void **state)
{
    (void) state;
    (void) snprintf(folder, sizeof(folder), "/tmp/test_replay.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    (void) snprintf(endpoint, sizeof(endpoint), "ipc://%s/s", folder);
    (void) snprintf(replay_endpoint, sizeof(replay_endpoint), "ipc://%s/r", folder);
    (void) snprintf(ring_folder, sizeof(ring_folder), "%s/ring/cam1", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void) state;
    char command[128];
    (void) snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

#define REPLAY_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPLAY_TEST(what_a_killed_camera_did_not_send_is_fetched_from_its_next_start),
        REPLAY_TEST(a_long_replay_comes_in_pieces_that_fit_together),
        REPLAY_TEST(a_frame_as_large_as_one_may_be_is_replayed),
        REPLAY_TEST(a_position_that_is_gone_is_told_and_the_oldest_comes),
        REPLAY_TEST(a_camera_without_a_ring_says_that_it_has_nothing),
        REPLAY_TEST(a_camera_that_starts_again_takes_over_its_name),
        REPLAY_TEST(each_refusal_of_a_reply_is_counted_by_its_reason),
        REPLAY_TEST(requests_of_others_are_passed_over),
        REPLAY_TEST(a_ring_that_cannot_be_written_stops_nothing_and_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
