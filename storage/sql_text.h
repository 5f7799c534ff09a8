/*
 * sql_text.h - SQL whose names and values are not known before
 *
 * Statements that take parameters are in queries.h. CREATE SUBSCRIPTION and its like take none, so
 * their text is made here, with every word quoted.
 */
#ifndef FLOORFUSE_STORAGE_SQL_TEXT_H
#define FLOORFUSE_STORAGE_SQL_TEXT_H

#include "base/text.h"
#include "storage/database.h"

/*
 * Run one statement.
 *   what        what we are trying, for the sentence
 *   ret_result  the caller's to PQclear(); may be NULL
 *   format      SQL in which each %L becomes the next argument as a literal and each %I as a name;
 *               both are const char *
 * Returns 0, -ENOMEM and the codes of database_run.
 */
MUST_CHECK int sql_run(struct database *database, const char *what, PGresult **ret_result,
                       struct error *err, const char *format, ...);

/* Values of a row by column; SQL's NULL is "", false and `unknown`. */
const char *sql_string(const PGresult *result, int row, int column);
bool sql_bool(const PGresult *result, int row, int column);
int64_t sql_integer(const PGresult *result, int row, int column, int64_t unknown);

/* Append a value of a libpq connection string, quoted. */
void conninfo_append_value(struct text *conninfo, const char *value);

#endif
