/*
 * publisher.h - a camera program's end of the wire
 *
 * A ZeroMQ XPUB socket that connects to the fusion program's SUB socket. Topics are
 * `obs/<store>/<camera>`, `hello/<store>/<camera>`, `health/<store>/<camera>`; a message is two
 * parts, topic and bytes. XPUB, so that a camera knows when somebody listens and a full queue is
 * an error that is counted instead of a silent loss.
 *
 * Each frame is put into a ring on disk before it is published, and so are the hellos that tell how
 * to place what follows. Over a second socket the fusion program asks for what it missed, see
 * replay_source.h.
 */
#ifndef FLOORFUSE_WIRE_PUBLISHER_H
#define FLOORFUSE_WIRE_PUBLISHER_H

#include <stdbool.h>

#include "wire/message.h"
#include "wire/ring.h"

struct socket_security;
struct publisher; /* opaque; stays in the thread that made it */

struct publisher_counts {
    uint64_t published; /* handed to ZeroMQ */
    uint64_t dropped;   /* refused by a full queue (high-water mark) */
    uint64_t bytes;
    uint64_t unkept;            /* messages that the ring did not take: not published any less */
    int unkept_error;           /* why not, the last time: -errno; 0: never */
    uint64_t replays, replayed; /* requests answered, messages in the answers */
};

struct publisher_options {
    const char
        *endpoint; /* e.g. "ipc:///run/floorfuse/demo/observations", "tcp://127.0.0.1:5555" */
    const char *store, *camera;
    int send_hwm; /* messages queued at most before they are dropped and counted; at least 1 */
    const char *replay_endpoint; /* where fusion asks for what it missed; NULL: nobody can ask */
    const char *ring_folder;     /* this camera's own, STATE_DIR/ring/CAMERA; NULL: no ring */
    uint64_t ring_bytes_max;     /* 0: no ring */
    int64_t ring_age_us;
    /* Keys (client_keys.h) for each of the two endpoints, copied; NULL: plain text. */
    const struct socket_security *security, *replay_security;
};

/*
 * Connect, and open the ring.
 * Returns 0; -EINVAL (endpoint, an id, send_hwm); -ENAMETOOLONG; -EBUSY when another program has
 * the ring; -errno; with a sentence.
 */
MUST_CHECK int publisher_create(const struct publisher_options *options,
                                struct publisher **ret_publisher, struct error *err);

/* Connect again with new keys where there were keys. What waited in the queue is lost and shows as
 * a hole, which a replay fills. Returns 0 or -errno. */
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
 * Number, keep and send. The publisher fills boot_id, sequence and publish_us of a frame, boot_id,
 * next_sequence, previous_boot_id, previous_next_sequence, ring_oldest and publish_us of a hello,
 * boot_id and publish_us of a health. A message the ring cannot take is counted and sent all the
 * same. Returns 0, -EAGAIN when the queue was full (counted; a frame's number is used up, so that
 * the receiver sees the hole), or -errno.
 */
MUST_CHECK int publisher_send_frame(struct publisher *publisher, struct observation_frame *frame);
MUST_CHECK int publisher_send_hello(struct publisher *publisher, struct camera_hello *hello);
MUST_CHECK int publisher_send_health(struct publisher *publisher, struct camera_health *health);

/* How long a send may wait for room in a full queue before it drops; 0 at first, as live cameras
 * need it. For recordings, which can wait. Replays are answered meanwhile. */
void publisher_set_patience_ms(struct publisher *publisher, int patience_ms);

/* What else to do every few milliseconds while a send waits, for who has several publishers. */
void publisher_while_waiting(struct publisher *publisher, void (*work)(void *context),
                             void *context);

/* The socket over which replays are asked for, as publisher_socket; NULL: there is none. Readable
 * when publisher_answer_replays should be called. */
void *publisher_replay_socket(const struct publisher *publisher);

/* Answer what waits, a few requests at most. Returns 0, -errno. */
MUST_CHECK int publisher_answer_replays(struct publisher *publisher);

/* Whether fusion has asked for what follows the newest frame of the ring, and so has all frames.
 * Also true when there is no ring, or nobody can ask. */
bool publisher_all_taken(const struct publisher *publisher);

/* When the newest frame in the ring was captured, of this boot or an earlier one. Returns 1; 0 when
 * there is none that can be read; -errno. */
MUST_CHECK int publisher_last_capture_us(struct publisher *publisher, int64_t *ret_capture_us);

/* How the ring is, and how it was found. All 0 without one. */
struct ring_counts publisher_ring_counts(const struct publisher *publisher);

struct publisher_counts publisher_counts(const struct publisher *publisher);

#endif
