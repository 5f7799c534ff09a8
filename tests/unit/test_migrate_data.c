/*
 * test_migrate_data.c - databases of every earlier version come along with what is in them
 *
 * A database is made as a program of version k left it: the first k migrations, and after each the
 * rows of tests/data/migrate that fit it. Then it is brought to the latest version, and readers
 * must find the same facts whatever k was. The expected values were added up by hand from those
 * files.
 */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "storage/migrate.h"
#include "storage/migrations.h"
#include "storage_fixture.h"

/* The first version that can hold more than names. */
#define FIRST_VERSION 5

/* What a reader finds. Views are asked, for tables may change their form. */
struct fact {
    int since; /* the version whose rows it is about: unknown to databases that were older */
    const char *sql, *expected;
};

static const struct fact facts[] = {
    { 2,
      "SELECT string_agg(concat_ws(' ', store_id, chain, store, timezone), ', ' ORDER BY "
      "store_id) FROM store",
      "7 acme north Europe/Berlin, 8 acme south America/New_York" },
    { 6, "SELECT count(*) FROM heat_bucket", "6" },
    { 6, "SELECT sum(people_ms) || ' ' || max(peak_people) FROM heat_bucket", "326993 4" },
    /* every bucket has a row a cell: 4 of 12, 1 of 400, 1 of 6 */
    { 6,
      "SELECT string_agg(concat_ws(' ', store, floor, n), ', ' ORDER BY store, floor) FROM "
      "(SELECT store, floor, count(*) AS n FROM v_heat_cell GROUP BY 1, 2) AS f",
      "north ground 48, north upper 400, south ground 6" },
    /* 70 + 2.5 + 0.1 + 60 + 0.001 + 65.536 s; 5 + 1 + 1 + 2 + 1 passes */
    { 6,
      "SELECT string_agg(concat_ws(' ', store, floor, round(d::numeric, 3), p), ', ' ORDER BY "
      "store, floor) FROM (SELECT store, floor, sum(dwell_s) AS d, sum(passes) AS p FROM "
      "v_heat_cell GROUP BY 1, 2) AS f",
      "north ground 198.137 10, north upper 3.000 2, south ground 123.456 7" },
    /* x: 0.3 - 0.02 - 12.34 + 0.01 + 0.04 m; y: -0.1 + 0.03 - 2.5 - 0.04 m; 0.45 + 23 + 0.06 m */
    { 6,
      "SELECT string_agg(concat_ws(' ', store, floor, round(x::numeric, 2), round(y::numeric, "
      "2), round(p::numeric, 2)), ', ' ORDER BY store, floor) FROM (SELECT store, floor, "
      "sum(move_x_m) AS x, sum(move_y_m) AS y, sum(path_m) AS p FROM v_heat_cell GROUP BY 1, 2) "
      "AS f",
      "north ground -12.01 -2.61 23.51, north upper -0.10 0.05 0.31, south ground -0.01 -0.01 "
      "0.02" },
    /* the longest of one cell, and the two that are far apart */
    { 6,
      "SELECT string_agg(concat_ws(' ', cell, round(dwell_s::numeric, 3), passes), ', ' ORDER BY "
      "cell) FROM "
      "v_heat_cell WHERE dwell_s > 60 OR (floor = 'upper' AND dwell_s > 0)",
      "0 1.000 1, 1 70.000 5, 4 65.536 1, 5 123.456 7, 399 2.000 1" },
    /* Cell-seconds. Both cameras see 10 cells, left 6, door 4:
     * 10 x 50 + 6 x 10, 10 x 60, 10 x 30, 6 x 60; 4 x 60. */
    { 7,
      "SELECT string_agg(concat_ws(' ', store, floor, round(e::numeric)), ', ' ORDER BY store, "
      "floor) FROM "
      "(SELECT store, floor, sum(exposure_s) AS e FROM v_heat_cell GROUP BY 1, 2) AS f",
      "north ground 1820, north upper 0, south ground 240" },
    /* Not seen and nobody there: 1 + 2 + 2 + 6, 398, 1. */
    { 7, "SELECT count(*) FROM v_heat_cell WHERE dwell_s IS NULL", "410" },
    /* Seen and nobody there: 8 + 10 + 8 + 5, 0, 4. */
    { 7, "SELECT count(*) FROM v_heat_cell WHERE dwell_s = 0 AND exposure_s > 0", "35" },
    { 8,
      "SELECT string_agg(concat_ws(' ', camera, f, o, m), ', ' ORDER BY camera) FROM (SELECT "
      "camera, sum(frames) AS f, sum(observations) AS o, sum(missed) AS m FROM v_camera_bucket "
      "GROUP BY 1) AS c",
      "door 900 1200 7, left 2100 925 4, right 1400 710 0" },
    { 8,
      "SELECT string_agg(concat_ws(' ', camera_id, boot_id, last_sequence), ', ' ORDER BY "
      "camera_id) FROM camera_position",
      "1 18446744073709551615 599, 2 7 18446744073709551615, 3 1 0" },
    { 8,
      "SELECT string_agg(concat_ws(' ', camera, first_bucket_at, last_bucket_at), ', ' ORDER BY "
      "camera, first_bucket_at) FROM v_calibration WHERE first_bucket_at IS NOT NULL",
      "door 2026-11-01 00:00:00+00 2026-11-01 00:00:00+00, left 2026-10-31 23:59:00+00 "
      "2026-11-01 00:00:00+00, left 2026-11-30 12:00:00+00 2027-01-15 09:00:00+00, right "
      "2026-10-31 23:59:00+00 2026-11-30 12:00:00+00" },
    /* means weighed by matches: (0.4 + 0.5) / 6 m, (-0.8 + 0.25) / 6 m, sqrt(1.125 / 6) m */
    { 9,
      "SELECT concat_ws(' ', sum(matches), round((sum(mean_dx_m * matches) / "
      "sum(matches))::numeric, 4), round((sum(mean_dy_m * matches) / sum(matches))::numeric, 4), "
      "round(sqrt(sum(rms_m ^ 2 * matches) / sum(matches))::numeric, 4)) FROM v_pair_residual",
      "6 0.1500 -0.0917 0.4330" },
    { 14,
      "SELECT string_agg(concat_ws(' ', camera, author, valid_from, file), ', ' ORDER BY camera) "
      "FROM v_calibration WHERE file IS NOT NULL",
      "door 2027-01-16 10:00:00+00 image = { };, left Ada 2026-11-30 06:00:00+00 image = {};" },
};

