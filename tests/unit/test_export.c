/*
 * test_export.c - views as CSV, row by row
 *
 * Expected CSV is written by hand after RFC 4180 and the page of COPY in PostgreSQL's manual.
 */
#include "testing.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/export.h"
#include "storage/migrate.h"
#include "storage_fixture.h"

/* A view with everything that CSV and SQL trip over. */
static const char odd_view[] =
    "CREATE VIEW v_odd AS SELECT * FROM (VALUES "
    "(1, 'plain', '2026-11-23 09:14:05.12Z'::timestamptz, '2026-11-23 10:14'::timestamp, "
    "    '2026-11-23'::date, '{a,b}'::text[]), "
    "(2, E'a \"quote\", a comma\\nand a line', NULL, NULL, NULL, '{}'), "
    "(3, NULL, '2026-11-24 00:00Z', NULL, '2026-11-24', NULL), "
    "(4, '', '2026-11-25 00:00+01', NULL, '2026-11-24', NULL)) "
    "AS t (\"n; DROP\", words, hour_at, local_at, local_date, list)";

static const char stores[] =
    "INSERT INTO chain VALUES ('c'), ('d''x'); INSERT INTO store VALUES (1, 'c', 'north', 'UTC'), "
    "(2, 'd''x', 'north', 'UTC'), (3, 'c', 'south', 'UTC')";

static const struct export_request whole = { .view = "v_odd",
                                             .from_us = INT64_MIN,
                                             .to_us = INT64_MAX };

static const char *odd_database(void **state)
{
    const char *conninfo = fixture_database(*state);
    fixture_execute(conninfo, odd_view);
    return conninfo;
}

static int export(const char *conninfo, const struct export_request *request, char **ret_csv,
                  struct error *err)
{
    size_t length;
    FILE *out = open_memstream(ret_csv, &length);
    assert_non_null(out);
    int64_t rows = -1;
    int rc = storage_export_csv(conninfo, request, out, &rows, err);
    assert_int_equal(fclose(out), 0);
    return rc < 0 ? rc : (int) rows;
}

static void expect_csv(const char *conninfo, const struct export_request *request, int rows,
                       const char *expected)
{
    char *csv = NULL;
    struct error error = { .text = "" };
    int rc = export(conninfo, request, &csv, &error);
    if (rc < 0)
        print_error("%s\n", error.text);
    assert_int_equal(rc, rows);
    assert_string_equal(csv, expected);
    free(csv);
}

/* Nothing may be written where the request is at fault. */
static void expect_refusal(const char *conninfo, const struct export_request *request, int code,
                           const char *words)
{
    char *csv = NULL;
    struct error error = { .text = "" };
    assert_int_equal(export(conninfo, request, &csv, &error), code);
    if (!strstr(error.text, words))
        print_error("\"%s\" is not in \"%s\"\n", words, error.text);
    assert_non_null(strstr(error.text, words));
    assert_null(strchr(error.text, '\n'));
    assert_string_equal(csv, "");
    free(csv);
}

static void every_value_can_be_read_back(void **state)
{
    expect_csv(odd_database(state), &whole, 4,
               "n; DROP,words,hour_at,local_at,local_date,list\n"
               "1,plain,2026-11-23T09:14:05.12Z,2026-11-23T10:14:00,2026-11-23,\"{a,b}\"\n"
               "2,\"a \"\"quote\"\", a comma\nand a line\",,,,{}\n"
               "3,,2026-11-24T00:00:00Z,,2026-11-24,\n"
               "4,\"\",2026-11-24T23:00:00Z,,2026-11-24,\n");
}

