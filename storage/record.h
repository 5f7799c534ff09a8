/*
 * record.h - what is on its way to the database, as bytes
 *
 * A bucket, a calibration or a list of losses is packed when it is handed over, so that how much
 * waits is known to the byte, and what waits in memory and what waits on disk is the same.
 */
#ifndef FLOORFUSE_STORAGE_RECORD_H
#define FLOORFUSE_STORAGE_RECORD_H

#include "base/error.h"
#include "storage/writer.h"

enum record_kind { RECORD_BUCKET = 1, RECORD_CALIBRATION = 2, RECORD_LOSSES = 3 };

/* How facts are counted: those of other definitions are not added to them. */
struct storage_definition {
    int bucket_s, visit_s;
    double cell_m, zone_hysteresis_m;
};

/* Of a record that has no time. */
#define RECORD_NO_TIME INT64_MIN

struct record {
    uint64_t number; /* ascending in the order in which they were handed over; given by what keeps
                        them */
    uint32_t kind;   /* enum record_kind; others are for whoever knows them */
    int64_t time_us; /* a bucket's start; or RECORD_NO_TIME */
    uint8_t *bytes;  /* owned */
    size_t length;
};

/* Free the bytes; the rest is zero then. */
void record_release(struct record *record);

/* A bucket is written with the definition that it was counted by, which may be that of an earlier
 * run. Each returns 0 or -ENOMEM. */
MUST_CHECK int record_of_bucket(const struct heat_bucket *bucket,
                                const struct storage_definition *definition,
                                struct record *ret_record);
MUST_CHECK int record_of_calibration(const struct storage_calibration *calibration,
                                     struct record *ret_record);
MUST_CHECK int record_of_losses(const struct storage_losses *losses, struct record *ret_record);

/* What a record holds: one of them. */
struct record_content {
    struct heat_bucket *bucket;
    struct storage_definition definition; /* of the bucket */
    struct storage_calibration *calibration;
    struct storage_losses *losses;
};

/*
 * Read a record, believing nothing.
 *   ret_content  the caller's to release; untouched on failure
 * Returns 0; -EPROTO (a kind or version that is not known), -EBADMSG (damaged, or it contradicts
 * itself), each with a sentence; -ENOMEM.
 */
MUST_CHECK int record_read(const struct record *record, struct record_content *ret_content,
                           struct error *err);
void record_content_release(struct record_content *content);

#endif
