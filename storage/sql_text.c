/*
 * sql_text.c - SQL whose names and values are not known before
 */
#include "storage/sql_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* One quoted word; false when it cannot be quoted: out of memory, or no UTF-8. */
static bool append_quoted(struct text *sql, PGconn *connection, char kind, const char *word)
{
    char *quoted = kind == 'L' ? PQescapeLiteral(connection, word, strlen(word))
                               : PQescapeIdentifier(connection, word, strlen(word));
    if (!quoted)
        return false;
    text_append(sql, quoted);
    PQfreemem(quoted);
    return true;
}

static bool append_format(struct text *sql, PGconn *connection, const char *format, va_list words)
{
    bool good = true;
    for (const char *c = format; good && *c; c++) {
        if (c[0] == '%' && (c[1] == 'L' || c[1] == 'I'))
            good = append_quoted(sql, connection, *++c, va_arg(words, const char *));
        else
            text_append_bytes(sql, c, 1);
    }
    return good && !sql->failed;
}

int sql_run(struct database *database, const char *what, PGresult **ret_result, struct error *err,
            const char *format, ...)
{
    AUTO(text_release) struct text sql = TEXT_INIT;
    if (!database->connection)
        return error_set(err, -ECONNREFUSED, "could not %s: not connected to the database", what);
    va_list words;
    va_start(words, format);
    bool good = append_format(&sql, database->connection, format, words);
    va_end(words);
    if (!good)
        return error_set(err, -ENOMEM, "could not %s: out of memory", what);
    return database_run(database, what, sql.bytes, ret_result, err);
}

const char *sql_string(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column); /* "" for NULL */
}

bool sql_bool(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}

int64_t sql_integer(const PGresult *result, int row, int column, int64_t unknown)
{
    if (PQgetisnull(result, row, column))
        return unknown;
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

void conninfo_append_value(struct text *conninfo, const char *value)
{
    text_append(conninfo, "'");
    for (const char *c = value; *c; c++) {
        if (*c == '\'' || *c == '\\')
            text_append(conninfo, "\\");
        text_append_bytes(conninfo, c, 1);
    }
    text_append(conninfo, "'");
}
