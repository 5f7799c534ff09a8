/*
 * subscriber.h - the fusion program's end of the wire
 *
 * A ZeroMQ SUB socket that binds; cameras connect. Topics are compared exactly with what is inside
 * the message, so that cam1 never passes for cam10.
 */
#ifndef FLOORFUSE_WIRE_SUBSCRIBER_H
#define FLOORFUSE_WIRE_SUBSCRIBER_H

#include "wire/message.h"

struct gatekeeper;
struct subscriber; /* opaque; stays in the thread that made it */

/* Why a message was refused; each has a counter. */
enum refusal {
    REFUSED_SHAPE,    /* not two parts */
    REFUSED_TOPIC,    /* unknown topic, another store, or the topic is not the message's camera */
    REFUSED_VERSION,  /* schema version */
    REFUSED_CONTENT,  /* broken bytes or values */
    REFUSED_IDENTITY, /* sent with the key of one camera in the name of another */
    REFUSED_KEY,      /* the key was withdrawn after the connection was made */
    REFUSAL_REASONS
};

/* A received message; exactly the member that kind names is filled. */
struct message {
    enum message_kind kind;
    union {
        struct observation_frame frame;
        struct camera_hello hello;
        struct camera_health health;
    };
};

/*
 *   endpoint     e.g. "ipc:///run/floorfuse/demo/observations" or "tcp://127.0.0.1:5555"
 *   store        messages of other stores are refused
 *   receive_hwm  messages of one camera queued at most (at least 1); beyond it the camera's queue
 *                fills, where drops are counted
 * Returns 0; -EADDRINUSE when another program has the endpoint; -EEXIST when its path is a file
 * that is no socket; -ENAMETOOLONG; -EINVAL; -errno; with a sentence.
 */
MUST_CHECK int subscriber_create(const char *endpoint, const char *store, int receive_hwm,
                                 struct subscriber **ret_subscriber, struct error *err);

/* The same with keys: connections are let in by the gatekeeper (borrowed; NULL: by nobody), and a
 * camera speaks in its own name only. */
MUST_CHECK int subscriber_create_guarded(const char *endpoint, const char *store, int receive_hwm,
                                         struct gatekeeper *gatekeeper,
                                         struct subscriber **ret_subscriber, struct error *err);
void subscriber_destroy(struct subscriber **subscriber);

/* The ZeroMQ socket, borrowed, for zmq_poll only. */
void *subscriber_socket(const struct subscriber *subscriber);

/*
 * Take one message without waiting. Returns 1 and fills *ret_message (release it); 0 when nothing
 * is waiting, or when so many messages in a row were refused that other work should have its turn:
 * zmq_poll says which; -ENOMEM; -errno on a broken socket. Refused messages are counted and passed
 * over. A part beyond MESSAGE_BYTES_MAX never gets here: ZeroMQ drops its sender's connection,
 * which the sender then opens again.
 */
MUST_CHECK int subscriber_receive(struct subscriber *subscriber, struct message *ret_message);
void message_release(struct message *message);

uint64_t subscriber_refused(const struct subscriber *subscriber, enum refusal reason);
const char *refusal_text(enum refusal reason); /* "topic", "version", ... */

/* The last message that was refused for REFUSED_IDENTITY; "" before there is one. */
struct forgery {
    char sender[ID_SIZE]; /* whose key it came with */
    char camera[ID_SIZE]; /* in whose name; "?" when that is no id */
};
struct forgery subscriber_forgery(const struct subscriber *subscriber);

#endif
