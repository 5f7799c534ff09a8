/*
 * contact.h - what a writer says about its store when it connects
 */
#ifndef FLOORFUSE_STORAGE_CONTACT_H
#define FLOORFUSE_STORAGE_CONTACT_H

#include "storage/database.h"

struct storage_writer_options;

/*
 * Write chain, store, definition, opening hours and retention where they are missing or changed.
 *   ret_definition_id  the definition that the writer's facts refer to
 * Returns 0; -EEXIST (the key belongs to another store), -EINVAL (time zone), and the codes of
 * database_run.
 */
MUST_CHECK int contact_store(struct database *database,
                             const struct storage_writer_options *options,
                             int32_t *ret_definition_id, struct error *err);

#endif
