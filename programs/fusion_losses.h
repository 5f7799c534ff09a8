/*
 * fusion_losses.h - all that a fusion program lost, refused or dropped, by reason
 *
 * One table says what is counted. The status shows it, and the database is told of it, so that the
 * two cannot differ. docs/delivery.md says what each reason means.
 *
 * The database is told once a minute, where something has changed, how many it were since the full
 * hour, or since the start. Counts that belong to the saved state (fusion_state.h) go back with it
 * and are counted again from there, with the hour they belong to; the others begin with the
 * program.
 */
#ifndef FLOORFUSE_PROGRAMS_FUSION_LOSSES_H
#define FLOORFUSE_PROGRAMS_FUSION_LOSSES_H

#include "base/buffer.h"
#include "programs/fusion_loop.h"

struct fusion_losses; /* opaque */

/* Begin to count. Cameras and floors are open. Returns 0 or -ENOMEM. */
MUST_CHECK int fusion_losses_open(struct fusion_loop *loop, struct error *err);
void fusion_losses_close(struct fusion_loop *loop);

/*
 * Every count there is, also those that are 0, since its source began to count.
 *   ret_list  the caller's to free(); strings are borrowed
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int fusion_losses_list(const struct fusion_loop *loop, struct storage_loss **ret_list,
                                  size_t *ret_count);

/* Tell the database, if it is time to, or in any case. What the writer does not take now is told
 * next time. Returns 0 or -ENOMEM. */
MUST_CHECK int fusion_losses_tell_if_due(struct fusion_loop *loop);
MUST_CHECK int fusion_losses_tell(struct fusion_loop *loop);

/* With the saved state: since when its counts are counted, and from what. Restoring comes after
 * cameras and floors are restored. Returns 0, -EBADMSG when the bytes are damaged, -ENOMEM. */
MUST_CHECK int fusion_losses_save(const struct fusion_loop *loop, struct buffer *buffer);
MUST_CHECK int fusion_losses_restore(struct fusion_loop *loop, struct buffer_reader *reader);

/* The restored counts go on, but as from now: what was told of them stays as it is. */
void fusion_losses_begin(struct fusion_loop *loop);

#endif
