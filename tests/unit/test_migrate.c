/*
 * test_migrate.c - bringing a database to the schema this program knows
 *
 * Expected numbers of migrations come from the files in sql/migrations.
 */
#include "testing.h"

#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "storage/migrate.h"
#include "storage/migrations.h"
#include "storage_fixture.h"

static int files_in_sql_migrations(void)
{
    glob_t found;
    assert_int_equal(glob(SOURCE_DIR "/sql/migrations/*.sql", 0, NULL, &found), 0);
    int count = (int) found.gl_pathc;
    globfree(&found);
    return count;
}

static void migrating_twice_applies_everything_once(void **state)
{
    const char *conninfo = fixture_database(*state);
    int applied = -1, version = -1, files = files_in_sql_migrations();
    assert_int_equal(storage_migrate(conninfo, &applied, &version, NULL), 0);
    assert_int_equal(applied, files);
    assert_int_equal(version, files);
    assert_int_equal(storage_migrate(conninfo, &applied, &version, NULL), 0);
    assert_int_equal(applied, 0);
    assert_int_equal(version, files);
    assert_int_equal(storage_check_version(conninfo, NULL), 0);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
}

struct migrator {
    const char *conninfo;
    int rc, applied;
};

static void *migrate_in_thread(void *argument)
{
    struct migrator *migrator = argument;
    migrator->rc = storage_migrate(migrator->conninfo, &migrator->applied, NULL, NULL);
    return NULL;
}

static void programs_that_migrate_at_once_wait_for_each_other(void **state)
{
    enum { MIGRATORS = 4 };
    const char *conninfo = fixture_database(*state);
    struct migrator migrators[MIGRATORS];
    pthread_t threads[MIGRATORS];
    int applied = 0;
    for (int i = 0; i < MIGRATORS; i++) {
        migrators[i] = (struct migrator){ .conninfo = conninfo, .rc = -1 };
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_in_thread, &migrators[i]), 0);
    }
    for (int i = 0; i < MIGRATORS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(migrators[i].rc, 0);
        applied += migrators[i].applied;
    }
    assert_int_equal(applied, files_in_sql_migrations());
}

static void an_empty_database_is_told_to_migrate(void **state)
{
    struct error error = { .text = "" };
    assert_int_equal(storage_check_version(fixture_database(*state), &error), -EPROTO);
    assert_non_null(strstr(error.text, "version 0"));
    assert_non_null(strstr(error.text, "run floorfuse migrate"));
}

static void a_newer_database_is_refused(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct error error = { .text = "" };
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    fixture_execute(conninfo, "INSERT INTO schema_version (version, name, sha256) "
                              "SELECT max(version) + 1, 'future', '00' FROM schema_version");
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, &error), -EPROTO);
    assert_non_null(strstr(error.text, "(future)"));
    assert_non_null(strstr(error.text, "install a newer Floorfuse"));
    assert_int_equal(storage_check_version(conninfo, NULL), -EPROTO);
}

static void reading_the_version_changes_nothing(void **state)
{
    const char *conninfo = fixture_database(*state);
    int version = -1;
    assert_int_equal(storage_read_version(conninfo, &version, NULL), 0);
    assert_int_equal(version, 0);
    assert_string_equal(fixture_value(conninfo,
                                      "SELECT count(*) FROM pg_class WHERE relnamespace = "
                                      "'public'::regnamespace"),
                        "0");
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    assert_int_equal(storage_read_version(conninfo, &version, NULL), 0);
    assert_int_equal(version, files_in_sql_migrations());
}

static void reading_the_version_refuses_what_migrating_refuses(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct error error = { .text = "" };
    int version = -1;
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    fixture_execute(conninfo, "UPDATE schema_version SET sha256 = '00' WHERE version = 2");
    assert_int_equal(storage_read_version(conninfo, &version, &error), -EPROTO);
    assert_non_null(strstr(error.text, "0002_store.sql is not the one"));
    fixture_execute(conninfo, "DELETE FROM schema_version WHERE version = 2");
    assert_int_equal(storage_read_version(conninfo, &version, &error), -EPROTO);
    assert_non_null(strstr(error.text, "migration 2"));
    fixture_execute(conninfo, "TRUNCATE schema_version; "
                              "INSERT INTO schema_version VALUES (9999, 'future', '00')");
    assert_int_equal(storage_read_version(conninfo, &version, &error), -EPROTO);
    assert_non_null(strstr(error.text, "install a newer Floorfuse"));
    assert_int_equal(version, -1);
}

