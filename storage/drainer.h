/*
 * drainer.h - the thread that writes what waits to the database, oldest first
 */
#ifndef FLOORFUSE_STORAGE_DRAINER_H
#define FLOORFUSE_STORAGE_DRAINER_H

#include "storage/writer_state.h"

struct drainer; /* opaque */

/* state: borrowed. Returns 0 or -ENOMEM. */
MUST_CHECK int drainer_create(struct writer_state *state, struct drainer **ret_drainer,
                              struct error *err);

/*
 * Connect, check the schema, write the store's row.
 *   ret_may_pass  on failure: whether the same may work later
 * Returns 0, or the codes of storage_writer_create. Before the start only.
 */
MUST_CHECK int drainer_connect(struct drainer *drainer, bool *ret_may_pass, struct error *err);

/* What is wrong has been said: the database is away. */
void drainer_note_away(struct drainer *drainer, const struct error *error);

MUST_CHECK int drainer_start(struct drainer *drainer, struct error *err);

/* See storage_writer_set_floor. Waits for a bucket that is being written. */
MUST_CHECK int drainer_set_floor(struct drainer *drainer, const char *floor,
                                 const struct floor_map *map, struct error *err);

/* Wait for the end of the thread, once state->stop is set and told and stop_fd readable; close the
 * database. */
void drainer_destroy(struct drainer **drainer);

#endif
