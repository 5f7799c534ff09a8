/*
 * database.c - one connection to PostgreSQL with a deadline on everything
 *
 * The connection is non-blocking; `wait_socket` is the only place that waits.
 */
#include "storage/database.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* A server that is up answers in milliseconds; a store's uplink may take seconds to dial in. */
#define CONNECT_TIMEOUT_MS 10000

/* The server gives up this much earlier than we do, so that it can say so in words. */
#define SERVER_HEAD_START_MS 2000

void database_result_release(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

/* libpq's messages run over several lines; people get one. */
static void append_one_line(struct text *text, const char *message)
{
    bool space = false;
    for (const char *c = message; *c; c++) {
        if (*c == '\n' || *c == '\t' || *c == ' ') {
            space = true;
            continue;
        }
        if (space && text->length > 0)
            text_append_bytes(text, " ", 1);
        space = false;
        text_append_bytes(text, c, 1);
    }
}

static int connect_error(struct error *err, PGconn *connection)
{
    AUTO(text_release) struct text message = TEXT_INIT;
    append_one_line(&message, PQerrorMessage(connection));
    return error_set(err, -ECONNREFUSED, "could not connect to the database: %s",
                     message.length > 0 ? message.bytes : "no reason given");
}

static int64_t deadline_after_ns(int timeout_ms)
{
    return clock_mono_ns() + timeout_ms * NS_PER_MS;
}

/* Wait for the socket. Returns the events seen, -ETIMEDOUT, -ECANCELED, -errno. */
static int wait_socket(PGconn *connection, int stop_fd, short events, int64_t deadline_ns)
{
    for (;;) {
        int64_t left_ns = deadline_ns - clock_mono_ns();
        if (left_ns <= 0)
            return -ETIMEDOUT;
        struct pollfd fds[2] = { { .fd = PQsocket(connection), .events = events },
                                 { .fd = stop_fd, .events = POLLIN } };
        int ready = poll(fds, 2, (int) (left_ns / NS_PER_MS) + 1);
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready <= 0)
            continue;
        if (fds[1].revents)
            return -ECANCELED;
        if (fds[0].revents)
            return fds[0].revents;
    }
}

/* Let libpq connect step by step. Returns 0, -ECONNREFUSED, -ETIMEDOUT, -ECANCELED, -errno. */
static int connect_steps(PGconn *connection, int stop_fd)
{
    int64_t deadline_ns = deadline_after_ns(CONNECT_TIMEOUT_MS);
    PostgresPollingStatusType step = PGRES_POLLING_WRITING;
    while (step != PGRES_POLLING_OK) {
        if (step == PGRES_POLLING_FAILED || PQstatus(connection) == CONNECTION_BAD)
            return -ECONNREFUSED;
        short events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        int seen = wait_socket(connection, stop_fd, events, deadline_ns);
        if (seen < 0)
            return seen;
        step = PQconnectPoll(connection);
    }
    return 0;
}

/* Notices are for a person at a prompt; libraries do not print. */
static void ignore_notice(void *unused, const PGresult *result)
{
    (void) unused;
    (void) result;
}

/* Values in conninfo win over ours, which stand before it. */
static PGconn *start_connection(const char *conninfo)
{
    const char *const keywords[] = { "client_encoding", "fallback_application_name",
                                     "keepalives_idle", "dbname", NULL };
    const char *const values[] = { "UTF8", "floorfuse", "30", conninfo, NULL };
    return PQconnectStartParams(keywords, values, 1);
}

