/*
 * migrate.c - bring a database to the schema this program knows
 */
#include "storage/migrate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "storage/database.h"
#include "storage/migrations.h"
#include "storage/schema.h"

/* A migration may rewrite a year of facts. */
#define MIGRATE_TIMEOUT_MS (30 * 60 * 1000)

/* Another program's migration is waited for this long. */
#define LOCK_TIMEOUT_S 60

/* Older servers lack partition features that the migrations use. */
#define SERVER_VERSION_MIN 150000

/* Name of a migration's file, for sentences. */
static void append_file(struct text *text, const struct migration *migration)
{
    text_format(text, "sql/migrations/%04d_%s.sql", migration->version, migration->name);
}

static int check_server(struct database *database, struct error *err)
{
    int version = PQserverVersion(database->connection);
    if (version >= SERVER_VERSION_MIN)
        return 0;
    return error_set(err, -EPROTO,
                     "the database server is PostgreSQL %d.%d, and Floorfuse needs %d or newer",
                     version / 10000, version % 10000, SERVER_VERSION_MIN / 10000);
}

/* One row of schema_version against what is built in. */
static int check_row(const PGresult *rows, int row, struct error *err)
{
    int version = atoi(PQgetvalue(rows, row, 0));
    const char *name = PQgetvalue(rows, row, 1), *sha256 = PQgetvalue(rows, row, 2);
    if (version > migration_count)
        return error_set(err, -EPROTO,
                         "the database has schema version %s (%s), and this program knows only %d; "
                         "install a newer Floorfuse",
                         PQgetvalue(rows, PQntuples(rows) - 1, 0),
                         PQgetvalue(rows, PQntuples(rows) - 1, 1), migration_count);
    if (version != row + 1)
        return error_set(err, -EPROTO,
                         "the database lacks the row of migration %d in schema_version; restore "
                         "it from a backup",
                         row + 1);
    const struct migration *known = &migrations[row];
    char known_sha256[SHA256_TEXT_SIZE];
    file_sha256_bytes(known->sql, known->length, known_sha256);
    if (strcmp(name, known->name) != 0 || strcmp(sha256, known_sha256) != 0)
        return error_set(err, -EPROTO,
                         "migration %04d_%s.sql is not the one that was applied to the database; "
                         "migrations are never edited, add a new one",
                         version, known->name);
    return 0;
}

/* Read the version; 0 is an empty database. Returns 0, -EPROTO and the codes of database_run. */
static int read_version(struct database *database, int *ret_version, struct error *err)
{
    AUTO(database_result_release) PGresult *table = NULL;
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = database_run(database, "look up the schema version",
                          "SELECT to_regclass('schema_version')", &table, err);
    if (rc < 0)
        return rc;
    if (PQgetisnull(table, 0, 0)) {
        *ret_version = 0;
        return 0;
    }
    rc = database_run(database, "read the schema version",
                      "SELECT version, name, sha256 FROM schema_version ORDER BY version", &rows,
                      err);
    for (int row = 0; rc == 0 && row < PQntuples(rows); row++)
        rc = check_row(rows, row, err);
    if (rc == 0)
        *ret_version = PQntuples(rows);
    return rc;
}

/* Line of a character position (from 1) in SQL; 0 stays 0. */
static int line_of(const char *sql, int position)
{
    int line = position > 0;
    for (int i = 0; i < position - 1 && sql[i]; i++)
        line += sql[i] == '\n';
    return line;
}

static int record(struct database *database, const struct migration *migration, struct error *err)
{
    AUTO(text_release) struct text sql = TEXT_INIT;
    char sha256[SHA256_TEXT_SIZE];
    file_sha256_bytes(migration->sql, migration->length, sha256);
    text_format(
        &sql, "INSERT INTO schema_version (version, name, sha256) VALUES (%d, '%s', '%s'); COMMIT",
        migration->version, migration->name, sha256);
    if (sql.failed)
        return -ENOMEM;
    return database_run(database, "record the migration", sql.bytes, NULL, err);
}

static int apply_in_transaction(struct database *database, const struct migration *migration,
                                struct error *err)
{
    AUTO(text_release) struct text what = TEXT_INIT;
    text_append(&what, "apply ");
    append_file(&what, migration);
    int rc = database_run(database, what.bytes, "BEGIN", NULL, err);
    if (rc < 0)
        return rc;
    rc = database_run(database, what.bytes, migration->sql, NULL, err);
    if (rc == -EIO && database->error_position > 0)
        return error_prefix(err, rc, "line %d of the migration",
                            line_of(migration->sql, database->error_position));
    return rc < 0 ? rc : record(database, migration, err);
}

