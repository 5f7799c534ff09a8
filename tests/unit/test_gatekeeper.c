/*
 * test_gatekeeper.c - who gets in over real CURVE connections, and in whose name they may speak
 */
#include "gatekeeper_scene.h"

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
    uint64_t last = 0;
    for (int i = 0; i < GOOD; i++) {
        struct message message;
        receive(f, &message);
        assert_string_equal(message.frame.camera, "till");
        assert_true(i == 0 || message.frame.sequence == last + 1); /* each once, none missing */
        last = message.frame.sequence;
        message_release(&message);
    }
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
        TEST(the_status_is_for_the_operator_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