static int connect_server(const char *conninfo, int stop_fd, PGconn **ret_connection,
                          struct error *err)
{
    PGconn *connection = start_connection(conninfo);
    if (!connection)
        return error_set(err, -ENOMEM, "out of memory connecting to the database");
    int rc = connect_steps(connection, stop_fd);
    if (rc == -ETIMEDOUT)
        rc = error_set(
            err, -ECONNREFUSED, "could not connect to the database: no answer from %s in %d s",
            PQhost(connection) ? PQhost(connection) : "the server", CONNECT_TIMEOUT_MS / 1000);
    else if (rc == -ECANCELED)
        rc = error_set(err, rc, "stopped while connecting to the database");
    else if (rc < 0)
        rc = connect_error(err, connection);
    if (rc < 0) {
        PQfinish(connection);
        return rc;
    }
    *ret_connection = connection;
    return 0;
}

static int set_up_session(struct database *database, struct error *err)
{
    AUTO(text_release) struct text sql = TEXT_INIT;
    /* What is written leaves the spool: so it must not be lost with the server, whatever that is
     * set to. */
    text_format(&sql,
                "DO $$ BEGIN IF current_setting('synchronous_commit') = 'off' "
                "THEN SET synchronous_commit TO on; END IF; END $$; "
                "SET timezone TO 'UTC'; SET datestyle TO 'ISO'; SET bytea_output TO 'hex'; "
                "SET standard_conforming_strings TO on; SET extra_float_digits TO 1; "
                "SET statement_timeout TO %d",
                database->timeout_ms > 2 * SERVER_HEAD_START_MS
                    ? database->timeout_ms - SERVER_HEAD_START_MS
                    : database->timeout_ms);
    if (sql.failed)
        return -ENOMEM;
    return database_run(database, "set up the database session", sql.bytes, NULL, err);
}

int database_open(const char *conninfo, int stop_fd, int timeout_ms, struct database **ret_database,
                  struct error *err)
{
    AUTO(database_close) struct database *database = calloc(1, sizeof *database);
    if (!database)
        return error_set(err, -ENOMEM, "out of memory connecting to the database");
    database->stop_fd = stop_fd;
    database->timeout_ms = timeout_ms;
    int rc = connect_server(conninfo, stop_fd, &database->connection, err);
    if (rc < 0)
        return rc;
    PQsetNoticeReceiver(database->connection, ignore_notice, NULL);
    if (PQsetnonblocking(database->connection, 1) != 0)
        return connect_error(err, database->connection);
    rc = set_up_session(database, err);
    if (rc < 0)
        return rc == -EIO || rc == -ETIMEDOUT ? -ECONNREFUSED : rc;
    *ret_database = database;
    database = NULL;
    return 0;
}

static void lose_connection(struct database *database)
{
    PQfinish(database->connection);
    database->connection = NULL;
}

void database_close(struct database **database)
{
    if (!*database)
        return;
    lose_connection(*database);
    free(*database);
    *database = NULL;
}

static int lost(struct database *database, const char *what, struct error *err)
{
    AUTO(text_release) struct text message = TEXT_INIT;
    append_one_line(&message, PQerrorMessage(database->connection));
    lose_connection(database);
    return error_set(err, -ECONNREFUSED,
                     "could not %s: the connection to the database was lost: %s", what,
                     message.length > 0 ? message.bytes : "closed by the server");
}

static int gave_up(struct database *database, int code, const char *what, struct error *err)
{
    lose_connection(database);
    if (code == -ETIMEDOUT)
        return error_set(err, code, "could not %s: the database did not answer in %d s", what,
                         database->timeout_ms / 1000);
    if (code == -ECANCELED)
        return error_set(err, code, "could not %s: stopped", what);
    return error_set(err, code, "could not %s: %s", what, strerror(-code));
}

/* Send what libpq has buffered; a server that sends back at the same time must be read meanwhile.
 */
static int flush_out(struct database *database, int64_t deadline_ns)
{
    int left;
    while ((left = PQflush(database->connection)) == 1) {
        int seen =
            wait_socket(database->connection, database->stop_fd, POLLIN | POLLOUT, deadline_ns);
        if (seen < 0)
            return seen;
        if ((seen & ~POLLOUT) && !PQconsumeInput(database->connection))
            return -ECONNREFUSED;
    }
    return left < 0 ? -ECONNREFUSED : 0;
}

