/*
 * test_pubsub.c - publisher and subscriber over real ZeroMQ sockets
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
#include "wire/status.h"
#include "wire/subscriber.h"

#define DEADLINE_NS (20 * NS_PER_S)

static char folder[] = "/tmp/test_pubsub.XXXXXX";
static char endpoint[64];

/* Wait until the publisher has heard of the subscriber; ZeroMQ works for the latter only while it
 * is used, too. */
static void wait_for_subscriber(struct publisher *publisher, struct subscriber *subscriber)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    while (!publisher_has_subscriber(publisher)) {
        zmq_pollitem_t items[] = {
            { .socket = publisher_socket(publisher), .events = ZMQ_POLLIN },
            { .socket = subscriber_socket(subscriber), .events = ZMQ_POLLIN },
        };
        bool joined;
        assert_true(zmq_poll(items, 2, 100) >= 0);
        assert_int_equal(publisher_read_events(publisher, &joined), 0);
        assert_true(clock_mono_ns() < give_up_ns);
    }
}

/* The next good message; fails the test when none comes. */
static void receive(struct subscriber *subscriber, struct message *message)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    for (;;) {
        int r = subscriber_receive(subscriber, message);
        assert_true(r >= 0);
        if (r == 1)
            return;
        zmq_pollitem_t item = { .socket = subscriber_socket(subscriber), .events = ZMQ_POLLIN };
        assert_true(zmq_poll(&item, 1, 100) >= 0);
        assert_true(clock_mono_ns() < give_up_ns);
    }
}

static struct observation_frame empty_frame(const char *camera)
{
    struct observation_frame frame = { .store = "demo",
                                       .floor = "ground",
                                       .clock_source = CLOCK_SOURCE_FILE,
                                       .width = 10,
                                       .height = 10 };
    (void) snprintf(frame.camera, sizeof(frame.camera), "%s", camera);
    return frame;
}

static void frames_arrive_numbered_and_all_of_them(void **state)
{
    (void) state;
    AUTO(subscriber_destroy) struct subscriber *subscriber = NULL;
    struct publisher *publisher = NULL;
    assert_int_equal(subscriber_create(endpoint, "demo", 10000, &subscriber, NULL), 0);
    assert_int_equal(publisher_create(endpoint, "demo", "cam1", 10000, &publisher, NULL), 0);
    wait_for_subscriber(publisher, subscriber);
    for (int i = 0; i < 2000; i++) {
        struct observation_frame frame = empty_frame("cam1");
        assert_int_equal(publisher_send_frame(publisher, &frame), 0);
    }
    assert_int_equal(publisher_counts(publisher).published, 2000);
    publisher_destroy(&publisher, 10000); /* nothing is lost on leaving */
    struct sequence_tracker tracker = { 0 };
    for (int i = 0; i < 2000; i++) {
        struct message message;
        receive(subscriber, &message);
        assert_int_equal(message.kind, MESSAGE_FRAME);
        assert_int_equal(
            sequence_tracker_note(&tracker, message.frame.boot_id, message.frame.sequence),
            SEQUENCE_NEW);
        message_release(&message);
    }
    assert_int_equal(tracker.missed, 0);
}

static void a_full_queue_is_counted_and_shows_as_a_hole(void **state)
{
    (void) state;
    AUTO(subscriber_destroy) struct subscriber *subscriber = NULL;
    struct publisher *publisher = NULL;
    assert_int_equal(subscriber_create(endpoint, "demo", 5, &subscriber, NULL), 0);
    assert_int_equal(publisher_create(endpoint, "demo", "cam1", 5, &publisher, NULL), 0);
    wait_for_subscriber(publisher, subscriber);
    /* nobody reads: sooner or later queues and socket buffers are full */
    for (int i = 0; i < 1000000 && publisher_counts(publisher).dropped < 10; i++) {
        struct observation_frame frame = empty_frame("cam1");
        int r = publisher_send_frame(publisher, &frame);
        assert_true(r == 0 || r == -EAGAIN);
    }
    struct publisher_counts counts = publisher_counts(publisher);
    assert_int_equal(counts.dropped, 10);
    struct sequence_tracker tracker = { 0 };
    for (uint64_t i = 0; i < counts.published; i++) {
        struct message message;
        receive(subscriber, &message);
        (void) sequence_tracker_note(&tracker, message.frame.boot_id, message.frame.sequence);
        message_release(&message);
    }
    struct camera_hello hello = {
        .store = "demo", .floor = "ground", .camera = "cam1", .state = CAMERA_ENDED
    };
    publisher_set_patience_ms(publisher, 20000);
    assert_int_equal(publisher_send_hello(publisher, &hello), 0);
    struct message message;
    receive(subscriber, &message);
    assert_int_equal(message.kind, MESSAGE_HELLO);
    sequence_tracker_note_tail(&tracker, message.hello.boot_id, message.hello.next_sequence);
    message_release(&message);
    assert_int_equal(tracker.received, counts.published);
    assert_int_equal(tracker.missed, counts.dropped);
    publisher_destroy(&publisher, 0);
}

