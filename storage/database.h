/*
 * database.h - one connection to PostgreSQL with a deadline on everything
 *
 * libpq's blocking calls wait for ever when a server stops answering without closing the socket.
 * Here every call ends after timeout_ms, or at once when stop_fd becomes readable, so that no
 * thread hangs. Internal to storage/: nobody else sees libpq.
 */
#ifndef FLOORFUSE_STORAGE_DATABASE_H
#define FLOORFUSE_STORAGE_DATABASE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "storage/queries.h"

/* For everyday statements; migrations and long reads have their own. */
#define DATABASE_TIMEOUT_MS 30000

struct database {
    PGconn *connection; /* NULL once it is lost */
    int stop_fd;        /* borrowed; -1: none */
    int timeout_ms;     /* of each call */
    char sqlstate[6];   /* of the last statement that failed, "" if the server did not say */
    uint64_t prepared;  /* bit per query_id */
    int error_position; /* of the last failed statement: character in the SQL from 1; 0: unknown */
};

/*
 * Connect and set the session up (UTC, ISO dates, statement timeout).
 * Returns 0; -ECONNREFUSED with a sentence that names the place but no password; -ECANCELED;
 * -ENOMEM.
 */
MUST_CHECK int database_open(const char *conninfo, int stop_fd, int timeout_ms,
                             struct database **ret_database, struct error *err);
void database_close(struct database **database);

/*
 * Run SQL text, which may hold several statements.
 *   what        what we are trying, for the sentence: "make the database"
 *   ret_result  the last result, the caller's to PQclear(); may be NULL
 * Returns 0; -EIO (the server refused; see sqlstate), -ECONNREFUSED (connection lost), -ETIMEDOUT
 * (the connection is closed, for its state is not known), -ECANCELED (likewise).
 */
MUST_CHECK int database_run(struct database *database, const char *what, const char *sql,
                            PGresult **ret_result, struct error *err);

/* Run one statement of queries.h with its parameters as text (NULL is SQL's NULL). Returns as
 * above. */
MUST_CHECK int database_query(struct database *database, enum query_id id,
                              const char *const *values, PGresult **ret_result, struct error *err);

/* The same with the result in PostgreSQL's binary format, for many numbers; see binary_rows.h. */
MUST_CHECK int database_query_binary(struct database *database, enum query_id id,
                                     const char *const *values, PGresult **ret_result,
                                     struct error *err);

/*
 * Run one COPY ... TO STDOUT and hand its rows over as they come, so that nothing is held.
 *   take      gets each row with its newline, not NUL-terminated; a negative code ends the copy and
 *             is returned, with no sentence written here
 *   ret_rows  how many the server sent; may be NULL
 * timeout_ms is how long the server may be silent, not how long it may take. Returns as above; the
 * connection is closed on failure, for what is still to come is not known.
 */
MUST_CHECK int database_copy_out(struct database *database, const char *what, const char *sql,
                                 int (*take)(void *context, const char *row, size_t length),
                                 void *context, int64_t *ret_rows, struct error *err);

/* Whether trying again later can help: the trouble lies in the connection, in resources or in what
 * others do at the same time, not in the statement. */
bool database_can_recover(const struct database *database, int code);

/* Give an unfinished transaction back; a lost connection has done so already. */
void database_rollback(struct database *database);

/* PQclear for AUTO. */
void database_result_release(PGresult **result);

#endif
