/*
 * test_gatekeeper.c - who gets in over real CURVE connections, and in whose name they may speak
 */
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

static void put_path(char path[static 96], const char *keys, const char *name)
{
    (void) snprintf(path, 96, "%s/%s", keys, name);
}

static void write_list(const char *keys, const struct allow_list *list)
{
    assert_int_equal(allow_list_write(keys, "demo", list, NULL), 0);
}

/* A new pair for an id, allowed from now on; others of the id stay. */
static void add_key(const char *keys, const char *id)
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
static void withdraw(const char *keys, const char *id, const char *keep)
{
    AUTO(allow_list_release) struct allow_list list = { 0 }, left = { 0 };
    assert_int_equal(allow_list_load(keys, &list, NULL), 0);
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].id, id) != 0 ||
            (keep && strcmp(list.items[i].public_key, keep) == 0))
            assert_int_equal(allow_list_add(&left, &list.items[i]), 0);
    write_list(keys, &left);
}

static void make_keys(const char *keys)
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

static void open_fusion_of(struct fusion *f, const char *name)
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

static void close_fusion(struct fusion *f)
{
    replay_desk_destroy(&f->desk);
    subscriber_destroy(&f->subscriber);
    gatekeeper_destroy(&f->gatekeeper);
}

static int set_up(void **state)
{
    struct fusion *f = calloc(1, sizeof(*f));
    if (!f || !mkdtemp(folder))
        return -1;
    open_fusion_of(f, "keys");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    char command[64];
    close_fusion(*state);
    free(*state);
    (void) snprintf(command, sizeof(command), "rm -rf %s", folder);
    int r = system(command);
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    return r;
}

