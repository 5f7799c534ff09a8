/*
 * socket.h - ZeroMQ sockets opened the way all of ours are
 */
#ifndef FLOORFUSE_WIRE_SOCKET_H
#define FLOORFUSE_WIRE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/key_file.h"

/* A socket with a context of its own, so that closing it can wait for its own messages only. A
 * guarded server lives in its gatekeeper's context, which stays. */
struct socket {
    void *context, *handle; /* context NULL: it is a gatekeeper's */
};

/* What one end of an encrypted connection shows and asks for. Wipe it when it is not needed. */
struct socket_security {
    void *context;      /* of the gatekeeper of a server; NULL for a client */
    const char *domain; /* what the gatekeeper calls this door; NULL for a client */
    char public_key[KEY_TEXT_SIZE], secret_key[KEY_TEXT_SIZE];
    char server_key[KEY_TEXT_SIZE]; /* of a client: the public key that the server must have */
};

struct socket_option {
    int option, value;
    const char *text; /* of an option that is a text; else NULL */
};

/* Queues are bounded: to ZeroMQ a high-water mark of 0 is none. Returns 0, -EINVAL. */
MUST_CHECK int socket_check_hwm(int hwm, struct error *err);

/*
 * Open a socket, set its options, bind or connect.
 *   type  ZMQ_SUB ...
 * Returns 0; -EADDRINUSE, -EEXIST (a file that is not a socket), -ENAMETOOLONG, -EINVAL or -errno
 * with a sentence naming the endpoint. ZeroMQ replaces whatever lies at the path of a Unix socket,
 * a program's live socket or somebody's file; this refuses both and takes over only dead sockets.
 */
MUST_CHECK int socket_open(struct socket *socket, int type, const struct socket_option *options,
                           size_t option_count, const char *endpoint, bool bind, struct error *err);

/* The same with CURVE, see docs/security.md; without security: in plain text. */
MUST_CHECK int socket_open_sealed(struct socket *socket, int type,
                                  const struct socket_option *options, size_t option_count,
                                  const char *endpoint, bool bind,
                                  const struct socket_security *security, struct error *err);

/* Connect a client again, with other keys; what was queued on the old connection is lost. Returns
 * 0 or -errno. */
MUST_CHECK int socket_renew(struct socket *socket, const char *endpoint,
                            const struct socket_security *security, struct error *err);

struct zmq_msg_t;

/*
 * Take one message whole, without waiting, whatever number of parts it has.
 *   parts  initialised, the caller's to close; the first parts go there and others are dropped
 * Returns how many parts the message had; 0 when none waits; -errno.
 */
MUST_CHECK int socket_receive(const struct socket *socket, struct zmq_msg_t *const *parts,
                              int part_count);

void socket_security_wipe(struct socket_security *security);

/* Close, waiting at most linger_ms for what is queued. */
void socket_close(struct socket *socket, int linger_ms);

#endif
