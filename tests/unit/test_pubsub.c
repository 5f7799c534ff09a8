/*
 * test_pubsub.c - publisher and subscriber over real ZeroMQ sockets
 */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

/* Without a ring, nor anybody to ask for it. */
static int open_publisher(const char *to, const char *camera, int send_hwm,
                          struct publisher **ret_publisher, struct error *err)
{
    const struct publisher_options options = {
        .endpoint = to, .store = "demo", .camera = camera, .send_hwm = send_hwm
    };
    return publisher_create(&options, ret_publisher, err);
}

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

/* Wait until publisher_read_events says that somebody joined. */
static void wait_for_joining(struct publisher *publisher, struct subscriber *subscriber)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    for (bool joined = false; !joined;) {
        zmq_pollitem_t items[] = {
            { .socket = publisher_socket(publisher), .events = ZMQ_POLLIN },
            { .socket = subscriber_socket(subscriber), .events = ZMQ_POLLIN },
        };
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
    assert_int_equal(open_publisher(endpoint, "cam1", 10000, &publisher, NULL), 0);
    wait_for_subscriber(publisher, subscriber);
    for (int i = 0; i < 2000; i++) {
        struct observation_frame frame = empty_frame("cam1");
        assert_int_equal(publisher_send_frame(publisher, &frame), 0);
    }
    assert_int_equal(publisher_counts(publisher).published, 2000);
    publisher_destroy(&publisher, 10000); /* nothing is lost on leaving */
    for (uint64_t i = 0; i < 2000; i++) {
        struct message message;
        receive(subscriber, &message);
        assert_int_equal(message.kind, MESSAGE_FRAME);
        assert_int_equal(message.frame.sequence, i);
        message_release(&message);
    }
}

static void a_subscriber_is_noticed_each_time_it_comes(void **state)
{
    (void) state;
    struct subscriber *subscriber = NULL;
    struct publisher *publisher = NULL;
    bool joined;
    assert_int_equal(open_publisher(endpoint, "cam1", 100, &publisher, NULL), 0);
    assert_int_equal(publisher_read_events(publisher, &joined), 0);
    assert_false(joined);
    assert_false(publisher_has_subscriber(publisher));
    assert_int_equal(subscriber_create(endpoint, "demo", 100, &subscriber, NULL), 0);
    wait_for_joining(publisher, subscriber);
    assert_true(publisher_has_subscriber(publisher));
    subscriber_destroy(&subscriber); /* fusion restarts */
    assert_int_equal(subscriber_create(endpoint, "demo", 100, &subscriber, NULL), 0);
    wait_for_joining(publisher, subscriber);
    struct camera_hello hello = {
        .store = "demo", .floor = "ground", .camera = "cam1", .state = CAMERA_RUNNING
    };
    struct camera_health health = { .store = "demo", .camera = "cam1", .state = CAMERA_RUNNING };
    assert_int_equal(publisher_send_hello(publisher, &hello), 0);
    assert_int_equal(publisher_send_health(publisher, &health), 0);
    struct message message;
    receive(subscriber, &message);
    assert_int_equal(message.kind, MESSAGE_HELLO);
    assert_int_equal(message.hello.boot_id, hello.boot_id);
    assert_true(hello.boot_id != 0);
    message_release(&message);
    receive(subscriber, &message);
    assert_int_equal(message.kind, MESSAGE_HEALTH);
    assert_int_equal(message.health.boot_id, hello.boot_id);
    message_release(&message);
    publisher_destroy(&publisher, 0);
    subscriber_destroy(&subscriber);
}

