/*
 * schema.h - the schema check on a connection that is open already
 */
#ifndef FLOORFUSE_STORAGE_SCHEMA_H
#define FLOORFUSE_STORAGE_SCHEMA_H

#include "storage/database.h"

/* Check that the database has exactly the version this program knows.
 * Returns 0, -EPROTO, or the codes of database_run. */
MUST_CHECK int schema_check(struct database *database, struct error *err);

#endif
