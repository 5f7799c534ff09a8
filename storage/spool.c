/*
 * spool.c - records on disk, first in, first out, that outlive the program and the power
 *
 * One mutex guards the files and may be held while the disk works; another guards the status alone.
 * The front is a place in the oldest segment; all that lies before it has been dropped.
 */
#include "storage/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32.h"
#include "base/file.h"
#include "storage/spool_file.h"

#define DRAINED_MAGIC UINT32_C(0x31445046) /* FPD1 */
#define DRAINED_BYTES 16

#define SUFFIX      ".records"
#define NUMBER_LONG 20 /* digits of a file's name */
#define NAME_SIZE   (NUMBER_LONG + sizeof(SUFFIX))

/* So many segments at least: space comes back in pieces of this part of the whole. */
#define SEGMENTS          16
#define SEGMENT_BYTES_MAX (UINT64_C(16) * 1024 * 1024)

struct segment {
    uint64_t first; /* names the file: no record in it has a lower number */
    uint64_t last;  /* the highest number in it; 0: none */
    uint64_t bytes; /* sound or damaged, but kept */
};

struct spool {
    char *folder;
    uint64_t max_bytes, segment_bytes;
    int folder_fd, lock_fd, drained_fd;

    pthread_mutex_t mutex;    /* all of this */
    struct segment *segments; /* oldest first; room for one more */
    size_t segment_count;
    int read_fd;      /* of the oldest segment; -1: not open */
    int write_fd;     /* of the newest segment; -1: the next record begins another */
    uint64_t front;   /* in the oldest segment */
    uint64_t drained; /* records up to this number have been dropped */
    uint64_t next;    /* number of the next record */
    uint64_t waiting; /* records */
    uint64_t damaged; /* places */
    uint64_t total;   /* bytes of all segments */

    pthread_mutex_t status_mutex;
    struct spool_status status;
};

static int fail(struct error *err, const struct spool *spool, int code, const char *what)
{
    return error_set(err, code, "could not %s the spool %s: %s", what, spool->folder,
                     strerror(errno));
}

static void segment_name(uint64_t first, char ret_name[static NAME_SIZE])
{
    (void) snprintf(ret_name, NAME_SIZE, "%0*" PRIu64 SUFFIX, NUMBER_LONG, first);
}

/* ---- segments ---- */

static int open_segment(const struct spool *spool, const struct segment *segment, int flags)
{
    char name[NAME_SIZE];
    segment_name(segment->first, name);
    return openat(spool->folder_fd, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void) close(*fd);
    *fd = -1;
}

/* Not to be undone by a power cut once younger records are dropped. */
static void remove_oldest(struct spool *spool)
{
    char name[NAME_SIZE];
    segment_name(spool->segments[0].first, name);
    (void) unlinkat(spool->folder_fd, name, 0);
    (void) fsync(spool->folder_fd);
    close_fd(&spool->read_fd);
    if (spool->segment_count == 1)
        close_fd(&spool->write_fd);
    spool->total -= spool->segments[0].bytes;
    spool->segment_count--;
    memmove(spool->segments, &spool->segments[1], spool->segment_count * sizeof(*spool->segments));
    spool->front = 0;
}

static void remove_drained(struct spool *spool)
{
    while (spool->segment_count > 0 && spool->front >= spool->segments[0].bytes)
        remove_oldest(spool);
}

/* What is left of the oldest segment. Returns 0 or -errno. */
static int front_stretch(struct spool *spool, struct spool_stretch *ret_stretch)
{
    if (spool->read_fd < 0)
        spool->read_fd = open_segment(spool, &spool->segments[0], O_RDONLY);
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
    if (spool->segment_count == 0 || front_stretch(spool, &stretch) < 0)
        return RECORD_NO_TIME;
    while (spool_find(&stretch, &header, &stretch.at) > 0) {
        if (header.time_us != RECORD_NO_TIME)
            return header.time_us;
        stretch.at = spool_record_end(&header, stretch.at);
    }
    return RECORD_NO_TIME;
}

static void note_status(struct spool *spool)
{
    struct spool_status status = { .records = spool->waiting,
                                   .bytes = spool->total,
                                   .damaged = spool->damaged,
                                   .oldest_us = oldest_us(spool) };
    (void) pthread_mutex_lock(&spool->status_mutex);
    spool->status = status;
    (void) pthread_mutex_unlock(&spool->status_mutex);
}

/* ---- opening ---- */

static int add_segment(struct spool *spool, uint64_t first)
{
    struct segment *segments =
        realloc(spool->segments, (spool->segment_count + 1) * sizeof(*segments));
    if (!segments)
        return -ENOMEM;
    spool->segments = segments;
    segments[spool->segment_count++] = (struct segment){ .first = first };
    return 0;
}

static bool is_segment(const char *name, uint64_t *ret_first)
{
    if (strspn(name, "0123456789") != NUMBER_LONG || strcmp(name + NUMBER_LONG, SUFFIX) != 0)
        return false;
    errno = 0;
    *ret_first = strtoull(name, NULL, 10);
    return errno == 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = ((const struct segment *) a)->first, y = ((const struct segment *) b)->first;
    return x < y ? -1 : x > y;
}

