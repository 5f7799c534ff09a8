/*
 * migrate.h - bring a database to the schema this program knows
 *
 * sql/migrations/NNNN_name.sql are built into the program. Each is applied in one transaction
 * together with its row in schema_version.
 */
#ifndef FLOORFUSE_STORAGE_MIGRATE_H
#define FLOORFUSE_STORAGE_MIGRATE_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Apply what is missing, one program at a time (advisory lock), then hand out the rights anew where
 * the schema has a function apply_roles() for it: roles belong to the whole server, which may be
 * another one since (a restored backup), so this is done even when nothing was missing.
 *   ret_applied  how many were applied
 *   ret_version  the version now; either may be NULL
 * Returns 0; -ECONNREFUSED (no database; the sentence says which), -EPROTO (the database is newer
 * than this program), -EIO (a migration failed; it left nothing behind; or apply_roles() did).
 */
MUST_CHECK int storage_migrate(const char *conninfo, int *ret_applied, int *ret_version,
                               struct error *err);

/*
 * What storage_migrate would begin with, checked as it does but changing nothing.
 *   ret_version  the version now, 0 for an empty database: migrations[version] (migrations.h) and
 *                those after it are missing
 * Returns as above.
 */
MUST_CHECK int storage_read_version(const char *conninfo, int *ret_version, struct error *err);

/* Whether a server answers at all, whatever it says. Takes two seconds where nobody does. */
bool storage_server_answers(const char *conninfo);

/* Check that the database has exactly the version this program knows. Returns as above. */
MUST_CHECK int storage_check_version(const char *conninfo, struct error *err);

#endif