static void send_raw(void *socket, const char *topic, const void *bytes, size_t length)
{
    assert_true(zmq_send(socket, topic, strlen(topic), ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(socket, bytes, length, 0) >= 0);
}

static void each_refusal_is_counted_by_its_reason(void **state)
{
    (void) state;
    AUTO(subscriber_destroy) struct subscriber *subscriber = NULL;
    struct publisher *publisher = NULL;
    assert_int_equal(subscriber_create(endpoint, "demo", 1000, &subscriber, NULL), 0);
    assert_int_equal(publisher_create(endpoint, "demo", "cam1", 1000, &publisher, NULL), 0);
    wait_for_subscriber(publisher, subscriber);
    void *socket = publisher_socket(publisher);
    struct observation_frame frame = empty_frame("cam1");
    frame.boot_id = 1;
    unsigned char *bytes;
    size_t length;
    assert_int_equal(observation_frame_pack(&frame, (void **) &bytes, &length), 0);
    send_raw(socket, "obs/demo/cam10", bytes, length); /* cam1 is a prefix of cam10 */
    send_raw(socket, "obs/demo/cam", bytes, length);
    send_raw(socket, "obs/demo/cam1", "garbage", 7);
    assert_true(zmq_send(socket, "obs/demo/cam1", 13, 0) >= 0); /* one part only */
    bytes[1] = 9;                                               /* schema version */
    send_raw(socket, "obs/demo/cam1", bytes, length);
    free(bytes);
    assert_int_equal(publisher_send_frame(publisher, &frame), 0);
    struct message message;
    receive(subscriber, &message); /* only the good one comes through */
    assert_int_equal(message.frame.sequence, 0);
    message_release(&message);
    assert_int_equal(subscriber_refused(subscriber, REFUSED_TOPIC), 2);
    assert_int_equal(subscriber_refused(subscriber, REFUSED_CONTENT), 1);
    assert_int_equal(subscriber_refused(subscriber, REFUSED_SHAPE), 1);
    assert_int_equal(subscriber_refused(subscriber, REFUSED_VERSION), 1);
    publisher_destroy(&publisher, 0);
}

static void an_endpoint_in_use_is_refused(void **state)
{
    (void) state;
    AUTO(subscriber_destroy) struct subscriber *first = NULL;
    struct subscriber *second = NULL;
    struct error err = { "" };
    assert_int_equal(subscriber_create(endpoint, "demo", 10, &first, NULL), 0);
    assert_int_equal(subscriber_create(endpoint, "demo", 10, &second, &err), -EADDRINUSE);
    assert_non_null(strstr(err.text, endpoint));
    assert_null(second);
    /* a path that is too long, a scheme that is none */
    char longer[200];
    (void) snprintf(longer, sizeof(longer), "ipc:///tmp/%0150d", 0);
    assert_int_equal(subscriber_create(longer, "demo", 10, &second, &err), -ENAMETOOLONG);
    assert_true(subscriber_create("nonsense", "demo", 10, &second, &err) < 0);
}

static char *make_text(void *context)
{
    return strdup(context);
}

static void status_is_answered_and_absence_is_told(void **state)
{
    (void) state;
    struct error err = { "" };
    char *text = NULL;
    assert_int_equal(status_request(endpoint, 50, &text, &err), -ETIMEDOUT);
    AUTO(status_server_destroy) struct status_server *server = NULL;
    assert_int_equal(status_server_create(endpoint, &server, &err), 0);
    pid_t child = fork();
    if (child == 0) {
        char *answer = NULL;
        int r = status_request(endpoint, 20000, &answer, NULL);
        _exit(r == 0 && strcmp(answer, "{\"a\": 1}") == 0 ? 0 : 1);
    }
    zmq_pollitem_t item = { .socket = status_server_socket(server), .events = ZMQ_POLLIN };
    assert_int_equal(zmq_poll(&item, 1, 20000), 1);
    assert_int_equal(status_server_answer(server, make_text, (void *) "{\"a\": 1}"), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int make_folder(void **state)
{
    (void) state;
    if (!mkdtemp(folder))
        return -1;
    (void) snprintf(endpoint, sizeof(endpoint), "ipc://%s/s", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void) state;
    char command[64];
    (void) snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_arrive_numbered_and_all_of_them),
        cmocka_unit_test(a_full_queue_is_counted_and_shows_as_a_hole),
        cmocka_unit_test(each_refusal_is_counted_by_its_reason),
        cmocka_unit_test(an_endpoint_in_use_is_refused),
        cmocka_unit_test(status_is_answered_and_absence_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