/* floorfuse migrate --dry-run prints it. */
static void every_migration_begins_with_its_name_and_what_it_does(void **state)
{
    (void) state;
    for (int i = 0; i < migration_count; i++) {
        char begin[128];
        (void) snprintf(begin, sizeof begin, "-- %04d_%s.sql: ", i + 1, migrations[i].name);
        assert_memory_equal(migrations[i].sql, begin, strlen(begin));
        assert_true(migrations[i].sql[strlen(begin)] >= ' ');
    }
}

/* In place of the schema's own, which is about real roles. */
static void replace_apply_roles(const char *conninfo, const char *body)
{
    char sql[512];
    (void) snprintf(sql, sizeof sql,
                    "DROP FUNCTION IF EXISTS apply_roles(); CREATE FUNCTION apply_roles() "
                    "RETURNS void LANGUAGE plpgsql AS $$ BEGIN %s; END $$",
                    body);
    fixture_execute(conninfo, sql);
}

static void roles_are_set_up_even_when_nothing_was_missing(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    fixture_execute(conninfo, "CREATE TABLE call ()");
    replace_apply_roles(conninfo, "INSERT INTO call DEFAULT VALUES");
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM call"), "2");
}

static void roles_that_cannot_be_set_up_are_an_error_in_the_servers_words(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct error error = { .text = "" };
    int applied = -1;
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    replace_apply_roles(conninfo, "RAISE 'no right to make roles here'");
    assert_int_equal(storage_migrate(conninfo, &applied, NULL, &error), -EIO);
    assert_string_equal(error.text, "could not set up the roles: the database says: no right to "
                                    "make roles here");
    assert_int_equal(applied, -1);
}

static void a_migration_edited_after_it_was_applied_is_noticed(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct error error = { .text = "" };
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    fixture_execute(conninfo,
                    "UPDATE schema_version SET sha256 = repeat('0', 64) WHERE version = 2");
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, &error), -EPROTO);
    assert_non_null(strstr(error.text, "0002_store.sql"));
}

static void the_sum_kept_is_the_files_own(void **state)
{
    const char *conninfo = fixture_database(*state);
    char command[256], expected[65] = "";
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    (void) snprintf(command, sizeof command, "sha256sum %s/sql/migrations/0003_floor.sql",
                    SOURCE_DIR);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%64s", expected), 1);
    assert_int_equal(pclose(pipe), 0);
    assert_string_equal(
        fixture_value(conninfo, "SELECT sha256 FROM schema_version WHERE name = 'floor'"),
        expected);
}

static void a_migration_that_fails_leaves_nothing_behind(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct error error = { .text = "" };
    fixture_execute(conninfo, "CREATE TABLE store (wares text)");
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, &error), -EIO);
    assert_non_null(strstr(error.text, "0002_store.sql"));
    assert_non_null(strstr(error.text, "\"store\" already exists"));
    assert_string_equal(fixture_value(conninfo, "SELECT max(version) FROM schema_version"), "1");
    assert_string_equal(fixture_value(conninfo, "SELECT to_regclass('chain')"), "NULL");
    fixture_execute(conninfo, "DROP TABLE store");
    int applied = 0;
    assert_int_equal(storage_migrate(conninfo, &applied, NULL, NULL), 0);
    assert_int_equal(applied, files_in_sql_migrations() - 1);
}

static void an_unreachable_database_is_one_sentence(void **state)
{
    const struct fixture *fixture = *state;
    struct error error = { .text = "" };
    char conninfo[128];
    (void) snprintf(conninfo, sizeof conninfo, "host='%s' user=floorfuse password=sesame",
                    fixture->folder);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, &error), -ECONNREFUSED);
    assert_non_null(strstr(error.text, fixture->folder));
    assert_null(strchr(error.text, '\n'));
    assert_null(strstr(error.text, "sesame"));
    assert_int_equal(storage_check_version("host=127.0.0.1 port=1", &error), -ECONNREFUSED);
    assert_int_equal(storage_check_version("no connection string", &error), -ECONNREFUSED);
}

static void a_database_that_is_not_there_is_named(void **state)
{
    const struct fixture *fixture = *state;
    struct error error = { .text = "" };
    char conninfo[128];
    (void) snprintf(conninfo, sizeof conninfo,
                    "host='%s/socket' port=5432 user=floorfuse dbname=gone", fixture->dir);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, &error), -ECONNREFUSED);
    assert_non_null(strstr(error.text, "database \"gone\" does not exist"));
}

