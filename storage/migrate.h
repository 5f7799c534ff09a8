/*
 * migrate.h - bring a database to the schema this program knows
 *
 * sql/migrations/NNNN_name.sql are built into the program. Each is applied in one transaction
 * together with its row in schema_version.
 */
#ifndef FLOORFUSE_STORAGE_MIGRATE_H
#define FLOORFUSE_STORAGE_MIGRATE_H

#include "base/error.h"

/*
 * Apply what is missing, one program at a time (advisory lock).
 *   ret_applied  how many were applied
 *   ret_version  the version now; either may be NULL
 * Returns 0; -ECONNREFUSED (no database; the sentence says which), -EPROTO (the database is newer
 * than this program), -EIO (a migration failed; it left nothing behind).
 */
MUST_CHECK int storage_migrate(const char *conninfo, int *ret_applied, int *ret_version,
                               struct error *err);

/* Check that the database has exactly the version this program knows. Returns as above. */
MUST_CHECK int storage_check_version(const char *conninfo, struct error *err);

#endif