static int apply(struct database *database, const struct migration *migration, struct error *err)
{
    int rc = apply_in_transaction(database, migration, err);
    if (rc < 0)
        database_rollback(database);
    return rc;
}

/* Held until the connection closes. */
static int take_lock(struct database *database, struct error *err)
{
    AUTO(text_release) struct text sql = TEXT_INIT;
    text_format(&sql,
                "SET lock_timeout TO '%ds'; "
                "SELECT pg_advisory_lock(hashtext('floorfuse'), hashtext('migrate')); "
                "SET lock_timeout TO 0",
                LOCK_TIMEOUT_S);
    if (sql.failed)
        return -ENOMEM;
    int rc = database_run(database, "lock the schema", sql.bytes, NULL, err);
    if (rc == -EIO && strcmp(database->sqlstate, "55P03") == 0)
        return error_set(err, rc,
                         "another program has been migrating this database for more than %d s",
                         LOCK_TIMEOUT_S);
    return rc;
}

/* Under the lock, because two programs that grant at once fail each other. */
static int apply_roles(struct database *database, struct error *err)
{
    AUTO(database_result_release) PGresult *function = NULL;
    int rc = database_run(database, "look up apply_roles()",
                          "SELECT to_regprocedure('apply_roles()')", &function, err);
    if (rc < 0 || PQgetisnull(function, 0, 0))
        return rc;
    return database_run(database, "set up the roles", "SELECT apply_roles()", NULL, err);
}

static int apply_missing(struct database *database, int *ret_applied, struct error *err)
{
    int version = 0;
    int rc = take_lock(database, err);
    if (rc == 0)
        rc = read_version(database, &version, err);
    int applied = 0;
    while (rc == 0 && version + applied < migration_count) {
        rc = apply(database, &migrations[version + applied], err);
        applied += rc == 0;
    }
    if (rc == 0)
        rc = apply_roles(database, err);
    if (rc == 0)
        *ret_applied = applied;
    return rc;
}

/* A store in a chain publishes the new tables at once, and a headquarters is ready for them. */
static int mend_chain(struct database *database, struct error *err)
{
    return database_run(database, "publish new tables",
                        "SELECT publish_to_headquarters() WHERE EXISTS"
                        "    (SELECT FROM pg_publication WHERE pubname = 'floorfuse_hq');"
                        "SELECT receive_from_stores() WHERE EXISTS (SELECT FROM joined_store)",
                        NULL, err);
}

/* The codes of database.h that the public headers do not have. */
static int public_code(int rc)
{
    return rc == -ETIMEDOUT || rc == -ECANCELED ? -EIO : rc;
}

int storage_migrate(const char *conninfo, int *ret_applied, int *ret_version, struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    int rc = database_open(conninfo, -1, MIGRATE_TIMEOUT_MS, &database, err);
    if (rc == 0)
        rc = check_server(database, err);
    int applied = 0;
    if (rc == 0)
        rc = apply_missing(database, &applied, err);
    if (rc == 0 && applied > 0)
        rc = mend_chain(database, err);
    if (rc < 0)
        return public_code(rc);
    if (ret_applied)
        *ret_applied = applied;
    if (ret_version)
        *ret_version = migration_count;
    return 0;
}

int storage_read_version(const char *conninfo, int *ret_version, struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    int rc = database_open(conninfo, -1, DATABASE_TIMEOUT_MS, &database, err);
    if (rc == 0)
        rc = check_server(database, err);
    if (rc == 0)
        rc = read_version(database, ret_version, err);
    return public_code(rc);
}

int schema_check(struct database *database, struct error *err)
{
    int version = 0;
    int rc = check_server(database, err);
    if (rc == 0)
        rc = read_version(database, &version, err);
    if (rc == 0 && version < migration_count)
        return error_set(err, -EPROTO,
                         "the database has schema version %d, and this program needs %d; run "
                         "floorfuse migrate",
                         version, migration_count);
    return rc;
}

int storage_check_version(const char *conninfo, struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    int rc = database_open(conninfo, -1, DATABASE_TIMEOUT_MS, &database, err);
    if (rc == 0)
        rc = schema_check(database, err);
    return public_code(rc);
}

bool storage_server_answers(const char *conninfo)
{
    const char *const keywords[] = { "dbname", "connect_timeout", NULL };
    const char *const values[] = { conninfo, "2", NULL };
    PGPing ping = PQpingParams(keywords, values, 1);
    return ping == PQPING_OK || ping == PQPING_NO_ATTEMPT; /* a wrong conninfo is not an absence */
}
