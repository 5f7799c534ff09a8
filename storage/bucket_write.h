/*
 * bucket_write.h - buckets into the database, several in one transaction
 */
#ifndef FLOORFUSE_STORAGE_BUCKET_WRITE_H
#define FLOORFUSE_STORAGE_BUCKET_WRITE_H

#include "heat/heat_bucket.h"
#include "storage/database.h"
#include "storage/dimensions.h"

/* Buckets of one transaction at most. More gain nothing: a commit is shared by enough of them. */
#define BUCKET_BATCH_MAX 64

/* What all buckets of a writer refer to. */
struct bucket_context {
    int32_t store_id;
    int32_t definition_id;
    struct dimensions *dimensions;              /* borrowed */
    int64_t partition_from_us, partition_to_us; /* partitions are there; empty at first */
    int64_t partition_retry_ns;                 /* not to be asked for again before this */
};

/*
 * Write buckets; those that are there already are replaced. All are written, or none: then the
 * caller rolls back and has the dimensions forgotten.
 *   buckets  1 .. BUCKET_BATCH_MAX; no two of one floor and time
 * Returns 0; -EINVAL (a bucket contradicts itself), and the codes of database_run.
 */
MUST_CHECK int bucket_write(struct database *database, struct bucket_context *context,
                            const struct heat_bucket *const *buckets, size_t count,
                            struct error *err);

#endif
