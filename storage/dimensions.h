/*
 * dimensions.h - the numbers that stand for a bucket's floor, cameras, zones and so on
 *
 * Rows that are missing are made. What was found is remembered, so that in the usual case, where
 * nothing has changed since the last bucket, the database is not asked at all.
 */
#ifndef FLOORFUSE_STORAGE_DIMENSIONS_H
#define FLOORFUSE_STORAGE_DIMENSIONS_H

#include "heat/heat_bucket.h"
#include "storage/database.h"

struct floor_map;
struct dimensions; /* opaque; of one store */

/* Returns 0 or -ENOMEM. */
MUST_CHECK int dimensions_create(int32_t store_id, struct dimensions **ret_dimensions);
void dimensions_destroy(struct dimensions **dimensions);

/* What a floor looks like; see storage_writer_set_floor. */
MUST_CHECK int dimensions_set_floor(struct dimensions *dimensions, const char *floor,
                                    const struct floor_map *map, struct error *err);

/* The numbers are not to be trusted: a transaction was rolled back, or it is another database. */
void dimensions_forget(struct dimensions *dimensions);

/* The keys of one bucket; lists are in its order. */
struct bucket_keys {
    int32_t floor_id, grid_id;
    int32_t *camera_ids, *calibration_ids;
    int32_t *model_ids;      /* 0: none told */
    int32_t *camera_set_ids; /* one an exposure */
    int32_t *zone_ids;
    int64_t *zone_exposure_ms; /* how long each zone was seen, weighed by the part of it */
    int32_t *line_ids;
};

/*
 * Find the keys of a bucket. Call it inside the transaction that uses them.
 *   ret_keys  the caller's to release
 * Returns 0, and the codes of database_run.
 */
MUST_CHECK int dimensions_find(struct dimensions *dimensions, struct database *database,
                               const struct heat_bucket *bucket, struct bucket_keys *ret_keys,
                               struct error *err);
void bucket_keys_release(struct bucket_keys *keys);

#endif
