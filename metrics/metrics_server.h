/*
 * metrics_server.h - /metrics, /healthz and /readyz over HTTP, on a thread of its own
 *
 * The loop hands over its status as a text once a second and goes on: a pointer is exchanged under
 * a lock, everything else is the HTTP thread's work. A client, however slow, delays no tick, and so
 * it can tell a loop that hangs from one that works.
 *   /metrics   the status as Prometheus reads it (metrics/exposition.h)
 *   /healthz   200 while the loop turns, else 503 and a sentence
 *   /readyz    200 while observations are taken and kept (metrics/readiness.h), else 503 likewise
 * It listens on the machine itself only and asks nobody who they are: a reverse proxy before it
 * can. Connections, their memory and their idle time are bounded; GET and HEAD are all it knows.
 */
#ifndef FLOORFUSE_METRICS_METRICS_SERVER_H
#define FLOORFUSE_METRICS_METRICS_SERVER_H

#include <stdint.h>

#include "base/error.h"

struct metrics_server; /* opaque; all functions but the HTTP thread's own from one thread */

/*
 * Listen. Call it when signals are blocked already: its thread must not get them.
 *   address  see base/loopback.h
 * Returns 0, -EINVAL, -EPERM, -EADDRINUSE, -ENOMEM, -errno, each with a sentence.
 */
MUST_CHECK int metrics_server_create(const char *address, struct metrics_server **ret_server,
                                     struct error *err);
void metrics_server_destroy(struct metrics_server **server);

/* The port it listens on. */
uint16_t metrics_server_port(const struct metrics_server *server);

/*
 * Call once a turn of the loop; NULL is fine and does nothing. When a second has passed the status
 * is made and handed over.
 *   make_text  returns JSON text, which is freed here, or NULL when out of memory
 */
void metrics_server_turn(struct metrics_server *server, int64_t now_mono_ns,
                         char *(*make_text)(void *context), void *context);

#endif
