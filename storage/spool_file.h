/*
 * spool_file.h - the bytes of a spool's segments, and finding records in them
 *
 * Internal to spool.c, whose header says what they look like.
 */
#ifndef FLOORFUSE_STORAGE_SPOOL_FILE_H
#define FLOORFUSE_STORAGE_SPOOL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "storage/spool.h"

struct spool_header {
    uint32_t kind, length;
    uint64_t number;
    int64_t time_us;
    uint32_t payload_crc;
};

/* A part of a segment in which records are looked for. */
struct spool_stretch {
    int fd;
    uint64_t at, end;
    uint64_t above; /* numbers that are not above this one are no records */
};

/* Little-endian. */
void spool_put_number(uint8_t *at, uint64_t value, size_t bytes);
uint64_t spool_get_number(const uint8_t *at, size_t bytes);

/* Returns 0 when all is there, or -errno; -ENODATA: the file ends before. */
MUST_CHECK int spool_read_at(int fd, void *bytes, size_t length, uint64_t offset);

/* Returns 0, or -1 with errno. */
MUST_CHECK int spool_write_at(int fd, const void *bytes, size_t length, uint64_t offset);

void spool_write_header(const struct spool_header *header,
                        uint8_t ret_bytes[static SPOOL_HEADER_BYTES]);

/*
 * Find the next whole record, behind damage if need be; whether its payload is sound is not looked
 * at.
 *   ret_at  where its header is; may be &stretch->at
 * Returns 1, 0 (none up to the end) or -errno.
 */
MUST_CHECK int spool_find(const struct spool_stretch *stretch, struct spool_header *ret_header,
                          uint64_t *ret_at);

/* Where the record whose header is at a place ends. */
uint64_t spool_record_end(const struct spool_header *header, uint64_t at);

#endif
