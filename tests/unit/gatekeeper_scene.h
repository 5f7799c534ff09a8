/*
 * gatekeeper_scene.h - a folder of keys, and a fusion with a gatekeeper, for the tests of who gets
 * in
 */
#ifndef FLOORFUSE_TESTS_UNIT_GATEKEEPER_SCENE_H
#define FLOORFUSE_TESTS_UNIT_GATEKEEPER_SCENE_H

#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/file.h"
#include "wire/allow_list.h"
#include "wire/client_keys.h"
#include "wire/gatekeeper.h"
#include "wire/publisher.h"
#include "wire/replay_desk.h"
#include "wire/status.h"
#include "wire/subscriber.h"

#define DEADLINE_NS (20 * NS_PER_S)
#define HWM         20000

static char folder[] = "/tmp/test_gatekeeper.XXXXXX";

/* ---- a folder of keys ---- */

static inline void put_path(char path[static 96], const char *keys, const char *name)
{
    (void) snprintf(path, 96, "%s/%s", keys, name);
}

static inline void write_list(const char *keys, const struct allow_list *list)
{
    assert_int_equal(allow_list_write(keys, "demo", list, NULL), 0);
}

/* A new pair for an id, allowed from now on; others of the id stay. */
static inline void add_key(const char *keys, const char *id)
{
    AUTO(allow_list_release) struct allow_list list = { 0 };
    struct key_file key;
    char *path = key_file_path(keys, id);
    assert_int_equal(key_file_make(id, &key, NULL), 0);
    assert_int_equal(key_file_write(path, KEY_SECRET, "demo", &key, NULL), 0);
    free(path);
    assert_int_equal(allow_list_load(keys, &list, NULL), 0);
    struct allowed_key entry = { .added_us = clock_wall_us() };
    memcpy(entry.id, key.id, ID_SIZE);
    memcpy(entry.public_key, key.public_key, KEY_TEXT_SIZE);
    assert_int_equal(allow_list_add(&list, &entry), 0);
    write_list(keys, &list);
}

/* From now on no key of an id but `keep` (NULL: none) counts. */
static inline void withdraw(const char *keys, const char *id, const char *keep)
{
    AUTO(allow_list_release) struct allow_list list = { 0 }, left = { 0 };
    assert_int_equal(allow_list_load(keys, &list, NULL), 0);
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].id, id) != 0 ||
            (keep && strcmp(list.items[i].public_key, keep) == 0))
            assert_int_equal(allow_list_add(&left, &list.items[i]), 0);
    write_list(keys, &left);
}

static inline void make_keys(const char *keys)
{
    const struct allow_list nobody = { 0 };
    struct key_file fusion;
    char path[96];
    assert_int_equal(file_make_folder(keys, 0755, NULL), 0);
    assert_int_equal(key_file_make(KEY_ID_FUSION, &fusion, NULL), 0);
    put_path(path, keys, "fusion.key");
    assert_int_equal(key_file_write(path, KEY_SECRET, "demo", &fusion, NULL), 0);
    put_path(path, keys, "fusion.pub");
    assert_int_equal(key_file_write(path, KEY_PUBLIC, "demo", &fusion, NULL), 0);
    write_list(keys, &nobody);
    add_key(keys, "till");
    add_key(keys, "entrance");
    add_key(keys, KEY_ID_OPERATOR);
}

/* ---- fusion, with a gatekeeper, and a subscriber and a replay desk on ports of their own ---- */

struct fusion {
    char keys[64], endpoint[64], replay_endpoint[64];
    struct gatekeeper *gatekeeper;
    struct subscriber *subscriber;
    struct replay_desk *desk;
};

static inline void open_fusion_of(struct fusion *f, const char *name)
{
    size_t size = sizeof(f->endpoint);
    (void) snprintf(f->keys, sizeof(f->keys), "%s/%s", folder, name);
    make_keys(f->keys);
    assert_int_equal(gatekeeper_create(f->keys, &f->gatekeeper, NULL), 0);
    assert_int_equal(subscriber_create_guarded("tcp://127.0.0.1:*", "demo", HWM, f->gatekeeper,
                                               &f->subscriber, NULL),
                     0);
    assert_int_equal(
        zmq_getsockopt(subscriber_socket(f->subscriber), ZMQ_LAST_ENDPOINT, f->endpoint, &size), 0);
    size = sizeof(f->replay_endpoint);
    assert_int_equal(
        replay_desk_create_guarded("tcp://127.0.0.1:*", "demo", f->gatekeeper, &f->desk, NULL), 0);
    assert_int_equal(
        zmq_getsockopt(replay_desk_socket(f->desk), ZMQ_LAST_ENDPOINT, f->replay_endpoint, &size),
        0);
}

static inline void close_fusion(struct fusion *f)
{
    replay_desk_destroy(&f->desk);
    subscriber_destroy(&f->subscriber);
    gatekeeper_destroy(&f->gatekeeper);
}

