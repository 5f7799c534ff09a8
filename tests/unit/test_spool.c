/*
 * test_spool.c - records on disk, and every way in which a crash can leave them
 *
 * `test_spool FOLDER` writes segments there as seeds of fuzz_spool.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "chance.h"
#include "storage/spool.h"
#include "testing.h"

#define ROOM (UINT64_C(1) << 20)

struct place {
    char folder[64]; /* of the test */
    char spool[80];
    char first[128]; /* the segment that begins with record 1 */
};

static int make_place(void **state)
{
    static struct place place;
    (void) snprintf(place.folder, sizeof(place.folder), "/tmp/floorfuse-test.spool-XXXXXX");
    assert_non_null(mkdtemp(place.folder));
    (void) snprintf(place.spool, sizeof(place.spool), "%s/state/spool", place.folder);
    (void) snprintf(place.first, sizeof(place.first), "%s/%020d.records", place.spool, 1);
    *state = &place;
    return 0;
}

static void run_shell(const char *format, const char *a, const char *b)
{
    char command[512];
    (void) snprintf(command, sizeof(command), format, a, b);
    assert_int_equal(system(command), 0);
}

static int remove_place(void **state)
{
    run_shell("rm -rf '%s'", ((struct place *) *state)->folder, "");
    return 0;
}

