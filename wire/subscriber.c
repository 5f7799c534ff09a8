/*
 * subscriber.c - the fusion program's end of the wire
 */
#include "wire/subscriber.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "wire/gatekeeper.h"
#include "wire/message_check.h"

/* Refused messages passed over in one call, so that a flood of them cannot hold the loop. */
#define REFUSED_PER_CALL 1000

/* Subscriptions on their way to one camera; there are three. */
#define SUBSCRIPTIONS_HWM 16

#define TOPIC_SIZE (2 * ID_SIZE + 16)

struct subscriber {
    struct socket socket;
    char store[ID_SIZE];
    struct gatekeeper *gatekeeper; /* borrowed; NULL: plain text */
    uint64_t refused[REFUSAL_REASONS];
    struct forgery forgery; /* the last */
};

/* Subscribe to the store's topics by prefix; what they hold is compared exactly later. */
static int subscribe(void *handle, const char *store)
{
    static const char *const kinds[] = { "obs", "hello", "health" };
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        char topic[TOPIC_SIZE];
        int length = snprintf(topic, sizeof(topic), "%s/%s/", kinds[i], store);
        if (zmq_setsockopt(handle, ZMQ_SUBSCRIBE, topic, (size_t) length) < 0)
            return -errno;
    }
    return 0;
}

int subscriber_create(const char *endpoint, const char *store, int receive_hwm,
                      struct subscriber **ret_subscriber, struct error *err)
{
    return subscriber_create_guarded(endpoint, store, receive_hwm, NULL, ret_subscriber, err);
}

int subscriber_create_guarded(const char *endpoint, const char *store, int receive_hwm,
                              struct gatekeeper *gatekeeper, struct subscriber **ret_subscriber,
                              struct error *err)
{
    const struct socket_option options[] = { { ZMQ_RCVHWM, receive_hwm },
                                             { ZMQ_SNDHWM, SUBSCRIPTIONS_HWM } };
    int r = socket_check_hwm(receive_hwm, err);
    if (r < 0)
        return r;
    if (!message_is_id(store))
        return error_set(err, -EINVAL, "store \"%s\" must be an id of a-z, 0-9 and -", store);
    struct subscriber *s = calloc(1, sizeof(*s));
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    (void) snprintf(s->store, sizeof(s->store), "%s", store);
    s->gatekeeper = gatekeeper;
    if (gatekeeper)
        r = gatekeeper_open(gatekeeper, GATE_CAMERAS, &s->socket, ZMQ_SUB, options,
                            ARRAY_LENGTH(options), endpoint, err);
    else
        r = socket_open(&s->socket, ZMQ_SUB, options, ARRAY_LENGTH(options), endpoint, true, err);
    if (r == 0) {
        r = subscribe(s->socket.handle, store);
        if (r < 0)
            (void) error_set(err, r, "could not subscribe: %s", zmq_strerror(-r));
    }
    if (r < 0)
        subscriber_destroy(&s);
    else
        *ret_subscriber = s;
    return r;
}

void subscriber_destroy(struct subscriber **subscriber)
{
    if (!*subscriber)
        return;
    socket_close(&(*subscriber)->socket, 0);
    free(*subscriber);
    *subscriber = NULL;
}

void *subscriber_socket(const struct subscriber *subscriber)
{
    return subscriber->socket.handle;
}

uint64_t subscriber_refused(const struct subscriber *subscriber, enum refusal reason)
{
    return subscriber->refused[reason];
}

const char *refusal_text(enum refusal reason)
{
    static const char *const texts[REFUSAL_REASONS] = { "shape",   "topic",    "version",
                                                        "content", "identity", "key" };
    return texts[reason];
}

struct forgery subscriber_forgery(const struct subscriber *subscriber)
{
    return subscriber->forgery;
}

/* The two parts of a message as they came. */
struct parts {
    zmq_msg_t topic, body;
};

static void parts_close(struct parts *parts)
{
    (void) zmq_msg_close(&parts->topic);
    (void) zmq_msg_close(&parts->body);
}

static bool topic_is(const zmq_msg_t *topic, const char *kind, const char *store,
                     const char *camera)
{
    char expected[TOPIC_SIZE];
    size_t length = (size_t) snprintf(expected, sizeof(expected), "%s/%s/%s", kind, store, camera);
    return zmq_msg_size(topic) == length &&
           memcmp(zmq_msg_data((zmq_msg_t *) topic), expected, length) == 0;
}

static enum message_kind kind_of(const zmq_msg_t *topic)
{
    static const struct {
        const char *prefix;
        enum message_kind kind;
    } kinds[] = { { "obs/", MESSAGE_FRAME },
                  { "hello/", MESSAGE_HELLO },
                  { "health/", MESSAGE_HEALTH } };
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        size_t length = strlen(kinds[i].prefix);
        if (zmq_msg_size(topic) > length &&
            memcmp(zmq_msg_data((zmq_msg_t *) topic), kinds[i].prefix, length) == 0)
            return kinds[i].kind;
    }
    return MESSAGE_NONE;
}

