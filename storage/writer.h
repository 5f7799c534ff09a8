/*
 * writer.h - finished buckets, calibrations and losses into PostgreSQL, on threads, exactly once
 *
 * The fusion loop hands buckets over and goes on; neither a slow disk nor a slow or absent database
 * delays a tick. With a spool a bucket is packed to bytes, a keeper thread has the disk keep them,
 * and a second thread writes what is in the spool to the database, in order. So what was kept
 * outlives the program and the power, and is written by whichever run finds it. Without a spool
 * buckets wait in memory only.
 *
 * A bucket, all that belongs to it and the per-camera position it covers commit in one transaction,
 * several buckets in one where several wait; writing a bucket twice replaces it, so sums never
 * double. With nothing to write the thread rolls buckets up to hours and days and deletes what need
 * not be kept any longer. While the database is away the writer keeps trying with growing pauses.
 * What waits is bounded; what does not fit is dropped and counted by reason.
 */
#ifndef FLOORFUSE_STORAGE_WRITER_H
#define FLOORFUSE_STORAGE_WRITER_H

#include <stdbool.h>
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
    /* Records held in memory at most. Without a spool this is what the database may be away for,
     * 0: 1440; with one, what the disk may be slow for, 0: 64, and 64 MB. */
    int queue_buckets;
    const char *spool_folder;   /* see spool.h; NULL: no spool */
    int spool_max_mb;           /* what it may take on the disk */
    const char *refused_folder; /* see refused.h; NULL: what is refused is gone */
    /* The definition that facts refer to. */
    int bucket_s, visit_s;
    double cell_m, zone_hysteresis_m;
    const struct opening_hours *opening; /* borrowed as long as the writer lives; NULL: not known */
    struct storage_retention retention;
};

/* Why a bucket, a calibration or losses were dropped. */
enum storage_drop {
    STORAGE_DROP_QUEUE_FULL, /* the disk is too slow; without a spool, the database is away */
    STORAGE_DROP_SPOOL_FULL, /* the database is away, and spool.max_mb is used up */
    STORAGE_DROP_DISK_ERROR, /* the spool cannot be written to: its disk is full or broken */
    STORAGE_DROP_REFUSED,    /* the database refuses it for its own sake */
    STORAGE_DROP_DAMAGED,    /* it cannot be read from the spool */
    STORAGE_DROP_REASONS
};
const char *storage_drop_text(enum storage_drop reason); /* "queue_full" */

struct storage_writer_counts {
    uint64_t written, dropped, retries; /* written: buckets */
    uint64_t drops[STORAGE_DROP_REASONS];
    uint64_t queued;               /* in memory now */
    uint64_t spooled, spool_bytes; /* in the spool now */
    int64_t oldest_us;             /* start of the oldest bucket that waits; INT64_MIN: none does */
    uint64_t files_written;        /* of put_file_take */
    char last_error[512];          /* why the last try failed; "" when it went well */
    char disk_error[512];          /* why the spool or a file could not be written, likewise */
    uint64_t roll_ups_failed;      /* tries; nothing is lost, but hours and days are late */
    char roll_up_error[512];       /* why the last roll-up or retention failed, likewise */
};

/*
 * Open the spool and connect once, to say early what is wrong. With a spool a database that does
 * not answer is no reason to fail: buckets wait, and counts.last_error says why. Returns 0;
 * -ECONNREFUSED (without a spool), -EPROTO (schema version), -EEXIST (store_key belongs to another
 * store), -EINVAL (unknown time zone), -EBUSY (another process has the spool), -errno.
 */
MUST_CHECK int storage_writer_create(const struct storage_writer_options *options,
                                     struct storage_writer **ret_writer, struct error *err);

/* Stops the threads, without waiting for the database. What is in the spool stays there, and what
 * is still on its way there goes, if the disk takes it. Without a spool buckets still queued are
 * lost, so flush first. */
void storage_writer_destroy(struct storage_writer **writer);

/* All floors have been told of: what an earlier run has left in the spool may be written. The first
 * put, and flush, say so as well. */
void storage_writer_begin(struct storage_writer *writer);

/* Hand a bucket over; *bucket becomes NULL, also on failure: then it is dropped and counted. Never
 * waits. Returns 0; -ENOSPC when the queue was full; -ENOMEM. */
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

/* So many of one thing did not get through. */
struct storage_loss {
    const char *camera;        /* id; "": of none in particular */
    const char *source;        /* who counted, one word: "wire" */
    const char *reason, *unit; /* one word each: "missed", "frames" */
    uint64_t count;            /* up to INT64_MAX */
};

/* What did not get through since counting began. */
struct storage_losses {
    int64_t since_us, told_us;       /* when counting began; now */
    const struct storage_loss *list; /* no two of one camera, source and reason */
    size_t count;                    /* STORAGE_LOSSES_MAX at most */
};
#define STORAGE_LOSSES_MAX ((size_t) 65536)

/*
 * Hand over how much was lost, refused or dropped; the losses are copied. Told again, a count
 * replaces what was told before with the same since_us, whether it is higher or lower; a count of 0
 * only takes back what was told before. Returns 0; -ENOSPC when the queue was full; -ENOMEM.
 */
MUST_CHECK int storage_writer_put_losses(struct storage_writer *writer,
                                         const struct storage_losses *losses);

/*
 * Replace a file once everything that was put before it is kept: for a checkpoint that must not be
 * ahead of the buckets it stands behind. The file is written beside its place, with mode 0600,
 * synced, renamed, and its folder synced. Never waits. Where several are pending the newest is what
 * will be there in the end, and others may be left out.
 *   bytes  *bytes was allocated by malloc; it becomes NULL, also on failure
 * Returns 0; -ENOTSUP without a spool; -ENOMEM. A file that cannot be written is said in
 * counts.disk_error and a notice; the old one stays.
 */
MUST_CHECK int storage_writer_put_file_take(struct storage_writer *writer, const char *path,
                                            uint8_t **bytes, size_t length);

/* Wait until everything handed over is committed, or dropped because the database refuses it (see
 * counts), and for the rest of the time until it is rolled up; tries again soon where the writer is
 * pausing. Returns 0, also when something is still to be rolled up, or -ETIMEDOUT. */
MUST_CHECK int storage_writer_flush(struct storage_writer *writer, int timeout_ms);

struct storage_writer_counts storage_writer_counts(struct storage_writer *writer);

/* The next thing that happened and that somebody should read in the log: the spool was repaired, a
 * bucket was put aside, the database is away or back. Returns whether there was one. */
bool storage_writer_next_notice(struct storage_writer *writer, struct error *ret_notice);

#endif
