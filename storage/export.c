/*
 * export.c - a view for people, as CSV, row by row
 *
 * COPY takes no parameters, so its statement is text. No word of a person comes into it as it is:
 * names are looked up in the catalog first and then quoted, values are quoted.
 */
#include "storage/export.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/suggest.h"
#include "storage/database.h"

/* A view that groups a year sends its first row when it has read the last bucket. */
#define SILENCE_MS (10 * 60 * 1000)

/* Columns of QUERY_VIEW_COLUMNS. */
enum { COLUMN_NAME, COLUMN_COMMENT, COLUMN_TYPE, COLUMN_SCHEMA };

static const char *name_at(const PGresult *rows, int row)
{
    return PQgetvalue(rows, row, COLUMN_NAME);
}

/* Row of a name of `length` bytes, or -1. */
static int find_name(const PGresult *rows, const char *name, size_t length)
{
    for (int row = 0; row < PQntuples(rows); row++)
        if (strlen(name_at(rows, row)) == length && memcmp(name_at(rows, row), name, length) == 0)
            return row;
    return -1;
}

/* The name that was meant, or NULL. A slip of the pen changes few letters, and a name given without
 * its v_ or its unit is still part of it. */
static const char *nearest_name(const PGresult *rows, const char *name)
{
    const char *nearest = NULL;
    size_t best = strlen(name) < 4 ? 2 : 4;
    for (int row = 0; row < PQntuples(rows); row++) {
        size_t distance = suggest_distance(name, name_at(rows, row), best);
        if (distance >= best)
            continue;
        best = distance;
        nearest = name_at(rows, row);
    }
    for (int row = 0; row < PQntuples(rows) && !nearest && strlen(name) > 2; row++)
        if (strstr(name_at(rows, row), name))
            nearest = name_at(rows, row);
    return nearest;
}

static int unknown_view(struct database *database, const char *view, struct error *err)
{
    AUTO(database_result_release) PGresult *views = NULL;
    int rc = database_query(database, QUERY_VIEW_LIST, NULL, &views, err);
    if (rc < 0)
        return rc;
    if (PQntuples(views) == 0)
        return error_set(err, -ENOENT,
                         "the database has no views to export; run floorfuse migrate");
    const char *nearest = nearest_name(views, view);
    if (nearest)
        return error_set(err, -ENOENT, "there is no view \"%.100s\"; did you mean %s?", view,
                         nearest);
    return error_set(err, -ENOENT,
                     "there is no view \"%.100s\"; floorfuse export --list names those there are",
                     view);
}

static int find_view(struct database *database, const char *view, PGresult **ret_columns,
                     struct error *err)
{
    AUTO(database_result_release) PGresult *columns = NULL;
    const char *const values[] = { view };
    int rc = database_query(database, QUERY_VIEW_COLUMNS, values, &columns, err);
    if (rc < 0)
        return rc;
    if (PQntuples(columns) == 0)
        return unknown_view(database, view, err);
    *ret_columns = columns;
    columns = NULL;
    return 0;
}

static int unknown_column(const PGresult *columns, const char *view, const char *name,
                          size_t length, struct error *err)
{
    char column[101];
    (void) snprintf(column, sizeof column, "%.*s", (int) (length < 100 ? length : 100), name);
    if (length == 0)
        return error_set(err, -ENOENT,
                         "a column's name is empty; write names with a comma between");
    const char *nearest = nearest_name(columns, column);
    if (nearest)
        return error_set(err, -ENOENT, "%s has no column \"%s\"; did you mean %s?", view, column,
                         nearest);
    return error_set(
        err, -ENOENT,
        "%s has no column \"%s\"; floorfuse export --list --view %s names those it has", view,
        column, view);
}

static void append_name(struct text *sql, struct database *database, const char *name)
{
    char *quoted = PQescapeIdentifier(database->connection, name, strlen(name));
    sql->failed |= !quoted;
    text_append(sql, quoted ? quoted : "");
    PQfreemem(quoted);
}

static void append_value(struct text *sql, struct database *database, const char *value)
{
    char *quoted = PQescapeLiteral(database->connection, value, strlen(value));
    sql->failed |= !quoted;
    text_append(sql, quoted ? quoted : "");
    PQfreemem(quoted);
}

