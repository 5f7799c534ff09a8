/*
 * bucket_write.h - one bucket into the database, in one transaction
 */
#ifndef FLOORFUSE_STORAGE_BUCKET_WRITE_H
#define FLOORFUSE_STORAGE_BUCKET_WRITE_H

#include <stdint.h>

#include "heat/heat_bucket.h"
#include "storage/database.h"

struct storage_writer_options;

/* The rows that all facts of a writer refer to. */
struct bucket_context {
    int32_t store_id;
    int32_t definition_id;
    int64_t partition_from_us, partition_to_us; /* partitions were asked for; empty at first */
};

/*
 * First contact on a connection: chain, store and definition are written where they are missing.
 * Returns 0; -EEXIST (the key belongs to another store), -EINVAL (time zone), and the codes of
 * database_run.
 */
MUST_CHECK int bucket_contact(struct database *database,
                              const struct storage_writer_options *options,
                              struct bucket_context *ret_context, struct error *err);

/*
 * Write a bucket; one that is there already is replaced. The caller rolls back on failure.
 * Returns 0; -EINVAL (the bucket contradicts itself), and the codes of database_run.
 */
MUST_CHECK int bucket_write(struct database *database, struct bucket_context *context,
                            const struct heat_bucket *bucket, struct error *err);

#endif
