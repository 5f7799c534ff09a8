/*
 * keeper.h - the thread that has the disk keep what was handed over: records, then files
 */
#ifndef FLOORFUSE_STORAGE_KEEPER_H
#define FLOORFUSE_STORAGE_KEEPER_H

#include "storage/writer_state.h"

struct keeper; /* opaque */

/* state: borrowed; it has a spool. Returns 0 or -errno with a sentence. */
MUST_CHECK int keeper_start(struct writer_state *state, struct keeper **ret_keeper,
                            struct error *err);

/* Wait for the end of the thread, once state->stop is set and told: it has what is queued kept
 * first, unless the disk refuses. */
void keeper_join(struct keeper **keeper);

#endif
