/*
 * subscriber.c - the fusion program's end of the wire
 */
#include "wire/subscriber.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "wire/message_check.h"
#include "wire/socket.h"

/* Refused messages passed over in one call, so that a flood of them cannot hold the loop. */
#define REFUSED_PER_CALL 1000

#define TOPIC_SIZE (2 * ID_SIZE + 16)

struct subscriber {
    struct socket socket;
    char store[ID_SIZE];
    uint64_t refused[REFUSAL_REASONS];
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
    const struct socket_option options[] = { { ZMQ_RCVHWM, receive_hwm } };
    int r = socket_check_hwm(receive_hwm, err);
    if (r < 0)
        return r;
    if (!message_is_id(store))
        return error_set(err, -EINVAL, "store \"%s\" must be an id of a-z, 0-9 and -", store);
    struct subscriber *s = calloc(1, sizeof(*s));
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    (void) snprintf(s->store, sizeof(s->store), "%s", store);
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
    static const char *const texts[REFUSAL_REASONS] = { "shape", "topic", "version", "content" };
    return texts[reason];
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

/* Read one message whole, whatever number of parts it has. Returns their number, 0 when none waits.
 */
static int receive_parts(void *handle, struct parts *parts)
{
    zmq_msg_t *into[] = { &parts->topic, &parts->body };
    int count = 0, more = 1;
    while (more) {
        zmq_msg_t extra;
        zmq_msg_t *part = count < 2 ? into[count] : &extra;
        if (count >= 2)
            (void) zmq_msg_init(&extra);
        int length = zmq_msg_recv(part, handle, ZMQ_DONTWAIT);
        int code = errno;
        more = length >= 0 && zmq_msg_more(part);
        if (count >= 2)
            (void) zmq_msg_close(&extra);
        if (length < 0)
            return code == EAGAIN || code == EINTR ? 0 : -code;
        count++;
    }
    return count;
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
    if (r == 0 && !fits) {
        message_release(message);
        return -EADDRNOTAVAIL;
    }
    if (r < 0)
        message->kind = MESSAGE_NONE;
    return r;
}

static enum refusal refusal_of(int code)
{
    return code == -EADDRNOTAVAIL ? REFUSED_TOPIC
           : code == -EPROTO      ? REFUSED_VERSION
                                  : REFUSED_CONTENT;
}

/* Returns 1 for a good message, 0 for a refused one, -ENOMEM. */
static int take(struct subscriber *s, struct parts *parts, int count, struct message *message)
{
    *message = (struct message){ .kind = kind_of(&parts->topic) };
    if (count != 2) {
        s->refused[REFUSED_SHAPE]++;
        return 0;
    }
    if (message->kind == MESSAGE_NONE) {
        s->refused[REFUSED_TOPIC]++;
        return 0;
    }
    int r = unpack(s, parts, message);
    if (r == 0)
        return 1;
    if (r == -ENOMEM)
        return r;
    s->refused[refusal_of(r)]++;
    return 0;
}

int subscriber_receive(struct subscriber *subscriber, struct message *ret_message)
{
    for (int i = 0; i < REFUSED_PER_CALL; i++) {
        struct parts parts;
        struct message message;
        (void) zmq_msg_init(&parts.topic);
        (void) zmq_msg_init(&parts.body);
        int count = receive_parts(subscriber->socket.handle, &parts);
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