/* A time as ISO 8601 has it, and as our other files do: the session shows 2026-11-23 09:14:05+00.
 */
static void append_column(struct text *sql, struct database *database, const PGresult *columns,
                          int row)
{
    const char *type = PQgetvalue(columns, row, COLUMN_TYPE);
    bool zoned = strcmp(type, "timestamp with time zone") == 0;
    bool time = zoned || strcmp(type, "timestamp without time zone") == 0;
    text_append(sql, zoned ? "replace(replace(" : time ? "replace(" : "");
    append_name(sql, database, name_at(columns, row));
    text_append(sql, time ? "::text, ' ', 'T')" : "");
    text_append(sql, zoned ? ", '+00', 'Z')" : "");
    if (time) {
        text_append(sql, " AS ");
        append_name(sql, database, name_at(columns, row));
    }
}

static int append_columns(struct text *sql, struct database *database, const PGresult *columns,
                          const struct export_request *request, struct error *err)
{
    const char *next = request->columns;
    for (int row = 0; !next && row < PQntuples(columns); row++) {
        text_append(sql, row > 0 ? ", " : "");
        append_column(sql, database, columns, row);
    }
    while (next) {
        const char *name = next + strspn(next, " ");
        size_t length = strcspn(name, ", ");
        const char *end = name + length + strspn(name + length, " ");
        int row = find_name(columns, name, length);
        if (row < 0 || (*end && *end != ','))
            return unknown_column(columns, request->view, name, strcspn(name, ","), err);
        text_append(sql, next != request->columns ? ", " : "");
        append_column(sql, database, columns, row);
        next = *end ? end + 1 : NULL;
    }
    return 0;
}

/* What the range limits, or -1. */
static int time_column(const PGresult *columns)
{
    static const char *const names[] = { "bucket_at", "hour_at", "local_date", "opened_at" };
    int row = -1;
    for (size_t i = 0; row < 0 && i < ARRAY_LENGTH(names); i++)
        row = find_name(columns, names[i], strlen(names[i]));
    return row;
}

static void append_limit(struct text *sql, struct database *database, const PGresult *columns,
                         int row, const char *comparison, int64_t wall_us)
{
    char time[WALL_TEXT_SIZE];
    bool date = strcmp(PQgetvalue(columns, row, COLUMN_TYPE), "date") == 0;
    (void) clock_wall_format(wall_us, time);
    if (date)
        time[strlen("2026-11-23")] = '\0';
    text_append(sql, " AND ");
    append_name(sql, database, name_at(columns, row));
    text_append(sql, comparison);
    append_value(sql, database, time);
    text_append(sql, date ? "::date" : "::timestamptz");
}

static int append_range(struct text *sql, struct database *database, const PGresult *columns,
                        const struct export_request *request, struct error *err)
{
    bool from = request->from_us != INT64_MIN, to = request->to_us != INT64_MAX;
    int row = time_column(columns);
    if ((from || to) && row < 0)
        return error_set(err, -EINVAL, "%s has no column that times could limit; export it without",
                         request->view);
    if (from)
        append_limit(sql, database, columns, row, " >= ", request->from_us);
    if (to)
        append_limit(sql, database, columns, row, " < ", request->to_us);
    return 0;
}

/* A store that nobody knows would give an empty file. Who may read views alone is not told. */
static int check_store(struct database *database, const char *store, struct error *err)
{
    AUTO(database_result_release) PGresult *found = NULL;
    const char *const values[] = { store };
    int rc = database_query(database, QUERY_STORE_FIND, values, &found, err);
    if (rc == -EIO && strcmp(database->sqlstate, "42501") == 0) /* insufficient privilege */
        return 0;
    if (rc < 0)
        return rc;
    if (PQntuples(found) == 0)
        return error_set(err, -ENOENT, "store \"%.100s\" is not in the database", store);
    if (PQntuples(found) > 1)
        return error_set(err, -ENOENT, "several chains have a store \"%s\"; say which, e.g. %s",
                         store, PQgetvalue(found, 0, 1));
    return 0;
}