/* The other way round, by the server's own reader. */
static void a_csv_goes_back_into_a_table(void **state)
{
    const char *conninfo = odd_database(state);
    char *csv = NULL, sql[2048];
    assert_int_equal(export(conninfo, &whole, &csv, NULL), 4);
    const struct fixture *fixture = *state;
    char path[64];
    (void) snprintf(path, sizeof path, "%s/back.csv", fixture->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(csv, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(csv);
    (void) snprintf(sql, sizeof sql,
                    "CREATE TABLE back AS SELECT * FROM v_odd LIMIT 0; "
                    "COPY back FROM '%s' WITH (FORMAT csv, HEADER)",
                    path);
    fixture_execute(conninfo, sql);
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM (TABLE back INTERSECT ALL "
                                                "TABLE v_odd) AS same"),
                        "4");
}

static void columns_come_in_the_order_asked_for(void **state)
{
    const char *conninfo = odd_database(state);
    struct export_request request = whole;
    request.columns = "local_date, n; DROP";
    expect_refusal(conninfo, &request, -ENOENT, "no column \"n; DROP\"");
    request.columns = "local_date, local_at ,hour_at";
    request.from_us = INT64_C(1795478400) * US_PER_S; /* 2026-11-24, by date(1) */
    expect_csv(conninfo, &request, 2,
               "local_date,local_at,hour_at\n"
               "2026-11-24,,2026-11-24T00:00:00Z\n"
               "2026-11-24,,2026-11-24T23:00:00Z\n");
}

static void a_range_takes_its_start_and_not_its_end(void **state)
{
    const char *conninfo = odd_database(state);
    struct export_request request = whole;
    request.columns = "words,hour_at";
    request.to_us = INT64_C(1795478400) * US_PER_S;
    expect_csv(conninfo, &request, 1, "words,hour_at\nplain,2026-11-23T09:14:05.12Z\n");
    request.from_us = request.to_us - 1;
    expect_csv(conninfo, &request, 0, "words,hour_at\n");
}

static void a_view_by_day_is_limited_by_its_date(void **state)
{
    const char *conninfo = fixture_database(*state);
    fixture_execute(conninfo, "CREATE VIEW v_day AS SELECT date '2026-11-22' + n AS local_date "
                              "FROM generate_series(1, 3) AS n; "
                              "CREATE VIEW v_timeless AS SELECT 1 AS one");
    struct export_request request = { .view = "v_day",
                                      .from_us = INT64_C(1795478400) * US_PER_S,
                                      .to_us = INT64_C(1795564800) * US_PER_S };
    expect_csv(conninfo, &request, 1, "local_date\n2026-11-24\n");
    request.view = "v_timeless";
    expect_refusal(conninfo, &request, -EINVAL, "no column that times could limit");
    request.from_us = INT64_MIN;
    request.to_us = INT64_MAX;
    expect_csv(conninfo, &request, 1, "one\n1\n");
    request.store = "north";
    expect_refusal(conninfo, &request, -EINVAL, "no column store");
}

static void a_store_is_chosen_by_its_id_and_chain(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    fixture_execute(conninfo, stores);
    fixture_execute(conninfo, "CREATE VIEW v_store_id AS SELECT store_id, chain, store FROM store");
    struct export_request request = whole;
    request.view = "v_store_id";
    request.store = "south";
    expect_csv(conninfo, &request, 1, "store_id,chain,store\n3,c,south\n");
    request.store = "d'x/north";
    expect_csv(conninfo, &request, 1, "store_id,chain,store\n2,d'x,north\n");
    request.store = "north";
    expect_refusal(conninfo, &request, -ENOENT, "several chains have a store \"north\"");
    request.store = "west";
    expect_refusal(conninfo, &request, -ENOENT, "\"west\" is not in the database");
}

static void a_wrong_name_is_told_with_the_nearest(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct export_request request = whole;
    expect_refusal(conninfo, &request, -ENOENT, "run floorfuse migrate");
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    request.view = "v_heatcell";
    expect_refusal(conninfo, &request, -ENOENT, "did you mean v_heat_cell?");
    request.view = "heat_cell";
    expect_refusal(conninfo, &request, -ENOENT, "did you mean v_heat_cell?");
    request.view = "quarterly figures";
    expect_refusal(conninfo, &request, -ENOENT, "--list");
    request.view = "v_heat_cell";
    request.columns = "cell,dwel_s";
    expect_refusal(conninfo, &request, -ENOENT,
                   "v_heat_cell has no column \"dwel_s\"; did you "
                   "mean dwell_s?");
    request.columns = "cell,,dwell_s";
    expect_refusal(conninfo, &request, -ENOENT, "empty");
    request.columns = "cell,";
    expect_refusal(conninfo, &request, -ENOENT, "empty");
}

/* Tables, sequences and views of the server are not for this. */
static void only_views_for_people_can_be_had(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    fixture_execute(conninfo, "CREATE TABLE v_table (a integer); CREATE VIEW plain AS SELECT 1");
    static const char *const names[] = { "heat_bucket", "pg_roles",  "pg_catalog.pg_roles",
                                         "v_table",     "plain",     "public.v_heat_cell",
                                         "V_HEAT_CELL", "v\\_heat%", "" };
    struct export_request request = whole;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        request.view = names[i];
        expect_refusal(conninfo, &request, -ENOENT, "there is no view");
    }
}

