/*
 * ring.c - the last messages of one camera, on disk, for who missed them
 */
#include "wire/ring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "wire/ring_index.h"

/* Segments of a full ring, and how large one may get; the latter bounds the memory to open it. */
#define SEGMENTS          16
#define SEGMENT_BYTES_MAX (16u * 1024 * 1024)
#define RECORD_BYTES_MAX  (RING_RECORD_HEADER + MESSAGE_BYTES_MAX)

struct ring {
    char *folder;
    uint64_t bytes_max, segment_max;
    int64_t age_us;
    int lock_fd, write_fd; /* write_fd: of the last segment, -1 until it is needed */
    int read_fd;           /* of segment read_number, or -1 */
    uint64_t read_number;
    struct ring_index index;
    struct wire_position newest; /* boot_id 0: there is none */
    struct ring_place newest_place;
    bool lost_newest; /* frames after the newest did not get in, or were damaged */
    /* Since this frame none was lost, and where it lies; boot_id 0: since the first. */
    struct wire_position whole_from;
    struct ring_place whole_place;
    struct ring_record hello; /* the last one; bytes in hello_bytes */
    struct buffer hello_bytes, scratch;
    uint8_t *read_bytes; /* RECORD_BYTES_MAX */
    struct ring_counts counts;
};

static void segment_path(const struct ring *ring, uint64_t number, char path[static PATH_MAX])
{
    (void) snprintf(path, PATH_MAX, "%s/%016" PRIx64 ".ring", ring->folder, number);
}

static int keep_hello(struct ring *ring, const struct ring_record *record)
{
    if (record->bytes == ring->hello_bytes.bytes)
        return 0;
    ring->hello_bytes.length = 0;
    ring->hello.kind = MESSAGE_NONE;
    buffer_put_bytes(&ring->hello_bytes, record->bytes, record->length);
    int r = buffer_result(&ring->hello_bytes);
    if (r < 0) {
        buffer_release(&ring->hello_bytes);
        return r;
    }
    ring->hello = *record;
    ring->hello.bytes = ring->hello_bytes.bytes;
    return 0;
}

/* A record lies in the last segment at an offset. */
static int note_record(struct ring *ring, const struct ring_record *record, uint64_t offset)
{
    struct ring_segment *segment = ring_index_last(&ring->index);
    int r = 0;
    if (record->kind == MESSAGE_HELLO)
        r = keep_hello(ring, record);
    else
        r = ring_segment_mark(segment, record->at, offset);
    if (r < 0)
        return r;
    if (record->publish_us > segment->newest_us)
        segment->newest_us = record->publish_us;
    if (record->kind == MESSAGE_FRAME) {
        ring->newest = record->at;
        ring->newest_place = (struct ring_place){ segment->number, offset };
        if (ring->lost_newest) {
            ring->whole_from = ring->newest;
            ring->whole_place = ring->newest_place;
        }
        ring->lost_newest = false;
    }
    return 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void) close(*fd);
    *fd = -1;
}

/* --- opening --- */

static int scan_bytes(struct ring *ring, const char *bytes, size_t length, size_t *ret_end)
{
    size_t at = 0, gap;
    struct ring_record record;
    int r = 0;
    while (r == 0 && ring_record_next(bytes, length, &at, &record, &gap)) {
        ring->counts.damaged += gap > 0;
        ring->lost_newest |= gap > 0;
        r = note_record(ring, &record, at - RING_RECORD_HEADER - record.length);
    }
    *ret_end = at;
    return r;
}

/* Cut off what a program that ended in the middle of a record left of it. */
static int cut_tail(struct ring *ring, const char *path, uint64_t size, struct error *err)
{
    if (truncate(path, (off_t) size) == 0)
        return 0;
    int r = -errno;
    return error_set(err, r,
                     "could not cut the unfinished end off %s: %s; remove the folder %s to "
                     "begin anew",
                     path, strerror(-r), ring->folder);
}

