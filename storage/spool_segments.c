/*
 * spool_segments.c - a spool's files
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32.h"
#include "storage/spool_state.h"

int spool_fail(struct error *err, const struct spool *spool, int code, const char *what)
{
    return error_set(err, code, "could not %s the spool %s: %s", what, spool->folder,
                     strerror(errno));
}

void spool_segment_name(uint64_t first, char ret_name[static SPOOL_NAME_SIZE])
{
    (void) snprintf(ret_name, SPOOL_NAME_SIZE, "%0*" PRIu64 SPOOL_SUFFIX, SPOOL_NUMBER_LONG, first);
}

int spool_open_segment(const struct spool *spool, const struct spool_segment *segment, int flags)
{
    char name[SPOOL_NAME_SIZE];
    spool_segment_name(segment->first, name);
    return openat(spool->folder_fd, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

void spool_close_fd(int *fd)
{
    if (*fd >= 0)
        (void) close(*fd);
    *fd = -1;
}

void spool_remove_oldest(struct spool *spool)
{
    char name[SPOOL_NAME_SIZE];
    spool_segment_name(spool->segments[0].first, name);
    (void) unlinkat(spool->folder_fd, name, 0);
    (void) fsync(spool->folder_fd);
    spool_close_fd(&spool->read_fd);
    if (spool->segment_count == 1)
        spool_close_fd(&spool->write_fd);
    spool->total -= spool->segments[0].bytes;
    spool->segment_count--;
    memmove(spool->segments, &spool->segments[1], spool->segment_count * sizeof(*spool->segments));
    spool->front = 0;
}

void spool_remove_drained(struct spool *spool)
{
    while (spool->segment_count > 0 && spool->front >= spool->segments[0].bytes)
        spool_remove_oldest(spool);
}

int spool_front_stretch(struct spool *spool, struct spool_stretch *ret_stretch)
{
    if (spool->read_fd < 0)
        spool->read_fd = spool_open_segment(spool, &spool->segments[0], O_RDONLY);
    if (spool->read_fd < 0)
        return -errno;
    *ret_stretch = (struct spool_stretch){ .fd = spool->read_fd,
                                           .at = spool->front,
                                           .end = spool->segments[0].bytes,
                                           .above = spool->drained };
    return 0;
}

static int64_t oldest_us(struct spool *spool)
{
    struct spool_stretch stretch;
    struct spool_header header;
    if (spool->segment_count == 0 || spool_front_stretch(spool, &stretch) < 0)
        return RECORD_NO_TIME;
    while (spool_find(&stretch, &header, &stretch.at) > 0) {
        if (header.time_us != RECORD_NO_TIME)
            return header.time_us;
        stretch.at = spool_record_end(&header, stretch.at);
    }
    return RECORD_NO_TIME;
}

void spool_note_status(struct spool *spool)
{
    struct spool_status status = { .records = spool->waiting,
                                   .bytes = spool->total,
                                   .damaged = spool->damaged,
                                   .oldest_us = oldest_us(spool) };
    (void) pthread_mutex_lock(&spool->status_mutex);
    spool->status = status;
    (void) pthread_mutex_unlock(&spool->status_mutex);
}

int spool_add_segment(struct spool *spool, uint64_t first)
{
    struct spool_segment *segments =
        realloc(spool->segments, (spool->segment_count + 1) * sizeof(*segments));
    if (!segments)
        return -ENOMEM;
    spool->segments = segments;
    segments[spool->segment_count++] = (struct spool_segment){ .first = first };
    return 0;
}

void spool_write_drained(const struct spool *spool)
{
    uint8_t bytes[SPOOL_DRAINED_BYTES];
    spool_put_number(bytes, SPOOL_DRAINED_MAGIC, 4);
    spool_put_number(bytes + 4, spool->drained, 8);
    spool_put_number(bytes + 12, crc32_of(bytes, 12), 4);
    if (spool_write_at(spool->drained_fd, bytes, sizeof(bytes), 0) < 0)
        return; /* records are read once more, that is all */
}
