/*
 * hq_side.h - what both sides of a chain ask of a server; internal to storage/
 */
#ifndef FLOORFUSE_STORAGE_HQ_SIDE_H
#define FLOORFUSE_STORAGE_HQ_SIDE_H

#include "storage/database.h"
#include "storage/headquarters.h"

#define HQ_PUBLICATION "floorfuse_hq"
#define HQ_ROLE        "floorfuse_hq"

/* Making a slot waits for the transactions that run at the store; attaching waits for readers. */
#define HQ_TIMEOUT_MS (5 * 60 * 1000)

/* How often we look whether PostgreSQL's workers are done. */
#define HQ_POLL_MS 100

/*
 * Connect and check the schema.
 *   side  "headquarters" or "the store", put before sentences
 * Returns 0 and the codes of storage_check_version.
 */
MUST_CHECK int hq_open(const char *conninfo, const char *side, struct database **ret_database,
                       struct error *err);

/* PostgreSQL 15 lets only superusers subscribe, and read what is subscribed. Returns 0, -EPERM, and
 * the codes of database_run. */
MUST_CHECK int hq_check_superuser(struct database *hq, struct error *err);

/* Whether the store's server can send at all: level and bound of its write-ahead log, and room for
 * one more headquarters. Returns 0, -EPERM with the remedy, and the codes of database_run. */
MUST_CHECK int hq_check_sender(struct database *store, struct error *err);

/* How many tables should be published and are not, or the other way round. */
MUST_CHECK int hq_count_unpublished(struct database *store, int *ret_count, struct error *err);

/* Bound of the write-ahead log kept for one slot, bytes; HQ_UNKNOWN: none. */
MUST_CHECK int hq_read_bound(struct database *database, int64_t *ret_bytes, struct error *err);

/* Drop a slot, when it is there, as soon as nobody reads from it. */
MUST_CHECK int hq_drop_slot(struct database *store, const char *slot, struct error *err);

/*
 * A store's connection string as it is kept in the subscription: keywords and values, our options
 * added. The caller's to free(). Returns 0, -EINVAL, -EPERM (it holds a password), -ENOMEM.
 */
MUST_CHECK int hq_prepare_conninfo(const char *given, char **ret_conninfo, struct error *err);

/* -ETIMEDOUT and -ECANCELED are words of database.h only. */
int hq_public_code(int rc);

#endif
