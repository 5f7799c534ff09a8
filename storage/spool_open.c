/*
 * spool_open.c - finding what an earlier program left in a spool, and mending it
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32.h"
#include "base/file.h"
#include "storage/spool_state.h"

/* So many segments at least: space comes back in pieces of this part of the whole. */
#define SEGMENTS          16
#define SEGMENT_BYTES_MAX (UINT64_C(16) * 1024 * 1024)

static bool is_segment(const char *name, uint64_t *ret_first)
{
    if (strspn(name, "0123456789") != SPOOL_NUMBER_LONG ||
        strcmp(name + SPOOL_NUMBER_LONG, SPOOL_SUFFIX) != 0)
        return false;
    errno = 0;
    *ret_first = strtoull(name, NULL, 10);
    return errno == 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = ((const struct spool_segment *) a)->first,
             y = ((const struct spool_segment *) b)->first;
    return x < y ? -1 : x > y;
}

static int list_segments(struct spool *spool)
{
    int fd = openat(spool->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    int r = 0;
    if (!folder) {
        r = -errno;
        spool_close_fd(&fd);
        return r;
    }
    for (struct dirent *entry; r == 0 && (entry = readdir(folder));) {
        uint64_t first;
        if (is_segment(entry->d_name, &first))
            r = spool_add_segment(spool, first);
    }
    (void) closedir(folder);
    if (spool->segment_count > 1)
        qsort(spool->segments, spool->segment_count, sizeof(*spool->segments), by_number);
    return r;
}

/* What a crash left at the end was never kept. */
static int cut_tail(const struct spool *spool, struct spool_segment *segment, int fd,
                    uint64_t sound_bytes, struct error *repair)
{
    char name[SPOOL_NAME_SIZE];
    spool_segment_name(segment->first, name);
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
static int walk(struct spool *spool, struct spool_segment *segment, int fd, struct error *repair)
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

static int walk_segment(struct spool *spool, struct spool_segment *segment, struct error *repair)
{
    struct stat status;
    int fd = spool_open_segment(spool, segment, O_RDWR);
    int r = fd < 0 || fstat(fd, &status) < 0 ? -errno : 0;
    if (r == 0) {
        segment->bytes = (uint64_t) status.st_size;
        r = walk(spool, segment, fd, repair);
    }
    spool_close_fd(&fd);
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
            spool_remove_oldest(spool);
        else
            i++;
    }
    return r;
}

/* One that cannot be read says nothing: then all that is there is read again. */
static void read_drained(struct spool *spool)
{
    uint8_t bytes[SPOOL_DRAINED_BYTES];
    if (spool_read_at(spool->drained_fd, bytes, sizeof(bytes), 0) < 0)
        return;
    if (spool_get_number(bytes, 4) == SPOOL_DRAINED_MAGIC &&
        spool_get_number(bytes + 12, 4) == crc32_of(bytes, 12))
        spool->drained = spool_get_number(bytes + 4, 8);
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
        return spool_fail(err, spool, -errno, "lock");
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
        return spool_fail(err, spool, -errno, "open");
    r = take_lock(spool, err);
    if (r < 0)
        return r;
    spool->drained_fd =
        openat(spool->folder_fd, "drained", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return spool->drained_fd < 0 ? spool_fail(err, spool, -errno, "open") : 0;
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
        spool->write_fd =
            spool_open_segment(spool, &spool->segments[spool->segment_count - 1], O_WRONLY);
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
    spool_note_status(spool);
    *ret_spool = spool;
    spool = NULL;
    return 0;
}

void spool_close(struct spool **spool)
{
    struct spool *s = *spool;
    if (!s)
        return;
    spool_close_fd(&s->read_fd);
    spool_close_fd(&s->write_fd);
    spool_close_fd(&s->drained_fd);
    spool_close_fd(&s->lock_fd);
    spool_close_fd(&s->folder_fd);
    (void) pthread_mutex_destroy(&s->mutex);
    (void) pthread_mutex_destroy(&s->status_mutex);
    free(s->segments);
    free(s->folder);
    free(s);
    *spool = NULL;
}