static void everything_people_read_has_a_comment(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    assert_string_equal(
        fixture_value(conninfo,
                      "SELECT string_agg(relname, ' ') FROM pg_class "
                      "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') "
                      "AND obj_description(oid, 'pg_class') IS NULL"),
        "NULL");
    assert_string_equal(
        fixture_value(conninfo,
                      "SELECT string_agg(c.relname || '.' || a.attname, ' ') FROM pg_class AS c "
                      "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 "
                      "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' "
                      "AND col_description(c.oid, a.attnum) IS NULL"),
        "NULL");
}

static void the_reader_reads_views_and_nothing_else(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    assert_string_equal(
        fixture_value(conninfo,
                      "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class "
                      "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') "
                      "AND has_table_privilege('floorfuse_reader', oid, 'SELECT') "
                      "<> (relkind = 'v' AND relname LIKE 'v\\_%')"),
        "NULL");
    assert_string_equal(
        fixture_value(conninfo,
                      "SELECT count(*) FROM pg_class "
                      "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') "
                      "AND has_table_privilege('floorfuse_reader', oid, 'INSERT, UPDATE, DELETE')"),
        "0");
    fixture_execute(conninfo, "SET ROLE floorfuse_reader; SELECT * FROM v_heat_cell");
}

/* A database as a program of that version left it: the first files, and their rows. */
static void make_version(const char *conninfo, const glob_t *files, int version)
{
    for (int i = 0; i < version; i++) {
        const char *path = files->gl_pathv[i], *name = strrchr(path, '/') + 6; /* NNNN_ */
        char sum[SHA256_TEXT_SIZE], sql[512], *text;
        size_t length;
        struct error error;
        assert_int_equal(file_read(path, 1 << 20, &text, &length, &error), 0);
        fixture_execute(conninfo, text);
        free(text);
        assert_int_equal(file_sha256(path, sum, &error), 0);
        (void) snprintf(sql, sizeof(sql),
                        "INSERT INTO schema_version (version, name, sha256) "
                        "VALUES (%d, '%.*s', '%s')",
                        i + 1, (int) (strlen(name) - strlen(".sql")), name, sum);
        fixture_execute(conninfo, sql);
    }
}

/* What a store has counted by then: 0004 knows cameras and calibrations, 0008 their buckets. */
static void fill_version(const char *conninfo, int version)
{
    if (version < 4)
        return;
    fixture_execute(conninfo,
                    "INSERT INTO chain VALUES ('c'); INSERT INTO store VALUES (7, 'c', 's', 'UTC');"
                    "INSERT INTO floor (store_id, floor) VALUES (7, 'f');"
                    "INSERT INTO camera (store_id, camera) VALUES (7, 'left');"
                    "INSERT INTO calibration (store_id, camera_id, version, first_used_at) VALUES "
                    "(7, 1, 'aa', '2026-11-01 08:00Z'), (7, 1, 'bb', '2026-11-02 09:00Z')");
    if (version >= 8)
        fixture_execute(conninfo, "INSERT INTO camera_bucket VALUES "
                                  "(7, 1, '2026-11-01 08:00Z', 1, 1, 600, 900, 0),"
                                  "(7, 1, '2026-11-01 08:01Z', 1, 1, 600, 900, 0),"
                                  "(7, 1, '2026-11-02 09:00Z', 1, 2, 600, 900, 0)");
}

static void every_earlier_version_comes_along_with_its_data(void **state)
{
    glob_t files;
    assert_int_equal(glob(SOURCE_DIR "/sql/migrations/*.sql", 0, NULL, &files), 0);
    int latest = (int) files.gl_pathc;
    for (int version = 1; version < latest; version++) {
        const char *conninfo = fixture_database(*state);
        int applied = 0;
        make_version(conninfo, &files, version);
        fill_version(conninfo, version);
        assert_int_equal(storage_migrate(conninfo, &applied, NULL, NULL), 0);
        assert_int_equal(applied, latest - version);
        const char *calibrations = fixture_value(
            conninfo, "SELECT string_agg(concat_ws(' ', camera, calibration, valid_from, "
                      "valid_to, first_bucket_at, last_bucket_at, file), ', ' "
                      "ORDER BY calibration) FROM v_calibration");
        const char *expected =
            version < 4 ? "NULL"
            : version < 8
                ? "left aa 2026-11-01 08:00:00+00 2026-11-02 09:00:00+00, "
                  "left bb 2026-11-02 09:00:00+00"
                : "left aa 2026-11-01 08:00:00+00 2026-11-02 09:00:00+00 "
                  "2026-11-01 08:00:00+00 2026-11-01 08:01:00+00, "
                  "left bb 2026-11-02 09:00:00+00 2026-11-02 09:00:00+00 2026-11-02 09:00:00+00";
        assert_string_equal(calibrations, expected);
    }
    globfree(&files);
}