static int scan_segment(struct ring *ring, uint64_t number, bool last, struct error *err)
{
    char path[PATH_MAX];
    char *bytes;
    size_t length, end;
    segment_path(ring, number, path);
    int r = file_read(path, SEGMENT_BYTES_MAX + RECORD_BYTES_MAX, &bytes, &length, err);
    if (r < 0)
        return r;
    r = ring_index_add(&ring->index, number);
    if (r == 0)
        r = scan_bytes(ring, bytes, length, &end);
    free(bytes);
    if (r < 0)
        return error_set(err, r, "could not read %s: %s", path, strerror(-r));
    struct ring_segment *segment = ring_index_last(&ring->index);
    segment->size = last ? end : length;
    ring->counts.bytes += segment->size;
    if (end == length)
        return 0;
    ring->lost_newest = true;
    if (!last) {
        ring->counts.damaged++;
        return 0;
    }
    ring->counts.torn_bytes = length - end;
    return cut_tail(ring, path, end, err);
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
    return (x > y) - (x < y);
}

/* The number of a segment's name; others' files stay out of it. */
static bool number_of(const char *name, uint64_t *ret_number)
{
    char expected[32];
    if (sscanf(name, "%16" SCNx64, ret_number) != 1)
        return false;
    (void) snprintf(expected, sizeof(expected), "%016" PRIx64 ".ring", *ret_number);
    return strcmp(name, expected) == 0;
}

static int list_segments(const char *folder, uint64_t **ret_numbers, size_t *ret_count)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return -errno;
    uint64_t *numbers = NULL, number;
    size_t count = 0, capacity = 0;
    int r = 0;
    for (const struct dirent *entry; r == 0 && (entry = readdir(dir)) != NULL;) {
        if (!number_of(entry->d_name, &number))
            continue;
        if (count == capacity) {
            capacity = capacity ? 2 * capacity : 2 * SEGMENTS;
            uint64_t *more = realloc(numbers, capacity * sizeof(*numbers));
            if (!more) {
                r = -ENOMEM;
                break;
            }
            numbers = more;
        }
        numbers[count++] = number;
    }
    (void) closedir(dir);
    if (r < 0) {
        free(numbers);
        return r;
    }
    if (count > 0)
        qsort(numbers, count, sizeof(*numbers), compare_numbers);
    *ret_numbers = numbers;
    *ret_count = count;
    return 0;
}

static int scan_folder(struct ring *ring, struct error *err)
{
    uint64_t *numbers;
    size_t count;
    int r = list_segments(ring->folder, &numbers, &count);
    if (r < 0)
        return error_set(err, r, "could not read the folder %s: %s", ring->folder, strerror(-r));
    for (size_t i = 0; r == 0 && i < count; i++)
        r = scan_segment(ring, numbers[i], i + 1 == count, err);
    free(numbers);
    return r;
}

