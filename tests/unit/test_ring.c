/*
 * test_ring.c - the log a camera keeps on disk: bounds, damage, positions
 */
#include "testing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "wire/ring.h"

#define PAYLOAD 100u
#define RECORD  (RING_RECORD_HEADER + PAYLOAD)

static char folder[64];

static struct ring *open_ring(uint64_t bytes_max, int64_t age_us)
{
    const struct ring_options options = { folder, bytes_max, age_us };
    struct ring *ring = NULL;
    struct error err = { "" };
    int r = ring_open(&options, &ring, &err);
    if (r < 0)
        fail_msg("%s", err.text);
    return ring;
}

/* A message whose bytes tell its boot and number. */
static int append(struct ring *ring, enum message_kind kind, uint64_t boot, uint64_t number,
                  int64_t publish_us)
{
    uint8_t bytes[PAYLOAD] = { (uint8_t) kind, (uint8_t) boot, (uint8_t) (number >> 8),
                               (uint8_t) number };
    const struct ring_record record = { kind, { boot, number }, publish_us, bytes, PAYLOAD };
    return ring_append(ring, &record);
}

static void append_frames(struct ring *ring, uint64_t boot, uint64_t first, uint64_t end)
{
    for (uint64_t i = first; i < end; i++)
        assert_int_equal(append(ring, MESSAGE_FRAME, boot, i, 0), 0);
}

static void assert_next(struct ring *ring, struct ring_place *place, enum message_kind kind,
                        uint64_t boot, uint64_t number)
{
    struct ring_record record;
    assert_int_equal(ring_read(ring, place, &record), 1);
    const uint8_t *bytes = record.bytes;
    assert_int_equal(record.kind, kind);
    assert_int_equal(record.at.boot_id, boot);
    assert_int_equal(record.at.sequence, number);
    assert_int_equal(record.length, PAYLOAD);
    assert_int_equal(bytes[0], kind);
    assert_int_equal(bytes[1], boot);
    assert_int_equal(bytes[2] << 8 | bytes[3], number);
}

static void assert_frames(struct ring *ring, struct ring_place *place, uint64_t boot,
                          uint64_t first, uint64_t end)
{
    for (uint64_t i = first; i < end; i++)
        assert_next(ring, place, MESSAGE_FRAME, boot, i);
}

static void assert_end(struct ring *ring, struct ring_place *place)
{
    struct ring_record record;
    assert_int_equal(ring_read(ring, place, &record), 0);
}

/* The only segment, or the last. */
static void last_path(char path[static 512])
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    path[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (strstr(entries[i]->d_name, ".ring"))
            (void) snprintf(path, 512, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

static uint64_t bytes_on_disk(void)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, NULL);
    uint64_t bytes = 0;
    for (int i = 0; i < count; i++) {
        char path[512];
        struct stat status;
        (void) snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
            bytes += (uint64_t) status.st_size;
        free(entries[i]);
    }
    free(entries);
    return bytes;
}