static int append_store(struct text *sql, struct database *database, const PGresult *columns,
                        const struct export_request *request, struct error *err)
{
    if (!request->store)
        return 0;
    if (find_name(columns, "store", strlen("store")) < 0)
        return error_set(err, -EINVAL, "%s has no column store to choose by; export it whole",
                         request->view);
    int rc = check_store(database, request->store, err);
    if (rc < 0)
        return rc;
    const char *slash = strchr(request->store, '/');
    if (slash && find_name(columns, "chain", strlen("chain")) >= 0) {
        AUTO(text_release) struct text chain = TEXT_INIT;
        text_append_bytes(&chain, request->store, (size_t) (slash - request->store));
        text_append(sql, " AND chain = ");
        append_value(sql, database, chain.bytes);
        sql->failed |= chain.failed;
    }
    text_append(sql, " AND store = ");
    append_value(sql, database, slash ? slash + 1 : request->store);
    return 0;
}

static int make_sql(struct text *sql, struct database *database, const PGresult *columns,
                    const struct export_request *request, struct error *err)
{
    text_append(sql, "COPY (SELECT ");
    int rc = append_columns(sql, database, columns, request, err);
    text_append(sql, " FROM ");
    append_name(sql, database, PQgetvalue(columns, 0, COLUMN_SCHEMA));
    text_append(sql, ".");
    append_name(sql, database, request->view);
    text_append(sql, " WHERE true");
    if (rc == 0)
        rc = append_range(sql, database, columns, request, err);
    if (rc == 0)
        rc = append_store(sql, database, columns, request, err);
    text_append(sql, ") TO STDOUT WITH (FORMAT csv, HEADER)");
    return rc == 0 && sql->failed ? error_set(err, -ENOMEM, "out of memory") : rc;
}

static int write_row(void *context, const char *row, size_t length)
{
    FILE *out = context;
    if (fwrite(row, 1, length, out) == length)
        return 0;
    return errno ? -errno : -EIO;
}

/* Our own deadline is on the server's silence. A server that meets none finds out by asking whether
 * we are still there. */
static int open_database(const char *conninfo, int silence_ms, struct database **ret_database,
                         struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    int rc = database_open(conninfo, -1, silence_ms > 0 ? silence_ms : SILENCE_MS, &database, err);
    if (rc == 0)
        rc = database_run(database, "set up the database session",
                          "SET statement_timeout TO 0; "
                          "SET client_connection_check_interval TO '5s'",
                          NULL, err);
    if (rc < 0)
        return rc;
    *ret_database = database;
    database = NULL;
    return 0;
}

/* The codes of database.h that the public headers do not have. */
static int public_code(int rc)
{
    return rc == -ETIMEDOUT || rc == -ECANCELED ? -EIO : rc;
}

int storage_export_csv(const char *conninfo, const struct export_request *request, FILE *out,
                       int64_t *ret_rows, struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    AUTO(database_result_release) PGresult *columns = NULL;
    AUTO(text_release) struct text sql = TEXT_INIT;
    AUTO(text_release) struct text what = TEXT_INIT;
    struct error server = { "" };
    int rc = open_database(conninfo, request->silence_ms, &database, err);
    if (rc == 0)
        rc = find_view(database, request->view, &columns, err);
    if (rc == 0)
        rc = make_sql(&sql, database, columns, request, err);
    if (rc < 0)
        return public_code(rc);
    text_format(&what, "export %s", request->view);
    rc = database_copy_out(database, what.bytes, sql.bytes, write_row, out, ret_rows, &server);
    if (rc < 0 && server.text[0] == '\0') /* it was write_row that failed */
        return error_set(err, rc, "could not write the rows of %s: %s", request->view,
                         strerror(-rc));
    return rc < 0 ? error_set(err, public_code(rc), "%s", server.text) : 0;
}

int storage_export_list(const char *conninfo, const char *view,
                        void (*tell)(void *context, const char *name, const char *comment),
                        void *context, struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    AUTO(database_result_release) PGresult *found = NULL;
    int rc = open_database(conninfo, 0, &database, err);
    if (rc == 0)
        rc = view ? find_view(database, view, &found, err)
                  : database_query(database, QUERY_VIEW_LIST, NULL, &found, err);
    if (rc < 0)
        return public_code(rc);
    for (int row = 0; row < PQntuples(found); row++)
        tell(context, name_at(found, row), PQgetvalue(found, row, COLUMN_COMMENT));
    return 0;
}
