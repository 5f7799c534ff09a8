/*
 * gatekeeper.h - who may talk to fusion
 *
 * ZeroMQ asks at each CURVE handshake of a server socket (ZAP, RFC 27), and the gatekeeper answers
 * from the allow-list: the user id of a connection is the id its key belongs to. It works in a
 * thread of its own, so that a handshake waits for no tick, and reads the list again within a
 * second of a change. ZeroMQ never closes a connection that stands; so the key travels with each
 * message, too, and gatekeeper_sender says whether it still counts.
 */
#ifndef FLOORFUSE_WIRE_GATEKEEPER_H
#define FLOORFUSE_WIRE_GATEKEEPER_H

#include <stdint.h>

#include "wire/socket.h"

struct zmq_msg_t;

struct gatekeeper; /* opaque */

/* The doors of fusion: whose keys open them. */
enum gate { GATE_CAMERAS, GATE_OPERATOR };

/* Why somebody was turned away before any message. */
enum denial {
    DENIED_KEY,       /* not on the allow-list, or no longer */
    DENIED_GATE,      /* a camera's key at the operator's door, or the other way round */
    DENIED_MECHANISM, /* plain text, or another way than CURVE */
    DENIED_SERVER,    /* looks for a fusion with another key */
    DENIED_MALFORMED, /* a handshake that is none */
    DENIED_BROKEN,    /* the other end left in the middle: plain text often ends so, too */
    DENIAL_REASONS
};

struct gatekeeper_counts {
    uint64_t admitted; /* connections */
    uint64_t denied[DENIAL_REASONS];
    char last[160];    /* who was denied last and why, in words; "" nobody */
    char trouble[512]; /* why the allow-list that is in the folder is not in force; "" it is */
};

/*
 * Read fusion's key and the allow-list of a folder of keys, and begin to answer. A list that is no
 * good later changes nothing, see trouble.
 * Returns 0; -EINVAL, -EACCES, -errno with a sentence naming the file.
 */
MUST_CHECK int gatekeeper_create(const char *folder, struct gatekeeper **ret_gatekeeper,
                                 struct error *err);

/* Close all sockets that it guards first. */
void gatekeeper_destroy(struct gatekeeper **gatekeeper);

/* socket_open_sealed for a server behind a gate, bound to the endpoint. */
MUST_CHECK int gatekeeper_open(struct gatekeeper *gatekeeper, enum gate gate, struct socket *socket,
                               int type, const struct socket_option *options, size_t option_count,
                               const char *endpoint, struct error *err);

/*
 * Whose a message is that came over a guarded socket (any of its parts).
 * Returns 0 and the id, or -EACCES when the key is no longer on the list; then, too, *ret_id is
 * whose it was.
 */
MUST_CHECK int gatekeeper_sender(struct gatekeeper *gatekeeper, struct zmq_msg_t *message,
                                 char ret_id[static ID_SIZE]);

/* From any thread. */
struct gatekeeper_counts gatekeeper_counts(struct gatekeeper *gatekeeper);
const char *denial_text(enum denial reason); /* "unknown key", "wrong mechanism", ... */

#endif
