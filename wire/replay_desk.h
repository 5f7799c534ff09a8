/*
 * replay_desk.h - where the fusion program asks cameras for what it missed
 *
 * A ZeroMQ ROUTER socket that binds. Ask, wait for the reply, ask again after the last frame of it
 * until a reply is complete: one request on its way per camera. Who hears nothing for some seconds
 * asks again; a reply to an earlier request is passed over.
 *
 * In plain text a camera connects with its id as routing id, and whoever does so last is the
 * camera. With keys nobody can choose to get another's requests: each connection has a number that
 * ZeroMQ gives it, and begins with an empty message (ZMQ_PROBE_ROUTER), whose key says which camera
 * it is of. The newest connection of a camera is the one that is asked.
 */
#ifndef FLOORFUSE_WIRE_REPLAY_DESK_H
#define FLOORFUSE_WIRE_REPLAY_DESK_H

#include "wire/subscriber.h"

struct replay_desk; /* opaque; stays in the thread that made it */

/* What a camera answered. Of what it held, messages that had to be refused are left out (and
 * counted): within a boot, missing numbers show that. */
struct replay {
    char camera[ID_SIZE];
    struct wire_position after; /* as asked */
    struct wire_position last;  /* where to ask on; as `after` when there were no frames */
    bool found;    /* nothing was lost between `after` and the first message; true for boot_id 0 */
    bool complete; /* there is no more now */
    struct message *messages; /* frames and hellos, in the order in which they were published */
    size_t count;
};

/*
 *   endpoint  e.g. "ipc:///run/floorfuse/demo/replay"; bound
 *   store     replies of other stores are refused
 * Returns 0; -EADDRINUSE, -EEXIST, -ENAMETOOLONG, -EINVAL, -errno as subscriber_create; with a
 * sentence.
 */
MUST_CHECK int replay_desk_create(const char *endpoint, const char *store,
                                  struct replay_desk **ret_desk, struct error *err);

/* The same with keys: connections are let in by the gatekeeper (borrowed; NULL: by nobody), and a
 * camera is asked, and answers, under its own name only. */
MUST_CHECK int replay_desk_create_guarded(const char *endpoint, const char *store,
                                          struct gatekeeper *gatekeeper,
                                          struct replay_desk **ret_desk, struct error *err);
void replay_desk_destroy(struct replay_desk **desk);

/* The ZeroMQ socket, borrowed, for zmq_poll only. */
void *replay_desk_socket(const struct replay_desk *desk);

/*
 * Ask a camera for what follows a position. Asked again for the same one, the answer to either
 * question counts: on a slow line it is on its way.
 *   after  the last frame of it that was taken; boot_id 0: the oldest it has and all that follows
 *   not_before_us  then what was published before need not come; 0: all of it
 * Returns 0; -EHOSTUNREACH when the camera is not connected (now, or to this endpoint at all; with
 * keys, when replay_desk_receive has not met it yet);
 * -EAGAIN when requests to it are waiting already; -EINVAL (camera); -ENOMEM; -errno.
 */
MUST_CHECK int replay_desk_ask(struct replay_desk *desk, const char *camera,
                               struct wire_position after, int64_t not_before_us);

/*
 * Take one reply without waiting. Returns 1 and fills *ret (release it); 0 when none is waiting, or
 * so many were refused that other work should have its turn; -ENOMEM; -errno on a broken socket.
 */
MUST_CHECK int replay_desk_receive(struct replay_desk *desk, struct replay *ret_replay);
void replay_release(struct replay *replay);

/* Replies, and messages in them, that were refused: REFUSED_TOPIC when the store or camera inside
 * is not who sent it; with keys, REFUSED_IDENTITY for another camera, inside or as routing id. */
uint64_t replay_desk_refused(const struct replay_desk *desk, enum refusal reason);

/* The last that was refused for REFUSED_IDENTITY; "" before there is one. */
struct forgery replay_desk_forgery(const struct replay_desk *desk);

/* Replies to other requests than the last one; passed over. */
uint64_t replay_desk_late(const struct replay_desk *desk);

#endif
