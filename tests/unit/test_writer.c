/*
 * test_writer.c - finished buckets into PostgreSQL, exactly once
 *
 * Expected sums are those written beside fixture_bucket, worked out by hand.
 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/migrate.h"
#include "storage/writer.h"
#include "storage_fixture.h"

#define FLUSH_MS 20000

static const char *migrated_database(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    return conninfo;
}

static struct storage_writer *make_writer(const char *conninfo)
{
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct storage_writer *writer = NULL;
    struct error error = { .text = "" };
    int rc = storage_writer_create(&options, &writer, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(rc, 0);
    return writer;
}

static void put(struct storage_writer *writer, struct heat_bucket *bucket)
{
    assert_int_equal(storage_writer_put_take(writer, &bucket), 0);
    assert_null(bucket);
}

static void write_and_close(const char *conninfo, struct heat_bucket *bucket)
{
    struct storage_writer *writer = make_writer(conninfo);
    put(writer, bucket);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    struct storage_writer_counts counts = storage_writer_counts(writer);
    assert_string_equal(counts.last_error, "");
    assert_int_equal(counts.written, 1);
    assert_int_equal(counts.queued, 0);
    storage_writer_destroy(&writer);
}

/* Every fact of fixture_bucket, in one line. */
static const char all_facts[] =
    "SELECT concat_ws(' ',"
    " (SELECT concat_ws(' ', count(*), sum(people_ms), max(peak_people)) FROM heat_bucket),"
    " (SELECT concat_ws(' ', round(1000 * sum(dwell_s)), sum(passes), round(1000 * sum(move_x_m)),"
    "  round(1000 * sum(move_y_m)), round(1000 * sum(path_m)))"
    "  FROM v_heat_cell),"
    " (SELECT string_agg(cameras::text || exposure_s, ' ' ORDER BY exposure_s) FROM v_exposure),"
    " (SELECT string_agg(concat_ws(' ', camera, calibration, frames, observations, missed), ' '"
    "  ORDER BY camera) FROM v_camera_bucket),"
    " (SELECT string_agg(concat_ws(' ', boot_id, last_sequence), ' ' ORDER BY boot_id)"
    "  FROM camera_position),"
    " (SELECT concat_ws(' ', camera_a, camera_b, matches, mean_dx_m, mean_dy_m, rms_m)"
    "  FROM v_pair_residual))";
static const char all_facts_once[] =
    "1 5000 2 4100 3 280 -70 450 {left}10 {left,right}50 "
    "left aa 600 900 3 right bb 500 700 0 "
    "7 18446744073709551615 18446744073709551615 599 left right 4 0.1 -0.2 0.5";

static void a_bucket_is_in_the_database_with_all_its_parts(void **state)
{
    const char *conninfo = migrated_database(state);
    write_and_close(conninfo, fixture_bucket(FIXTURE_START_US));
    assert_string_equal(fixture_value(conninfo, all_facts), all_facts_once);
    assert_string_equal(fixture_value(conninfo, "SELECT bucket_at FROM heat_bucket"),
                        "2026-11-23 09:14:00+00");
    assert_string_equal(fixture_value(conninfo,
                                      "SELECT concat_ws(' ', store_id, chain, store, timezone) "
                                      "FROM store"),
                        "42 chain store Europe/Berlin");
}

static void put_calibration(struct storage_writer *writer, const char *version, const char *text,
                            const char *author, int64_t valid_from_us)
{
    const struct storage_calibration calibration = { .camera = "left",
                                                     .version = version,
                                                     .text = text,
                                                     .author = author,
                                                     .note = "after the move",
                                                     .valid_from_us = valid_from_us };
    assert_int_equal(storage_writer_put_calibration(writer, &calibration), 0);
}