static int wait_result(struct database *database, int64_t deadline_ns)
{
    while (PQisBusy(database->connection)) {
        int seen = wait_socket(database->connection, database->stop_fd, POLLIN, deadline_ns);
        if (seen < 0)
            return seen;
        if (!PQconsumeInput(database->connection))
            return -ECONNREFUSED;
    }
    return 0;
}

static bool result_is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

static int refused(struct database *database, const char *what, const PGresult *result,
                   struct error *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    strncpy(database->sqlstate, sqlstate ? sqlstate : "", sizeof database->sqlstate - 1);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    database->error_position = position ? atoi(position) : 0;
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    AUTO(text_release) struct text message = TEXT_INIT;
    append_one_line(&message, primary ? primary : PQresultErrorMessage(result));
    if (detail) {
        text_append(&message, ": ");
        append_one_line(&message, detail);
    }
    return error_set(err, -EIO, "could not %s: the database says: %s", what, message.bytes);
}

/* Keep the first failure, else the last result. */
static void keep_result(PGresult **kept, PGresult *result)
{
    if (*kept && !result_is_good(*kept)) {
        PQclear(result);
        return;
    }
    PQclear(*kept);
    *kept = result;
}

/* Wait for the end of what was sent. */
static int collect(struct database *database, const char *what, PGresult **ret_result,
                   struct error *err)
{
    int64_t deadline_ns = deadline_after_ns(database->timeout_ms);
    AUTO(database_result_release) PGresult *kept = NULL;
    int rc = flush_out(database, deadline_ns);
    while (rc == 0) {
        rc = wait_result(database, deadline_ns);
        PGresult *result = rc == 0 ? PQgetResult(database->connection) : NULL;
        if (!result)
            break;
        keep_result(&kept, result);
    }
    if (rc == -ECONNREFUSED)
        return lost(database, what, err);
    if (rc < 0)
        return gave_up(database, rc, what, err);
    if (!kept || PQstatus(database->connection) != CONNECTION_OK)
        return lost(database, what, err);
    if (!result_is_good(kept))
        return refused(database, what, kept, err);
    if (ret_result) {
        *ret_result = kept;
        kept = NULL;
    }
    return 0;
}

static int not_connected(const char *what, struct error *err)
{
    return error_set(err, -ECONNREFUSED, "could not %s: not connected to the database", what);
}

int database_run(struct database *database, const char *what, const char *sql,
                 PGresult **ret_result, struct error *err)
{
    if (!database->connection)
        return not_connected(what, err);
    database->sqlstate[0] = '\0';
    if (!PQsendQuery(database->connection, sql))
        return lost(database, what, err);
    return collect(database, what, ret_result, err);
}

static int prepare(struct database *database, const struct query *query, struct error *err)
{
    if (!PQsendPrepare(database->connection, query->name, query->sql, 0, NULL))
        return lost(database, query->what, err);
    return collect(database, query->what, NULL, err);
}

static int query(struct database *database, enum query_id id, const char *const *values,
                 int result_format, PGresult **ret_result, struct error *err)
{
    const struct query *query = &queries[id];
    static_assert(QUERY_COUNT <= 64, "struct database keeps one bit a statement");
    if (!database->connection)
        return not_connected(query->what, err);
    database->sqlstate[0] = '\0';
    if (!(database->prepared & (UINT64_C(1) << id))) {
        int rc = prepare(database, query, err);
        if (rc < 0)
            return rc;
        database->prepared |= UINT64_C(1) << id;
    }
    if (!PQsendQueryPrepared(database->connection, query->name, query->parameters, values, NULL,
                             NULL, result_format))
        return lost(database, query->what, err);
    return collect(database, query->what, ret_result, err);
}

int database_query(struct database *database, enum query_id id, const char *const *values,
                   PGresult **ret_result, struct error *err)
{
    return query(database, id, values, 0, ret_result, err);
}

