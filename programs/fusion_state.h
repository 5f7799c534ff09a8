/*
 * fusion_state.h - all that a fusion program knows, as bytes
 *
 * What is open to every floor's fusion, what was lost so far, how far each camera's messages are
 * taken, and the hellos that say what the cameras see. Not what waits for a hole to be filled: a
 * replay brings it again.
 */
#ifndef FLOORFUSE_PROGRAMS_FUSION_STATE_H
#define FLOORFUSE_PROGRAMS_FUSION_STATE_H

#include "base/buffer.h"
#include "programs/fusion_loop.h"

/* Returns 0 or -ENOMEM. */
MUST_CHECK int fusion_state_save(const struct fusion_loop *loop, struct buffer *buffer);

enum restore {
    RESTORE_ALL,
    /* All, if frames that were recovered are taken in order from there, and every camera's ring
     * still holds what was taken of it since. */
    RESTORE_TO_GO_BACK,
    RESTORE_POSITIONS, /* floors stay as they are: only what was taken of the cameras' messages */
};

/*
 * Put a saved state in place.
 * Returns 0; -EAGAIN when an older state is needed, -ESTALE when a ring does not reach back so far,
 * each with a sentence; -EINVAL with a
 * sentence when it belongs to other settings, maps or cameras; -EBADMSG when it is damaged;
 * -ENOMEM. After a failure another state has to be put in place.
 */
MUST_CHECK int fusion_state_restore(struct fusion_loop *loop, const void *bytes, size_t length,
                                    enum restore what, struct error *err);

#endif