static void words_never_become_sql(void **state)
{
    const char *conninfo = odd_database(state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    fixture_execute(conninfo, stores);
    fixture_execute(conninfo,
                    "CREATE TABLE prey (); CREATE VIEW \"v_\"\"; DROP TABLE prey; --\" AS "
                    "SELECT 1 AS \"\"\") TO STDOUT; DROP TABLE prey; --\", 'c' AS store");
    static const char *const attacks[] = {
        "v_odd; DROP TABLE prey",
        "v_odd\"; DROP TABLE prey; --",
        "v_odd) TO STDOUT; DROP TABLE prey; --",
        "words) TO STDOUT; DROP TABLE prey; --",
        "words\"",
        "'; DROP TABLE prey; --",
        "\\'; DROP TABLE prey; --",
        "c/' OR true; DROP TABLE prey; --",
        "x' OR 'a' = 'a",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(attacks); i++) {
        struct export_request request = whole;
        request.columns = attacks[i];
        expect_refusal(conninfo, &request, -ENOENT, "no column");
        request.columns = NULL;
        request.view = attacks[i];
        expect_refusal(conninfo, &request, -ENOENT, "no view");
        request.view = "v_exposure";
        request.store = attacks[i];
        expect_refusal(conninfo, &request, -ENOENT, "not in the database");
    }
    /* Names that are in the catalog, wicked as they are, are only names. */
    struct export_request request = whole;
    request.view = "v_\"; DROP TABLE prey; --";
    expect_csv(conninfo, &request, 1, "\"\"\") TO STDOUT; DROP TABLE prey; --\",store\n1,c\n");
    assert_string_equal(fixture_value(conninfo, "SELECT to_regclass('prey')"), "prey");
}

static void bytes_that_are_no_text_are_one_sentence(void **state)
{
    const char *conninfo = odd_database(state);
    struct export_request request = whole;
    request.view = "v_\xff\xfe";
    expect_refusal(conninfo, &request, -EIO, "invalid byte sequence");
}

static void add_name(void *context, const char *name, const char *comment)
{
    struct text *names = context;
    text_format(names, "%s: %s\n", name, comment);
}

static void the_list_has_views_and_columns_with_their_comments(void **state)
{
    const char *conninfo = fixture_database(*state);
    AUTO(text_release) struct text names = TEXT_INIT;
    struct error error = { .text = "" };
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    assert_int_equal(storage_export_list(conninfo, NULL, add_name, &names, NULL), 0);
    assert_non_null(strstr(names.bytes, "v_calibration: Every version of every camera's"));
    assert_null(strstr(names.bytes, "\nheat_bucket:"));
    text_clear(&names);
    assert_int_equal(storage_export_list(conninfo, "v_exposure", add_name, &names, NULL), 0);
    assert_non_null(strstr(names.bytes, "bucket_at: Start of the bucket\n"));
    assert_int_equal(storage_export_list(conninfo, "v_exposed", add_name, &names, &error), -ENOENT);
    assert_non_null(strstr(error.text, "did you mean v_exposure?"));
}

/* A login of a BI tool, which may not look into the table of stores. */
static void a_reader_of_views_can_export_them(void **state)
{
    const struct fixture *fixture = *state;
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    fixture_execute(conninfo, stores);
    fixture_execute(conninfo, "CREATE ROLE bi LOGIN; CREATE VIEW v_mine AS SELECT 'north' AS store;"
                              "GRANT SELECT ON v_mine TO bi");
    char reader[256];
    (void) snprintf(reader, sizeof reader, "host='%s/socket' port=5432 user=bi %s", fixture->dir,
                    strstr(conninfo, "dbname="));
    *strstr(strstr(reader, "dbname="), " user=") = '\0';
    struct export_request request = whole;
    request.view = "v_mine";
    request.store = "north";
    expect_csv(reader, &request, 1, "store\nnorth\n");
    fixture_execute(conninfo, "REVOKE SELECT ON v_mine FROM bi");
    expect_refusal(reader, &request, -EIO, "permission denied for view v_mine");
}

static int64_t peak_kib(void)
{
    char line[128];
    int64_t kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    assert_non_null(status);
    while (fgets(line, sizeof line, status))
        (void) sscanf(line, "VmHWM: %" SCNd64 " kB", &kib);
    assert_int_equal(fclose(status), 0);
    assert_true(kib > 0);
    return kib;
}

/* AddressSanitizer keeps 256 MB of what was freed, which is not what is measured here. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1";
}

/* Two million rows of 61 bytes and more are 130 MB; held, they would take as much. */
static void two_million_rows_are_never_held(void **state)
{
    enum { ROWS = 2000000 };
    const char *conninfo = fixture_database(*state);
    struct error error = { .text = "" };
    fixture_execute(conninfo, "CREATE VIEW v_test AS SELECT n, repeat('x', 60) AS x "
                              "FROM (SELECT generate_series(1, 2000000) AS n) AS s");
    FILE *out = fopen("/dev/null", "w");
    assert_non_null(out);
    struct export_request request = whole;
    request.view = "v_test";
    int64_t rows = 0, before_kib = peak_kib();
    assert_int_equal(storage_export_csv(conninfo, &request, out, &rows, &error), 0);
    int64_t peak = peak_kib();
    print_message("peak memory %" PRId64 " KiB, %" PRId64 " KiB more than before\n", peak,
                  peak - before_kib);
    assert_int_equal(rows, ROWS);
    assert_int_equal(fclose(out), 0);
    assert_true(peak - before_kib < 20 * 1024);
    assert_true(peak < 60 * 1024);
}

static void a_reader_that_goes_away_ends_the_export(void **state)
{
    const char *conninfo = fixture_database(*state);
    int ends[2];
    fixture_execute(conninfo, "CREATE VIEW v_test AS SELECT generate_series(1, 100000000) AS n");
    (void) signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(close(ends[0]), 0);
    FILE *out = fdopen(ends[1], "w");
    assert_non_null(out);
    struct export_request request = whole;
    request.view = "v_test";
    assert_int_equal(storage_export_csv(conninfo, &request, out, NULL, NULL), -EPIPE);
    (void) fclose(out);
}

static void a_full_disk_is_told(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct error error = { .text = "" };
    fixture_execute(conninfo, "CREATE VIEW v_test AS SELECT generate_series(1, 1000000) AS n");
    FILE *out = fopen("/dev/full", "w");
    assert_non_null(out);
    struct export_request request = whole;
    request.view = "v_test";
    assert_int_equal(storage_export_csv(conninfo, &request, out, NULL, &error), -ENOSPC);
    assert_non_null(strstr(error.text, "No space left"));
    (void) fclose(out);
}

static void a_view_that_fails_half_way_is_told_in_the_servers_words(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct error error = { .text = "" };
    char *csv = NULL;
    fixture_execute(conninfo, "CREATE VIEW v_test AS SELECT 1 / (50000 - n) AS n "
                              "FROM (SELECT generate_series(1, 100000) AS n) AS s");
    struct export_request request = whole;
    request.view = "v_test";
    assert_int_equal(export(conninfo, &request, &csv, &error), -EIO);
    assert_string_equal(error.text, "could not export v_test: the database says: division by zero");
    free(csv);
}

/* Rows of 10 kB, because the server sends when it has 8 kB together. */
static void a_long_export_may_take_longer_than_the_longest_silence(void **state)
{
    const char *conninfo = fixture_database(*state);
    fixture_execute(conninfo, "CREATE VIEW v_test AS SELECT repeat('x', 10000) AS x, "
                              "pg_sleep(0.25)::text AS slept FROM generate_series(1, 12)");
    struct export_request request = whole;
    request.view = "v_test";
    request.silence_ms = 2000;
    char *csv = NULL;
    int64_t start_ns = clock_mono_ns();
    assert_int_equal(export(conninfo, &request, &csv, NULL), 12);
    assert_true(clock_mono_ns() - start_ns > request.silence_ms * NS_PER_MS);
    free(csv);
}

static void a_server_that_says_nothing_is_given_up(void **state)
{
    const char *conninfo = fixture_database(*state);
    fixture_execute(conninfo,
                    "CREATE VIEW v_test AS SELECT 1 AS one, pg_sleep(600)::text AS slept");
    struct export_request request = whole;
    request.view = "v_test";
    request.silence_ms = 1000;
    expect_refusal(conninfo, &request, -EIO, "did not answer in 1 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_can_be_read_back),
        cmocka_unit_test(a_csv_goes_back_into_a_table),
        cmocka_unit_test(columns_come_in_the_order_asked_for),
        cmocka_unit_test(a_range_takes_its_start_and_not_its_end),
        cmocka_unit_test(a_view_by_day_is_limited_by_its_date),
        cmocka_unit_test(a_store_is_chosen_by_its_id_and_chain),
        cmocka_unit_test(a_wrong_name_is_told_with_the_nearest),
        cmocka_unit_test(only_views_for_people_can_be_had),
        cmocka_unit_test(words_never_become_sql),
        cmocka_unit_test(bytes_that_are_no_text_are_one_sentence),
        cmocka_unit_test(the_list_has_views_and_columns_with_their_comments),
        cmocka_unit_test(a_reader_of_views_can_export_them),
        cmocka_unit_test(two_million_rows_are_never_held),
        cmocka_unit_test(a_reader_that_goes_away_ends_the_export),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_view_that_fails_half_way_is_told_in_the_servers_words),
        cmocka_unit_test(a_long_export_may_take_longer_than_the_longest_silence),
        cmocka_unit_test(a_server_that_says_nothing_is_given_up),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