int database_query_binary(struct database *database, enum query_id id, const char *const *values,
                          PGresult **ret_result, struct error *err)
{
    return query(database, id, values, 1, ret_result, err);
}

/* Send the statement and wait until its rows begin. */
static int start_copy(struct database *database, const char *what, const char *sql,
                      struct error *err)
{
    int64_t deadline_ns = deadline_after_ns(database->timeout_ms);
    if (!PQsendQuery(database->connection, sql))
        return lost(database, what, err);
    int rc = flush_out(database, deadline_ns);
    if (rc == 0)
        rc = wait_result(database, deadline_ns);
    if (rc < 0)
        return rc == -ECONNREFUSED ? lost(database, what, err) : gave_up(database, rc, what, err);
    AUTO(database_result_release) PGresult *result = PQgetResult(database->connection);
    if (!result || PQstatus(database->connection) != CONNECTION_OK)
        return lost(database, what, err);
    return PQresultStatus(result) == PGRES_COPY_OUT ? 0 : refused(database, what, result, err);
}

/* Whatever the server sends next, as long as it sends something in time. */
static int wait_more(struct database *database, const char *what, struct error *err)
{
    int seen = wait_socket(database->connection, database->stop_fd, POLLIN,
                           deadline_after_ns(database->timeout_ms));
    if (seen < 0)
        return gave_up(database, seen, what, err);
    return PQconsumeInput(database->connection) ? 0 : lost(database, what, err);
}

/* Rows until the server has no more, or has thought better of it, which the result tells. */
static int copy_rows(struct database *database, const char *what,
                     int (*take)(void *context, const char *row, size_t length), void *context,
                     struct error *err)
{
    for (;;) {
        char *row = NULL;
        int length = PQgetCopyData(database->connection, &row, 1);
        int rc = length > 0    ? take(context, row, (size_t) length)
                 : length == 0 ? wait_more(database, what, err)
                               : 0;
        PQfreemem(row);
        if (rc < 0 || length < 0)
            return rc;
    }
}

int database_copy_out(struct database *database, const char *what, const char *sql,
                      int (*take)(void *context, const char *row, size_t length), void *context,
                      int64_t *ret_rows, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    if (!database->connection)
        return not_connected(what, err);
    database->sqlstate[0] = '\0';
    int rc = start_copy(database, what, sql, err);
    if (rc == 0)
        rc = copy_rows(database, what, take, context, err);
    if (rc == 0)
        rc = collect(database, what, &result, err);
    if (rc < 0)
        lose_connection(database);
    else if (ret_rows)
        *ret_rows = strtoll(PQcmdTuples(result), NULL, 10);
    return rc;
}

bool database_can_recover(const struct database *database, int code)
{
    /* Classes and codes of the PostgreSQL manual, appendix A. */
    static const char *const recoverable[] = {
        "08",    /* connection exception */
        "25006", /* read-only transaction: a standby that will be promoted */
        "40",    /* serialization failure, deadlock */
        "53",    /* out of disk, memory, connections */
        "55P03", /* lock not available */
        "57",    /* statement timeout, shutdown, starting up */
        "58",    /* system error, I/O error */
    };
    if (code != -EIO)
        return code == -ECONNREFUSED || code == -ETIMEDOUT || code == -ECANCELED || code == -ENOMEM;
    for (size_t i = 0; i < ARRAY_LENGTH(recoverable); i++)
        if (strncmp(database->sqlstate, recoverable[i], strlen(recoverable[i])) == 0)
            return true;
    return database->sqlstate[0] == '\0';
}

void database_rollback(struct database *database)
{
    if (!database->connection)
        return;
    int rc = 0;
    PGTransactionStatusType status = PQtransactionStatus(database->connection);
    if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR)
        rc = database_run(database, "roll back", "ROLLBACK", NULL, NULL);
    (void) rc; /* the server rolls back by itself when the connection ends */
}
