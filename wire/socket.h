/*
 * socket.h - ZeroMQ sockets opened the way all of ours are
 */
#ifndef FLOORFUSE_WIRE_SOCKET_H
#define FLOORFUSE_WIRE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A socket with a context of its own, so that closing it can wait for its own messages only. */
struct socket {
    void *context, *handle;
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

/* Close, waiting at most linger_ms for what is queued. */
void socket_close(struct socket *socket, int linger_ms);

#endif