static struct publisher *connect_to(const char *endpoint, const char *camera,
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
static struct publisher *join(const struct fusion *f, const char *id)
{
    struct client_keys keys;
    struct publisher *publisher;
    assert_int_equal(client_keys_load(f->keys, id, &keys, NULL), 0);
    publisher = connect_to(f->endpoint, id, &keys.security);
    client_keys_release(&keys);
    return publisher;
}

/* Until fusion has let the publisher in: its subscription arrives. */
static void wait_for_joining(struct publisher *publisher, struct fusion *f)
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
static uint64_t denied(const struct fusion *f, enum denial reason)
{
    struct gatekeeper_counts counts = gatekeeper_counts(f->gatekeeper);
    return counts.denied[reason] + (reason == DENIED_MECHANISM ? counts.denied[DENIED_BROKEN] : 0);
}

/* Until somebody was turned away for a reason; nobody was for another, and nothing came. */
static void wait_for_denial(struct fusion *f, struct publisher *publisher, enum denial reason)
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

static struct observation_frame empty_frame(const char *camera)
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

static void send_one(struct publisher *publisher, const char *camera)
{
    struct observation_frame frame = empty_frame(camera);
    assert_int_equal(publisher_send_frame(publisher, &frame), 0);
}

static void send_raw(struct publisher *publisher, const char *topic, const void *bytes,
                     size_t length)
{
    void *socket = publisher_socket(publisher);
    assert_true(zmq_send(socket, topic, strlen(topic), ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(socket, bytes, length, 0) >= 0);
}

/* Send until one is refused for a reason: the list is read again within a second. */
static void send_until_refused(struct fusion *f, struct publisher *publisher, const char *camera,
                               enum refusal reason)
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

static void receive(struct fusion *f, struct message *message)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    for (int r = 0; r == 0;) {
        zmq_pollitem_t item = { .socket = subscriber_socket(f->subscriber), .events = ZMQ_POLLIN };
        assert_true(zmq_poll(&item, 1, 100) >= 0);
        r = subscriber_receive(f->subscriber, message);
        assert_true(r >= 0 && clock_mono_ns() < give_up_ns);
    }
}

/* ---- the tests ---- */

static void a_camera_with_its_key_is_heard(void **state)
{
    struct fusion *f = *state;
    struct message message;
    struct publisher *till = join(f, "till");
    wait_for_joining(till, f);
    send_one(till, "till");
    receive(f, &message);
    assert_string_equal(message.frame.camera, "till");
    message_release(&message);
    assert_int_equal(gatekeeper_counts(f->gatekeeper).admitted, 1);
    publisher_destroy(&till, 0);
}

static void a_key_that_nobody_allowed_delivers_and_gets_nothing(void **state)
{
    struct fusion *f = *state;
    withdraw(f->keys, "till", NULL);
    struct publisher *till = join(f, "till");
    wait_for_denial(f, till, DENIED_KEY);
    assert_non_null(strstr(gatekeeper_counts(f->gatekeeper).last, "from 127.0.0.1"));
    publisher_destroy(&till, 0);
}

static void who_was_turned_away_comes_in_once_its_key_is_allowed(void **state)
{
    struct fusion *f = *state;
    AUTO(allow_list_release) struct allow_list list = { 0 };
    assert_int_equal(allow_list_load(f->keys, &list, NULL), 0);
    withdraw(f->keys, "till", NULL);
    struct publisher *till = join(f, "till");
    wait_for_denial(f, till, DENIED_KEY);
    write_list(f->keys, &list);
    wait_for_joining(till, f); /* it has tried again by itself */
    assert_int_equal(denied(f, DENIED_KEY), 1);
    publisher_destroy(&till, 0);
}

static void plain_text_delivers_and_gets_nothing(void **state)
{
    struct fusion *f = *state;
    struct publisher *till = connect_to(f->endpoint, "till", NULL);
    wait_for_denial(f, till, DENIED_MECHANISM);
    publisher_destroy(&till, 0);
}

/* A camera that was told of another fusion gives this one nothing, though its key is allowed. */
static void a_fusion_with_another_key_gets_nothing(void **state)
{
    struct fusion *f = *state, rogue = { .keys = "" };
    struct client_keys keys;
    open_fusion_of(&rogue, "rogue");
    assert_int_equal(client_keys_load(f->keys, "till", &keys, NULL), 0);
    AUTO(allow_list_release) struct allow_list list = { 0 };
    assert_int_equal(allow_list_load(f->keys, &list, NULL), 0);
    write_list(rogue.keys, &list); /* it would let anybody in */
    struct publisher *till = connect_to(rogue.endpoint, "till", &keys.security);
    wait_for_denial(&rogue, till, DENIED_SERVER);
    publisher_destroy(&till, 0);
    client_keys_release(&keys);
    close_fusion(&rogue);
}

static void the_operators_key_does_not_open_the_cameras_gate(void **state)
{
    struct fusion *f = *state;
    struct publisher *asker = join(f, KEY_ID_OPERATOR);
    wait_for_denial(f, asker, DENIED_GATE);
    publisher_destroy(&asker, 0);
}

static void who_speaks_as_another_camera_is_refused_and_named(void **state)
{
    struct fusion *f = *state;
    struct publisher *till = join(f, "till");
    struct observation_frame frame = empty_frame("entrance");
    struct camera_health health = {
        .store = "demo", .camera = "entrance", .boot_id = 1, .state = CAMERA_RUNNING
    };
    void *bytes, *health_bytes;
    size_t length, health_length;
    wait_for_joining(till, f);
    assert_string_equal(subscriber_forgery(f->subscriber).sender, "");
    assert_int_equal(observation_frame_pack(&frame, &bytes, &length), 0);
    assert_int_equal(camera_health_pack(&health, &health_bytes, &health_length), 0);
    send_raw(till, "obs/demo/entrance", bytes, length); /* topic and content */
    send_raw(till, "obs/demo/till", bytes, length);     /* content only */
    send_raw(till, "obs/demo/entrance", "x", 1);        /* topic only */
    send_raw(till, "health/demo/entrance", health_bytes, health_length);
    send_raw(till, "hello/demo/entrance", bytes, length);
    send_raw(till, "obs/demo/till/entrance", bytes, length);
    send_raw(till, "obs/demo/entrance/till", bytes, length); /* no topic of anybody */
    send_one(till, "till");
    struct message message;
    receive(f, &message);
    assert_string_equal(message.frame.camera, "till");
    message_release(&message);
    assert_int_equal(subscriber_refused(f->subscriber, REFUSED_IDENTITY), 7);
    struct forgery forgery = subscriber_forgery(f->subscriber);
    assert_string_equal(forgery.sender, "till");
    assert_string_equal(forgery.camera, "entrance");
    free(bytes);
    free(health_bytes);
    publisher_destroy(&till, 0);
}

static void a_withdrawn_key_stops_on_a_connection_that_stands(void **state)
{
    struct fusion *f = *state;
    struct message message;
    struct publisher *till = join(f, "till");
    wait_for_joining(till, f);
    send_one(till, "till");
    receive(f, &message);
    message_release(&message);
    withdraw(f->keys, "till", NULL);
    send_until_refused(f, till, "till", REFUSED_KEY);
    uint64_t refused = subscriber_refused(f->subscriber, REFUSED_KEY);
    for (int i = 0; i < 100; i++)
        send_one(till, "till");
    struct publisher *entrance = join(f, "entrance");
    wait_for_joining(entrance, f);
    send_one(entrance, "entrance"); /* the others go on */
    while (subscriber_refused(f->subscriber, REFUSED_KEY) < refused + 100) {
        zmq_pollitem_t item = { .socket = subscriber_socket(f->subscriber), .events = ZMQ_POLLIN };
        assert_int_equal(zmq_poll(&item, 1, 20000), 1);
        if (subscriber_receive(f->subscriber, &message) == 1) {
            assert_string_equal(message.frame.camera, "entrance");
            message_release(&message);
        }
    }
    publisher_destroy(&till, 0);
    publisher_destroy(&entrance, 0);
}

static void a_key_is_replaced_while_both_ends_run(void **state)
{
    struct fusion *f = *state;
    struct message message;
    struct client_keys keys;
    struct error err = { "" };
    struct publisher *till = join(f, "till");
    wait_for_joining(till, f);
    assert_int_equal(client_keys_load(f->keys, "till", &keys, &err), 0);
    assert_int_equal(client_keys_refresh(&keys, &err), 0);
    add_key(f->keys, "till"); /* both are good now */
    send_one(till, "till");
    receive(f, &message);
    message_release(&message);
    assert_int_equal(client_keys_refresh(&keys, &err), 1);
    assert_int_equal(publisher_renew(till, &keys.security, &err), 0);
    wait_for_joining(till, f);
    withdraw(f->keys, "till", keys.security.public_key);
    struct publisher *old = join(f, "entrance");
    wait_for_joining(old, f);
    withdraw(f->keys, "entrance", NULL);
    send_until_refused(f, old, "entrance", REFUSED_KEY); /* the new list is in force */
    send_one(till, "till");
    receive(f, &message);
    assert_string_equal(message.frame.camera, "till");
    message_release(&message);
    assert_int_equal(gatekeeper_counts(f->gatekeeper).denied[DENIED_KEY], 0);
    client_keys_release(&keys);
    publisher_destroy(&old, 0);
    publisher_destroy(&till, 0);
}

static void new_keys_that_are_no_good_leave_the_old_ones(void **state)
{
    struct fusion *f = *state;
    struct client_keys keys;
    struct error err = { "" };
    char path[96];
    assert_int_equal(client_keys_load(f->keys, "till", &keys, &err), 0);
    put_path(path, f->keys, "camera-till.key");
    char secret[KEY_TEXT_SIZE];
    memcpy(secret, keys.security.secret_key, KEY_TEXT_SIZE);
    assert_int_equal(file_write(path, "id = \"till\";\n", 13, 0600, NULL), 0);
    assert_int_equal(client_keys_refresh(&keys, &err), -EINVAL);
    assert_non_null(strstr(err.text, "camera-till.key"));
    assert_int_equal(client_keys_refresh(&keys, &err), 0); /* said once */
    assert_string_equal(keys.security.secret_key, secret);
    client_keys_release(&keys);
}

static void a_list_that_is_no_good_leaves_the_old_one(void **state)
{
    struct fusion *f = *state;
    char path[96];
    put_path(path, f->keys, ALLOW_LIST_FILE);
    assert_int_equal(file_write(path, "keys = ( { } );", 15, 0644, NULL), 0);
    struct publisher *till = join(f, "till");
    wait_for_joining(till, f); /* the request came after the change */
    assert_non_null(strstr(gatekeeper_counts(f->gatekeeper).trouble, ALLOW_LIST_FILE));
    publisher_destroy(&till, 0);
}

/* Every bad message is counted once, by its reason, and none of the good ones suffers. */
static void ten_thousand_bad_messages_among_good_ones(void **state)
{
    enum { EACH = 2000, GOOD = 1000 };
    struct fusion *f = *state;
    struct publisher *till = join(f, "till"), *entrance = join(f, "entrance");
    struct observation_frame frame = empty_frame("till"), forged = empty_frame("entrance");
    unsigned char *newer;
    void *forged_bytes;
    size_t length, forged_length;
    wait_for_joining(till, f);
    wait_for_joining(entrance, f);
    withdraw(f->keys, "entrance", NULL);
    send_until_refused(f, entrance, "entrance", REFUSED_KEY);
    uint64_t before = subscriber_refused(f->subscriber, REFUSED_KEY);
    assert_int_equal(observation_frame_pack(&frame, (void **) &newer, &length), 0);
    newer[1] = 9; /* schema version */
    assert_int_equal(observation_frame_pack(&forged, &forged_bytes, &forged_length), 0);
    for (int i = 0; i < EACH; i++) {
        send_raw(till, "obs/demo/till", "garbage", 7);
        send_raw(till, "obs/demo/till", newer, length);
        send_raw(till, "obs/demo/entrance", forged_bytes, forged_length);
        assert_true(zmq_send(publisher_socket(till), "obs/demo/till", 13, 0) >= 0); /* one part */
        send_one(entrance, "entrance"); /* with a key that was withdrawn */
        if (i % (EACH / GOOD) == 0)
            send_one(till, "till");
    }
    struct sequence_tracker tracker = { 0 };
    for (int i = 0; i < GOOD; i++) {
        struct message message;
        receive(f, &message);
        assert_string_equal(message.frame.camera, "till");
        assert_int_equal(
            sequence_tracker_note(&tracker, message.frame.boot_id, message.frame.sequence),
            SEQUENCE_NEW);
        message_release(&message);
    }
    assert_int_equal(tracker.missed, 0);
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    while (subscriber_refused(f->subscriber, REFUSED_KEY) < before + EACH ||
           subscriber_refused(f->subscriber, REFUSED_SHAPE) < EACH) {
        struct message message;
        zmq_pollitem_t item = { .socket = subscriber_socket(f->subscriber), .events = ZMQ_POLLIN };
        assert_true(zmq_poll(&item, 1, 100) >= 0);
        assert_int_equal(subscriber_receive(f->subscriber, &message), 0);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    assert_int_equal(subscriber_refused(f->subscriber, REFUSED_KEY) - before, EACH);
    assert_int_equal(subscriber_refused(f->subscriber, REFUSED_CONTENT), EACH);
    assert_int_equal(subscriber_refused(f->subscriber, REFUSED_VERSION), EACH);
    assert_int_equal(subscriber_refused(f->subscriber, REFUSED_IDENTITY), EACH);
    assert_int_equal(subscriber_refused(f->subscriber, REFUSED_SHAPE), EACH);
    assert_int_equal(subscriber_refused(f->subscriber, REFUSED_TOPIC), 0);
    free(newer);
    free(forged_bytes);
    publisher_destroy(&till, 0);
    publisher_destroy(&entrance, 0);
}

/* ---- replays ---- */

/* A camera with a ring, from which it answers; and the keys of its file. */
static struct publisher *join_with_ring(const struct fusion *f, const char *id)
{
    struct client_keys keys;
    struct publisher *publisher = NULL;
    char ring[96];
    (void) snprintf(ring, sizeof(ring), "%s/ring-%s", folder, id);
    assert_int_equal(client_keys_load(f->keys, id, &keys, NULL), 0);
    const struct publisher_options options = { .endpoint = f->endpoint,
                                               .store = "demo",
                                               .camera = id,
                                               .send_hwm = HWM,
                                               .replay_endpoint = f->replay_endpoint,
                                               .ring_folder = ring,
                                               .ring_bytes_max = 16 << 20,
                                               .ring_age_us = 3600 * US_PER_S,
                                               .security = &keys.security,
                                               .replay_security = &keys.security };
    assert_int_equal(publisher_create(&options, &publisher, NULL), 0);
    client_keys_release(&keys);
    return publisher;
}

/* Ask a camera, again where that was in vain, until it has answered. */
static void fetch(struct fusion *f, struct publisher *publisher, const char *camera,
                  struct replay *replay)
{
    int64_t now_ns, give_up_ns = clock_mono_ns() + DEADLINE_NS, ask_ns = 0;
    int r;
    while ((r = replay_desk_receive(f->desk, replay)) == 0) {
        zmq_pollitem_t items[] = {
            { .socket = replay_desk_socket(f->desk), .events = ZMQ_POLLIN },
            { .socket = publisher_replay_socket(publisher), .events = ZMQ_POLLIN },
        };
        assert_true(zmq_poll(items, 2, 20) >= 0);
        assert_int_equal(publisher_answer_replays(publisher), 0);
        now_ns = clock_mono_ns();
        assert_true(now_ns < give_up_ns);
        if (now_ns < ask_ns)
            continue;
        int asked = replay_desk_ask(f->desk, camera, (struct wire_position){ 0, 0 });
        assert_true(asked == 0 || asked == -EHOSTUNREACH || asked == -EAGAIN);
        ask_ns = now_ns + (asked == 0 ? NS_PER_S : 0);
    }
    assert_int_equal(r, 1);
    assert_string_equal(replay->camera, camera);
}

static void fetch_frames(struct fusion *f, struct publisher *publisher, const char *camera,
                         size_t count)
{
    struct replay replay;
    fetch(f, publisher, camera, &replay);
    assert_true(replay.complete);
    assert_int_equal(replay.count, count);
    replay_release(&replay);
}

/* A connection to the desk made by hand, with the key of a camera; routing_id NULL: it gets one. */
struct hand {
    void *context, *dealer;
};

static struct hand hand_of(const struct fusion *f, const char *key, const char *routing_id)
{
    struct hand hand = { .context = zmq_ctx_new() };
    struct client_keys keys;
    int on = 1, wait_ms = 20000;
    hand.dealer = zmq_socket(hand.context, ZMQ_DEALER);
    if (key) {
        assert_int_equal(client_keys_load(f->keys, key, &keys, NULL), 0);
        (void) zmq_setsockopt(hand.dealer, ZMQ_CURVE_SERVERKEY, keys.security.server_key, 40);
        (void) zmq_setsockopt(hand.dealer, ZMQ_CURVE_PUBLICKEY, keys.security.public_key, 40);
        (void) zmq_setsockopt(hand.dealer, ZMQ_CURVE_SECRETKEY, keys.security.secret_key, 40);
        client_keys_release(&keys);
    }
    if (routing_id)
        (void) zmq_setsockopt(hand.dealer, ZMQ_ROUTING_ID, routing_id, strlen(routing_id));
    (void) zmq_setsockopt(hand.dealer, ZMQ_PROBE_ROUTER, &on, sizeof(on));
    (void) zmq_setsockopt(hand.dealer, ZMQ_RCVTIMEO, &wait_ms, sizeof(wait_ms));
    assert_int_equal(zmq_connect(hand.dealer, f->replay_endpoint), 0);
    return hand;
}

static void hand_close(struct hand *hand)
{
    int linger_ms = 0;
    (void) zmq_setsockopt(hand->dealer, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    (void) zmq_close(hand->dealer);
    (void) zmq_ctx_term(hand->context);
}

static void assert_got_nothing(const struct hand *hand)
{
    char bytes[1];
    assert_int_equal(zmq_recv(hand->dealer, bytes, sizeof(bytes), ZMQ_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

/* A reply in the name of one camera, with a frame in the name of another. */
static void answer_as(const struct hand *hand, uint64_t request_id, const char *camera,
                      const char *inside)
{
    struct observation_frame frame = empty_frame(inside);
    void *packed, *bytes;
    size_t length;
    assert_int_equal(observation_frame_pack(&frame, &packed, &length), 0);
    struct replay_item item = { MESSAGE_FRAME, packed, length };
    struct replay_reply reply = { .store = "demo",
                                  .request_id = request_id,
                                  .last = { 1, 0 },
                                  .found = true,
                                  .complete = true,
                                  .items = &item,
                                  .item_count = 1 };
    (void) snprintf(reply.camera, sizeof(reply.camera), "%s", camera);
    assert_int_equal(replay_reply_pack(&reply, &bytes, &length), 0);
    assert_int_equal(zmq_send(hand->dealer, bytes, length, 0), length);
    free(bytes);
    free(packed);
}

/* Until the desk has refused so many for a reason; nothing else comes. */
static void wait_for_refused(struct fusion *f, enum refusal reason, uint64_t count)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    struct replay replay;
    while (replay_desk_refused(f->desk, reason) < count) {
        zmq_pollitem_t item = { .socket = replay_desk_socket(f->desk), .events = ZMQ_POLLIN };
        assert_true(zmq_poll(&item, 1, 100) >= 0);
        assert_int_equal(replay_desk_receive(f->desk, &replay), 0);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    assert_int_equal(replay_desk_refused(f->desk, reason), count);
}

/* Until a camera is connected and has been asked. Returns the request's number. */
static uint64_t ask_by_hand(struct fusion *f, const struct hand *hand, const char *camera)
{
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    struct replay_request request;
    struct replay replay;
    uint8_t bytes[200];
    while (replay_desk_ask(f->desk, camera, (struct wire_position){ 0, 0 }) == -EHOSTUNREACH) {
        zmq_pollitem_t item = { .socket = replay_desk_socket(f->desk), .events = ZMQ_POLLIN };
        assert_true(zmq_poll(&item, 1, 100) >= 0);
        assert_int_equal(replay_desk_receive(f->desk, &replay), 0);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    int length = zmq_recv(hand->dealer, bytes, sizeof(bytes), 0);
    assert_true(length > 0);
    assert_int_equal(replay_request_unpack(bytes, (size_t) length, &request, NULL), 0);
    assert_string_equal(request.camera, camera);
    return request.request_id;
}

static void a_camera_with_its_key_is_asked_and_answers(void **state)
{
    struct fusion *f = *state;
    struct publisher *till = join_with_ring(f, "till"), *entrance = join_with_ring(f, "entrance");
    for (int i = 0; i < 3; i++)
        send_one(till, "till");
    send_one(entrance, "entrance");
    fetch_frames(f, till, "till", 3);
    fetch_frames(f, entrance, "entrance", 1);
    assert_int_equal(replay_desk_ask(f->desk, "nobody", (struct wire_position){ 0, 0 }),
                     -EHOSTUNREACH);
    for (int reason = 0; reason < REFUSAL_REASONS; reason++)
        assert_int_equal(replay_desk_refused(f->desk, (enum refusal) reason), 0);
    publisher_destroy(&till, 0);
    publisher_destroy(&entrance, 0);
}

/* Whether it comes first or last. */
static void who_takes_the_routing_id_of_another_is_not_asked_in_its_place(void **state)
{
    struct fusion *f = *state;
    struct hand first = hand_of(f, "till", "entrance");
    wait_for_refused(f, REFUSED_IDENTITY, 1);
    struct publisher *entrance = join_with_ring(f, "entrance");
    send_one(entrance, "entrance");
    fetch_frames(f, entrance, "entrance", 1);
    struct hand last = hand_of(f, "till", "entrance-2");
    wait_for_refused(f, REFUSED_IDENTITY, 2);
    answer_as(&first, 1, "entrance", "entrance");
    answer_as(&last, 1, "till", "till");
    wait_for_refused(f, REFUSED_IDENTITY, 4);
    struct forgery forgery = replay_desk_forgery(f->desk);
    assert_string_equal(forgery.sender, "till");
    fetch_frames(f, entrance, "entrance", 1);
    assert_int_equal(replay_desk_ask(f->desk, "till", (struct wire_position){ 0, 0 }),
                     -EHOSTUNREACH); /* it has not said who it is */
    assert_got_nothing(&first);
    assert_got_nothing(&last);
    hand_close(&first);
    hand_close(&last);
    publisher_destroy(&entrance, 0);
}

static void who_answers_as_another_camera_is_refused_and_named(void **state)
{
    struct fusion *f = *state;
    struct hand till = hand_of(f, "till", NULL);
    struct replay replay;
    uint64_t request_id = ask_by_hand(f, &till, "till");
    answer_as(&till, request_id, "entrance", "entrance");
    wait_for_refused(f, REFUSED_IDENTITY, 1);
    struct forgery forgery = replay_desk_forgery(f->desk);
    assert_string_equal(forgery.sender, "till");
    assert_string_equal(forgery.camera, "entrance");
    answer_as(&till, request_id, "till", "entrance");
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    while (replay_desk_receive(f->desk, &replay) == 0)
        assert_true(clock_mono_ns() < give_up_ns);
    assert_string_equal(replay.camera, "till");
    assert_int_equal(replay.count, 0); /* the frame in it was forged */
    replay_release(&replay);
    assert_int_equal(replay_desk_refused(f->desk, REFUSED_IDENTITY), 2);
    hand_close(&till);
}

static void a_withdrawn_key_answers_nothing_and_is_not_asked_again(void **state)
{
    struct fusion *f = *state;
    struct hand till = hand_of(f, "till", NULL);
    struct client_keys keys;
    uint64_t request_id = ask_by_hand(f, &till, "till");
    assert_int_equal(client_keys_load(f->keys, "till", &keys, NULL), 0);
    add_key(f->keys, "till");
    struct publisher *renewed = join_with_ring(f, "till");
    send_one(renewed, "till");
    fetch_frames(f, renewed, "till", 1); /* the newest connection is the camera */
    char bytes[200];
    while (zmq_recv(till.dealer, bytes, sizeof(bytes), ZMQ_DONTWAIT) > 0)
        ; /* it was the camera until the other came */
    assert_int_equal(client_keys_refresh(&keys, NULL), 1);
    withdraw(f->keys, "till", keys.security.public_key);
    struct hand witness =
        hand_of(f, "entrance", NULL); /* the new list is in force once this is in */
    (void) ask_by_hand(f, &witness, "entrance");
    answer_as(&till, request_id, "till", "till");
    assert_int_equal(zmq_send(till.dealer, "", 0, 0), 0); /* as if it had connected */
    wait_for_refused(f, REFUSED_KEY, 2);
    fetch_frames(f, renewed, "till", 1);
    assert_got_nothing(&till);
    client_keys_release(&keys);
    hand_close(&till);
    hand_close(&witness);
    publisher_destroy(&renewed, 0);
}

static void a_desk_that_was_opened_again_knows_who_comes_back(void **state)
{
    struct fusion *f = *state;
    struct publisher *till = join_with_ring(f, "till");
    send_one(till, "till");
    fetch_frames(f, till, "till", 1);
    close_fusion(f);
    assert_int_equal(gatekeeper_create(f->keys, &f->gatekeeper, NULL), 0);
    assert_int_equal(
        replay_desk_create_guarded(f->replay_endpoint, "demo", f->gatekeeper, &f->desk, NULL), 0);
    fetch_frames(f, till, "till", 1);
    publisher_destroy(&till, 0);
}

static void a_camera_with_a_new_key_is_asked_over_its_new_connection(void **state)
{
    struct fusion *f = *state;
    struct client_keys keys;
    struct publisher *till = join_with_ring(f, "till");
    send_one(till, "till");
    fetch_frames(f, till, "till", 1);
    assert_int_equal(client_keys_load(f->keys, "till", &keys, NULL), 0);
    add_key(f->keys, "till");
    assert_int_equal(client_keys_refresh(&keys, NULL), 1);
    withdraw(f->keys, "till", keys.security.public_key);
    assert_int_equal(publisher_renew(till, &keys.security, NULL), 0);
    fetch_frames(f, till, "till", 1);
    assert_int_equal(gatekeeper_counts(f->gatekeeper).denied[DENIED_KEY], 0);
    client_keys_release(&keys);
    publisher_destroy(&till, 0);
}

static void without_a_key_nobody_is_asked(void **state)
{
    struct fusion *f = *state;
    struct hand plain = hand_of(f, NULL, "till"), asker = hand_of(f, KEY_ID_OPERATOR, NULL);
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_NS;
    struct replay replay;
    while (denied(f, DENIED_MECHANISM) == 0 || denied(f, DENIED_GATE) == 0) {
        zmq_pollitem_t item = { .socket = replay_desk_socket(f->desk), .events = ZMQ_POLLIN };
        assert_true(zmq_poll(&item, 1, 10) >= 0);
        assert_int_equal(replay_desk_receive(f->desk, &replay), 0);
        assert_true(clock_mono_ns() < give_up_ns);
    }
    assert_int_equal(replay_desk_ask(f->desk, "till", (struct wire_position){ 0, 0 }),
                     -EHOSTUNREACH);
    assert_int_equal(gatekeeper_counts(f->gatekeeper).admitted, 0);
    assert_got_nothing(&plain);
    assert_got_nothing(&asker);
    hand_close(&plain);
    hand_close(&asker);
}

/* ---- the status ---- */

static char *make_text(void *context)
{
    return strdup(context);
}

struct server {
    struct status_server *status;
    void *stop; /* one end of a PAIR */
};

/* A socket stays in its thread, and status_request waits: the server answers from another. */
static void answer(void *context)
{
    struct server *server = context;
    zmq_pollitem_t items[] = {
        { .socket = status_server_socket(server->status), .events = ZMQ_POLLIN },
        { .socket = server->stop, .events = ZMQ_POLLIN },
    };
    while (!items[1].revents) {
        (void) zmq_poll(items, 2, 1000);
        (void) !status_server_answer(server->status, make_text, (void *) "{}");
    }
}

static void the_status_is_for_the_operator_only(void **state)
{
    struct fusion *f = *state;
    static struct server server; /* the thread may outlive a test that fails */
    struct error err = { "" };
    struct client_keys keys;
    char endpoint[64], *text = NULL;
    size_t size = sizeof(endpoint);
    void *context = zmq_ctx_new(), *stop = zmq_socket(context, ZMQ_PAIR), *thread;
    server.stop = zmq_socket(context, ZMQ_PAIR);
    assert_int_equal(zmq_bind(server.stop, "inproc://stop"), 0);
    assert_int_equal(zmq_connect(stop, "inproc://stop"), 0);
    assert_int_equal(
        status_server_create_guarded("tcp://127.0.0.1:*", f->gatekeeper, &server.status, &err), 0);
    assert_int_equal(
        zmq_getsockopt(status_server_socket(server.status), ZMQ_LAST_ENDPOINT, endpoint, &size), 0);
    thread = zmq_threadstart(answer, &server);
    assert_int_equal(client_keys_load(f->keys, KEY_ID_OPERATOR, &keys, &err), 0);
    assert_int_equal(status_request_sealed(endpoint, &keys.security, 20000, &text, &err), 0);
    assert_string_equal(text, "{}");
    free(text);
    client_keys_release(&keys);
    assert_int_equal(client_keys_load(f->keys, "till", &keys, &err), 0);
    assert_int_equal(status_request_sealed(endpoint, &keys.security, 300, &text, &err), -ETIMEDOUT);
    client_keys_release(&keys);
    assert_int_equal(status_request(endpoint, 300, &text, &err), -ETIMEDOUT);
    assert_true(denied(f, DENIED_GATE) > 0);
    assert_true(denied(f, DENIED_MECHANISM) > 0);
    assert_int_equal(zmq_send(stop, "", 0, 0), 0);
    zmq_threadclose(thread);
    status_server_destroy(&server.status);
    (void) zmq_close(stop);
    (void) zmq_close(server.stop);
    (void) zmq_ctx_term(context);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_camera_with_its_key_is_heard),
        TEST(a_key_that_nobody_allowed_delivers_and_gets_nothing),
        TEST(who_was_turned_away_comes_in_once_its_key_is_allowed),
        TEST(plain_text_delivers_and_gets_nothing),
        TEST(a_fusion_with_another_key_gets_nothing),
        TEST(the_operators_key_does_not_open_the_cameras_gate),
        TEST(who_speaks_as_another_camera_is_refused_and_named),
        TEST(a_withdrawn_key_stops_on_a_connection_that_stands),
        TEST(a_key_is_replaced_while_both_ends_run),
        TEST(new_keys_that_are_no_good_leave_the_old_ones),
        TEST(a_list_that_is_no_good_leaves_the_old_one),
        TEST(ten_thousand_bad_messages_among_good_ones),
        TEST(a_camera_with_its_key_is_asked_and_answers),
        TEST(who_takes_the_routing_id_of_another_is_not_asked_in_its_place),
        TEST(who_answers_as_another_camera_is_refused_and_named),
        TEST(a_withdrawn_key_answers_nothing_and_is_not_asked_again),
        TEST(a_desk_that_was_opened_again_knows_who_comes_back),
        TEST(a_camera_with_a_new_key_is_asked_over_its_new_connection),
        TEST(without_a_key_nobody_is_asked),
        TEST(the_status_is_for_the_operator_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
