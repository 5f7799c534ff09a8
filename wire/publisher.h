/*
 * publisher.h - a camera program's end of the wire
 *
 * A ZeroMQ XPUB socket that connects to the fusion program's SUB socket. Topics are
 * `obs/<store>/<camera>`, `hello/<store>/<camera>`, `health/<store>/<camera>`; a message is two
 * parts, topic and bytes. XPUB, so that a camera knows when somebody listens and a full queue is
 * an error that is counted instead of a silent loss.
 */
#ifndef FLOORFUSE_WIRE_PUBLISHER_H
#define FLOORFUSE_WIRE_PUBLISHER_H

#include <stdbool.h>

#include "wire/message.h"

struct socket_security;
struct publisher; /* opaque; stays in the thread that made it */

struct publisher_counts {
    uint64_t published; /* handed to ZeroMQ */
    uint64_t dropped;   /* refused by a full queue (high-water mark) */
    uint64_t bytes;
};

/*
 *   endpoint   e.g. "ipc:///run/floorfuse/demo/observations" or "tcp://127.0.0.1:5555"
 *   send_hwm   messages queued at most before they are dropped and counted
 *              (at least 1)
 * Returns 0, -EINVAL (endpoint, an id, send_hwm), -ENAMETOOLONG, -errno; with a sentence.
 */
MUST_CHECK int publisher_create(const char *endpoint, const char *store, const char *camera,
                                int send_hwm, struct publisher **ret_publisher, struct error *err);

/* The same with keys (see wire/client_keys.h), which are copied; without security: in plain text.
 */
MUST_CHECK int publisher_create_sealed(const char *endpoint, const char *store, const char *camera,
                                       int send_hwm, const struct socket_security *security,
                                       struct publisher **ret_publisher, struct error *err);

/* Connect again with new keys. What waited in the queue is lost and shows as a hole. Returns 0 or
 * -errno. */
MUST_CHECK int publisher_renew(struct publisher *publisher, const struct socket_security *security,
                               struct error *err);

/* Waits at most linger_ms until queued messages have left. */
void publisher_destroy(struct publisher **publisher, int linger_ms);

/*
 * The ZeroMQ socket, borrowed, for zmq_poll only: readable when publisher_read_events should be
 * called. There is no file descriptor to poll, as ZMQ_FD is edge-triggered: it may stay silent
 * although an event waits, and every send can eat its edge.
 */
void *publisher_socket(const struct publisher *publisher);

/* Take in who subscribed or left; *ret_joined: somebody new listens and wants a hello. */
MUST_CHECK int publisher_read_events(struct publisher *publisher, bool *ret_joined);

/*
 * Whether somebody has subscribed; as of the last publisher_read_events. It stays true when the
 * fusion program goes away: it is expected back, and until then messages wait in the queue
 * (what was on its way is lost and shows as a hole in the numbering).
 */
bool publisher_has_subscriber(const struct publisher *publisher);

/*
 * Number and send. The publisher fills boot_id, sequence and publish_us of a frame, boot_id,
 * next_sequence and publish_us of a hello, boot_id and publish_us of a health.
 * Returns 0, -EAGAIN when the queue was full (counted; a frame's number is used up, so that the
 * receiver sees the hole), or -errno.
 */
MUST_CHECK int publisher_send_frame(struct publisher *publisher, struct observation_frame *frame);
MUST_CHECK int publisher_send_hello(struct publisher *publisher, struct camera_hello *hello);
MUST_CHECK int publisher_send_health(struct publisher *publisher, struct camera_health *health);

/* How long a send may wait for room in a full queue before it drops; 0 at first, as live cameras
 * need it. For recordings, which can wait. */
void publisher_set_patience_ms(struct publisher *publisher, int patience_ms);

struct publisher_counts publisher_counts(const struct publisher *publisher);

#endif
