/*
 * spool.h - records on disk, first in, first out, that outlive the program and the power
 *
 * A folder of segment files: NUMBER.records, named after the lowest number that a record in it can
 * have. Records are appended to the newest and read from the oldest; a segment whose records have
 * all been dropped is deleted, so an empty spool has none. `drained` holds the number up to which
 * records have been dropped, and `lock` keeps other processes out.
 *
 *     magic  kind  length  number  time  CRC-32 of payload  CRC-32 of all this   payload
 *     4      4     4       8       8     4                  4                    length bytes
 *
 * What is kept: an append counts once fdatasync has returned, and a new segment once its folder has
 * been synced as well; before that spool_append does not return. `drained` is written without a
 * sync. Where it comes back older after a power cut, records are read again that had been dropped
 * already; they come in their order and none of those after them is missing. So whoever drains a
 * spool must be able to take a record twice.
 *
 * What breaks: an append that a crash cut off is at the end of the newest segment and was never
 * reported as kept; it is cut off when the spool is opened. Damage elsewhere costs the records that
 * it touches: the next sound header is searched for, and what lies between is counted.
 *
 * One thread may append while another reads and drops; a status never waits for the disk.
 */
#ifndef FLOORFUSE_STORAGE_SPOOL_H
#define FLOORFUSE_STORAGE_SPOOL_H

#include "storage/record.h"

#define SPOOL_HEADER_BYTES 36

struct spool; /* opaque */

/*
 * Open a spool, or begin one. The folder is made with mode 0700 where it is missing, its parents
 * with 0755; files have 0600.
 *   max_bytes   what the segments may take together on the disk
 *   ret_repair  what was repaired, as a sentence; "" where nothing was; may be NULL
 * Returns 0; -EBUSY (another process has it) and -errno, with a sentence.
 */
MUST_CHECK int spool_open(const char *folder, uint64_t max_bytes, struct spool **ret_spool,
                          struct error *ret_repair, struct error *err);
void spool_close(struct spool **spool);

/*
 * Append records and have the disk keep them. Their numbers are given here, whatever they say.
 * Returns how many of them are kept, the first ones: fewer than count where the next one does not
 * fit; -ENOSPC when not even one fits until something is dropped; -EMSGSIZE when the first can
 * never fit; -EIO when the disk did not take them (full, broken): then none is kept, and the
 * sentence says why.
 */
MUST_CHECK int spool_append(struct spool *spool, const struct record *records, size_t count,
                            struct error *err);

/*
 * Read the oldest records. They stay until they are dropped. Damage that comes first is skipped for
 * good and counted; damage that comes later ends what is read.
 *   most         of them, also SPOOL_READ_BYTES together, but always one
 *   ret_records  each the caller's to release
 * Returns how many; -EIO with a sentence; -ENOMEM.
 */
#define SPOOL_READ_BYTES ((size_t) 16 * 1024 * 1024)
MUST_CHECK int spool_front(struct spool *spool, size_t most, struct record *ret_records,
                           struct error *err);

/* The records up to this number, one that spool_front gave, are not needed any more. */
void spool_drop(struct spool *spool, uint64_t number);

struct spool_status {
    uint64_t records;  /* that wait */
    uint64_t bytes;    /* of all segments on the disk, dropped records among them */
    uint64_t damaged;  /* places that were skipped since the spool was opened */
    int64_t oldest_us; /* the time of the oldest record that has one; RECORD_NO_TIME */
};
struct spool_status spool_status(struct spool *spool);

#endif
