/*
 * publisher.c - a camera program's end of the wire
 */
#include "wire/publisher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <zmq.h>

#include "base/clock.h"
#include "wire/message_check.h"
#include "wire/socket.h"

#define TOPIC_SIZE (2 * ID_SIZE + 16)

struct publisher {
    struct socket socket;
    char *endpoint;
    char obs_topic[TOPIC_SIZE], hello_topic[TOPIC_SIZE], health_topic[TOPIC_SIZE];
    uint64_t boot_id, next_sequence;
    bool subscribed;
    struct publisher_counts counts;
};

static uint64_t random_boot_id(void)
{
    uint64_t id = 0;
    while (id == 0)
        if (getrandom(&id, sizeof(id), 0) != (ssize_t) sizeof(id))
            id = (uint64_t) clock_wall_us() ^ (uint64_t) clock_mono_ns();
    return id;
}

int publisher_create(const char *endpoint, const char *store, const char *camera, int send_hwm,
                     struct publisher **ret_publisher, struct error *err)
{
    return publisher_create_sealed(endpoint, store, camera, send_hwm, NULL, ret_publisher, err);
}

int publisher_create_sealed(const char *endpoint, const char *store, const char *camera,
                            int send_hwm, const struct socket_security *security,
                            struct publisher **ret_publisher, struct error *err)
{
    /* XPUB_VERBOSE: a subscriber that comes back subscribes to what is subscribed already; it is
     * told of, too, as it wants a hello */
    const struct socket_option options[] = { { ZMQ_SNDHWM, send_hwm },
                                             { ZMQ_SNDTIMEO, 0 },
                                             { ZMQ_XPUB_NODROP, 1 },
                                             { ZMQ_XPUB_VERBOSE, 1 } };
    int r = socket_check_hwm(send_hwm, err);
    if (r < 0)
        return r;
    if (!message_is_id(store) || !message_is_id(camera))
        return error_set(err, -EINVAL,
                         "store \"%s\" and camera \"%s\" must be ids of a-z, 0-9 and -", store,
                         camera);
    struct publisher *p = calloc(1, sizeof(*p));
    if (p)
        p->endpoint = strdup(endpoint);
    r = p && p->endpoint ? socket_open_sealed(&p->socket, ZMQ_XPUB, options, ARRAY_LENGTH(options),
                                              endpoint, false, security, err)
                         : error_set(err, -ENOMEM, "out of memory");
    if (r < 0) {
        publisher_destroy(&p, 0);
        return r;
    }
    (void) snprintf(p->obs_topic, TOPIC_SIZE, "obs/%s/%s", store, camera);
    (void) snprintf(p->hello_topic, TOPIC_SIZE, "hello/%s/%s", store, camera);
    (void) snprintf(p->health_topic, TOPIC_SIZE, "health/%s/%s", store, camera);
    p->boot_id = random_boot_id();
    *ret_publisher = p;
    return 0;
}

void publisher_destroy(struct publisher **publisher, int linger_ms)
{
    if (!*publisher)
        return;
    socket_close(&(*publisher)->socket, linger_ms);
    free((*publisher)->endpoint);
    free(*publisher);
    *publisher = NULL;
}

int publisher_renew(struct publisher *publisher, const struct socket_security *security,
                    struct error *err)
{
    return socket_renew(&publisher->socket, publisher->endpoint, security, err);
}

void *publisher_socket(const struct publisher *publisher)
{
    return publisher->socket.handle;
}

/* An event is one byte, 1 joined or 0 left, and the topic's prefix. */
int publisher_read_events(struct publisher *publisher, bool *ret_joined)
{
    *ret_joined = false;
    for (;;) {
        char event[TOPIC_SIZE];
        int length = zmq_recv(publisher->socket.handle, event, sizeof(event), ZMQ_DONTWAIT);
        if (length < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        bool ours = length >= 1 && (size_t) length <= sizeof(event) &&
                    strncmp(publisher->obs_topic, event + 1, (size_t) length - 1) == 0;
        if (!ours)
            continue;
        publisher->subscribed = event[0] == 1;
        *ret_joined = *ret_joined || event[0] == 1;
    }
}

bool publisher_has_subscriber(const struct publisher *publisher)
{
    return publisher->subscribed;
}

/* One part; a signal does not cost a message. Returns 0 or -errno. */
static int send_part(void *handle, const void *bytes, size_t length, int flags)
{
    while (zmq_send(handle, bytes, length, flags) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

/* Topic and bytes, or neither: a full queue refuses the first part. */
static int send_message(struct publisher *p, const char *topic, void *bytes, size_t length)
{
    int r = send_part(p->socket.handle, topic, strlen(topic), ZMQ_SNDMORE);
    if (r == 0)
        r = send_part(p->socket.handle, bytes, length, 0);
    free(bytes);
    if (r == 0) {
        p->counts.published++;
        p->counts.bytes += length;
    } else if (r == -EAGAIN) {
        p->counts.dropped++;
    }
    return r;
}

int publisher_send_frame(struct publisher *publisher, struct observation_frame *frame)
{
    void *bytes;
    size_t length;
    frame->boot_id = publisher->boot_id;
    frame->sequence = publisher->next_sequence;
    frame->publish_us = clock_wall_us();
    int r = observation_frame_pack(frame, &bytes, &length);
    if (r < 0)
        return r;
    publisher->next_sequence++;
    return send_message(publisher, publisher->obs_topic, bytes, length);
}

int publisher_send_hello(struct publisher *publisher, struct camera_hello *hello)
{
    void *bytes;
    size_t length;
    hello->boot_id = publisher->boot_id;
    hello->next_sequence = publisher->next_sequence;
    hello->publish_us = clock_wall_us();
    int r = camera_hello_pack(hello, &bytes, &length);
    return r < 0 ? r : send_message(publisher, publisher->hello_topic, bytes, length);
}

int publisher_send_health(struct publisher *publisher, struct camera_health *health)
{
    void *bytes;
    size_t length;
    health->boot_id = publisher->boot_id;
    health->publish_us = clock_wall_us();
    int r = camera_health_pack(health, &bytes, &length);
    return r < 0 ? r : send_message(publisher, publisher->health_topic, bytes, length);
}

void publisher_set_patience_ms(struct publisher *publisher, int patience_ms)
{
    (void) zmq_setsockopt(publisher->socket.handle, ZMQ_SNDTIMEO, &patience_ms,
                          sizeof(patience_ms));
}

struct publisher_counts publisher_counts(const struct publisher *publisher)
{
    return publisher->counts;
}