static void calibrations_are_kept_with_their_words(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer *writer = make_writer(conninfo);
    put_calibration(writer, "aa", "text a", NULL, INT64_MIN);
    put(writer, fixture_bucket(FIXTURE_START_US)); /* left with aa, right with bb */
    put_calibration(writer, "cc", "text c", "Ann", FIXTURE_START_US + 90 * US_PER_S);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_int_equal(storage_writer_counts(writer).written, 1);
    storage_writer_destroy(&writer);
    assert_string_equal(
        fixture_value(conninfo, "SELECT string_agg(concat_ws(' ', camera, calibration, "
                                "coalesce(author, '-'), coalesce(note, '-'), coalesce(file, '-'), "
                                "to_char(valid_from, 'HH24:MI:SS'), "
                                "coalesce(to_char(valid_to, 'HH24:MI:SS'), '-'), "
                                "coalesce(to_char(first_bucket_at, 'HH24:MI:SS'), '-')), ', ' "
                                "ORDER BY calibration) FROM v_calibration"),
        "left aa - after the move text a 09:14:00 09:15:30 09:14:00, "
        "right bb - - - 09:14:00 - 09:14:00, "
        "left cc Ann after the move text c 09:15:30 - -");
}

/* Since 9:00; told at 9:14 and so many minutes. */
static void put_losses(struct storage_writer *writer, int minutes, uint64_t missed,
                       uint64_t refused)
{
    const struct storage_loss list[] = { { "left", "wire", "missed", "frames", missed },
                                         { "", "wire", "topic", "messages", refused } };
    const struct storage_losses losses = { .since_us = FIXTURE_START_US - 14 * FIXTURE_MINUTE_US,
                                           .told_us =
                                               FIXTURE_START_US + minutes * FIXTURE_MINUTE_US,
                                           .list = list,
                                           .count = ARRAY_LENGTH(list) };
    assert_int_equal(storage_writer_put_losses(writer, &losses), 0);
}

static const char all_losses[] =
    "SELECT string_agg(concat_ws(' ', coalesce(camera, '-'), source, reason, unit, losses,"
    " to_char(since_at, 'HH24:MI'), to_char(first_at, 'HH24:MI'), to_char(last_at, 'HH24:MI'),"
    " local_date, local_hour), ', ' ORDER BY camera) FROM v_loss";

/* The store is in Berlin, an hour ahead. */
static void losses_told_again_replace_what_was_told(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer *writer = make_writer(conninfo);
    put_losses(writer, 0, 5, 0);
    put(writer, fixture_bucket(FIXTURE_START_US));
    put_losses(writer, 1, 8, 0);
    put_losses(writer, 1, 8, 0);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_string_equal(fixture_value(conninfo, all_losses),
                        "left wire missed frames 8 09:00 09:14 09:15 2026-11-23 10");
    put_losses(writer, 2, 8, 1);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_string_equal(fixture_value(conninfo, all_losses),
                        "left wire missed frames 8 09:00 09:14 09:15 2026-11-23 10, "
                        "- wire topic messages 1 09:00 09:16 09:16 2026-11-23 10");
    assert_int_equal(storage_writer_counts(writer).written, 1); /* buckets */
    storage_writer_destroy(&writer);
}

static void losses_that_turn_up_are_taken_back(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer *writer = make_writer(conninfo);
    put_losses(writer, 0, 5, 2);
    put_losses(writer, 1, 0, 2);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_string_equal(fixture_value(conninfo, all_losses),
                        "- wire topic messages 2 09:00 09:14 09:14 2026-11-23 10");
    assert_string_equal(fixture_value(conninfo, "SELECT string_agg(losses::text, ' ' ORDER BY "
                                                "losses) FROM loss"),
                        "0 2");
    storage_writer_destroy(&writer);
}

/* A version that a bucket has brought gets its words when they come; after that nothing changes. */
static void a_calibration_told_of_again_changes_nothing(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer *writer = make_writer(conninfo);
    put(writer, fixture_bucket(FIXTURE_START_US));
    put_calibration(writer, "aa", "text a", "Ann", INT64_MIN);
    put_calibration(writer, "aa", "another", "Bob", FIXTURE_START_US);
    put(writer, fixture_bucket(FIXTURE_START_US));
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_string_equal(storage_writer_counts(writer).last_error, "");
    storage_writer_destroy(&writer);
    assert_string_equal(fixture_value(conninfo,
                                      "SELECT concat_ws(' ', count(*), max(text), max(author), "
                                      "max(valid_from), max(calibration_id)) FROM calibration"),
                        "2 text a Ann 2");
}