static void what_was_appended_is_read_in_order_across_boots_and_openings(void **state)
{
    (void) state;
    struct wire_position newest;
    struct ring *ring = open_ring(1 << 20, US_PER_S);
    assert_false(ring_newest(ring, &newest));
    assert_int_equal(append(ring, MESSAGE_HELLO, 7, 0, 0), 0);
    assert_false(ring_newest(ring, &newest)); /* a hello is no frame */
    append_frames(ring, 7, 0, 3);
    ring_close(&ring);
    assert_null(ring);
    ring = open_ring(1 << 20, US_PER_S);
    assert_true(ring_newest(ring, &newest));
    assert_int_equal(newest.boot_id, 7);
    assert_int_equal(newest.sequence, 2);
    struct ring_record record;
    assert_int_equal(ring_read_newest(ring, &record), 1);
    assert_int_equal(record.at.sequence, 2);
    append_frames(ring, 5, 0, 2);
    struct ring_place place = { 0 };
    assert_next(ring, &place, MESSAGE_HELLO, 7, 0);
    assert_frames(ring, &place, 7, 0, 3);
    assert_frames(ring, &place, 5, 0, 2);
    assert_end(ring, &place);
    assert_int_equal(ring_counts(ring).damaged, 0);
    assert_int_equal(ring_counts(ring).torn_bytes, 0);
    ring_close(&ring);
    struct stat status;
    assert_int_equal(stat(folder, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    char path[512];
    last_path(path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void reading_goes_on_while_it_is_written_to(void **state)
{
    (void) state;
    struct ring *ring = open_ring(1 << 20, US_PER_S);
    struct ring_place place = { 0 };
    assert_end(ring, &place);
    for (uint64_t i = 0; i < 2000; i++) { /* several segments */
        append_frames(ring, 1, i, i + 1);
        assert_frames(ring, &place, 1, i, i + 1);
        assert_end(ring, &place);
    }
    assert_true(ring_counts(ring).segments > 2);
    ring_close(&ring);
}

/* 16 segments of 10 records each: never more than 160 records, never fewer than 150. */
static void the_oldest_go_when_it_is_full(void **state)
{
    (void) state;
    const uint64_t bytes_max = 160 * RECORD;
    struct ring *ring = open_ring(bytes_max, US_PER_S);
    for (uint64_t i = 0; i < 1000; i++) {
        append_frames(ring, 1, i, i + 1);
        assert_true(bytes_on_disk() <= bytes_max);
    }
    struct ring_place place = { 0 };
    struct ring_record record;
    assert_int_equal(ring_read(ring, &place, &record), 1);
    uint64_t first = record.at.sequence;
    assert_in_range(first, 1000 - 160, 1000 - 150);
    assert_frames(ring, &place, 1, first + 1, 1000);
    assert_end(ring, &place);
    assert_int_equal(ring_counts(ring).bytes, bytes_on_disk());
    /* smaller after a new start: it shrinks at the next message */
    ring_close(&ring);
    ring = open_ring(bytes_max / 4, US_PER_S);
    append_frames(ring, 1, 1000, 1001);
    assert_true(bytes_on_disk() <= bytes_max / 4);
    ring_close(&ring);
}

static void the_oldest_go_when_they_are_too_old(void **state)
{
    (void) state;
    struct ring *ring = open_ring(160 * RECORD, 60 * US_PER_S);
    for (uint64_t i = 0; i < 100; i++) /* one a second, 10 a segment */
        assert_int_equal(append(ring, MESSAGE_FRAME, 1, i, (int64_t) i * US_PER_S), 0);
    struct ring_place place = { 0 };
    struct ring_record record;
    assert_int_equal(ring_read(ring, &place, &record), 1);
    assert_int_equal(record.at.sequence, 30); /* 99 - 60 = 39 lies in the segment 30..39 */
    /* after a long time without it only the segment that is written to stays */
    ring_close(&ring);
    ring = open_ring(160 * RECORD, 60 * US_PER_S);
    assert_int_equal(append(ring, MESSAGE_FRAME, 2, 0, 9999 * US_PER_S), 0);
    place = (struct ring_place){ 0 };
    assert_int_equal(ring_counts(ring).segments, 1);
    assert_next(ring, &place, MESSAGE_FRAME, 2, 0);
    ring_close(&ring);
}

/* 16 segments of 10 records: what is promised is there ten records later, and it is never fewer
 * than the other 15 segments less the one that is being filled. */
static void what_is_said_to_stay_stays_for_another_sixteenth(void **state)
{
    (void) state;
    struct ring *ring = open_ring(160 * RECORD, US_PER_S);
    struct wire_position oldest;
    struct ring_place place;
    assert_false(ring_oldest(ring, 0, &oldest));
    for (uint64_t i = 0; i < 1000; i++) {
        append_frames(ring, 1, i, i + 1);
        assert_true(ring_oldest(ring, 0, &oldest));
        assert_int_equal(oldest.boot_id, 1);
        assert_in_range(oldest.sequence, i < 150 ? 0 : i - 150, i < 150 ? 0 : i - 130);
        if (i % 7 == 0) {
            append_frames(ring, 1, i + 1, i + 11);
            assert_int_equal(ring_find(ring, oldest, &place), 1);
            i += 10;
        }
    }
    ring_close(&ring);
}

/* One frame a second in a ring of 16 s whose segments hold ten: a segment whose last frame is more
 * than 15 s old may go within a second. */
static void what_is_about_to_be_too_old_is_not_said_to_stay(void **state)
{
    (void) state;
    struct ring *ring = open_ring(160 * RECORD, 16 * US_PER_S);
    struct wire_position oldest;
    for (int64_t i = 0; i <= 24; i++)
        assert_int_equal(append(ring, MESSAGE_FRAME, 1, (uint64_t) i, i * US_PER_S), 0);
    assert_true(ring_oldest(ring, 24 * US_PER_S, &oldest)); /* the first ends with 9, 15 s ago */
    assert_int_equal(oldest.sequence, 0);
    assert_true(ring_oldest(ring, 25 * US_PER_S, &oldest));
    assert_int_equal(oldest.sequence, 10);
    ring_close(&ring);
}

/* What did not get in, or was damaged since, lies in front of what is whole. */
static void what_was_lost_on_its_way_into_the_ring_is_not_said_to_be_there(void **state)
{
    (void) state;
    struct ring *ring = open_ring(1 << 20, US_PER_S);
    struct wire_position oldest;
    append_frames(ring, 1, 0, 3);
    struct rlimit was, small = { 0 };
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    small.rlim_cur = 3 * RECORD;
    (void) signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int r = append(ring, MESSAGE_FRAME, 1, 3, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(r, -EFBIG);
    assert_false(ring_oldest(ring, 0, &oldest));
    append_frames(ring, 1, 4, 6);
    assert_true(ring_oldest(ring, 0, &oldest));
    assert_int_equal(oldest.sequence, 4);
    ring_close(&ring);
    char path[512];
    last_path(path);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "?", 1, 3 * RECORD + RING_RECORD_HEADER), 1); /* frame 4 goes bad */
    (void) close(fd);
    ring = open_ring(1 << 20, US_PER_S);
    assert_true(ring_oldest(ring, 0, &oldest));
    assert_int_equal(oldest.sequence, 5);
    ring_close(&ring);
}

/* A program that was killed when it had begun a segment. */
static void a_segment_without_a_record_changes_nothing(void **state)
{
    (void) state;
    struct ring *ring = open_ring(1 << 20, US_PER_S);
    struct wire_position oldest;
    append_frames(ring, 1, 0, 3);
    ring_close(&ring);
    char path[512];
    (void) snprintf(path, sizeof(path), "%s/0000000000000002.ring", folder);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    (void) close(fd);
    ring = open_ring(1 << 20, US_PER_S);
    assert_true(ring_oldest(ring, 0, &oldest));
    assert_int_equal(oldest.sequence, 0);
    ring_close(&ring);
}

static void each_segment_begins_with_the_last_hello(void **state)
{
    (void) state;
    struct ring *ring = open_ring(160 * RECORD, US_PER_S);
    assert_int_equal(append(ring, MESSAGE_HELLO, 1, 0, 0), 0);
    append_frames(ring, 1, 0, 300);
    ring_close(&ring); /* it is known after a new start, too */
    ring = open_ring(160 * RECORD, US_PER_S);
    append_frames(ring, 1, 300, 1000);
    struct ring_place place = { 0 };
    struct ring_record record;
    assert_next(ring, &place, MESSAGE_HELLO, 1, 0);
    uint64_t hellos = 1, expected = 0;
    while (ring_read(ring, &place, &record) == 1) {
        if (record.kind == MESSAGE_HELLO) {
            hellos++;
            continue;
        }
        if (expected)
            assert_int_equal(record.at.sequence, expected);
        expected = record.at.sequence + 1;
    }
    assert_int_equal(expected, 1000);
    assert_int_equal(hellos, ring_counts(ring).segments);
    ring_close(&ring);
}

static void write_file(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* As after kill -9 or a power cut, at each byte of the last record. */
static void an_unfinished_end_is_cut_off_wherever_it_ends(void **state)
{
    (void) state;
    struct ring *ring = open_ring(1 << 20, US_PER_S);
    append_frames(ring, 1, 0, 3);
    ring_close(&ring);
    char path[512], *bytes;
    size_t length;
    last_path(path);
    assert_int_equal(file_read(path, 1 << 20, &bytes, &length, NULL), 0);
    assert_int_equal(length, 3 * RECORD);
    for (size_t end = 2 * RECORD; end < 3 * RECORD; end++) {
        write_file(path, bytes, end);
        ring = open_ring(1 << 20, US_PER_S);
        assert_int_equal(ring_counts(ring).torn_bytes, end - 2 * RECORD);
        assert_int_equal(ring_counts(ring).damaged, 0);
        assert_int_equal(bytes_on_disk(), 2 * RECORD);
        append_frames(ring, 2, 0, 1);
        struct ring_place place = { 0 };
        assert_frames(ring, &place, 1, 0, 2);
        assert_frames(ring, &place, 2, 0, 1);
        assert_end(ring, &place);
        ring_close(&ring);
    }
    /* the length came to the disk, the bytes did not */
    memset(bytes + 2 * RECORD, 0, RECORD);
    write_file(path, bytes, 3 * RECORD);
    ring = open_ring(1 << 20, US_PER_S);
    assert_int_equal(ring_counts(ring).torn_bytes, RECORD);
    ring_close(&ring);
    free(bytes);
}

static void damage_in_the_middle_costs_only_the_record_it_is_in(void **state)
{
    (void) state;
    struct ring *ring = open_ring(1 << 20, US_PER_S);
    append_frames(ring, 1, 0, 5);
    ring_close(&ring);
    char path[512], *bytes;
    size_t length;
    last_path(path);
    assert_int_equal(file_read(path, 1 << 20, &bytes, &length, NULL), 0);
    for (size_t at = 2 * RECORD; at < 3 * RECORD; at++) {
        bytes[at] = (char) (bytes[at] ^ 0x55);
        write_file(path, bytes, length);
        bytes[at] = (char) (bytes[at] ^ 0x55);
        ring = open_ring(1 << 20, US_PER_S);
        assert_int_equal(ring_counts(ring).damaged, 1);
        assert_int_equal(ring_counts(ring).torn_bytes, 0);
        struct ring_place place = { 0 };
        assert_frames(ring, &place, 1, 0, 2);
        assert_frames(ring, &place, 1, 3, 5);
        assert_end(ring, &place);
        /* what follows the damaged one is known although it is not there itself */
        assert_int_equal(ring_find(ring, (struct wire_position){ 1, 2 }, &place), 0);
        assert_frames(ring, &place, 1, 3, 5);
        ring_close(&ring);
    }
    free(bytes);
}

/* Whatever happens to the file while it is open. */
static void a_segment_that_goes_bad_or_away_is_passed_over(void **state)
{
    (void) state;
    struct ring *ring = open_ring(160 * RECORD, US_PER_S);
    append_frames(ring, 1, 0, 15); /* 10 and 5 */
    char path[512], *bytes;
    size_t length;
    last_path(path);
    assert_int_equal(file_read(path, 1 << 20, &bytes, &length, NULL), 0);
    bytes[2 * RECORD + 60] = (char) (bytes[2 * RECORD + 60] ^ 1);
    write_file(path, bytes, length);
    free(bytes);
    struct ring_place place = { 0 };
    assert_frames(ring, &place, 1, 0, 12);
    assert_frames(ring, &place, 1, 13, 15);
    assert_int_equal(truncate(path, RECORD), 0);
    place = (struct ring_place){ 0 };
    assert_frames(ring, &place, 1, 0, 11);
    assert_end(ring, &place);
    ring_close(&ring);
}

static void a_second_writer_is_refused(void **state)
{
    (void) state;
    const struct ring_options options = { folder, 1 << 20, US_PER_S };
    struct error err = { "" };
    struct ring *second = NULL, *ring = open_ring(1 << 20, US_PER_S);
    assert_int_equal(ring_open(&options, &second, &err), -EBUSY);
    assert_non_null(strstr(err.text, folder));
    assert_null(second);
    ring_close(&ring);
    ring = open_ring(1 << 20, US_PER_S);
    ring_close(&ring);
}

static void positions_are_found_across_boots_and_after_drops(void **state)
{
    (void) state;
    struct ring *ring = open_ring(1 << 20, US_PER_S);
    struct ring_place place;
    assert_int_equal(ring_find(ring, (struct wire_position){ 0, 0 }, &place), 1);
    assert_int_equal(ring_find(ring, (struct wire_position){ 9, 9 }, &place), 0);
    assert_end(ring, &place);
    append_frames(ring, 30, 0, 700); /* several marks of 64 KiB */
    assert_int_equal(append(ring, MESSAGE_HELLO, 20, 0, 0), 0);
    append_frames(ring, 20, 0, 700);
    append_frames(ring, 10, 5, 10); /* the first ones could not be written */
    for (int turn = 0; turn < 2; turn++) {
        for (uint64_t i = 0; i < 699; i += 3) {
            assert_int_equal(ring_find(ring, (struct wire_position){ 30, i }, &place), 1);
            assert_frames(ring, &place, 30, i + 1, i + 2);
        }
        assert_int_equal(ring_find(ring, (struct wire_position){ 30, 699 }, &place), 1);
        struct ring_record record;
        do /* a segment may begin here with an older hello */
            assert_int_equal(ring_read(ring, &place, &record), 1);
        while (record.kind == MESSAGE_HELLO);
        assert_int_equal(record.at.boot_id, 20);
        assert_int_equal(record.at.sequence, 0);
        /* beyond what is left of its boot: what follows that boot */
        assert_int_equal(ring_find(ring, (struct wire_position){ 20, 5000 }, &place), 0);
        do
            assert_int_equal(ring_read(ring, &place, &record), 1);
        while (record.kind == MESSAGE_HELLO);
        assert_int_equal(record.at.boot_id, 10);
        /* the newest: nothing follows; older than its boot begins here: everything */
        assert_int_equal(ring_find(ring, (struct wire_position){ 10, 9 }, &place), 1);
        assert_end(ring, &place);
        assert_int_equal(ring_find(ring, (struct wire_position){ 10, 4 }, &place), 0);
        assert_frames(ring, &place, 30, 0, 1);
        ring_close(&ring); /* and the same from what is on disk */
        ring = open_ring(1 << 20, US_PER_S);
    }
    ring_close(&ring);
    ring = open_ring(64 * RECORD, US_PER_S); /* boots 30 and most of 20 go */
    append_frames(ring, 10, 10, 11);
    assert_int_equal(ring_find(ring, (struct wire_position){ 30, 10 }, &place), 0);
    struct ring_place oldest = { 0 };
    struct ring_record a, b;
    assert_int_equal(ring_read(ring, &place, &a), 1);
    assert_int_equal(ring_read(ring, &oldest, &b), 1);
    assert_int_equal(a.at.boot_id, b.at.boot_id);
    assert_int_equal(a.at.sequence, b.at.sequence);
    ring_close(&ring);
}

/* A file that may not grow stands for a disk that is full. */
static void a_full_disk_is_told_and_does_no_harm(void **state)
{
    (void) state;
    struct ring *ring = open_ring(1 << 20, US_PER_S);
    append_frames(ring, 1, 0, 3);
    struct rlimit was, small = { 0 };
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    small.rlim_cur = 3 * RECORD + RECORD / 2;
    (void) signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int r = append(ring, MESSAGE_FRAME, 1, 3, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(r, -EFBIG);
    assert_int_equal(bytes_on_disk(), 3 * RECORD);
    append_frames(ring, 1, 4, 6);
    struct ring_place place = { 0 };
    assert_frames(ring, &place, 1, 0, 3);
    assert_frames(ring, &place, 1, 4, 6);
    ring_close(&ring);
    ring = open_ring(1 << 20, US_PER_S);
    assert_int_equal(ring_counts(ring).damaged, 0);
    ring_close(&ring);
}

/* One frame a second, ten to a segment. */
static void what_is_older_than_anybody_wants_is_passed_by_the_segment(void **state)
{
    (void) state;
    struct ring *ring = open_ring(160 * RECORD, 3600 * US_PER_S);
    for (int64_t i = 0; i < 35; i++)
        assert_int_equal(append(ring, MESSAGE_FRAME, 1, (uint64_t) i, i * US_PER_S), 0);
    struct ring_place place = { 0 };
    ring_pass_before(ring, 0, &place);
    assert_next(ring, &place, MESSAGE_FRAME, 1, 0);
    ring_pass_before(ring, 19 * US_PER_S, &place); /* the second ends at 19 s: it stays */
    assert_next(ring, &place, MESSAGE_FRAME, 1, 10);
    ring_pass_before(ring, 9000 * US_PER_S, &place); /* the newest always does */
    assert_next(ring, &place, MESSAGE_FRAME, 1, 30);
    ring_close(&ring);
}

/* The segment is begun, and its first bytes find no room: the hello comes with the next frame. */
static void a_disk_that_is_full_when_a_segment_begins_costs_no_hello(void **state)
{
    (void) state;
    struct ring *ring = open_ring(160 * RECORD, US_PER_S);
    assert_int_equal(append(ring, MESSAGE_HELLO, 1, 0, 0), 0);
    append_frames(ring, 1, 0, 9);
    struct rlimit was, none = { 0 };
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    none.rlim_max = was.rlim_max;
    (void) signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    int r = append(ring, MESSAGE_FRAME, 1, 9, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(r, -EFBIG);
    append_frames(ring, 1, 10, 12);
    struct ring_place place = { 0 };
    assert_next(ring, &place, MESSAGE_HELLO, 1, 0);
    assert_frames(ring, &place, 1, 0, 9);
    assert_next(ring, &place, MESSAGE_HELLO, 1, 0);
    assert_frames(ring, &place, 1, 10, 12);
    ring_close(&ring);
}

static void what_is_no_ring_is_refused_with_its_name(void **state)
{
    (void) state;
    struct ring_options options = { folder, 0, 0 };
    struct error err = { "" };
    struct ring *ring = NULL;
    assert_int_equal(ring_open(&options, &ring, &err), -EINVAL);
    options = (struct ring_options){ "/proc/nowhere", 1 << 20, 0 };
    assert_true(ring_open(&options, &ring, &err) < 0);
    assert_non_null(strstr(err.text, "/proc/nowhere"));
    char path[512];
    (void) snprintf(path, sizeof(path), "%s/0000000000000003.ring", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    options.folder = folder;
    assert_int_equal(ring_open(&options, &ring, &err), -EINVAL);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(rmdir(path), 0);
    /* a record that could never fit; other people's files are none of its business */
    (void) snprintf(path, sizeof(path), "%s/3.ring", folder);
    write_file(path, "x", 1);
    ring = open_ring(RECORD - 1, US_PER_S);
    assert_int_equal(append(ring, MESSAGE_FRAME, 1, 0, 0), -EMSGSIZE);
    ring_close(&ring);
}

static int make_folder(void **state)
{
    (void) state;
    char made[] = "/tmp/test_ring.XXXXXX";
    if (!mkdtemp(made))
        return -1;
    (void) snprintf(folder, sizeof(folder), "%s/ring", made);
    return 0;
}

static int remove_folder(void **state)
{
    (void) state;
    char command[128];
    (void) snprintf(command, sizeof(command), "rm -rf \"$(dirname %s)\"", folder);
    return system(command);
}

#define RING_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RING_TEST(what_was_appended_is_read_in_order_across_boots_and_openings),
        RING_TEST(reading_goes_on_while_it_is_written_to),
        RING_TEST(the_oldest_go_when_it_is_full),
        RING_TEST(the_oldest_go_when_they_are_too_old),
        RING_TEST(what_is_said_to_stay_stays_for_another_sixteenth),
        RING_TEST(what_is_about_to_be_too_old_is_not_said_to_stay),
        RING_TEST(what_was_lost_on_its_way_into_the_ring_is_not_said_to_be_there),
        RING_TEST(a_segment_without_a_record_changes_nothing),
        RING_TEST(each_segment_begins_with_the_last_hello),
        RING_TEST(an_unfinished_end_is_cut_off_wherever_it_ends),
        RING_TEST(damage_in_the_middle_costs_only_the_record_it_is_in),
        RING_TEST(a_segment_that_goes_bad_or_away_is_passed_over),
        RING_TEST(a_second_writer_is_refused),
        RING_TEST(positions_are_found_across_boots_and_after_drops),
        RING_TEST(what_is_older_than_anybody_wants_is_passed_by_the_segment),
        RING_TEST(a_full_disk_is_told_and_does_no_harm),
        RING_TEST(a_disk_that_is_full_when_a_segment_begins_costs_no_hello),
        RING_TEST(what_is_no_ring_is_refused_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
