/*
 * writer.h - finished buckets and calibrations into PostgreSQL, on a thread, exactly once
 *
 * The fusion loop hands buckets over and goes on; a slow or absent database delays no tick. A
 * bucket, all that belongs to it and the per-camera position it covers commit in one transaction,
 * several buckets in one where several wait; writing a bucket twice replaces it, so sums never
 * double. With nothing to write the thread rolls buckets up to hours and days and deletes what need
 * not be kept any longer. While the database is away
 * the writer keeps trying with growing pauses and holds a bounded number of buckets; what does not
 * fit is counted as dropped, and so is a bucket that the database refuses for its own sake.
 */
#ifndef FLOORFUSE_STORAGE_WRITER_H
#define FLOORFUSE_STORAGE_WRITER_H

#include <stdint.h>

#include "base/error.h"
#include "config/opening_hours.h"
#include "floor/floor_map.h"
#include "heat/heat_bucket.h"

struct storage_writer; /* opaque; put and flush from one thread */

/* How long facts are kept, days; 0: for ever. config/store_check.c says what roll-ups need. */
struct storage_retention {
    int bucket_days, hour_days, day_days;
};

struct storage_writer_options {
    const char *conninfo;
    const char *chain, *store, *timezone; /* the store's row, written at first contact */
    int32_t store_key;                    /* store_id in the chain */
    int queue_buckets;                    /* held at most while the database is away; 0: 1440 */
    /* The definition that facts refer to. */
    int bucket_s, visit_s;
    double cell_m, zone_hysteresis_m;
    const struct opening_hours *opening; /* borrowed as long as the writer lives; NULL: not known */
    struct storage_retention retention;
};

struct storage_writer_counts {
    uint64_t written, dropped, retries; /* written: buckets */
    uint64_t queued;                    /* now */
    char last_error[512];               /* why the last try failed; "" when it went well */
    uint64_t roll_ups_failed;           /* tries; nothing is lost, but hours and days are late */
    char roll_up_error[512];            /* why the last roll-up or retention failed, likewise */
};

/* Connects once to say early what is wrong. Returns 0, -ECONNREFUSED, -EPROTO (schema version),
 * -EEXIST (store_key belongs to another store), -EINVAL (unknown time zone), -errno. */
MUST_CHECK int storage_writer_create(const struct storage_writer_options *options,
                                     struct storage_writer **ret_writer, struct error *err);
/* Stops the thread; buckets still queued are lost, so flush first. */
void storage_writer_destroy(struct storage_writer **writer);

/* Hand a bucket over; *bucket becomes NULL. Returns 0, or -ENOSPC when the queue was full: the
 * bucket is dropped and counted, and *bucket becomes NULL too. */
MUST_CHECK int storage_writer_put_take(struct storage_writer *writer, struct heat_bucket **bucket);

/*
 * Tell what a floor looks like: its zones, lines and shelves go to the database with its next
 * bucket. Call it before the first bucket of the floor.
 *   map  borrowed as long as the writer lives
 * Returns 0; -EINVAL with a sentence (see floor/places.h); -ENOMEM.
 */
MUST_CHECK int storage_writer_set_floor(struct storage_writer *writer, const char *floor,
                                        const struct floor_map *map, struct error *err);

/* A version of a camera's calibration. */
struct storage_calibration {
    const char *camera, *version; /* SHA-256 of text, hexadecimal */
    const char *text;             /* the camera file */
    const char *author, *note;    /* NULL: not said */
    int64_t valid_from_us;        /* INT64_MIN: not said */
};

/* Hand a version over, which is copied; telling of one again changes nothing. It is written before
 * the buckets that are put later. Returns 0; -ENOSPC when the queue was full; -ENOMEM. */
MUST_CHECK int storage_writer_put_calibration(struct storage_writer *writer,
                                              const struct storage_calibration *calibration);

/* Wait until everything handed over is committed, or dropped because the database refuses it (see
 * counts), and for the rest of the time until it is rolled up; tries again soon where the writer is
 * pausing. Returns 0, also when something is still to be rolled up, or -ETIMEDOUT. */
MUST_CHECK int storage_writer_flush(struct storage_writer *writer, int timeout_ms);

struct storage_writer_counts storage_writer_counts(struct storage_writer *writer);

#endif
