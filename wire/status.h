/*
 * status.h - asking a running fusion program how it is
 *
 * A request is one empty part, the answer one part of JSON text, over ZeroMQ REQ and REP.
 */
#ifndef FLOORFUSE_WIRE_STATUS_H
#define FLOORFUSE_WIRE_STATUS_H

#include "wire/socket.h"

struct gatekeeper;
struct status_server; /* opaque; stays in the thread that made it */

/* Listen on an endpoint. Returns 0, -EADDRINUSE, -EINVAL, -errno with a sentence. */
MUST_CHECK int status_server_create(const char *endpoint, struct status_server **ret_server,
                                    struct error *err);

/* The same for who has the operator's key only; gatekeeper is borrowed, NULL: for everybody. */
MUST_CHECK int status_server_create_guarded(const char *endpoint, struct gatekeeper *gatekeeper,
                                            struct status_server **ret_server, struct error *err);
void status_server_destroy(struct status_server **server);

/* The ZeroMQ socket, borrowed, for zmq_poll only. */
void *status_server_socket(const struct status_server *server);

/*
 * Answer everybody who is waiting.
 *   make_text  returns the JSON text, which is freed here, or NULL when out of memory
 * Returns 0, -ENOMEM, -errno.
 */
MUST_CHECK int status_server_answer(struct status_server *server, char *(*make_text)(void *context),
                                    void *context);

/*
 * Ask. Returns 0 and the caller's *ret_text; -ETIMEDOUT when nobody answers in time; -errno; each
 * with a sentence.
 */
MUST_CHECK int status_request(const char *endpoint, int timeout_ms, char **ret_text,
                              struct error *err);

/* The same with keys; without security: in plain text. */
MUST_CHECK int status_request_sealed(const char *endpoint, const struct socket_security *security,
                                     int timeout_ms, char **ret_text, struct error *err);

#endif