/* One writer: two would write over each other. */
static int lock(struct ring *ring, struct error *err)
{
    char path[PATH_MAX];
    (void) snprintf(path, sizeof(path), "%s/lock", ring->folder);
    ring->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (ring->lock_fd < 0)
        return error_set(err, -errno, "could not open %s: %s", path, strerror(errno));
    if (flock(ring->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return error_set(err, -EBUSY,
                         "another program writes to %s; stop it, or give this one a state_dir of "
                         "its own",
                         ring->folder);
    return error_set(err, -errno, "could not lock %s: %s", path, strerror(errno));
}

static uint64_t segment_size(uint64_t bytes_max)
{
    uint64_t size = bytes_max / SEGMENTS;
    return size > SEGMENT_BYTES_MAX ? SEGMENT_BYTES_MAX : size;
}

static int open_all(struct ring *ring, struct error *err)
{
    if (!ring->folder || !ring->read_bytes)
        return error_set(err, -ENOMEM, "out of memory");
    int r = file_make_folder(ring->folder, 0700, err);
    if (r == 0)
        r = lock(ring, err);
    return r == 0 ? scan_folder(ring, err) : r;
}

int ring_open(const struct ring_options *options, struct ring **ret_ring, struct error *err)
{
    if (options->bytes_max == 0 || options->age_us < 0)
        return error_set(err, -EINVAL, "a ring of no bytes is none");
    if (strlen(options->folder) > PATH_MAX - 32)
        return error_set(err, -ENAMETOOLONG, "the folder's name %s is too long", options->folder);
    struct ring *ring = calloc(1, sizeof(*ring));
    if (!ring)
        return error_set(err, -ENOMEM, "out of memory");
    *ring = (struct ring){ .folder = strdup(options->folder),
                           .bytes_max = options->bytes_max,
                           .segment_max = segment_size(options->bytes_max),
                           .age_us = options->age_us,
                           .lock_fd = -1,
                           .write_fd = -1,
                           .read_fd = -1,
                           .read_bytes = malloc(RECORD_BYTES_MAX) };
    int r = open_all(ring, err);
    if (r < 0)
        ring_close(&ring);
    else
        *ret_ring = ring;
    return r;
}

void ring_close(struct ring **ring)
{
    struct ring *r = *ring;
    if (!r)
        return;
    close_fd(&r->write_fd);
    close_fd(&r->read_fd);
    close_fd(&r->lock_fd);
    ring_index_release(&r->index);
    buffer_release(&r->hello_bytes);
    buffer_release(&r->scratch);
    free(r->read_bytes);
    free(r->folder);
    free(r);
    *ring = NULL;
}

/* --- writing --- */

static int drop_oldest(struct ring *ring)
{
    char path[PATH_MAX];
    struct ring_segment *oldest = &ring->index.items[0];
    segment_path(ring, oldest->number, path);
    if (unlink(path) < 0 && errno != ENOENT)
        return -errno;
    if (ring->read_number == oldest->number)
        close_fd(&ring->read_fd);
    ring->counts.bytes -= oldest->size;
    ring->counts.dropped_segments++;
    ring_index_drop_oldest(&ring->index);
    return 0;
}

/* Make room for so many bytes; the last segment stays. */
static int trim(struct ring *ring, size_t length, int64_t now_us)
{
    int r = 0;
    while (r == 0 && ring->index.count > 1 &&
           (ring->counts.bytes + length > ring->bytes_max ||
            ring->index.items[0].newest_us < now_us - ring->age_us))
        r = drop_oldest(ring);
    return r;
}

static int open_last(struct ring *ring, int flags)
{
    char path[PATH_MAX];
    segment_path(ring, ring_index_last(&ring->index)->number, path);
    close_fd(&ring->write_fd);
    ring->write_fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    return ring->write_fd < 0 ? -errno : 0;
}

static int start_segment(struct ring *ring)
{
    const struct ring_segment *last = ring_index_last(&ring->index);
    int r = ring_index_add(&ring->index, last ? last->number + 1 : 1);
    if (r < 0)
        return r;
    r = open_last(ring, O_CREAT | O_EXCL);
    if (r < 0)
        ring->index.count--; /* it has no file, nor marks */
    return r;
}

static int write_all(int fd, const uint8_t *bytes, size_t length, uint64_t offset)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = pwrite(fd, bytes + done, length - done, (off_t) (offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t) n;
    }
    return 0;
}

/* Put a record at the end of the last segment. */
static int write_record(struct ring *ring, const struct ring_record *record)
{
    ring->scratch.length = 0;
    ring_record_put(&ring->scratch, record);
    int r = buffer_result(&ring->scratch);
    if (r < 0) {
        buffer_release(&ring->scratch);
        return r;
    }
    size_t length = ring->scratch.length;
    r = trim(ring, length, record->publish_us);
    if (r == 0 && ring->write_fd < 0)
        r = open_last(ring, 0);
    if (r < 0)
        return r;
    struct ring_segment *segment = ring_index_last(&ring->index);
    r = write_all(ring->write_fd, ring->scratch.bytes, length, segment->size);
    if (r == 0)
        r = note_record(ring, record, segment->size);
    if (r < 0) {
        /* the next record overwrites what stays if this fails too */
        (void) !ftruncate(ring->write_fd, (off_t) segment->size);
        return r;
    }
    segment->size += length;
    ring->counts.bytes += length;
    return 0;
}

/* The last hello, unless it would be much of the segment. */
static int repeat_hello(struct ring *ring)
{
    if (ring->hello.kind != MESSAGE_HELLO ||
        RING_RECORD_HEADER + ring->hello.length > ring->segment_max / 4)
        return 0;
    return write_record(ring, &ring->hello);
}

static int append(struct ring *ring, const struct ring_record *record)
{
    size_t length = RING_RECORD_HEADER + record->length;
    if (length > ring->bytes_max || record->length > MESSAGE_BYTES_MAX)
        return -EMSGSIZE;
    const struct ring_segment *last = ring_index_last(&ring->index);
    int r = 0;
    if (!last || (last->size > 0 && last->size + length > ring->segment_max))
        r = start_segment(ring);
    if (r == 0 && ring_index_last(&ring->index)->size == 0 && record->kind != MESSAGE_HELLO)
        r = repeat_hello(ring); /* also where the disk was full when the segment was begun */
    return r == 0 ? write_record(ring, record) : r;
}

int ring_append(struct ring *ring, const struct ring_record *record)
{
    int r = append(ring, record);
    ring->lost_newest |= r < 0 && record->kind == MESSAGE_FRAME;
    return r;
}

/* --- reading --- */

static int open_to_read(struct ring *ring, const struct ring_segment *segment)
{
    char path[PATH_MAX];
    if (ring->read_fd >= 0 && ring->read_number == segment->number)
        return 0;
    segment_path(ring, segment->number, path);
    close_fd(&ring->read_fd);
    ring->read_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ring->read_number = segment->number;
    return ring->read_fd < 0 ? -errno : 0;
}

/* Returns how many bytes were there, or -errno. */
static ssize_t read_at(int fd, uint8_t *bytes, size_t length, uint64_t offset)
{
    size_t done = 0;
    while (done < length) {
        ssize_t n = pread(fd, bytes + done, length - done, (off_t) (offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        done += (size_t) n;
    }
    return (ssize_t) done;
}

/* The record at the place. Returns 1; 0 if it is damaged; -errno. */
static int read_here(struct ring *ring, const struct ring_place *place, uint64_t room,
                     struct ring_record *ret_record)
{
    uint8_t *bytes = ring->read_bytes;
    if (room < RING_RECORD_HEADER)
        return 0;
    ssize_t n = read_at(ring->read_fd, bytes, RING_RECORD_HEADER, place->offset);
    size_t size = n == RING_RECORD_HEADER ? ring_record_size(bytes) : 0;
    if (n < 0 || size == 0 || size > room)
        return n < 0 ? (int) n : 0;
    n = read_at(ring->read_fd, bytes + RING_RECORD_HEADER, size - RING_RECORD_HEADER,
                place->offset + RING_RECORD_HEADER);
    if (n < 0)
        return (int) n;
    return ring_record_get(bytes, RING_RECORD_HEADER + (size_t) n, ret_record);
}

/* Move to the next good record of the segment, or to its end. */
static int pass_damage(struct ring *ring, const struct ring_segment *segment,
                       struct ring_place *place)
{
    size_t length = (size_t) (segment->size - place->offset), at = 1, gap;
    uint8_t *bytes = malloc(length);
    if (!bytes)
        return -ENOMEM;
    struct ring_record record;
    ssize_t n = read_at(ring->read_fd, bytes, length, place->offset);
    if (n >= 0 && ring_record_next(bytes, (size_t) n, &at, &record, &gap))
        place->offset += at - RING_RECORD_HEADER - record.length;
    else
        place->offset = segment->size;
    free(bytes);
    return n < 0 ? (int) n : 0;
}

int ring_read(struct ring *ring, struct ring_place *place, struct ring_record *ret_record)
{
    for (;;) {
        const struct ring_segment *segment = ring_index_from(&ring->index, place->segment);
        if (!segment)
            return 0;
        if (segment->number != place->segment)
            *place = (struct ring_place){ segment->number, 0 };
        if (place->offset >= segment->size) {
            if (segment == ring_index_last(&ring->index))
                return 0;
            *place = (struct ring_place){ segment->number + 1, 0 };
            continue;
        }
        int r = open_to_read(ring, segment);
        if (r == 0)
            r = read_here(ring, place, segment->size - place->offset, ret_record);
        if (r == 1)
            place->offset += RING_RECORD_HEADER + ret_record->length;
        else if (r == 0)
            r = pass_damage(ring, segment, place);
        if (r != 0)
            return r;
    }
}

bool ring_newest(const struct ring *ring, struct wire_position *ret_at)
{
    if (ring->newest.boot_id == 0)
        return false;
    *ret_at = ring->newest;
    return true;
}

/* Whether a segment stays although another sixteenth of bytes and time comes to the ring. */
static bool stays(const struct ring *ring, const struct ring_segment *segment,
                  uint64_t bytes_from_here, int64_t now_us)
{
    if (segment == ring_index_last(&ring->index))
        return true;
    return bytes_from_here + ring->segment_max <= ring->bytes_max &&
           segment->newest_us >= now_us - (ring->age_us - ring->age_us / SEGMENTS);
}

bool ring_oldest(const struct ring *ring, int64_t now_us, struct wire_position *ret_at)
{
    uint64_t bytes = ring->counts.bytes;
    if (ring->lost_newest)
        return false;
    for (size_t i = 0; i < ring->index.count; i++) {
        const struct ring_segment *segment = &ring->index.items[i];
        bool is_whole = segment->number >= ring->whole_place.segment;
        if (segment->mark_count > 0 && is_whole && stays(ring, segment, bytes, now_us)) {
            bool begins = segment->number == ring->whole_place.segment;
            *ret_at = begins && ring->whole_from.boot_id ? ring->whole_from : segment->marks[0].at;
            return true;
        }
        bytes -= segment->size;
    }
    return false;
}

int ring_read_newest(struct ring *ring, struct ring_record *ret_record)
{
    struct ring_place place = ring->newest_place;
    if (ring->newest.boot_id == 0)
        return 0;
    int r = ring_read(ring, &place, ret_record);
    bool same = r == 1 && ret_record->kind == MESSAGE_FRAME &&
                ret_record->at.boot_id == ring->newest.boot_id &&
                ret_record->at.sequence == ring->newest.sequence;
    return r < 0 ? r : same;
}

int ring_find(struct ring *ring, struct wire_position after, struct ring_place *ret_place)
{
    struct ring_place at = { 0 };
    struct ring_record record;
    if (after.boot_id == 0 || !ring_index_find(&ring->index, after, &at)) {
        *ret_place = (struct ring_place){ 0 };
        return after.boot_id == 0;
    }
    struct ring_place behind = at;
    int r;
    while ((r = ring_read(ring, &at, &record)) == 1) {
        if (record.kind == MESSAGE_HELLO)
            continue;
        if (record.at.boot_id != after.boot_id || record.at.sequence > after.sequence)
            break;
        behind = at;
        if (record.at.sequence == after.sequence) {
            *ret_place = behind;
            return 1;
        }
    }
    if (r >= 0)
        *ret_place = behind;
    return r < 0 ? r : 0;
}

void ring_pass_before(const struct ring *ring, int64_t published_us, struct ring_place *place)
{
    const struct ring_segment *segment = ring_index_from(&ring->index, place->segment);
    while (segment && segment != ring_index_last(&ring->index) && segment->newest_us < published_us)
        *place = (struct ring_place){ (++segment)->number, 0 };
}

struct ring_counts ring_counts(const struct ring *ring)
{
    struct ring_counts counts = ring->counts;
    counts.segments = ring->index.count;
    return counts;
}