static void writing_a_bucket_twice_changes_nothing(void **state)
{
    const char *conninfo = migrated_database(state);
    write_and_close(conninfo, fixture_bucket(FIXTURE_START_US));
    write_and_close(conninfo, fixture_bucket(FIXTURE_START_US));
    assert_string_equal(fixture_value(conninfo, all_facts), all_facts_once);
    assert_string_equal(
        fixture_value(conninfo,
                      "SELECT concat_ws(' ', (SELECT count(*) FROM grid),"
                      " (SELECT count(*) FROM definition), (SELECT count(*) FROM footprint),"
                      " (SELECT count(*) FROM camera_set))"),
        "1 1 2 2");
}

static void a_bucket_written_again_replaces_what_it_no_longer_has(void **state)
{
    const char *conninfo = migrated_database(state);
    write_and_close(conninfo, fixture_bucket(FIXTURE_START_US));
    struct heat_bucket *less = fixture_bucket(FIXTURE_START_US);
    less->pair_count = 0;
    less->exposure_count = 1;
    less->cell_count = 1;
    write_and_close(conninfo, less);
    assert_string_equal(fixture_value(conninfo, "SELECT sum(matches) FROM pair_residual_bucket"),
                        "0");
    assert_string_equal(fixture_value(conninfo, "SELECT sum(exposure_s) FROM v_exposure"), "50");
    assert_string_equal(fixture_value(conninfo, "SELECT sum(dwell_s) FROM v_heat_cell"), "1.5");
}

static void the_view_tells_nobody_from_not_seen(void **state)
{
    const char *conninfo = migrated_database(state);
    write_and_close(conninfo, fixture_bucket(FIXTURE_START_US));
    const char *const expected[12] = {
        [0] = "0 0 60",   [1] = "1.5 2 60", [2] = "0 0 60", [3] = "0 0 60",
        [4] = "2.5 1 60", [5] = "0 0 60",   [6] = "0 0 50", [7] = "0 0 50",
        [8] = "0 0 50",   [9] = "0 0 50",   [10] = "- - 0", [11] = "0.1 0 0",
    };
    for (int cell = 0; cell < 12; cell++) {
        char sql[192];
        (void) snprintf(
            sql, sizeof sql,
            "SELECT concat_ws(' ', coalesce(dwell_s::text, '-'),"
            " coalesce(passes::text, '-'), exposure_s) FROM v_heat_cell WHERE cell = %d",
            cell);
        assert_string_equal(fixture_value(conninfo, sql), expected[cell]);
    }
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM v_heat_cell"), "12");
}

/* Cell 6 is column 2 of row 1: x = -1 + 2.5 * 0.5, y = 2 + 1.5 * 0.5. Berlin is UTC+1 in November.
 */
static void the_view_knows_place_and_local_time(void **state)
{
    const char *conninfo = migrated_database(state);
    write_and_close(conninfo, fixture_bucket(FIXTURE_START_US));
    assert_string_equal(
        fixture_value(
            conninfo,
            "SELECT concat_ws(' ', x_m, y_m, cell_m, local_at, local_date,"
            " local_hour, bucket_s, chain, store, floor) FROM v_heat_cell WHERE cell = 6"),
        "0.25 2.75 0.5 2026-11-23 10:14:00 2026-11-23 10 60 chain store ground");
}