static inline int set_up(void **state)
{
    struct fusion *f = calloc(1, sizeof(*f));
    if (!f || !mkdtemp(folder))
        return -1;
    open_fusion_of(f, "keys");
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    char command[64];
    close_fusion(*state);
    free(*state);
    (void) snprintf(command, sizeof(command), "rm -rf %s", folder);
    int r = system(command);
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    return r;
}

static inline struct publisher *connect_to(const char *endpoint, const char *camera,
                                           const struct socket_security *security)
{
    const struct publisher_options options = { .endpoint = endpoint,
                                               .store = "demo",
                                               .camera = camera,
                                               .send_hwm = HWM,
                                               .security = security };
    struct publisher *publisher = NULL;
    assert_int_equal(publisher_create(&options, &publisher, NULL), 0);
    return publisher;
}

/* A camera with the keys of its file. */
static inline struct publisher *join(const struct fusion *f, const char *id)
{
    struct client_keys keys;
    struct publisher *publisher;
    assert_int_equal(client_keys_load(f->keys, id, &keys, NULL), 0);
    publisher = connect_to(f->endpoint, id, &keys.security);
    client_keys_release(&keys);
    return publisher;
}

/* Until fusion has let the publisher in: its subscription arrives. */
static inline void wait_for_joining(struct publisher *publisher, struct fusion *f)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    for (bool joined = false; !joined;) {
        zmq_pollitem_t items[] = {
            { .socket = publisher_socket(publisher), .events = ZMQ_POLLIN },
            { .socket = subscriber_socket(f->subscriber), .events = ZMQ_POLLIN },
        };
        assert_true(zmq_poll(items, 2, 20) >= 0);
        assert_int_equal(publisher_read_events(publisher, &joined), 0);
        assert_true(clock_mono_ns() < give_up_ns);
    }
}

/* A client that finds out first leaves, and then fusion cannot say why. */
static inline uint64_t denied(const struct fusion *f, enum denial reason)
{
    struct gatekeeper_counts counts = gatekeeper_counts(f->gatekeeper);
    return counts.denied[reason] + (reason == DENIED_MECHANISM ? counts.denied[DENIED_BROKEN] : 0);
}

/* Until somebody was turned away for a reason; nobody was for another, and nothing came. */
static inline void wait_for_denial(struct fusion *f, struct publisher *publisher,
                                   enum denial reason)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    struct message message;
    while (denied(f, reason) == 0) {
        zmq_pollitem_t item = { .socket = publisher_socket(publisher), .events = ZMQ_POLLIN };
        bool joined;
        assert_true(zmq_poll(&item, 1, 10) >= 0);
        assert_int_equal(publisher_read_events(publisher, &joined), 0);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    struct gatekeeper_counts counts = gatekeeper_counts(f->gatekeeper);
    for (int other = 0; other < DENIAL_REASONS; other++)
        assert_true(other == (int) reason || other == DENIED_BROKEN || counts.denied[other] == 0);
    assert_int_equal(counts.admitted, 0);
    assert_false(publisher_has_subscriber(publisher)); /* it got nothing, either */
    assert_int_equal(subscriber_receive(f->subscriber, &message), 0);
}

static inline struct observation_frame empty_frame(const char *camera)
{
    struct observation_frame frame = { .store = "demo",
                                       .floor = "ground",
                                       .boot_id = 1,
                                       .clock_source = CLOCK_SOURCE_FILE,
                                       .width = 10,
                                       .height = 10 };
    (void) snprintf(frame.camera, sizeof(frame.camera), "%s", camera);
    return frame;
}

static inline void send_one(struct publisher *publisher, const char *camera)
{
    struct observation_frame frame = empty_frame(camera);
    assert_int_equal(publisher_send_frame(publisher, &frame), 0);
}

static inline void send_raw(struct publisher *publisher, const char *topic, const void *bytes,
                            size_t length)
{
    void *socket = publisher_socket(publisher);
    assert_true(zmq_send(socket, topic, strlen(topic), ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(socket, bytes, length, 0) >= 0);
}

/* Send until one is refused for a reason: the list is read again within a second. */
static inline void send_until_refused(struct fusion *f, struct publisher *publisher,
                                      const char *camera, enum refusal reason)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    uint64_t before = subscriber_refused(f->subscriber, reason);
    while (subscriber_refused(f->subscriber, reason) == before) {
        struct message message;
        zmq_pollitem_t item = { .socket = subscriber_socket(f->subscriber), .events = ZMQ_POLLIN };
        send_one(publisher, camera);
        assert_true(zmq_poll(&item, 1, 20) >= 0);
        while (subscriber_receive(f->subscriber, &message) == 1)
            message_release(&message);
        assert_true(clock_mono_ns() < give_up_ns);
    }
}

static inline void receive(struct fusion *f, struct message *message)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    for (int r = 0; r == 0;) {
        zmq_pollitem_t item = { .socket = subscriber_socket(f->subscriber), .events = ZMQ_POLLIN };
        assert_true(zmq_poll(&item, 1, 100) >= 0);
        r = subscriber_receive(f->subscriber, message);
        assert_true(r >= 0 && clock_mono_ns() < give_up_ns);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
