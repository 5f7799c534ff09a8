/*
 * replay_source.h - the camera program answers what fusion asks for
 *
 * A ZeroMQ DEALER socket connects to the fusion program's ROUTER (replay_desk.h). In plain text its
 * routing id is the camera's id. With keys it has none, and begins each connection with an empty
 * message, whose key says who has come. Part of the publisher; made on its own only by tests.
 */
#ifndef FLOORFUSE_WIRE_REPLAY_SOURCE_H
#define FLOORFUSE_WIRE_REPLAY_SOURCE_H

#include "wire/ring.h"

struct socket_security;
struct replay_source; /* opaque; stays in the thread that made it */

/* A reply is cut behind the frame with which it has so many bytes of messages. */
#define REPLAY_CUT_BYTES ((size_t) 512 * 1024)

/*
 *   ring      borrowed until destroy; NULL: every answer is that there is nothing
 *   security  copied; NULL: plain text
 * Returns 0, -EINVAL, -ENAMETOOLONG, -errno; with a sentence.
 */
MUST_CHECK int replay_source_create(const char *endpoint, const char *store, const char *camera,
                                    struct ring *ring, const struct socket_security *security,
                                    struct replay_source **ret_source, struct error *err);
void replay_source_destroy(struct replay_source **source, int linger_ms);

/* Connect again with new keys; in plain text nothing happens. Returns 0 or -errno. */
MUST_CHECK int replay_source_renew(struct replay_source *source,
                                   const struct socket_security *security, struct error *err);

/* The ZeroMQ socket, borrowed, for zmq_poll only. */
void *replay_source_socket(const struct replay_source *source);

/* Answer what waits, a few requests at most. What is no request to this camera is passed over; an
 * answer that finds no room is dropped, and will be asked for again. Returns 0, -ENOMEM, -errno (of
 * the ring or the socket). */
MUST_CHECK int replay_source_answer(struct replay_source *source);

/* The last frame that fusion has: what it asked after last. boot_id 0: it has not asked yet. */
struct wire_position replay_source_taken(const struct replay_source *source);

/* Requests answered, and messages in the answers. */
void replay_source_counts(const struct replay_source *source, uint64_t *ret_replays,
                          uint64_t *ret_replayed);

#endif