static void months_lie_in_partitions_of_their_own(void **state)
{
    const char *conninfo = migrated_database(state);
    /* date -u -d 2026-11-30T23:59:00Z +%s */
    int64_t last_minute_us = INT64_C(1796083140) * US_PER_S;
    struct storage_writer *writer = make_writer(conninfo);
    put(writer, fixture_bucket(last_minute_us));
    put(writer, fixture_bucket(last_minute_us + FIXTURE_MINUTE_US));
    put(writer, fixture_bucket(last_minute_us - INT64_C(400) * 24 * 3600 * US_PER_S));
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    storage_writer_destroy(&writer);
    assert_string_equal(
        fixture_value(conninfo, "SELECT string_agg(tableoid::regclass || ' ' || bucket_at, ', ' "
                                "ORDER BY bucket_at) FROM heat_bucket"),
        "heat_bucket_2025_10 2025-10-26 23:59:00+00, heat_bucket_2026_11 2026-11-30 23:59:00+00, "
        "heat_bucket_2026_12 2026-12-01 00:00:00+00");
}

static void without_partitions_the_default_one_loses_nothing(void **state)
{
    const char *conninfo = migrated_database(state);
    fixture_execute(conninfo, "ALTER FUNCTION ensure_partitions(date, date) RENAME TO hidden; "
                              "CREATE FUNCTION ensure_partitions(date, date) RETURNS integer "
                              "LANGUAGE plpgsql AS $$ BEGIN RAISE insufficient_privilege; END $$");
    write_and_close(conninfo, fixture_bucket(FIXTURE_START_US));
    assert_string_equal(fixture_value(conninfo, "SELECT tableoid::regclass FROM heat_bucket"),
                        "heat_bucket_default");
    assert_string_equal(fixture_value(conninfo, all_facts), all_facts_once);
    /* made later, the partition takes the rows over; seven tables of buckets, eight of hours, ten
     * of days */
    assert_string_equal(fixture_value(conninfo, "SELECT hidden('2026-11-01', '2026-11-30')"), "25");
    assert_string_equal(fixture_value(conninfo, "SELECT tableoid::regclass FROM heat_bucket"),
                        "heat_bucket_2026_11");
    assert_string_equal(fixture_value(conninfo, all_facts), all_facts_once);
}

/* 60 buckets while the server crashes twice: each is there once. */
static void nothing_is_lost_or_doubled_when_the_server_crashes(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer *writer = make_writer(conninfo);
    int64_t at_us = FIXTURE_START_US;
    for (int crash = 0; crash < 2; crash++) {
        for (int i = 0; i < 20; i++, at_us += FIXTURE_MINUTE_US)
            put(writer, fixture_bucket(at_us));
        fixture_crash_server(*state); /* somewhere in the middle of those */
        for (int i = 0; i < 10; i++, at_us += FIXTURE_MINUTE_US)
            put(writer, fixture_bucket(at_us));
        assert_int_equal(storage_writer_flush(writer, 300), -ETIMEDOUT);
        assert_string_not_equal(storage_writer_counts(writer).last_error, "");
        fixture_start_server(*state);
        assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    }
    struct storage_writer_counts counts = storage_writer_counts(writer);
    storage_writer_destroy(&writer);
    assert_int_equal(counts.written, 60);
    assert_int_equal(counts.dropped, 0);
    assert_true(counts.retries > 0);
    assert_string_equal(counts.last_error, "");
    assert_string_equal(fixture_value(conninfo, "SELECT concat_ws(' ', count(*), sum(people_ms)) "
                                                "FROM heat_bucket"),
                        "60 300000");
    assert_string_equal(fixture_value(conninfo, "SELECT sum(exposure_s) FROM v_exposure"), "3600");
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM camera_bucket"), "120");
}

static void while_the_database_is_away_a_bounded_number_waits(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct storage_writer *writer = NULL;
    options.queue_buckets = 3;
    assert_int_equal(storage_writer_create(&options, &writer, NULL), 0);
    fixture_crash_server(*state);
    for (int i = 0; i < 3; i++)
        put(writer, fixture_bucket(FIXTURE_START_US + i * FIXTURE_MINUTE_US));
    struct heat_bucket *one_too_many = fixture_bucket(FIXTURE_START_US + 3 * FIXTURE_MINUTE_US);
    assert_int_equal(storage_writer_put_take(writer, &one_too_many), -ENOSPC);
    assert_null(one_too_many);
    assert_int_equal(storage_writer_counts(writer).dropped, 1);
    assert_int_equal(storage_writer_counts(writer).queued, 3);
    fixture_start_server(*state);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_int_equal(storage_writer_counts(writer).written, 3);
    storage_writer_destroy(&writer);
}

