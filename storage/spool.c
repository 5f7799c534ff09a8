/*
 * spool.c - records on disk, first in, first out, that outlive the program and the power
 *
 * One mutex guards the files and may be held while the disk works; another guards the status alone.
 * The front is a place in the oldest segment; all that lies before it has been dropped.
 */
#include "storage/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32.h"
#include "storage/spool_state.h"

/* ---- appending ---- */

static uint64_t bytes_on_disk(const struct record *record)
{
    return SPOOL_HEADER_BYTES + (uint64_t) record->length;
}

/* How many of the records there is room for. */
static size_t count_fitting(const struct spool *spool, const struct record *records, size_t count)
{
    uint64_t room = spool->total < spool->max_bytes ? spool->max_bytes - spool->total : 0;
    size_t fitting = 0;
    for (; fitting < count; fitting++) {
        uint64_t bytes = bytes_on_disk(&records[fitting]);
        if (bytes > room || records[fitting].length > UINT32_MAX)
            break;
        room -= bytes;
    }
    return fitting;
}

/* The newest segment, or another once that one is long enough. Returns 0 or -1 with errno. */
static int newest_segment(struct spool *spool)
{
    size_t count = spool->segment_count;
    if (spool->write_fd >= 0 && spool->segments[count - 1].bytes < spool->segment_bytes)
        return 0;
    if (spool_add_segment(spool, spool->next) < 0) {
        errno = ENOMEM;
        return -1;
    }
    spool_close_fd(&spool->write_fd);
    spool->write_fd =
        spool_open_segment(spool, &spool->segments[count], O_WRONLY | O_CREAT | O_TRUNC);
    if (spool->write_fd >= 0 && fsync(spool->folder_fd) == 0)
        return 0;
    int reason = errno;
    spool_close_fd(&spool->write_fd);
    spool->segment_count--;
    errno = reason;
    return -1;
}

static int write_record(int fd, const struct record *record, uint64_t number, uint64_t at)
{
    uint8_t bytes[SPOOL_HEADER_BYTES];
    const struct spool_header header = { .kind = record->kind,
                                         .length = (uint32_t) record->length,
                                         .number = number,
                                         .time_us = record->time_us,
                                         .payload_crc = crc32_of(record->bytes, record->length) };
    spool_write_header(&header, bytes);
    if (spool_write_at(fd, bytes, sizeof(bytes), at) < 0)
        return -1;
    return spool_write_at(fd, record->bytes, record->length, at + sizeof(bytes));
}

/* What could not be kept goes. Where even that fails the segment ends here: its numbers are not
 * used again, so what is found behind its end is something that was handed over, at worst twice. */
static void take_back(struct spool *spool, uint64_t bytes)
{
    if (ftruncate(spool->write_fd, (off_t) bytes) < 0)
        spool_close_fd(&spool->write_fd);
}

static int append(struct spool *spool, const struct record *records, size_t count)
{
    if (newest_segment(spool) < 0)
        return -1;
    struct spool_segment *segment = &spool->segments[spool->segment_count - 1];
    uint64_t at = segment->bytes, first = spool->next;
    int r = 0;
    spool->next += count;
    for (size_t i = 0; r == 0 && i < count; i++) {
        r = write_record(spool->write_fd, &records[i], first + i, at);
        at += bytes_on_disk(&records[i]);
    }
    if (r == 0)
        r = fdatasync(spool->write_fd);
    if (r < 0) {
        int reason = errno;
        take_back(spool, segment->bytes);
        errno = reason;
        return -1;
    }
    spool->total += at - segment->bytes;
    segment->bytes = at;
    segment->last = spool->next - 1;
    spool->waiting += count;
    return 0;
}

int spool_append(struct spool *spool, const struct record *records, size_t count, struct error *err)
{
    if (records[0].length > UINT32_MAX || bytes_on_disk(&records[0]) > spool->max_bytes)
        return error_set(err, -EMSGSIZE,
                         "a record of %zu bytes does not fit into the spool %s, which may have "
                         "%" PRIu64,
                         records[0].length, spool->folder, spool->max_bytes);
    (void) pthread_mutex_lock(&spool->mutex);
    size_t fitting = count_fitting(spool, records, count);
    int r = (int) fitting;
    if (fitting == 0)
        r = error_set(err, -ENOSPC,
                      "the spool %s is full: %" PRIu64 " of %" PRIu64 " bytes (spool.max_mb)",
                      spool->folder, spool->total, spool->max_bytes);
    else if (append(spool, records, fitting) < 0)
        r = spool_fail(err, spool, -EIO, "write to");
    spool_note_status(spool);
    (void) pthread_mutex_unlock(&spool->mutex);
    return r;
}

