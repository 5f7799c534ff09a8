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

/*
 * Put a saved state in place.
 *   only_positions  leave floors as they are: only what was taken of the cameras' messages
 * Returns 0; -EINVAL with a sentence when it belongs to other settings, maps or cameras; -EBADMSG
 * when it is damaged; -ENOMEM. After a failure another state has to be put in place.
 */
MUST_CHECK int fusion_state_restore(struct fusion_loop *loop, const void *bytes, size_t length,
                                    bool only_positions, struct error *err);

/*
 * Whether it can be gone back to a saved state without loss, see intake_can_return. Changes
 * nothing. Returns 0; -EAGAIN, -ESTALE, or -EBADMSG when it is damaged, with a sentence; -ENOMEM.
 */
MUST_CHECK int fusion_state_can_return(struct fusion_loop *loop, const void *bytes, size_t length,
                                       struct error *err);

#endif
