/*
 * keys.c - the numbers that stand for names in the database, made at need
 */
#include "storage/keys.h"

#include <errno.h>
#include <stdlib.h>

/* A key statement finds what somebody else inserted at the same moment when it runs again. */
#define KEY_ATTEMPTS 3

/* Copy the keys of a result. Returns 0, or -EAGAIN when one is NULL. */
static int copy_keys(const PGresult *result, int count, int32_t *ret_keys)
{
    if (PQntuples(result) != count)
        return -EAGAIN;
    for (int i = 0; i < count; i++) {
        if (PQgetisnull(result, i, 0))
            return -EAGAIN;
        ret_keys[i] = (int32_t) atoi(PQgetvalue(result, i, 0));
    }
    return 0;
}

int keys_find(struct database *database, enum query_id id, const char *const *values, size_t count,
              int32_t *ret_keys, struct error *err)
{
    for (int attempt = 0; attempt < KEY_ATTEMPTS; attempt++) {
        AUTO(database_result_release) PGresult *result = NULL;
        int rc = database_query(database, id, values, &result, err);
        if (rc < 0)
            return rc;
        if (copy_keys(result, (int) count, ret_keys) == 0)
            return 0;
    }
    return error_set(err, -EIO, "could not %s: another writer is in the way", queries[id].what);
}
