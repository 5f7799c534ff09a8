/*
 * spool_file.c - the bytes of a spool's segments, and finding records in them
 *
 * Headers have a checksum of their own, so that a damaged payload does not cost those that follow
 * it, and looking for the next header stays linear whatever the bytes are.
 */
#include "storage/spool_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32.h"
#include "storage/spool.h"

#define MAGIC UINT32_C(0x31535046) /* FPS1 */

#define SCAN_BYTES ((size_t) 64 * 1024)

/* Numbers are not used up; those beyond are damage. */
#define NUMBER_MAX (UINT64_MAX / 2)

void spool_put_number(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t) (value >> (8 * i));
}

uint64_t spool_get_number(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t) at[i] << (8 * i);
    return value;
}

void spool_write_header(const struct spool_header *header,
                        uint8_t ret_bytes[static SPOOL_HEADER_BYTES])
{
    spool_put_number(ret_bytes, MAGIC, 4);
    spool_put_number(ret_bytes + 4, header->kind, 4);
    spool_put_number(ret_bytes + 8, header->length, 4);
    spool_put_number(ret_bytes + 12, header->number, 8);
    spool_put_number(ret_bytes + 20, (uint64_t) header->time_us, 8);
    spool_put_number(ret_bytes + 28, header->payload_crc, 4);
    spool_put_number(ret_bytes + 32, crc32_of(ret_bytes, 32), 4);
}

static bool read_header(const uint8_t bytes[static SPOOL_HEADER_BYTES],
                        struct spool_header *ret_header)
{
    if (spool_get_number(bytes, 4) != MAGIC ||
        spool_get_number(bytes + 32, 4) != crc32_of(bytes, 32))
        return false;
    *ret_header =
        (struct spool_header){ .kind = (uint32_t) spool_get_number(bytes + 4, 4),
                               .length = (uint32_t) spool_get_number(bytes + 8, 4),
                               .number = spool_get_number(bytes + 12, 8),
                               .time_us = (int64_t) spool_get_number(bytes + 20, 8),
                               .payload_crc = (uint32_t) spool_get_number(bytes + 28, 4) };
    return true;
}

int spool_read_at(int fd, void *bytes, size_t length, uint64_t offset)
{
    for (uint8_t *at = bytes; length > 0;) {
        ssize_t n = pread(fd, at, length, (off_t) offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENODATA;
        at += n;
        offset += (uint64_t) n;
        length -= (size_t) n;
    }
    return 0;
}

int spool_write_at(int fd, const void *bytes, size_t length, uint64_t offset)
{
    for (const uint8_t *at = bytes; length > 0;) {
        ssize_t n = pwrite(fd, at, length, (off_t) offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        at += n;
        offset += (uint64_t) n;
        length -= (size_t) n;
    }
    return 0;
}

/* ---- finding records ---- */

/* The header at a place, if there is a whole record. Returns 1, 0 or -errno. */
static int header_at(const struct spool_stretch *stretch, uint64_t at,
                     struct spool_header *ret_header)
{
    uint8_t bytes[SPOOL_HEADER_BYTES];
    struct spool_header header;
    if (stretch->end - at < sizeof(bytes))
        return 0;
    int r = spool_read_at(stretch->fd, bytes, sizeof(bytes), at);
    if (r < 0)
        return r == -ENODATA ? 0 : r;
    if (!read_header(bytes, &header) || header.number <= stretch->above ||
        header.number > NUMBER_MAX || header.length > stretch->end - at - sizeof(bytes))
        return 0;
    *ret_header = header;
    return 1;
}

/* Look for a header behind damage. Returns 1, 0 or -errno. */
static int scan(const struct spool_stretch *stretch, uint64_t from, struct spool_header *ret_header,
                uint64_t *ret_at)
{
    static const uint8_t magic[4] = { 'F', 'P', 'S', '1' };
    uint8_t *chunk = malloc(SCAN_BYTES);
    int r = chunk ? 0 : -ENOMEM;
    while (r == 0 && from + SPOOL_HEADER_BYTES <= stretch->end) {
        uint64_t rest = stretch->end - from;
        size_t length = rest < SCAN_BYTES ? (size_t) rest : SCAN_BYTES;
        r = spool_read_at(stretch->fd, chunk, length, from);
        for (uint8_t *at = chunk;
             r == 0 && (at = memmem(at, length - (size_t) (at - chunk), magic, sizeof(magic)));
             at++) {
            uint64_t place = from + (uint64_t) (at - chunk);
            r = header_at(stretch, place, ret_header);
            if (r > 0)
                *ret_at = place; /* not before: it may be the stretch's own */
        }
        from += length - (length > sizeof(magic) ? sizeof(magic) - 1 : 0);
    }
    free(chunk);
    return r == -ENODATA ? 0 : r;
}

int spool_find(const struct spool_stretch *stretch, struct spool_header *ret_header,
               uint64_t *ret_at)
{
    int r = header_at(stretch, stretch->at, ret_header);
    if (r == 0)
        return scan(stretch, stretch->at + 1, ret_header, ret_at);
    if (r > 0)
        *ret_at = stretch->at;
    return r;
}

uint64_t spool_record_end(const struct spool_header *header, uint64_t at)
{
    return at + SPOOL_HEADER_BYTES + header->length;
}