/* ---- reading and dropping ---- */

/* Returns 1; 0 where the payload is damaged; -errno. */
static int read_payload(int fd, const struct spool_header *header, uint64_t at,
                        struct record *ret_record)
{
    uint8_t *bytes = malloc((size_t) header->length + 1);
    if (!bytes)
        return -ENOMEM;
    int r = spool_read_at(fd, bytes, header->length, at + SPOOL_HEADER_BYTES);
    if (r == 0 && crc32_of(bytes, header->length) == header->payload_crc) {
        *ret_record = (struct record){ .number = header->number,
                                       .kind = header->kind,
                                       .time_us = header->time_us,
                                       .bytes = bytes,
                                       .length = header->length };
        return 1;
    }
    free(bytes);
    return r == -ENODATA ? 0 : r;
}

/* A place in the spool while reading. */
struct reading {
    struct record *records;
    size_t count, most, bytes;
};

/* Damage at the front is behind us; it is counted once. */
static void skip(struct spool *spool, uint64_t to)
{
    spool->damaged++;
    spool->front = to;
}

/* Read one record. Returns 1, 0 (no more for now) or -errno. */
static int read_next(struct spool *spool, struct spool_stretch *stretch, struct reading *reading)
{
    struct spool_header header;
    uint64_t at;
    int r = spool_find(stretch, &header, &at);
    if (r < 0)
        return r;
    bool is_front = reading->count == 0;
    if (r == 0 || at > stretch->at) {
        if (!is_front)
            return 0;
        if (stretch->at < stretch->end)
            skip(spool, r ? at : stretch->end);
        stretch->at = spool->front;
        return r;
    }
    if (!is_front && reading->bytes + header.length > SPOOL_READ_BYTES)
        return 0;
    r = read_payload(stretch->fd, &header, at, &reading->records[reading->count]);
    if (r < 0 || (r == 0 && !is_front))
        return r;
    stretch->at = spool_record_end(&header, at);
    stretch->above = header.number;
    if (r > 0) {
        reading->count++;
        reading->bytes += header.length;
    } else {
        skip(spool, stretch->at);
        spool->waiting -= spool->waiting > 0;
    }
    return 1;
}

/* Read from the oldest segment that has something. */
static int read_front(struct spool *spool, struct reading *reading)
{
    struct spool_stretch stretch;
    int r = 0;
    while (reading->count == 0) {
        spool_remove_drained(spool);
        if (spool->segment_count == 0)
            break;
        r = spool_front_stretch(spool, &stretch);
        while (r >= 0 && reading->count < reading->most &&
               (r = read_next(spool, &stretch, reading)) > 0)
            ;
        if (r < 0 && reading->count == 0)
            return r;
    }
    if (reading->count == 0)
        spool->waiting = 0; /* also where damage hid how many it took */
    return 0;
}

int spool_front(struct spool *spool, size_t most, struct record *ret_records, struct error *err)
{
    struct reading reading = { .records = ret_records, .most = most };
    (void) pthread_mutex_lock(&spool->mutex);
    int r = read_front(spool, &reading);
    spool_note_status(spool);
    (void) pthread_mutex_unlock(&spool->mutex);
    if (r == 0)
        return (int) reading.count;
    (void) error_set(err, r, "could not read the spool %s: %s", spool->folder, strerror(-r));
    return r == -ENOMEM ? r : -EIO;
}

/* Records that can no longer be found are behind us as well. */
static void pass(struct spool *spool, uint64_t number)
{
    struct spool_stretch stretch;
    struct spool_header header;
    while (spool->segment_count > 0 && spool_front_stretch(spool, &stretch) == 0 &&
           spool_find(&stretch, &header, &stretch.at) > 0 && header.number <= number) {
        spool->front = spool_record_end(&header, stretch.at);
        spool->drained = header.number;
        spool->waiting -= spool->waiting > 0;
        spool_remove_drained(spool);
    }
}

void spool_drop(struct spool *spool, uint64_t number)
{
    (void) pthread_mutex_lock(&spool->mutex);
    pass(spool, number);
    if (spool->drained < number)
        spool->drained = number;
    spool_write_drained(spool);
    spool_note_status(spool);
    (void) pthread_mutex_unlock(&spool->mutex);
}

struct spool_status spool_status(struct spool *spool)
{
    (void) pthread_mutex_lock(&spool->status_mutex);
    struct spool_status status = spool->status;
    (void) pthread_mutex_unlock(&spool->status_mutex);
    return status;
}
