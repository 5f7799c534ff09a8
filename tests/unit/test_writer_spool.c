/*
 * test_writer_spool.c - buckets reach the database once, whoever dies on the way
 *
 * Expected sums are those written beside fixture_bucket, worked out by hand: people_ms 5000 and
 * 60 s of exposure a bucket.
 */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "chance.h"
#include "storage/migrate.h"
#include "storage/spool.h"
#include "storage/writer.h"
#include "storage_fixture.h"

#define FLUSH_MS 60000

/* Folders of one test; they go with the fixture's. */
struct place {
    char spool[64], refused[64], checkpoint[64];
};

static struct place make_place(void **state)
{
    static int number;
    const struct fixture *fixture = *state;
    struct place place;
    number++;
    (void) snprintf(place.spool, sizeof(place.spool), "%s/state-%d/spool", fixture->folder, number);
    (void) snprintf(place.refused, sizeof(place.refused), "%s/state-%d/refused", fixture->folder,
                    number);
    (void) snprintf(place.checkpoint, sizeof(place.checkpoint), "%s/state-%d/checkpoint",
                    fixture->folder, number);
    return place;
}

static const char *migrated_database(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    return conninfo;
}

static struct storage_writer_options options_of(const struct place *place, const char *conninfo)
{
    struct storage_writer_options options = fixture_writer_options(conninfo);
    options.spool_folder = place->spool;
    options.spool_max_mb = 1;
    options.refused_folder = place->refused;
    return options;
}