static void destroy_does_not_wait_for_an_absent_database(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer *writer = make_writer(conninfo);
    fixture_crash_server(*state);
    put(writer, fixture_bucket(FIXTURE_START_US));
    assert_int_equal(storage_writer_flush(writer, 50), -ETIMEDOUT);
    int64_t began_ns = clock_mono_ns();
    storage_writer_destroy(&writer);
    assert_true(clock_mono_ns() - began_ns < 5 * NS_PER_S); /* connecting may take 10 s */
    fixture_start_server(*state);
}

static void a_bucket_the_database_refuses_is_dropped_and_said(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer *writer = make_writer(conninfo);
    struct heat_bucket *bad = fixture_bucket(FIXTURE_START_US);
    bad->peak_people = INT64_C(3000000000); /* no integer */
    put(writer, bad);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    struct storage_writer_counts counts = storage_writer_counts(writer);
    assert_int_equal(counts.dropped, 1);
    assert_int_equal(counts.written, 0);
    assert_non_null(strstr(counts.last_error, "out of range"));
    put(writer, fixture_bucket(FIXTURE_START_US));
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    storage_writer_destroy(&writer);
    assert_string_equal(fixture_value(conninfo, all_facts), all_facts_once);
}

static void a_bucket_that_contradicts_itself_is_dropped(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer *writer = make_writer(conninfo);
    struct heat_bucket *outside = fixture_bucket(FIXTURE_START_US);
    outside->cells[2].cell = 12;
    put(writer, outside);
    struct heat_bucket *nobodys_set = fixture_bucket(FIXTURE_START_US);
    nobodys_set->exposures[0].camera_set = (struct camera_set){ { 4 } };
    put(writer, nobodys_set);
    struct heat_bucket *nobodys_pair = fixture_bucket(FIXTURE_START_US);
    nobodys_pair->pairs[0].camera_b = 2;
    put(writer, nobodys_pair);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_int_equal(storage_writer_counts(writer).dropped, 3);
    storage_writer_destroy(&writer);
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM heat_bucket"), "0");
}

static void a_bucket_where_nobody_looked_is_kept(void **state)
{
    const char *conninfo = migrated_database(state);
    struct heat_bucket *bucket = fixture_bucket(FIXTURE_START_US);
    bucket->cell_count = bucket->pair_count = 0;
    bucket->exposure_count = 1;
    bucket->exposures[0] = (struct heat_exposure){ .camera_set = { { 0 } }, .exposure_ms = 60000 };
    for (int i = 0; i < 2; i++)
        bucket->cameras[i].frames = 0;
    write_and_close(conninfo, bucket);
    assert_string_equal(
        fixture_value(conninfo, "SELECT cameras::text || exposure_s FROM v_exposure"), "{}60");
    assert_string_equal(fixture_value(conninfo, "SELECT concat_ws(' ', count(*), count(dwell_s), "
                                                "sum(exposure_s)) FROM v_heat_cell"),
                        "12 0 0");
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM camera_position"), "0");
}

static void an_old_bucket_moves_no_position_back(void **state)
{
    const char *conninfo = migrated_database(state);
    struct heat_bucket *later = fixture_bucket(FIXTURE_START_US + FIXTURE_MINUTE_US);
    later->cameras[0].last_sequence = 1199;
    write_and_close(conninfo, later);
    write_and_close(conninfo, fixture_bucket(FIXTURE_START_US));
    assert_string_equal(fixture_value(conninfo, "SELECT last_sequence FROM camera_position "
                                                "JOIN camera USING (store_id, camera_id) "
                                                "WHERE camera = 'left'"),
                        "1199");
}