static const char *camera_of(const struct message *message)
{
    return message->kind == MESSAGE_FRAME   ? message->frame.camera
           : message->kind == MESSAGE_HELLO ? message->hello.camera
                                            : message->health.camera;
}

/* -EADDRNOTAVAIL: good in itself, but not what the topic says; the caller's to release. */
static int unpack(const struct subscriber *s, struct parts *parts, struct message *message)
{
    const void *bytes = zmq_msg_data(&parts->body);
    size_t length = zmq_msg_size(&parts->body);
    bool fits = false;
    int r = 0;
    switch (message->kind) {
    case MESSAGE_FRAME:
        r = observation_frame_unpack(bytes, length, &message->frame, NULL);
        fits = r == 0 && strcmp(message->frame.store, s->store) == 0 &&
               topic_is(&parts->topic, "obs", s->store, message->frame.camera);
        break;
    case MESSAGE_HELLO:
        r = camera_hello_unpack(bytes, length, &message->hello, NULL);
        fits = r == 0 && strcmp(message->hello.store, s->store) == 0 &&
               topic_is(&parts->topic, "hello", s->store, message->hello.camera);
        break;
    case MESSAGE_HEALTH:
        r = camera_health_unpack(bytes, length, &message->health, NULL);
        fits = r == 0 && strcmp(message->health.store, s->store) == 0 &&
               topic_is(&parts->topic, "health", s->store, message->health.camera);
        break;
    case MESSAGE_NONE:
        break;
    }
    if (r < 0)
        message->kind = MESSAGE_NONE;
    return r == 0 && !fits ? -EADDRNOTAVAIL : r;
}

/* What stands behind the last slash of a topic, or "?". */
static void named_camera(const zmq_msg_t *topic, char ret_camera[static ID_SIZE])
{
    char text[TOPIC_SIZE];
    size_t length = zmq_msg_size(topic);
    length = length < sizeof(text) ? length : sizeof(text) - 1;
    memcpy(text, zmq_msg_data((zmq_msg_t *) topic), length);
    text[length] = '\0';
    const char *slash = strrchr(text, '/'), *camera = slash ? slash + 1 : text;
    (void) snprintf(ret_camera, ID_SIZE, "%.*s", ID_SIZE - 1, message_is_id(camera) ? camera : "?");
}

/* Whether who sent something may send it in the name of a camera. Without keys anybody may. */
static bool may_speak_as(struct subscriber *s, const char *sender, const char *camera)
{
    if (!s->gatekeeper || strcmp(sender, camera) == 0)
        return true;
    s->refused[REFUSED_IDENTITY]++;
    (void) snprintf(s->forgery.sender, ID_SIZE, "%s", sender);
    (void) snprintf(s->forgery.camera, ID_SIZE, "%s", camera);
    return false;
}

static enum refusal refusal_of(int code)
{
    return code == -EADDRNOTAVAIL ? REFUSED_TOPIC
           : code == -EPROTO      ? REFUSED_VERSION
                                  : REFUSED_CONTENT;
}

static int refuse(struct subscriber *s, enum refusal reason)
{
    s->refused[reason]++;
    return 0;
}

/*
 * From what costs least to what costs most: a forged message is not unpacked. Returns 1 for a good
 * message, 0 for a refused one, -ENOMEM.
 */
static int take(struct subscriber *s, struct parts *parts, int count, struct message *message)
{
    char sender[ID_SIZE] = "", camera[ID_SIZE];
    *message = (struct message){ .kind = kind_of(&parts->topic) };
    if (s->gatekeeper && gatekeeper_sender(s->gatekeeper, &parts->topic, sender) < 0)
        return refuse(s, REFUSED_KEY);
    if (count != 2)
        return refuse(s, REFUSED_SHAPE);
    if (message->kind == MESSAGE_NONE)
        return refuse(s, REFUSED_TOPIC);
    named_camera(&parts->topic, camera);
    if (!may_speak_as(s, sender, camera))
        return 0;
    int r = unpack(s, parts, message);
    if (r == 0)
        return 1;
    if (r == -ENOMEM)
        return r;
    bool honest = r != -EADDRNOTAVAIL || may_speak_as(s, sender, camera_of(message));
    message_release(message);
    return honest ? refuse(s, refusal_of(r)) : 0;
}

int subscriber_receive(struct subscriber *subscriber, struct message *ret_message)
{
    for (int i = 0; i < REFUSED_PER_CALL; i++) {
        struct parts parts;
        struct message message;
        (void) zmq_msg_init(&parts.topic);
        (void) zmq_msg_init(&parts.body);
        int count = socket_receive(&subscriber->socket,
                                   (zmq_msg_t *const[]){ &parts.topic, &parts.body }, 2);
        int r = count > 0 ? take(subscriber, &parts, count, &message) : count;
        parts_close(&parts);
        if (r == 1)
            *ret_message = message;
        if (count <= 0 || r != 0)
            return r;
    }
    return 0;
}

void message_release(struct message *message)
{
    if (message->kind == MESSAGE_FRAME)
        observation_frame_release(&message->frame);
    else if (message->kind == MESSAGE_HELLO)
        camera_hello_release(&message->hello);
    message->kind = MESSAGE_NONE;
}