static struct storage_writer *open_writer(const struct storage_writer_options *options)
{
    struct storage_writer *writer = NULL;
    struct error error = { .text = "" };
    int r = storage_writer_create(options, &writer, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(r, 0);
    return writer;
}

static struct storage_writer *make_writer(const struct place *place, const char *conninfo)
{
    const struct storage_writer_options options = options_of(place, conninfo);
    return open_writer(&options);
}

static void put_minute(struct storage_writer *writer, int minute)
{
    struct heat_bucket *bucket = fixture_bucket(FIXTURE_START_US + minute * FIXTURE_MINUTE_US);
    assert_int_equal(storage_writer_put_take(writer, &bucket), 0);
    assert_null(bucket);
}

/* There is no event for what the keeper does. */
static void wait_until_kept(struct storage_writer *writer)
{
    const struct timespec moment = { .tv_nsec = NS_PER_MS };
    int64_t deadline_ns = clock_mono_ns() + FLUSH_MS * NS_PER_MS;
    while (storage_writer_counts(writer).queued > 0) {
        assert_true(clock_mono_ns() < deadline_ns);
        (void) nanosleep(&moment, NULL);
    }
}

static void flush_and_close(struct storage_writer **writer)
{
    assert_int_equal(storage_writer_flush(*writer, FLUSH_MS), 0);
    struct storage_writer_counts counts = storage_writer_counts(*writer);
    assert_string_equal(counts.last_error, "");
    assert_int_equal(counts.queued + counts.spooled, 0);
    assert_int_equal(counts.spool_bytes, 0);
    assert_true(counts.oldest_us == INT64_MIN);
    storage_writer_destroy(writer);
}

static const char sums[] = "SELECT concat_ws(' ', (SELECT concat_ws(' ', count(*), sum(people_ms)) "
                           "FROM heat_bucket), (SELECT sum(exposure_s) FROM v_exposure), "
                           "(SELECT count(*) FROM camera_bucket))";

static void assert_minutes_are_there_once(const char *conninfo, int minutes)
{
    char expected[128];
    (void) snprintf(expected, sizeof(expected), "%d %d %d %d", minutes, minutes * 5000,
                    minutes * 60, minutes * 2);
    assert_string_equal(fixture_value(conninfo, sums), expected);
}

static void buckets_and_calibrations_go_through_the_spool(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct storage_writer *writer = make_writer(&place, conninfo);
    const struct storage_calibration calibration = { .camera = "left",
                                                     .version = "aa",
                                                     .text = "image = { };\n",
                                                     .author = "Ada",
                                                     .valid_from_us = FIXTURE_START_US };
    assert_int_equal(storage_writer_put_calibration(writer, &calibration), 0);
    for (int i = 0; i < 5; i++)
        put_minute(writer, i);
    put_minute(writer, 2); /* once more */
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_int_equal(storage_writer_counts(writer).written, 6);
    assert_int_equal(storage_writer_counts(writer).dropped, 0);
    flush_and_close(&writer);
    assert_minutes_are_there_once(conninfo, 5);
    assert_string_equal(
        fixture_value(conninfo, "SELECT concat_ws(' ', calibration, file, author, valid_from) "
                                "FROM v_calibration WHERE calibration = 'aa'"),
        "aa image = { };\n Ada 2026-11-23 09:14:00+00");
}

/* The server is away, the program ends, and another one starts while it still is. */
static void what_waits_outlives_the_program(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct storage_writer *writer = make_writer(&place, conninfo);
    fixture_crash_server(*state);
    for (int run = 0; run < 3; run++) {
        for (int i = 0; i < 4; i++)
            put_minute(writer, 4 * run + i);
        storage_writer_destroy(&writer);
        writer = make_writer(&place, conninfo);
        struct storage_writer_counts counts = storage_writer_counts(writer);
        assert_int_equal(counts.spooled, 4 * (run + 1));
        assert_true(counts.spool_bytes > 0);
        assert_true(counts.oldest_us == FIXTURE_START_US);
        assert_string_not_equal(counts.last_error, "");
    }
    struct error notice;
    assert_true(storage_writer_next_notice(writer, &notice));
    assert_non_null(strstr(notice.text, "the database takes no buckets, they wait in "));
    fixture_start_server(*state);
    flush_and_close(&writer);
    assert_minutes_are_there_once(conninfo, 12);
}

static void nothing_is_written_before_the_floors_are_told(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct storage_writer *writer = make_writer(&place, conninfo);
    fixture_crash_server(*state);
    put_minute(writer, 0);
    storage_writer_destroy(&writer);
    fixture_start_server(*state);
    writer = make_writer(&place, conninfo);
    assert_int_equal(storage_writer_counts(writer).spooled, 1);
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM heat_bucket"), "0");
    storage_writer_begin(writer);
    flush_and_close(&writer);
    assert_minutes_are_there_once(conninfo, 1);
}

/* ---- kill -9 ---- */

/* The child puts minute after minute; each five it tells of a checkpoint. */
static void write_until_killed(const struct place *place, const char *conninfo, int from)
{
    const struct storage_writer_options options = options_of(place, conninfo);
    struct storage_writer *writer = NULL;
    if (storage_writer_create(&options, &writer, NULL) < 0)
        _exit(1);
    for (int minute = from;; minute++) {
        struct heat_bucket *bucket = fixture_bucket(FIXTURE_START_US + minute * FIXTURE_MINUTE_US);
        while (storage_writer_put_take(writer, &bucket) < 0)
            bucket = fixture_bucket(FIXTURE_START_US + minute * FIXTURE_MINUTE_US);
        char *bytes = NULL;
        int length = asprintf(&bytes, "%d\n", minute + 1);
        uint8_t *file = (uint8_t *) bytes;
        if (length < 0 ||
            storage_writer_put_file_take(writer, place->checkpoint, &file, (size_t) length) < 0)
            _exit(2);
    }
}

/* How many minutes the checkpoint stands for. */
static int read_checkpoint(const struct place *place)
{
    char *text = NULL;
    size_t length;
    int minutes = 0;
    if (file_read(place->checkpoint, 100, &text, &length, NULL) == 0) {
        assert_int_equal(sscanf(text, "%d\n", &minutes), 1);
        free(text);
    }
    return minutes;
}

/* As fusion does it: a program that starts goes on from its checkpoint, so what came after it is
 * made again. What lies before it has to be there. */
static void killed_at_any_moment_nothing_is_lost_and_nothing_is_doubled(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct chance chance = { 9 };
    int minutes = 0;
    for (int round = 0; round < 12; round++) {
        bool is_away = round % 4 == 3;
        if (is_away)
            fixture_crash_server(*state);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_until_killed(&place, conninfo, minutes);
        struct timespec moment = { .tv_nsec = (long) chance_between(&chance, 10e6, 400e6) };
        (void) nanosleep(&moment, NULL); /* not a wait for something: the moment is the test */
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        if (is_away)
            fixture_start_server(*state);
        int now = read_checkpoint(&place);
        assert_true(now >= minutes);
        minutes = now;
    }
    assert_true(minutes > 0);
    struct storage_writer *writer = make_writer(&place, conninfo);
    flush_and_close(&writer);
    char expected[128], sql[512];
    (void) snprintf(sql, sizeof(sql),
                    "SELECT concat_ws(' ', count(*), sum(people_ms)) FROM heat_bucket WHERE "
                    "bucket_at < '2026-11-23T09:14:00Z'::timestamptz + %d * interval '1 min'",
                    minutes);
    (void) snprintf(expected, sizeof(expected), "%d %d", minutes, 5000 * minutes);
    assert_string_equal(fixture_value(conninfo, sql), expected);
    /* what was put after the last checkpoint may be there, once */
    (void) snprintf(expected, sizeof(expected), "%d %d",
                    atoi(fixture_value(conninfo, "SELECT count(*) FROM heat_bucket")), 0);
    int there = atoi(expected);
    assert_minutes_are_there_once(conninfo, there);
    print_message("killed 12 times: %d buckets to the checkpoint, %d in the database\n", minutes,
                  there);
}

/* ---- files ---- */

static void put_text(struct storage_writer *writer, const char *path, const char *text)
{
    uint8_t *bytes = (uint8_t *) strdup(text);
    assert_int_equal(storage_writer_put_file_take(writer, path, &bytes, strlen(text)), 0);
    assert_null(bytes);
}

static void a_file_is_replaced_as_a_whole_and_the_newest_stays(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct storage_writer *writer = make_writer(&place, conninfo);
    struct stat status;
    char text[32], *read = NULL;
    size_t length;
    for (int i = 0; i < 50; i++) {
        put_minute(writer, i % 5);
        (void) snprintf(text, sizeof(text), "after %d", i);
        put_text(writer, place.checkpoint, text);
    }
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_int_equal(file_read(place.checkpoint, 100, &read, &length, NULL), 0);
    assert_string_equal(read, "after 49");
    free(read);
    assert_int_equal(stat(place.checkpoint, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    uint64_t files = storage_writer_counts(writer).files_written;
    assert_true(files >= 1 && files <= 50);
    flush_and_close(&writer);
}

static void a_file_that_cannot_be_written_is_said(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct storage_writer *writer = make_writer(&place, conninfo);
    struct error notice;
    put_text(writer, "/nowhere/at/all", "x");
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_non_null(strstr(storage_writer_counts(writer).disk_error, "/nowhere/at/all"));
    assert_true(storage_writer_next_notice(writer, &notice));
    assert_non_null(strstr(notice.text, "/nowhere/at/all"));
    assert_false(storage_writer_next_notice(writer, &notice));
    put_text(writer, place.checkpoint, "y");
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_string_equal(storage_writer_counts(writer).disk_error, "");
    flush_and_close(&writer);
}

static void without_a_spool_there_is_nothing_a_file_could_wait_for(void **state)
{
    const struct storage_writer_options options = fixture_writer_options(migrated_database(state));
    struct storage_writer *writer = open_writer(&options);
    uint8_t *bytes = malloc(4);
    assert_int_equal(storage_writer_put_file_take(writer, "/tmp/x", &bytes, 4), -ENOTSUP);
    assert_null(bytes);
    storage_writer_destroy(&writer);
}

/* ---- what does not fit ---- */

/* Once the spool is full and the queue as well, put says so; as soon as the database is back all
 * that was taken gets there, and the checkpoint was not ahead of it. */
static void a_full_spool_holds_the_checkpoint_back_and_loses_nothing_it_took(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct storage_writer *writer = make_writer(&place, conninfo);
    int taken = 0, refused = 0;
    fixture_crash_server(*state);
    for (; refused < 3; taken++) {
        struct heat_bucket *bucket = fixture_bucket(FIXTURE_START_US + taken * FIXTURE_MINUTE_US);
        if (storage_writer_put_take(writer, &bucket) < 0) {
            if (storage_writer_counts(writer).disk_error[0])
                refused++;
            taken--;
        }
    }
    struct storage_writer_counts counts = storage_writer_counts(writer);
    assert_non_null(strstr(counts.disk_error, "spool.max_mb"));
    assert_true(counts.drops[STORAGE_DROP_SPOOL_FULL] >= 2);
    assert_true(counts.spool_bytes > 1000000 && counts.spool_bytes <= 1024 * 1024);
    assert_int_equal(counts.queued, 64);
    put_text(writer, place.checkpoint, "all");
    assert_false(file_exists(place.checkpoint));
    fixture_start_server(*state);
    assert_int_equal(storage_writer_flush(writer, 4 * FLUSH_MS), 0);
    assert_true(file_exists(place.checkpoint));
    assert_int_equal(storage_writer_counts(writer).written, taken);
    flush_and_close(&writer);
    assert_minutes_are_there_once(conninfo, taken);
}

/* In the child no file may grow: as on a disk that is full. */
static void run_on_a_full_disk(const struct place *place, const char *conninfo)
{
    struct storage_writer_options options = options_of(place, conninfo);
    struct storage_writer *writer = NULL;
    struct rlimit limit = { 16, RLIM_INFINITY };
    (void) signal(SIGXFSZ, SIG_IGN);
    options.queue_buckets = 4;
    if (storage_writer_create(&options, &writer, NULL) < 0 || setrlimit(RLIMIT_FSIZE, &limit) < 0)
        _exit(1);
    int taken = 0, reason = 0;
    while (reason == 0 || taken < 4) {
        struct heat_bucket *bucket = fixture_bucket(FIXTURE_START_US + taken * FIXTURE_MINUTE_US);
        taken += storage_writer_put_take(writer, &bucket) == 0;
        reason = storage_writer_counts(writer).drops[STORAGE_DROP_DISK_ERROR] > 0;
    }
    if (taken != 4 || !strstr(storage_writer_counts(writer).disk_error, strerror(EFBIG)))
        _exit(2);
    const struct storage_losses losses = { .since_us = FIXTURE_START_US,
                                           .told_us = FIXTURE_START_US };
    uint64_t dropped = storage_writer_counts(writer).dropped;
    if (storage_writer_put_losses(writer, &losses) == 0 ||
        storage_writer_counts(writer).dropped != dropped)
        _exit(5);                   /* they are told again */
    limit.rlim_cur = RLIM_INFINITY; /* somebody made room */
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0 || storage_writer_flush(writer, FLUSH_MS) < 0)
        _exit(3);
    if (storage_writer_counts(writer).disk_error[0])
        _exit(4);
    storage_writer_destroy(&writer);
    _exit(0);
}

static void a_disk_that_is_full_for_a_while_loses_nothing_that_was_taken(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        run_on_a_full_disk(&place, conninfo);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_minutes_are_there_once(conninfo, 4);
}

/* ---- what cannot be written ---- */

static void a_bucket_the_database_refuses_is_put_aside(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct storage_writer *writer = make_writer(&place, conninfo);
    struct heat_bucket *bad = fixture_bucket(FIXTURE_START_US + FIXTURE_MINUTE_US);
    struct error notice;
    char path[128];
    bad->peak_people = INT64_C(3000000000); /* no integer */
    put_minute(writer, 0);
    assert_int_equal(storage_writer_put_take(writer, &bad), 0);
    put_minute(writer, 2);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_int_equal(storage_writer_counts(writer).drops[STORAGE_DROP_REFUSED], 1);
    (void) snprintf(path, sizeof(path), "%s/2026-11-23T09:15:00Z-ground.record", place.refused);
    assert_true(file_exists(path));
    bool is_said = false;
    while (storage_writer_next_notice(writer, &notice))
        is_said |= strstr(notice.text, path) && strstr(notice.text, "out of range");
    assert_true(is_said);
    flush_and_close(&writer);
    assert_minutes_are_there_once(conninfo, 2);
}

static void damage_on_the_disk_costs_what_it_touches_and_is_counted(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct storage_writer *writer = make_writer(&place, conninfo);
    char command[256];
    fixture_crash_server(*state);
    for (int i = 0; i < 3; i++) {
        put_minute(writer, i);
        wait_until_kept(writer);
    }
    storage_writer_destroy(&writer);
    (void) snprintf(command, sizeof(command),
                    "printf x | dd of=$(echo '%s'/*.records) bs=1 seek=1000 conv=notrunc "
                    "status=none",
                    place.spool);
    assert_int_equal(system(command), 0);
    fixture_start_server(*state);
    writer = make_writer(&place, conninfo);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_int_equal(storage_writer_counts(writer).drops[STORAGE_DROP_DAMAGED], 1);
    flush_and_close(&writer);
    assert_minutes_are_there_once(conninfo, 2);
}

static void what_was_counted_by_another_definition_keeps_it(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct storage_writer_options options = options_of(&place, conninfo);
    struct storage_writer *writer = open_writer(&options);
    fixture_crash_server(*state);
    put_minute(writer, 0);
    storage_writer_destroy(&writer);
    options.visit_s = 9;
    writer = open_writer(&options);
    put_minute(writer, 1);
    fixture_start_server(*state);
    flush_and_close(&writer);
    assert_string_equal(fixture_value(conninfo, "SELECT string_agg(visit_s::text, ' ' ORDER BY "
                                                "bucket_at) FROM heat_bucket "
                                                "JOIN definition USING (store_id, definition_id)"),
                        "5 9");
}

static void a_spool_of_another_store_is_not_mixed_in(void **state)
{
    const char *conninfo = migrated_database(state);
    const struct place place = make_place(state);
    struct storage_writer_options options = options_of(&place, conninfo);
    struct storage_writer *writer = open_writer(&options);
    fixture_crash_server(*state);
    put_minute(writer, 0);
    storage_writer_destroy(&writer);
    fixture_start_server(*state);
    options.store = "other";
    options.store_key = 43;
    writer = open_writer(&options);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_non_null(strstr(storage_writer_counts(writer).last_error, "store store"));
    assert_int_equal(storage_writer_counts(writer).drops[STORAGE_DROP_REFUSED], 1);
    storage_writer_destroy(&writer);
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM heat_bucket"), "0");
}

static void what_can_never_work_is_still_an_error(void **state)
{
    const struct place place = make_place(state);
    struct storage_writer_options options = options_of(&place, fixture_database(*state));
    struct storage_writer *writer = NULL, *other = NULL;
    struct error error = { .text = "" };
    assert_int_equal(storage_writer_create(&options, &writer, &error), -EPROTO);
    assert_non_null(strstr(error.text, "floorfuse migrate"));
    options.conninfo = "host=127.0.0.1 port=1";
    assert_int_equal(storage_writer_create(&options, &writer, &error), 0);
    assert_non_null(strstr(storage_writer_counts(writer).last_error, "127.0.0.1"));
    assert_int_equal(storage_writer_create(&options, &other, &error), -EBUSY);
    storage_writer_destroy(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_and_calibrations_go_through_the_spool),
        cmocka_unit_test(what_waits_outlives_the_program),
        cmocka_unit_test(nothing_is_written_before_the_floors_are_told),
        cmocka_unit_test(killed_at_any_moment_nothing_is_lost_and_nothing_is_doubled),
        cmocka_unit_test(a_file_is_replaced_as_a_whole_and_the_newest_stays),
        cmocka_unit_test(a_file_that_cannot_be_written_is_said),
        cmocka_unit_test(without_a_spool_there_is_nothing_a_file_could_wait_for),
        cmocka_unit_test(a_full_spool_holds_the_checkpoint_back_and_loses_nothing_it_took),
        cmocka_unit_test(a_disk_that_is_full_for_a_while_loses_nothing_that_was_taken),
        cmocka_unit_test(a_bucket_the_database_refuses_is_put_aside),
        cmocka_unit_test(damage_on_the_disk_costs_what_it_touches_and_is_counted),
        cmocka_unit_test(what_was_counted_by_another_definition_keeps_it),
        cmocka_unit_test(a_spool_of_another_store_is_not_mixed_in),
        cmocka_unit_test(what_can_never_work_is_still_an_error),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