static struct spool *open_bounded(const struct place *place, uint64_t max_bytes, struct error *note)
{
    struct spool *spool = NULL;
    struct error err = { "" };
    int r = spool_open(place->spool, max_bytes, &spool, note, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(r, 0);
    return spool;
}

static struct spool *open_sound(const struct place *place)
{
    struct error note;
    struct spool *spool = open_bounded(place, ROOM, &note);
    assert_string_equal(note.text, "");
    return spool;
}

/* Record i holds "record i" and, from the second on, i more bytes; its time is i seconds. */
static size_t content(int i, char ret_bytes[static 4096])
{
    memset(ret_bytes, 'x', 4096);
    int length = snprintf(ret_bytes, 4096, "record %d", i);
    return (size_t) length + 1 + (size_t) i % 1000;
}

static int append(struct spool *spool, int i, struct error *err)
{
    char bytes[4096];
    struct record record = { .kind = 5,
                             .time_us = i * INT64_C(1000000),
                             .bytes = (uint8_t *) bytes };
    record.length = content(i, bytes);
    return spool_append(spool, &record, 1, err);
}

static void append_all(struct spool *spool, int first, int end)
{
    for (int i = first; i < end; i++)
        assert_int_equal(append(spool, i, NULL), 1);
}

static void assert_is(const struct record *record, int i)
{
    char bytes[4096];
    assert_int_equal(record->length, content(i, bytes));
    assert_memory_equal(record->bytes, bytes, record->length);
    assert_int_equal(record->kind, 5);
    assert_true(record->time_us == i * INT64_C(1000000));
}

/* Which record the front is, or -1. */
static int front(struct spool *spool)
{
    struct record record;
    int number = -1;
    int count = spool_front(spool, 1, &record, NULL);
    assert_true(count == 0 || count == 1);
    if (count == 1) {
        assert_int_equal(sscanf((char *) record.bytes, "record %d", &number), 1);
        assert_is(&record, number);
        record_release(&record);
    }
    return number;
}

static void drop_front(struct spool *spool)
{
    struct record record;
    assert_int_equal(spool_front(spool, 1, &record, NULL), 1);
    spool_drop(spool, record.number);
    record_release(&record);
}

static void assert_drains(struct spool *spool, int first, int end)
{
    for (int i = first; i < end; i++) {
        assert_int_equal(front(spool), i);
        drop_front(spool);
    }
    assert_int_equal(front(spool), -1);
    struct spool_status status = spool_status(spool);
    assert_int_equal(status.records, 0);
    assert_int_equal(status.bytes, 0);
    assert_true(status.oldest_us == RECORD_NO_TIME);
}

static void records_come_out_in_the_order_in_which_they_went_in(void **state)
{
    struct spool *spool = open_sound(*state);
    struct record records[10];
    append_all(spool, 0, 7);
    assert_int_equal(spool_status(spool).records, 7);
    assert_true(spool_status(spool).oldest_us == 0);
    assert_int_equal(spool_front(spool, 10, records, NULL), 7);
    for (int i = 0; i < 7; i++)
        assert_is(&records[i], i);
    spool_drop(spool, records[2].number);
    for (int i = 0; i < 7; i++)
        record_release(&records[i]);
    assert_int_equal(spool_status(spool).records, 4);
    assert_true(spool_status(spool).oldest_us == 3000000);
    append_all(spool, 7, 9);
    assert_drains(spool, 3, 9);
    spool_close(&spool);
}

static void several_are_kept_at_once(void **state)
{
    struct spool *spool = open_sound(*state);
    char bytes[3][4096];
    struct record records[3] = { { .kind = 5 }, { .kind = 5 }, { .kind = 5 } };
    for (int i = 0; i < 3; i++) {
        records[i].length = content(i, bytes[i]);
        records[i].bytes = (uint8_t *) bytes[i];
        records[i].time_us = i * INT64_C(1000000);
    }
    assert_int_equal(spool_append(spool, records, 3, NULL), 3);
    spool_close(&spool);
    spool = open_sound(*state);
    assert_drains(spool, 0, 3);
    spool_close(&spool);
}

static void what_waits_is_there_when_it_is_opened_again(void **state)
{
    struct spool *spool = open_sound(*state);
    append_all(spool, 0, 3);
    spool_close(&spool);
    for (int i = 0; i < 5; i++) {
        spool = open_sound(*state);
        assert_int_equal(spool_status(spool).records, 3);
        assert_true(spool_status(spool).oldest_us == i * INT64_C(1000000));
        assert_int_equal(front(spool), i);
        append_all(spool, i + 3, i + 4);
        drop_front(spool);
        spool_close(&spool);
    }
    spool = open_sound(*state);
    assert_drains(spool, 5, 8);
    spool_close(&spool);
}

static void files_are_for_their_owner_only(void **state)
{
    const struct place *place = *state;
    struct stat status;
    struct spool *spool = open_sound(place);
    append_all(spool, 0, 1);
    assert_int_equal(stat(place->spool, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat(place->first, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    spool_close(&spool);
}

static void a_drained_spool_takes_no_room(void **state)
{
    const struct place *place = *state;
    struct spool *spool = open_sound(place);
    append_all(spool, 0, 3);
    assert_true(file_exists(place->first));
    assert_drains(spool, 0, 3);
    assert_false(file_exists(place->first));
    spool_close(&spool);
    spool = open_sound(place);
    append_all(spool, 3, 4);
    spool_close(&spool);
    spool = open_sound(place);
    assert_drains(spool, 3, 4);
    spool_close(&spool);
}

/* The bound is that of the disk, and room comes back while others still wait. */
static void it_is_bounded_and_gives_room_back(void **state)
{
    struct error err = { "" };
    struct spool *spool = open_bounded(*state, 65536, NULL);
    int end = 500, first = 500, r;
    while ((r = append(spool, end, &err)) == 1)
        end++;
    assert_int_equal(r, -ENOSPC);
    assert_non_null(strstr(err.text, "spool.max_mb"));
    uint64_t full = spool_status(spool).bytes;
    assert_true(full <= 65536 && full > 65536 - 2 * (SPOOL_HEADER_BYTES + 1016));
    for (int round = 0; round < 3 * (end - first); round++) {
        assert_int_equal(front(spool), first);
        drop_front(spool);
        first++;
        while (append(spool, end, NULL) == 1)
            end++;
        assert_true(spool_status(spool).bytes <= 65536);
        /* a segment is a 16th of all, longer by one record at most */
        assert_true((uint64_t) (end - first) * SPOOL_HEADER_BYTES < 65536);
    }
    assert_true(end - first > 40); /* of some 60 that fit */
    assert_drains(spool, first, end);
    spool_close(&spool);
}

static void what_can_never_fit_is_said(void **state)
{
    struct error err = { "" };
    struct spool *spool = open_bounded(*state, 1000, NULL);
    assert_int_equal(append(spool, 999, &err), -EMSGSIZE);
    assert_non_null(strstr(err.text, "does not fit"));
    append_all(spool, 1, 2);
    assert_drains(spool, 1, 2);
    spool_close(&spool);
}

static void a_bound_that_was_lowered_loses_nothing(void **state)
{
    struct spool *spool = open_sound(*state);
    append_all(spool, 500, 510);
    spool_close(&spool);
    spool = open_bounded(*state, 2000, NULL);
    assert_int_equal(append(spool, 1, NULL), -ENOSPC);
    assert_drains(spool, 500, 510);
    append_all(spool, 1, 2);
    spool_close(&spool);
}

static void one_process_has_it(void **state)
{
    const struct place *place = *state;
    struct spool *spool = open_sound(place), *other = NULL;
    struct error err = { "" };
    assert_int_equal(spool_open(place->spool, ROOM, &other, NULL, &err), -EBUSY);
    assert_non_null(strstr(err.text, place->spool));
    spool_close(&spool);
    spool = open_sound(place);
    spool_close(&spool);
}

/* ---- crashes ---- */

static uint64_t bytes_of(int first, int end)
{
    char bytes[4096];
    uint64_t sum = 0;
    for (int i = first; i < end; i++)
        sum += SPOOL_HEADER_BYTES + content(i, bytes);
    return sum;
}

/* As if the power had gone at every byte of the third record. */
static void a_torn_tail_is_cut_off_and_said_wherever_it_was_torn(void **state)
{
    const struct place *place = *state;
    uint64_t whole = bytes_of(0, 2), all = bytes_of(0, 3);
    for (uint64_t length = whole + 1; length < all; length++) {
        struct spool *spool = open_sound(place);
        struct error note;
        append_all(spool, 0, 3);
        spool_close(&spool);
        assert_int_equal(truncate(place->first, (off_t) length), 0);
        spool = open_bounded(place, ROOM, &note);
        char sentence[64];
        (void) snprintf(sentence, sizeof(sentence), "the last %d bytes", (int) (length - whole));
        assert_non_null(strstr(note.text, sentence));
        assert_non_null(strstr(note.text, place->first));
        append_all(spool, 3, 4); /* follows at once */
        assert_int_equal(front(spool), 0);
        drop_front(spool);
        assert_int_equal(front(spool), 1);
        drop_front(spool);
        assert_int_equal(front(spool), 3);
        assert_int_equal(spool_status(spool).damaged, 0);
        spool_close(&spool);
        run_shell("rm -rf '%s'", place->spool, "");
    }
}

/* Found by the fuzzer: what looks like the beginning of a header is none. */
static void a_torn_tail_is_cut_off_at_a_record_though_it_looks_like_one(void **state)
{
    const struct place *place = *state;
    struct spool *spool = open_sound(place);
    append_all(spool, 0, 2);
    run_shell("printf 'xxFPS1yyFPS1' >> '%s'%s", place->first, "");
    spool_close(&spool);
    spool = open_bounded(place, ROOM, NULL);
    assert_int_equal(spool_status(spool).bytes, bytes_of(0, 2));
    append_all(spool, 2, 3);
    spool_close(&spool);
    spool = open_sound(place);
    assert_drains(spool, 0, 3);
    spool_close(&spool);
}

/* A file system may have lengthened the file and not yet written to it. */
static void a_tail_of_zeros_is_cut_off(void **state)
{
    const struct place *place = *state;
    struct spool *spool = open_sound(place);
    struct error note;
    append_all(spool, 0, 2);
    spool_close(&spool);
    assert_int_equal(truncate(place->first, 200000), 0);
    spool = open_bounded(place, ROOM, &note);
    assert_string_not_equal(note.text, "");
    assert_int_equal(spool_status(spool).bytes, bytes_of(0, 2));
    assert_drains(spool, 0, 2);
    spool_close(&spool);
}

/* What is dropped and not noted is read once more, in order. */
static void a_note_that_is_lost_has_records_read_again(void **state)
{
    const struct place *place = *state;
    for (int damage = 0; damage < 2; damage++) {
        struct spool *spool = open_sound(place);
        append_all(spool, 0, 4);
        drop_front(spool);
        drop_front(spool);
        spool_close(&spool);
        run_shell(damage ? "printf x | dd of='%s/drained' bs=1 seek=6 conv=notrunc status=none"
                         : "rm '%s/drained'",
                  place->spool, "");
        spool = open_sound(place);
        assert_drains(spool, 0, 4);
        spool_close(&spool);
        run_shell("rm -rf '%s'", place->spool, "");
    }
}

static void a_segment_that_comes_back_after_it_was_deleted_is_not_read_again(void **state)
{
    const struct place *place = *state;
    struct spool *spool = open_sound(place);
    append_all(spool, 0, 3);
    run_shell("cp '%s' '%s/kept'", place->first, place->folder);
    assert_drains(spool, 0, 3);
    append_all(spool, 3, 4);
    spool_close(&spool);
    run_shell("cp '%s/kept' '%s'", place->folder, place->first);
    spool = open_sound(place);
    assert_false(file_exists(place->first));
    assert_drains(spool, 3, 4);
    spool_close(&spool);
}

static void flip(const char *path, uint64_t at)
{
    uint8_t byte;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, (off_t) at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t) at), 1);
    (void) close(fd);
}

/* Whichever byte of a record in the middle is flipped, its neighbours are there. */
static void a_damaged_record_is_skipped_and_counted(void **state)
{
    const struct place *place = *state;
    struct spool *spool = open_sound(place);
    append_all(spool, 0, 3);
    for (uint64_t at = bytes_of(0, 1); at < bytes_of(0, 2); at++) {
        run_shell("rm -f '%s/drained'", place->spool, "");
        spool_close(&spool);
        flip(place->first, at);
        run_shell("cp '%s' '%s/kept'", place->first, place->folder);
        spool = open_sound(place);
        assert_int_equal(front(spool), 0);
        drop_front(spool);
        assert_int_equal(front(spool), 2);
        assert_int_equal(spool_status(spool).damaged, 1);
        assert_int_equal(spool_status(spool).records, 1);
        drop_front(spool);
        assert_int_equal(front(spool), -1);
        spool_close(&spool);
        run_shell("rm -f '%s/drained'", place->spool, "");
        run_shell("cp '%s/kept' '%s'", place->folder, place->first);
        flip(place->first, at);
        spool = open_sound(place);
    }
    assert_drains(spool, 0, 3);
    spool_close(&spool);
}

static void damage_does_not_hold_up_what_was_read_before_it(void **state)
{
    const struct place *place = *state;
    struct spool *spool = open_sound(place);
    struct record records[8];
    append_all(spool, 0, 5);
    flip(place->first, bytes_of(0, 3) - 1);
    assert_int_equal(spool_front(spool, 8, records, NULL), 2);
    spool_drop(spool, records[1].number);
    record_release(&records[0]);
    record_release(&records[1]);
    assert_int_equal(spool_status(spool).damaged, 0);
    assert_drains(spool, 3, 5);
    assert_int_equal(spool_status(spool).damaged, 1);
    spool_close(&spool);
}

static void a_file_of_rubbish_is_not_the_end(void **state)
{
    const struct place *place = *state;
    struct spool *spool = open_sound(place);
    append_all(spool, 0, 3);
    spool_close(&spool);
    run_shell("head -c 100000 /dev/zero | tr '\\0' F > '%s/%s'", place->spool,
              "00000000000000000000.records");
    spool = open_sound(place);
    assert_drains(spool, 0, 3);
    assert_int_equal(spool_status(spool).damaged, 1);
    spool_close(&spool);
}

/* The child appends and drops and tells of each only after it is done. */
static void write_until_killed(const struct place *place, int tell_fd)
{
    struct spool *spool = open_sound(place);
    for (int i = 0;; i++) {
        if (append(spool, i, NULL) != 1 || write(tell_fd, &i, sizeof(i)) != (ssize_t) sizeof(i))
            _exit(1);
        if (i % 3 == 2) {
            int gone = -1 - front(spool);
            drop_front(spool);
            if (write(tell_fd, &gone, sizeof(gone)) != (ssize_t) sizeof(gone))
                _exit(1);
        }
    }
}

static void after_kill_9_all_that_was_told_of_is_there(void **state)
{
    const struct place *place = *state;
    struct chance chance = { 4 };
    for (int round = 0; round < 30; round++) {
        int ends[2], told, last = -1, gone = -1;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void) close(ends[0]);
            write_until_killed(place, ends[1]);
        }
        (void) close(ends[1]);
        int until = (int) chance_between(&chance, 0, 60);
        while (last < until && read(ends[0], &told, sizeof(told)) == (ssize_t) sizeof(told))
            *(told < 0 ? &gone : &last) = told < 0 ? -1 - told : told;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(ends[0], &told, sizeof(told)) == (ssize_t) sizeof(told))
            *(told < 0 ? &gone : &last) = told < 0 ? -1 - told : told;
        (void) close(ends[0]);
        struct spool *spool = open_bounded(place, ROOM, NULL);
        int first = front(spool);
        assert_true(first == gone + 1 || first == gone + 2 || (first == -1 && last <= gone + 1));
        int next = first;
        for (int i; (i = front(spool)) != -1; next++) {
            assert_int_equal(i, next);
            drop_front(spool);
        }
        assert_true(first == -1 || next > last);
        spool_close(&spool);
        run_shell("rm -rf '%s'", place->spool, "");
    }
}

