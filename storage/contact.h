/*
 * contact.h - what a writer says about its store when it connects
 */
#ifndef FLOORFUSE_STORAGE_CONTACT_H
#define FLOORFUSE_STORAGE_CONTACT_H

#include "storage/database.h"

struct storage_definition;
struct storage_writer_options;

/*
 * Write chain, store, opening hours and retention where they are missing or changed.
 * Returns 0; -EEXIST (the key belongs to another store), -EINVAL (time zone), and the codes of
 * database_run.
 */
MUST_CHECK int contact_store(struct database *database,
                             const struct storage_writer_options *options, struct error *err);

/* The number of the definition that facts refer to; made where it is missing. Returns 0, and the
 * codes of database_run. */
MUST_CHECK int contact_definition(struct database *database, int32_t store_id,
                                  const struct storage_definition *definition, int32_t *ret_key,
                                  struct error *err);

#endif