/* The row that a program of that time wrote. */
static void record(const char *conninfo, const struct migration *migration)
{
    char sum[SHA256_TEXT_SIZE], sql[256];
    file_sha256_bytes(migration->sql, migration->length, sum);
    (void) snprintf(sql, sizeof sql,
                    "INSERT INTO schema_version (version, name, sha256) VALUES (%d, '%s', '%s')",
                    migration->version, migration->name, sum);
    fixture_execute(conninfo, sql);
}

static void fill(const char *conninfo, int version)
{
    char path[256], *sql;
    size_t length;
    struct error error;
    (void) snprintf(path, sizeof path, TEST_DATA "/migrate/%04d.sql", version);
    if (!file_exists(path))
        return;
    assert_int_equal(file_read(path, 1 << 20, &sql, &length, &error), 0);
    fixture_execute(conninfo, sql);
    free(sql);
}

static void make_version(const char *conninfo, int version)
{
    for (int i = 0; i < version; i++) {
        fixture_execute(conninfo, migrations[i].sql);
        record(conninfo, &migrations[i]);
        fill(conninfo, i + 1);
    }
}

static void check_facts(const char *conninfo, int version)
{
    for (size_t i = 0; i < ARRAY_LENGTH(facts); i++) {
        if (facts[i].since > version)
            continue;
        const char *found = fixture_value(conninfo, facts[i].sql);
        if (strcmp(found, facts[i].expected) != 0)
            print_error("begun at version %d: %s\n", version, facts[i].sql);
        assert_string_equal(found, facts[i].expected);
    }
}

/* Rows of a month without a partition wait in the default one; a migration must forget neither. */
static void move_into_their_month(const char *conninfo)
{
    /* The function's name from when there were no facts but heat, else the one it has now. */
    const char *function = fixture_value(conninfo, "SELECT coalesce("
                                                   "to_regproc('ensure_heat_partitions'), "
                                                   "to_regproc('ensure_partitions'))");
    char sql[128];
    (void) snprintf(sql, sizeof sql, "SELECT %s('2026-10-01', '2027-01-31')", function);
    fixture_execute(conninfo, sql);
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM heat_bucket_default"), "0");
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM exposure_2027_01"), "1");
}

static void come_along(const char *conninfo, int version)
{
    struct error error = { .text = "" };
    int applied = -1;
    make_version(conninfo, version);
    if (storage_migrate(conninfo, &applied, NULL, &error) < 0)
        print_error("begun at version %d: %s\n", version, error.text);
    assert_int_equal(applied, migration_count - version);
    check_facts(conninfo, version);
    if (version < 7)
        return;
    move_into_their_month(conninfo);
    check_facts(conninfo, version);
}

/* The rows fit the schema of today too, so the expected values are checked even where no migration
 * stands between. */
static void facts_are_the_same_whatever_version_they_were_written_in(void **state)
{
    for (int version = FIRST_VERSION; version <= migration_count; version++)
        come_along(fixture_database(*state), version);
}

/* Thousands of tables that nobody needs after a crash. */
static int start_careless_server(void **state)
{
    int rc = fixture_start(state);
    if (rc < 0)
        return rc;
    const char *conninfo = fixture_database(*state);
    fixture_execute(conninfo, "ALTER SYSTEM SET fsync TO off");
    fixture_execute(conninfo, "SELECT pg_reload_conf()");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_the_same_whatever_version_they_were_written_in),
    };
    return cmocka_run_group_tests(tests, start_careless_server, fixture_stop);
}