/* ---- a disk that is full ---- */

static void fill_up(const struct place *place)
{
    struct spool *spool = open_bounded(place, ROOM, NULL);
    struct error err = { "" };
    const struct rlimit limit = { 20000, 20000 };
    (void) signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        _exit(10);
    int end = 900, r;
    while ((r = append(spool, end, &err)) == 1)
        end++;
    if (r != -EIO || !strstr(err.text, strerror(EFBIG)) || !strstr(err.text, place->spool))
        _exit(11);
    if (append(spool, end, NULL) != -EIO || append(spool, 5, NULL) != 1)
        _exit(12); /* a shorter one fits: nothing of the long one was left behind */
    for (int i = 900; i < end; i++) {
        if (front(spool) != i)
            _exit(13);
        drop_front(spool);
    }
    if (front(spool) != 5)
        _exit(14);
    drop_front(spool);
    if (append(spool, end, NULL) != 1 || front(spool) != end)
        _exit(15); /* there is room again */
    spool_close(&spool);
    _exit(0);
}

static void a_full_disk_refuses_and_goes_on_when_there_is_room(void **state)
{
    const struct place *place = *state;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        fill_up(place);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct spool *spool = open_sound(place);
    assert_int_equal(spool_status(spool).records, 1);
    spool_close(&spool);
}