/* New walls change what the right camera sees from the second bucket on. */
static void a_new_footprint_does_not_change_the_past(void **state)
{
    const char *conninfo = migrated_database(state);
    write_and_close(conninfo, fixture_bucket(FIXTURE_START_US));
    struct heat_bucket *later = fixture_bucket(FIXTURE_START_US + FIXTURE_MINUTE_US);
    later->cameras[1].footprint[1] = 0; /* no longer cells 8 and 9 */
    write_and_close(conninfo, later);
    assert_string_equal(fixture_value(conninfo,
                                      "SELECT string_agg(exposure_s::text, ' ' "
                                      "ORDER BY bucket_at) FROM v_heat_cell WHERE cell = 9"),
                        "50 0");
}

static void a_key_that_belongs_to_another_store_is_refused(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct storage_writer *writer = make_writer(conninfo);
    struct error error = { .text = "" };
    storage_writer_destroy(&writer);
    options.store = "other";
    assert_int_equal(storage_writer_create(&options, &writer, &error), -EEXIST);
    assert_non_null(strstr(error.text, "store chain/other has the key 42"));
    options.store = "store";
    options.store_key = 43;
    assert_int_equal(storage_writer_create(&options, &writer, &error), -EEXIST);
}

static void an_unknown_time_zone_is_refused(void **state)
{
    struct storage_writer_options options = fixture_writer_options(migrated_database(state));
    struct storage_writer *writer = NULL;
    struct error error = { .text = "" };
    options.timezone = "Europe/Atlantis";
    assert_int_equal(storage_writer_create(&options, &writer, &error), -EINVAL);
    assert_non_null(strstr(error.text, "\"Europe/Atlantis\""));
}

static void create_says_early_what_is_wrong_with_the_database(void **state)
{
    struct storage_writer_options options = fixture_writer_options(fixture_database(*state));
    struct storage_writer *writer = NULL;
    struct error error = { .text = "" };
    assert_int_equal(storage_writer_create(&options, &writer, &error), -EPROTO);
    assert_non_null(strstr(error.text, "floorfuse migrate"));
    options.conninfo = "host=127.0.0.1 port=1";
    assert_int_equal(storage_writer_create(&options, &writer, &error), -ECONNREFUSED);
    assert_non_null(strstr(error.text, "127.0.0.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_is_in_the_database_with_all_its_parts),
        cmocka_unit_test(writing_a_bucket_twice_changes_nothing),
        cmocka_unit_test(a_bucket_written_again_replaces_what_it_no_longer_has),
        cmocka_unit_test(calibrations_are_kept_with_their_words),
        cmocka_unit_test(a_calibration_told_of_again_changes_nothing),
        cmocka_unit_test(losses_told_again_replace_what_was_told),
        cmocka_unit_test(losses_that_turn_up_are_taken_back),
        cmocka_unit_test(the_view_tells_nobody_from_not_seen),
        cmocka_unit_test(the_view_knows_place_and_local_time),
        cmocka_unit_test(months_lie_in_partitions_of_their_own),
        cmocka_unit_test(without_partitions_the_default_one_loses_nothing),
        cmocka_unit_test(nothing_is_lost_or_doubled_when_the_server_crashes),
        cmocka_unit_test(while_the_database_is_away_a_bounded_number_waits),
        cmocka_unit_test(destroy_does_not_wait_for_an_absent_database),
        cmocka_unit_test(a_bucket_the_database_refuses_is_dropped_and_said),
        cmocka_unit_test(a_bucket_that_contradicts_itself_is_dropped),
        cmocka_unit_test(a_bucket_where_nobody_looked_is_kept),
        cmocka_unit_test(an_old_bucket_moves_no_position_back),
        cmocka_unit_test(a_new_footprint_does_not_change_the_past),
        cmocka_unit_test(a_key_that_belongs_to_another_store_is_refused),
        cmocka_unit_test(an_unknown_time_zone_is_refused),
        cmocka_unit_test(create_says_early_what_is_wrong_with_the_database),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