static void tcp_works_and_its_port_in_use_is_refused(void **state)
{
    (void) state;
    AUTO(subscriber_destroy) struct subscriber *subscriber = NULL;
    struct subscriber *second = NULL;
    struct publisher *publisher = NULL;
    struct error err = { "" };
    char port[64];
    size_t size = sizeof(port);
    assert_int_equal(subscriber_create("tcp://127.0.0.1:*", "demo", 100, &subscriber, NULL), 0);
    assert_int_equal(zmq_getsockopt(subscriber_socket(subscriber), ZMQ_LAST_ENDPOINT, port, &size),
                     0);
    assert_int_equal(subscriber_create(port, "demo", 100, &second, &err), -EADDRINUSE);
    assert_non_null(strstr(err.text, port));
    assert_int_equal(open_publisher(port, "cam1", 100, &publisher, NULL), 0);
    wait_for_subscriber(publisher, subscriber);
    struct observation_frame frame = empty_frame("cam1");
    assert_int_equal(publisher_send_frame(publisher, &frame), 0);
    struct message message;
    receive(subscriber, &message);
    assert_int_equal(message.frame.boot_id, frame.boot_id);
    message_release(&message);
    publisher_destroy(&publisher, 0);
}

static void a_full_queue_is_counted_and_shows_as_a_hole(void **state)
{
    (void) state;
    AUTO(subscriber_destroy) struct subscriber *subscriber = NULL;
    struct publisher *publisher = NULL;
    assert_int_equal(subscriber_create(endpoint, "demo", 5, &subscriber, NULL), 0);
    assert_int_equal(open_publisher(endpoint, "cam1", 5, &publisher, NULL), 0);
    wait_for_subscriber(publisher, subscriber);
    /* nobody reads: sooner or later queues and socket buffers are full */
    for (int i = 0; i < 1000000 && publisher_counts(publisher).dropped < 10; i++) {
        struct observation_frame frame = empty_frame("cam1");
        int r = publisher_send_frame(publisher, &frame);
        assert_true(r == 0 || r == -EAGAIN);
    }
    struct publisher_counts counts = publisher_counts(publisher);
    assert_int_equal(counts.dropped, 10);
    uint64_t next = 0;
    for (uint64_t i = 0; i < counts.published; i++) {
        struct message message;
        receive(subscriber, &message);
        assert_true(message.frame.sequence >= next); /* a hole is a number that was left out */
        next = message.frame.sequence + 1;
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
    /* all that were numbered have come or were dropped */
    assert_int_equal(message.hello.next_sequence, counts.published + counts.dropped);
    message_release(&message);
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
    assert_int_equal(open_publisher(endpoint, "cam1", 1000, &publisher, NULL), 0);
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
    assert_true(zmq_send(socket, "obs/demo/cam1", 13, 0) >= 0);           /* one part only */
    assert_true(zmq_send(socket, "obs/demo/cam1", 13, ZMQ_SNDMORE) >= 0); /* three */
    send_raw(socket, "more", bytes, length);
    bytes[1] = 9; /* schema version */
    send_raw(socket, "obs/demo/cam1", bytes, length);
    free(bytes);
    strcpy(frame.store, "other"); /* what is inside is of another store */
    assert_int_equal(observation_frame_pack(&frame, (void **) &bytes, &length), 0);
    send_raw(socket, "obs/demo/cam1", bytes, length);
    free(bytes);
    strcpy(frame.store, "demo");
    struct camera_health health = {
        .store = "demo", .camera = "cam10", .boot_id = 1, .state = CAMERA_LOST
    };
    assert_int_equal(camera_health_pack(&health, (void **) &bytes, &length), 0);
    send_raw(socket, "health/demo/cam1", bytes, length); /* another camera's */
    send_raw(socket, "hello/demo/cam1", bytes, length);  /* another kind of message */
    free(bytes);
    assert_int_equal(publisher_send_frame(publisher, &frame), 0);
    struct message message;
    receive(subscriber, &message); /* only the good one comes through */
    assert_int_equal(message.frame.sequence, 0);
    message_release(&message);
    assert_int_equal(subscriber_refused(subscriber, REFUSED_TOPIC), 4);
    assert_int_equal(subscriber_refused(subscriber, REFUSED_CONTENT), 2);
    assert_int_equal(subscriber_refused(subscriber, REFUSED_SHAPE), 2);
    assert_int_equal(subscriber_refused(subscriber, REFUSED_VERSION), 1);
    publisher_destroy(&publisher, 0);
}

static void a_flood_of_refused_messages_gives_others_their_turn(void **state)
{
    (void) state;
    AUTO(subscriber_destroy) struct subscriber *subscriber = NULL;
    struct publisher *publisher = NULL;
    assert_int_equal(subscriber_create(endpoint, "demo", 10000, &subscriber, NULL), 0);
    assert_int_equal(open_publisher(endpoint, "cam1", 10000, &publisher, NULL), 0);
    wait_for_subscriber(publisher, subscriber);
    for (int i = 0; i < 3000; i++)
        send_raw(publisher_socket(publisher), "obs/demo/cam1", "garbage", 7);
    struct observation_frame frame = empty_frame("cam1");
    assert_int_equal(publisher_send_frame(publisher, &frame), 0);
    publisher_destroy(&publisher, 10000);
    uint64_t before = 0;
    struct message message = { .kind = MESSAGE_NONE };
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    for (int r = 0; r == 0;) {
        zmq_pollitem_t item = { .socket = subscriber_socket(subscriber), .events = ZMQ_POLLIN };
        assert_true(zmq_poll(&item, 1, 100) >= 0);
        assert_int_equal(message.kind, MESSAGE_NONE); /* written on success only */
        r = subscriber_receive(subscriber, &message);
        uint64_t refused = subscriber_refused(subscriber, REFUSED_CONTENT);
        assert_true(r >= 0 && refused - before <= 1000);
        before = refused;
        assert_true(clock_mono_ns() < give_up_ns);
    }
    assert_int_equal(before, 3000);
    assert_int_equal(message.kind, MESSAGE_FRAME);
    message_release(&message);
}

static void a_message_beyond_the_bound_costs_its_sender_the_connection(void **state)
{
    (void) state;
    AUTO(subscriber_destroy) struct subscriber *subscriber = NULL;
    struct publisher *publisher = NULL;
    assert_int_equal(subscriber_create(endpoint, "demo", 100, &subscriber, NULL), 0);
    assert_int_equal(open_publisher(endpoint, "cam1", 100, &publisher, NULL), 0);
    wait_for_subscriber(publisher, subscriber);
    void *large = calloc(1, MESSAGE_BYTES_MAX + 1);
    send_raw(publisher_socket(publisher), "obs/demo/cam1", large, MESSAGE_BYTES_MAX + 1);
    free(large);
    wait_for_joining(publisher, subscriber); /* it connects again */
    struct observation_frame frame = empty_frame("cam1");
    assert_int_equal(publisher_send_frame(publisher, &frame), 0);
    struct message message;
    receive(subscriber, &message);
    assert_int_equal(message.kind, MESSAGE_FRAME);
    message_release(&message);
    publisher_destroy(&publisher, 0);
}

/* ZeroMQ would delete the file. */
static void a_file_in_the_way_is_refused_and_kept(void **state)
{
    (void) state;
    struct subscriber *subscriber = NULL;
    struct error err = { "" };
    const char *path = endpoint + strlen("ipc://");
    (void) unlink(path);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0 && close(fd) == 0);
    assert_int_equal(subscriber_create(endpoint, "demo", 10, &subscriber, &err), -EEXIST);
    assert_non_null(strstr(err.text, endpoint));
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(unlink(path), 0);
}

