/*
 * keys.h - the numbers that stand for names in the database, made at need
 */
#ifndef FLOORFUSE_STORAGE_KEYS_H
#define FLOORFUSE_STORAGE_KEYS_H

#include "storage/database.h"

/* Run a statement that gives `count` keys. Returns 0, -EIO when another writer is in the way for
 * good, and the codes of database_run. */
MUST_CHECK int keys_find(struct database *database, enum query_id id, const char *const *values,
                         size_t count, int32_t *ret_keys, struct error *err);

#endif