static int list_segments(struct spool *spool)
{
    int fd = openat(spool->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    int r = 0;
    if (!folder) {
        r = -errno;
        close_fd(&fd);
        return r;
    }
    for (struct dirent *entry; r == 0 && (entry = readdir(folder));) {
        uint64_t first;
        if (is_segment(entry->d_name, &first))
            r = add_segment(spool, first);
    }
    (void) closedir(folder);
    if (spool->segment_count > 1)
        qsort(spool->segments, spool->segment_count, sizeof(*spool->segments), by_number);
    return r;
}

/* What a crash left at the end was never kept. */
static int cut_tail(const struct spool *spool, struct segment *segment, int fd,
                    uint64_t sound_bytes, struct error *repair)
{
    char name[NAME_SIZE];
    segment_name(segment->first, name);
    if (ftruncate(fd, (off_t) sound_bytes) < 0 || fsync(fd) < 0)
        return -errno;
    (void) error_set(repair, 0,
                     "%s/%s ended in the middle of a record, as it does after a crash: the last "
                     "%" PRIu64 " bytes, which were never reported as kept, are cut off",
                     spool->folder, name, segment->bytes - sound_bytes);
    segment->bytes = sound_bytes;
    return 0;
}

/* Find the records of a segment, and where those begin that have not been dropped. */
static int walk(struct spool *spool, struct segment *segment, int fd, struct error *repair)
{
    struct spool_stretch stretch = { .fd = fd, .end = segment->bytes };
    struct spool_header header;
    uint64_t drained_end = 0;
    int r;
    stretch.above = spool->next - 1;
    while ((r = spool_find(&stretch, &header, &stretch.at)) > 0) {
        stretch.at = spool_record_end(&header, stretch.at);
        stretch.above = segment->last = header.number;
        if (header.number <= spool->drained)
            drained_end = stretch.at;
        else
            spool->waiting++;
    }
    if (r < 0)
        return r;
    spool->next = stretch.above + 1;
    bool is_newest = segment == &spool->segments[spool->segment_count - 1];
    if (is_newest && stretch.at < stretch.end)
        r = cut_tail(spool, segment, fd, stretch.at, repair);
    if (segment->last && segment->last <= spool->drained)
        drained_end = segment->bytes; /* what follows its last record was dropped with it */
    if (segment == spool->segments)
        spool->front = drained_end;
    spool->total += segment->bytes;
    return r;
}

static int walk_segment(struct spool *spool, struct segment *segment, struct error *repair)
{
    struct stat status;
    int fd = open_segment(spool, segment, O_RDWR);
    int r = fd < 0 || fstat(fd, &status) < 0 ? -errno : 0;
    if (r == 0) {
        segment->bytes = (uint64_t) status.st_size;
        r = walk(spool, segment, fd, repair);
    }
    close_fd(&fd);
    return r;
}

/* A segment that is dropped as a whole goes before the next one is walked, for the front is in the
 * oldest. */
static int walk_all(struct spool *spool, struct error *repair)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < spool->segment_count;) {
        r = walk_segment(spool, &spool->segments[i], repair);
        if (i == 0 && r == 0 && spool->front >= spool->segments[0].bytes)
            remove_oldest(spool);
        else
            i++;
    }
    return r;
}

/* One that cannot be read says nothing: then all that is there is read again. */
static void read_drained(struct spool *spool)
{
    uint8_t bytes[DRAINED_BYTES];
    if (spool_read_at(spool->drained_fd, bytes, sizeof(bytes), 0) < 0)
        return;
    if (spool_get_number(bytes, 4) == DRAINED_MAGIC &&
        spool_get_number(bytes + 12, 4) == crc32_of(bytes, 12))
        spool->drained = spool_get_number(bytes + 4, 8);
}

static void write_drained(const struct spool *spool)
{
    uint8_t bytes[DRAINED_BYTES];
    spool_put_number(bytes, DRAINED_MAGIC, 4);
    spool_put_number(bytes + 4, spool->drained, 8);
    spool_put_number(bytes + 12, crc32_of(bytes, 12), 4);
    if (spool_write_at(spool->drained_fd, bytes, sizeof(bytes), 0) < 0)
        return; /* records are read once more, that is all */
}

static int make_folder(const char *folder, struct error *err)
{
    char *parent = file_folder_of(folder);
    int r = parent ? file_make_folder(parent, 0755, err)
                   : error_set(err, -ENOMEM, "out of memory opening the spool %s", folder);
    if (r == 0)
        r = file_make_folder(folder, 0700, err);
    if (r == 0)
        r = file_sync_folder(parent, err);
    free(parent);
    return r;
}