/* Alone in a cluster whose role is gone, and not allowed to make one. */
static void an_owner_without_the_right_to_make_roles_can_migrate(void **state)
{
    const struct fixture *fixture = *state;
    char *admin = strdup(fixture_database(*state));
    char conninfo[256], sql[256];
    fixture_execute(admin, "CREATE ROLE plain LOGIN; ALTER ROLE floorfuse_reader RENAME TO hidden");
    (void) snprintf(conninfo, sizeof conninfo, "host='%s/socket' port=5432 user=plain dbname=%s",
                    fixture->dir, strstr(admin, "test_"));
    *strchr(strstr(conninfo, "dbname="), ' ') = '\0';
    (void) snprintf(sql, sizeof sql, "ALTER DATABASE %s OWNER TO plain",
                    strstr(conninfo, "dbname=") + strlen("dbname="));
    fixture_execute(admin, sql);
    int rc = storage_migrate(conninfo, NULL, NULL, NULL);
    fixture_execute(admin, "ALTER ROLE hidden RENAME TO floorfuse_reader");
    assert_int_equal(rc, 0);
    free(admin);
}

static void partitions_are_monthly_and_made_once(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    const char *sql = "SELECT ensure_partitions('2026-11-30', '2027-01-01')";
    /* 3 months of 7 tables of buckets and 8 of hours, 2 years of 10 tables of days */
    assert_string_equal(fixture_value(conninfo, sql), "65");
    assert_string_equal(fixture_value(conninfo, sql), "0");
    assert_string_equal(fixture_value(conninfo,
                                      "SELECT pg_get_expr(relpartbound, oid) FROM pg_class "
                                      "WHERE relname = 'heat_bucket_2026_12'"),
                        "FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00')");
}

static void a_months_partition_does_not_depend_on_the_sessions_time_zone(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    fixture_execute(conninfo, "SET timezone TO 'America/New_York'; "
                              "SELECT ensure_partitions('2026-07-01', '2026-07-31')");
    assert_string_equal(fixture_value(conninfo,
                                      "SELECT pg_get_expr(relpartbound, oid) FROM pg_class "
                                      "WHERE relname = 'exposure_2026_07'"),
                        "FOR VALUES FROM ('2026-07-01 00:00:00+00') TO ('2026-08-01 00:00:00+00')");
}

static void what_facts_refer_to_never_changes(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    fixture_execute(
        conninfo, "INSERT INTO chain VALUES ('c'); INSERT INTO store VALUES (1, 'c', 's', 'UTC'); "
                  "INSERT INTO floor VALUES (1, 1, 'f'); "
                  "INSERT INTO grid VALUES (1, 1, 1, 0, 0, 0.5, 2, 2); "
                  "DO $$ BEGIN UPDATE grid SET cell_m = 1; RAISE 'it changed'; "
                  "EXCEPTION WHEN raise_exception THEN "
                  "IF sqlerrm = 'it changed' THEN RAISE; END IF; END $$");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrating_twice_applies_everything_once),
        cmocka_unit_test(programs_that_migrate_at_once_wait_for_each_other),
        cmocka_unit_test(every_earlier_version_comes_along_with_its_data),
        cmocka_unit_test(an_empty_database_is_told_to_migrate),
        cmocka_unit_test(a_newer_database_is_refused),
        cmocka_unit_test(reading_the_version_changes_nothing),
        cmocka_unit_test(reading_the_version_refuses_what_migrating_refuses),
        cmocka_unit_test(every_migration_begins_with_its_name_and_what_it_does),
        cmocka_unit_test(roles_are_set_up_even_when_nothing_was_missing),
        cmocka_unit_test(roles_that_cannot_be_set_up_are_an_error_in_the_servers_words),
        cmocka_unit_test(a_migration_edited_after_it_was_applied_is_noticed),
        cmocka_unit_test(the_sum_kept_is_the_files_own),
        cmocka_unit_test(a_migration_that_fails_leaves_nothing_behind),
        cmocka_unit_test(an_unreachable_database_is_one_sentence),
        cmocka_unit_test(a_database_that_is_not_there_is_named),
        cmocka_unit_test(everything_people_read_has_a_comment),
        cmocka_unit_test(the_reader_reads_views_and_nothing_else),
        cmocka_unit_test(an_owner_without_the_right_to_make_roles_can_migrate),
        cmocka_unit_test(partitions_are_monthly_and_made_once),
        cmocka_unit_test(a_months_partition_does_not_depend_on_the_sessions_time_zone),
        cmocka_unit_test(what_facts_refer_to_never_changes),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
