/*
 * test_gatekeeper_replay.c - who is asked for replays, and whose answers are taken
 *
 * With keys a routing id cannot carry a name: anybody can take it. So the key says who a connection
 * is, and other claims are refused.
 */
#include "gatekeeper_scene.h"

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
        int asked = replay_desk_ask(f->desk, camera, (struct wire_position){ 0, 0 }, 0);
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
    while (replay_desk_ask(f->desk, camera, (struct wire_position){ 0, 0 }, 0) == -EHOSTUNREACH) {
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
    assert_int_equal(replay_desk_ask(f->desk, "nobody", (struct wire_position){ 0, 0 }, 0),
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
    assert_int_equal(replay_desk_ask(f->desk, "till", (struct wire_position){ 0, 0 }, 0),
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
    assert_int_equal(replay_desk_ask(f->desk, "till", (struct wire_position){ 0, 0 }, 0),
                     -EHOSTUNREACH);
    assert_int_equal(gatekeeper_counts(f->gatekeeper).admitted, 0);
    assert_got_nothing(&plain);
    assert_got_nothing(&asker);
    hand_close(&plain);
    hand_close(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_camera_with_its_key_is_asked_and_answers),
        TEST(who_takes_the_routing_id_of_another_is_not_asked_in_its_place),
        TEST(who_answers_as_another_camera_is_refused_and_named),
        TEST(a_withdrawn_key_answers_nothing_and_is_not_asked_again),
        TEST(a_desk_that_was_opened_again_knows_who_comes_back),
        TEST(a_camera_with_a_new_key_is_asked_over_its_new_connection),
        TEST(without_a_key_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