static int take_lock(struct spool *spool, struct error *err)
{
    spool->lock_fd =
        openat(spool->folder_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (spool->lock_fd < 0)
        return fail(err, spool, -errno, "lock");
    if (flock(spool->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return error_set(
            err, -EBUSY,
            "another program writes to the spool %s; stop it first, or give each store "
            "a state_dir of its own",
            spool->folder);
    return 0;
}

static int open_folder(struct spool *spool, struct error *err)
{
    int r = make_folder(spool->folder, err);
    if (r < 0)
        return r;
    spool->folder_fd = open(spool->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (spool->folder_fd < 0)
        return fail(err, spool, -errno, "open");
    r = take_lock(spool, err);
    if (r < 0)
        return r;
    spool->drained_fd =
        openat(spool->folder_fd, "drained", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return spool->drained_fd < 0 ? fail(err, spool, -errno, "open") : 0;
}

static int read_folder(struct spool *spool, struct error *repair, struct error *err)
{
    read_drained(spool);
    int r = list_segments(spool);
    if (r == 0)
        r = walk_all(spool, repair);
    if (r < 0)
        return error_set(err, r, "could not read the spool %s: %s", spool->folder, strerror(-r));
    if (spool->next <= spool->drained)
        spool->next = spool->drained + 1;
    if (spool->segment_count > 0)
        spool->write_fd = open_segment(spool, &spool->segments[spool->segment_count - 1], O_WRONLY);
    return 0;
}

int spool_open(const char *folder, uint64_t max_bytes, struct spool **ret_spool,
               struct error *ret_repair, struct error *err)
{
    AUTO(spool_close) struct spool *spool = calloc(1, sizeof(*spool));
    if (ret_repair)
        ret_repair->text[0] = '\0';
    if (!spool)
        return error_set(err, -ENOMEM, "out of memory opening the spool %s", folder);
    *spool = (struct spool){ .folder = strdup(folder),
                             .max_bytes = max_bytes,
                             .segment_bytes = max_bytes / SEGMENTS,
                             .folder_fd = -1,
                             .lock_fd = -1,
                             .drained_fd = -1,
                             .read_fd = -1,
                             .write_fd = -1,
                             .next = 1 };
    if (spool->segment_bytes > SEGMENT_BYTES_MAX)
        spool->segment_bytes = SEGMENT_BYTES_MAX;
    (void) pthread_mutex_init(&spool->mutex, NULL);
    (void) pthread_mutex_init(&spool->status_mutex, NULL);
    int r = spool->folder ? open_folder(spool, err)
                          : error_set(err, -ENOMEM, "out of memory opening the spool %s", folder);
    if (r == 0)
        r = read_folder(spool, ret_repair, err);
    if (r < 0)
        return r;
    note_status(spool);
    *ret_spool = spool;
    spool = NULL;
    return 0;
}

void spool_close(struct spool **spool)
{
    struct spool *s = *spool;
    if (!s)
        return;
    close_fd(&s->read_fd);
    close_fd(&s->write_fd);
    close_fd(&s->drained_fd);
    close_fd(&s->lock_fd);
    close_fd(&s->folder_fd);
    (void) pthread_mutex_destroy(&s->mutex);
    (void) pthread_mutex_destroy(&s->status_mutex);
    free(s->segments);
    free(s->folder);
    free(s);
    *spool = NULL;
}

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
    if (add_segment(spool, spool->next) < 0) {
        errno = ENOMEM;
        return -1;
    }
    close_fd(&spool->write_fd);
    spool->write_fd = open_segment(spool, &spool->segments[count], O_WRONLY | O_CREAT | O_TRUNC);
    if (spool->write_fd >= 0 && fsync(spool->folder_fd) == 0)
        return 0;
    int reason = errno;
    close_fd(&spool->write_fd);
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
        close_fd(&spool->write_fd);
}

static int append(struct spool *spool, const struct record *records, size_t count)
{
    if (newest_segment(spool) < 0)
        return -1;
    struct segment *segment = &spool->segments[spool->segment_count - 1];
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
        r = fail(err, spool, -EIO, "write to");
    note_status(spool);
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
        remove_drained(spool);
        if (spool->segment_count == 0)
            break;
        r = front_stretch(spool, &stretch);
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
    note_status(spool);
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
    while (spool->segment_count > 0 && front_stretch(spool, &stretch) == 0 &&
           spool_find(&stretch, &header, &stretch.at) > 0 && header.number <= number) {
        spool->front = spool_record_end(&header, stretch.at);
        spool->drained = header.number;
        spool->waiting -= spool->waiting > 0;
        remove_drained(spool);
    }
}

void spool_drop(struct spool *spool, uint64_t number)
{
    (void) pthread_mutex_lock(&spool->mutex);
    pass(spool, number);
    if (spool->drained < number)
        spool->drained = number;
    write_drained(spool);
    note_status(spool);
    (void) pthread_mutex_unlock(&spool->mutex);
}

struct spool_status spool_status(struct spool *spool)
{
    (void) pthread_mutex_lock(&spool->status_mutex);
    struct spool_status status = spool->status;
    (void) pthread_mutex_unlock(&spool->status_mutex);
    return status;
}
