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
#include "wire/replay_source.h"
#include "wire/socket.h"

/* Subscriptions that may wait to be read; a fusion program has three. */
#define SUBSCRIPTIONS_HWM 64

#define TOPIC_SIZE (2 * ID_SIZE + 16)

/* A send that waits looks after other work this often. */
#define WAIT_SLICE_MS 5

/* How long the last answer to a replay may take to leave. */
#define REPLAY_LINGER_MS 1000

/* What of a hello decides how frames are placed. */
struct view {
    char calibration_version[SHA256_HEX_SIZE];
    uint32_t width, height;
    struct box_px view;
};

struct publisher {
    struct socket socket;
    char *endpoint;
    bool sealed;
    char obs_topic[TOPIC_SIZE], hello_topic[TOPIC_SIZE], health_topic[TOPIC_SIZE];
    uint64_t boot_id, next_sequence;
    bool subscribed;
    struct ring *ring;             /* NULL: none */
    struct replay_source *source;  /* NULL: nobody can ask */
    struct wire_position previous; /* last frame of the boot before; boot_id 0: unknown */
    struct view kept;              /* of the last hello of this boot in the ring; zeroed: none */
    int64_t patience_ns;
    void (*work)(void *context); /* while a send waits; may be NULL */
    void *work_context;
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

static int check_options(const struct publisher_options *options, struct error *err)
{
    int r = socket_check_hwm(options->send_hwm, err);
    if (r < 0)
        return r;
    if (!message_is_id(options->store) || !message_is_id(options->camera))
        return error_set(err, -EINVAL,
                         "store \"%s\" and camera \"%s\" must be ids of a-z, 0-9 and -",
                         options->store, options->camera);
    return 0;
}

static int open_ring(struct publisher *p, const struct publisher_options *options,
                     struct error *err)
{
    const struct ring_options ring = { options->ring_folder, options->ring_bytes_max,
                                       options->ring_age_us };
    if (!options->ring_folder || options->ring_bytes_max == 0)
        return 0;
    int r = ring_open(&ring, &p->ring, err);
    if (r == 0)
        (void) ring_newest(p->ring, &p->previous);
    return r;
}

static int open_source(struct publisher *p, const struct publisher_options *options,
                       struct error *err)
{
    if (!options->replay_endpoint)
        return 0;
    return replay_source_create(options->replay_endpoint, options->store, options->camera, p->ring,
                                options->replay_security, &p->source, err);
}

static int open_socket(struct publisher *p, const struct publisher_options *options,
                       struct error *err)
{
    /* XPUB_VERBOSE: a subscriber that comes back subscribes to what is subscribed already; it is
     * told of, too, as it wants a hello */
    const struct socket_option all[] = { { ZMQ_SNDHWM, options->send_hwm },
                                         { ZMQ_RCVHWM, SUBSCRIPTIONS_HWM },
                                         { ZMQ_SNDTIMEO, 0 },
                                         { ZMQ_XPUB_NODROP, 1 },
                                         { ZMQ_XPUB_VERBOSE, 1 } };
    p->sealed = options->security != NULL;
    p->endpoint = strdup(options->endpoint);
    if (!p->endpoint)
        return error_set(err, -ENOMEM, "out of memory");
    return socket_open_sealed(&p->socket, ZMQ_XPUB, all, ARRAY_LENGTH(all), options->endpoint,
                              false, options->security, err);
}

int publisher_create(const struct publisher_options *options, struct publisher **ret_publisher,
                     struct error *err)
{
    int r = check_options(options, err);
    if (r < 0)
        return r;
    struct publisher *p = calloc(1, sizeof(*p));
    if (!p)
        return error_set(err, -ENOMEM, "out of memory");
    (void) snprintf(p->obs_topic, TOPIC_SIZE, "obs/%s/%s", options->store, options->camera);
    (void) snprintf(p->hello_topic, TOPIC_SIZE, "hello/%s/%s", options->store, options->camera);
    (void) snprintf(p->health_topic, TOPIC_SIZE, "health/%s/%s", options->store, options->camera);
    p->boot_id = random_boot_id();
    r = open_ring(p, options, err);
    if (r == 0)
        r = open_source(p, options, err);
    if (r == 0)
        r = open_socket(p, options, err);
    if (r < 0)
        publisher_destroy(&p, 0);
    else
        *ret_publisher = p;
    return r;
}

void publisher_destroy(struct publisher **publisher, int linger_ms)
{
    struct publisher *p = *publisher;
    if (!p)
        return;
    replay_source_destroy(&p->source, linger_ms < REPLAY_LINGER_MS ? linger_ms : REPLAY_LINGER_MS);
    socket_close(&p->socket, linger_ms);
    ring_close(&p->ring);
    free(p->endpoint);
    free(p);
    *publisher = NULL;
}

int publisher_renew(struct publisher *publisher, const struct socket_security *security,
                    struct error *err)
{
    int r = publisher->sealed ? socket_renew(&publisher->socket, publisher->endpoint, security, err)
                              : 0;
    if (r == 0 && publisher->source)
        r = replay_source_renew(publisher->source, security, err);
    return r;
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

/* The first part; what else there is to do is done while there is no room for it. */
static int send_topic(struct publisher *p, const char *topic)
{
    int64_t give_up_ns = p->patience_ns ? clock_mono_ns() + p->patience_ns : 0;
    for (;;) {
        int r = send_part(p->socket.handle, topic, strlen(topic), ZMQ_SNDMORE);
        if (r != -EAGAIN || p->patience_ns == 0 || clock_mono_ns() >= give_up_ns)
            return r;
        (void) !publisher_answer_replays(p); /* trouble with it comes up again in its own turn */
        if (p->work)
            p->work(p->work_context);
    }
}

/* Topic and bytes, or neither: a full queue refuses the first part. */
static int send_message(struct publisher *p, const char *topic, void *bytes, size_t length)
{
    int r = send_topic(p, topic);
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

/* Into the ring. Returns whether it is there; trouble is counted. */
static bool keep(struct publisher *p, enum message_kind kind, int64_t publish_us, const void *bytes,
                 size_t length)
{
    const struct ring_record record = {
        kind, { p->boot_id, p->next_sequence }, publish_us, bytes, length
    };
    int r = p->ring ? ring_append(p->ring, &record) : 0;
    if (r < 0) {
        p->counts.unkept++;
        p->counts.unkept_error = r;
    }
    return r == 0;
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
    (void) keep(publisher, MESSAGE_FRAME, frame->publish_us, bytes, length);
    publisher->next_sequence++;
    return send_message(publisher, publisher->obs_topic, bytes, length);
}

/* Whether frames after this hello are placed otherwise than those before; a camera that has no
 * picture yet places none. */
static bool places_otherwise(const struct view *kept, const struct camera_hello *hello)
{
    return hello->width != 0 &&
           (strcmp(hello->calibration_version, kept->calibration_version) != 0 ||
            hello->width != kept->width || hello->height != kept->height ||
            hello->view.left != kept->view.left || hello->view.top != kept->view.top ||
            hello->view.right != kept->view.right || hello->view.bottom != kept->view.bottom);
}

static void keep_hello(struct publisher *p, const struct camera_hello *hello, const void *bytes,
                       size_t length)
{
    if (!places_otherwise(&p->kept, hello) ||
        !keep(p, MESSAGE_HELLO, hello->publish_us, bytes, length))
        return;
    p->kept = (struct view){ .width = hello->width, .height = hello->height, .view = hello->view };
    memcpy(p->kept.calibration_version, hello->calibration_version,
           sizeof(p->kept.calibration_version));
}

/* What fusion may count on when it goes back: see ring_oldest(). Where there is nothing, it is what
 * will be kept from the next frame on. */
static struct wire_position oldest_kept(const struct publisher *p)
{
    struct wire_position oldest = { 0 };
    if (p->ring && p->source && !ring_oldest(p->ring, clock_wall_us(), &oldest))
        oldest = (struct wire_position){ p->boot_id, p->next_sequence };
    return oldest;
}

int publisher_send_hello(struct publisher *publisher, struct camera_hello *hello)
{
    void *bytes;
    size_t length;
    hello->boot_id = publisher->boot_id;
    hello->next_sequence = publisher->next_sequence;
    hello->previous_boot_id = publisher->previous.boot_id;
    hello->previous_next_sequence =
        publisher->previous.boot_id ? publisher->previous.sequence + 1 : 0;
    hello->ring_oldest = oldest_kept(publisher);
    hello->publish_us = clock_wall_us();
    int r = camera_hello_pack(hello, &bytes, &length);
    if (r < 0)
        return r;
    keep_hello(publisher, hello, bytes, length);
    return send_message(publisher, publisher->hello_topic, bytes, length);
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
    int slice_ms = patience_ms < WAIT_SLICE_MS ? patience_ms : WAIT_SLICE_MS;
    publisher->patience_ns = patience_ms * NS_PER_MS;
    (void) zmq_setsockopt(publisher->socket.handle, ZMQ_SNDTIMEO, &slice_ms, sizeof(slice_ms));
}

void publisher_while_waiting(struct publisher *publisher, void (*work)(void *context),
                             void *context)
{
    publisher->work = work;
    publisher->work_context = context;
}

void *publisher_replay_socket(const struct publisher *publisher)
{
    return publisher->source ? replay_source_socket(publisher->source) : NULL;
}

int publisher_answer_replays(struct publisher *publisher)
{
    return publisher->source ? replay_source_answer(publisher->source) : 0;
}

bool publisher_all_taken(const struct publisher *publisher)
{
    struct wire_position newest;
    if (!publisher->source || !publisher->ring || !ring_newest(publisher->ring, &newest))
        return true;
    struct wire_position taken = replay_source_taken(publisher->source);
    return taken.boot_id == newest.boot_id && taken.sequence >= newest.sequence;
}

int publisher_last_capture_us(struct publisher *publisher, int64_t *ret_capture_us)
{
    struct ring_record record;
    struct observation_frame frame;
    int r = publisher->ring ? ring_read_newest(publisher->ring, &record) : 0;
    if (r == 1)
        r = observation_frame_unpack(record.bytes, record.length, &frame, NULL);
    else if (r <= 0)
        return r;
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    *ret_capture_us = frame.capture_us;
    observation_frame_release(&frame);
    return 1;
}

struct ring_counts publisher_ring_counts(const struct publisher *publisher)
{
    return publisher->ring ? ring_counts(publisher->ring) : (struct ring_counts){ 0 };
}

struct publisher_counts publisher_counts(const struct publisher *publisher)
{
    struct publisher_counts counts = publisher->counts;
    if (publisher->source)
        replay_source_counts(publisher->source, &counts.replays, &counts.replayed);
    return counts;
}