static int listen_on(const char *path, int backlog)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
    assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

static void a_dead_socket_is_taken_over_and_a_busy_one_is_not_waited_for(void **state)
{
    (void) state;
    AUTO(subscriber_destroy) struct subscriber *subscriber = NULL;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = endpoint + strlen("ipc://");
    memcpy(address.sun_path, path, strlen(path) + 1);
    (void) unlink(path);
    /* a listener that hangs: its queue of connections is full, another would wait for ever */
    int busy = listen_on(path, 0), waiting[8];
    for (size_t i = 0; i < ARRAY_LENGTH(waiting); i++) {
        waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void) connect(waiting[i], (struct sockaddr *) &address, sizeof(address));
    }
    assert_int_equal(subscriber_create(endpoint, "demo", 10, &subscriber, NULL), -EADDRINUSE);
    for (size_t i = 0; i < ARRAY_LENGTH(waiting); i++)
        (void) close(waiting[i]);
    (void) close(busy); /* the path stays, as after a crash */
    assert_int_equal(subscriber_create(endpoint, "demo", 10, &subscriber, NULL), 0);
}

static void queues_without_a_bound_and_ids_that_are_none_are_refused(void **state)
{
    (void) state;
    struct subscriber *subscriber = NULL;
    struct publisher *publisher = NULL;
    struct error err = { "" };
    assert_int_equal(subscriber_create(endpoint, "demo", 0, &subscriber, &err), -EINVAL);
    assert_int_equal(open_publisher(endpoint, "c", 0, &publisher, &err), -EINVAL);
    assert_int_equal(subscriber_create(endpoint, "De mo", 1, &subscriber, &err), -EINVAL);
    assert_int_equal(open_publisher(endpoint, "a/b", 1, &publisher, &err), -EINVAL);
    assert_non_null(strstr(err.text, "a/b"));
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
    /* the child comes first, while there are no threads; it asks until somebody is there */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char *answer = NULL;
        int r = status_request(endpoint, 20000, &answer, NULL);
        _exit(r == 0 && strcmp(answer, "{\"a\": 1}") == 0 ? 0 : 1);
    }
    AUTO(status_server_destroy) struct status_server *server = NULL;
    assert_int_equal(status_server_create(endpoint, &server, &err), 0);
    zmq_pollitem_t item = { .socket = status_server_socket(server), .events = ZMQ_POLLIN };
    assert_int_equal(zmq_poll(&item, 1, 20000), 1);
    assert_int_equal(status_server_answer(server, make_text, (void *) "{\"a\": 1}"), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static char *no_text(void *context)
{
    (void) context;
    return NULL;
}

static void a_status_that_cannot_be_made_does_not_block_the_next(void **state)
{
    (void) state;
    AUTO(status_server_destroy) struct status_server *server = NULL;
    assert_int_equal(status_server_create(endpoint, &server, NULL), 0);
    void *context = zmq_ctx_new(), *asker = zmq_socket(context, ZMQ_REQ);
    int wait_ms = 20000;
    char answer[16];
    assert_int_equal(zmq_setsockopt(asker, ZMQ_RCVTIMEO, &wait_ms, sizeof(wait_ms)), 0);
    assert_int_equal(zmq_connect(asker, endpoint), 0);
    for (int turn = 0; turn < 2; turn++) {
        zmq_pollitem_t item = { .socket = status_server_socket(server), .events = ZMQ_POLLIN };
        assert_int_equal(zmq_send(asker, "", 0, 0), 0);
        assert_int_equal(zmq_poll(&item, 1, wait_ms), 1);
        assert_int_equal(status_server_answer(server, turn ? make_text : no_text, (void *) "{}"),
                         turn ? 0 : -ENOMEM);
        assert_int_equal(zmq_recv(asker, answer, sizeof(answer), 0), turn ? 2 : 0);
    }
    (void) zmq_close(asker);
    (void) zmq_ctx_term(context);
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
        cmocka_unit_test(a_subscriber_is_noticed_each_time_it_comes),
        cmocka_unit_test(tcp_works_and_its_port_in_use_is_refused),
        cmocka_unit_test(a_full_queue_is_counted_and_shows_as_a_hole),
        cmocka_unit_test(each_refusal_is_counted_by_its_reason),
        cmocka_unit_test(a_flood_of_refused_messages_gives_others_their_turn),
        cmocka_unit_test(a_message_beyond_the_bound_costs_its_sender_the_connection),
        cmocka_unit_test(a_file_in_the_way_is_refused_and_kept),
        cmocka_unit_test(a_dead_socket_is_taken_over_and_a_busy_one_is_not_waited_for),
        cmocka_unit_test(queues_without_a_bound_and_ids_that_are_none_are_refused),
        cmocka_unit_test(an_endpoint_in_use_is_refused),
        cmocka_unit_test(status_is_answered_and_absence_is_told),
        cmocka_unit_test(a_status_that_cannot_be_made_does_not_block_the_next),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