static int write_seeds(const char *folder)
{
    struct place *place = NULL;
    (void) make_place((void **) &place);
    struct spool *spool = open_sound(place);
    append_all(spool, 0, 4);
    run_shell("cp '%s' '%s/sound'", place->first, folder);
    flip(place->first, bytes_of(0, 1) + 3);
    run_shell("cp '%s' '%s/header'", place->first, folder);
    flip(place->first, bytes_of(0, 3) - 1);
    run_shell("cp '%s' '%s/payload'", place->first, folder);
    assert_int_equal(truncate(place->first, (off_t) bytes_of(0, 4) - 3), 0);
    run_shell("cp '%s' '%s/torn'", place->first, folder);
    spool_close(&spool);
    return remove_place((void **) &place);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PLACED(records_come_out_in_the_order_in_which_they_went_in),
        PLACED(several_are_kept_at_once),
        PLACED(what_waits_is_there_when_it_is_opened_again),
        PLACED(files_are_for_their_owner_only),
        PLACED(a_drained_spool_takes_no_room),
        PLACED(it_is_bounded_and_gives_room_back),
        PLACED(what_can_never_fit_is_said),
        PLACED(a_bound_that_was_lowered_loses_nothing),
        PLACED(one_process_has_it),
        PLACED(a_torn_tail_is_cut_off_and_said_wherever_it_was_torn),
        PLACED(a_torn_tail_is_cut_off_at_a_record_though_it_looks_like_one),
        PLACED(a_tail_of_zeros_is_cut_off),
        PLACED(a_note_that_is_lost_has_records_read_again),
        PLACED(a_segment_that_comes_back_after_it_was_deleted_is_not_read_again),
        PLACED(a_damaged_record_is_skipped_and_counted),
        PLACED(damage_does_not_hold_up_what_was_read_before_it),
        PLACED(a_file_of_rubbish_is_not_the_end),
        PLACED(after_kill_9_all_that_was_told_of_is_there),
        PLACED(a_full_disk_refuses_and_goes_on_when_there_is_room),
    };
    return argc > 1 ? write_seeds(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
