/*
 * hq_conninfo.c - how headquarters' server reaches a store's
 */
#include <errno.h>
#include <string.h>

#include "storage/hq_side.h"
#include "storage/sql_text.h"

/* Row security would leave rows out without a word; better the copy stops. */
#define STORE_OPTIONS " -c row_security=off"

static bool is_secret(const PQconninfoOption *option)
{
    return strcmp(option->keyword, "password") == 0 || strcmp(option->keyword, "sslpassword") == 0;
}

/* Keywords and values as they were given, with our options behind theirs. */
static void rebuild_conninfo(const PQconninfoOption *options, struct text *conninfo)
{
    AUTO(text_release) struct text words = TEXT_INIT;
    for (const PQconninfoOption *o = options; o->keyword; o++) {
        if (!o->val)
            continue;
        if (strcmp(o->keyword, "options") == 0) {
            text_append(&words, o->val);
            continue;
        }
        text_format(conninfo, "%s=", o->keyword);
        conninfo_append_value(conninfo, o->val);
        text_append(conninfo, " ");
    }
    text_append(&words, STORE_OPTIONS);
    text_append(conninfo, "options=");
    conninfo_append_value(conninfo, words.bytes);
    conninfo->failed |= words.failed;
}

static int check_conninfo(const PQconninfoOption *options, struct error *err)
{
    bool has_database = false;
    for (const PQconninfoOption *o = options; o->keyword; o++) {
        if (o->val && is_secret(o))
            return error_set(err, -EPERM,
                             "the store's connection string holds a password, which would stand "
                             "in the database for others to read; put it into a passfile "
                             "(passfile=/etc/floorfuse/hq.pgpass) and leave it out");
        has_database |=
            o->val && (strcmp(o->keyword, "dbname") == 0 || strcmp(o->keyword, "service") == 0);
    }
    if (has_database)
        return 0;
    return error_set(err, -EINVAL,
                     "the store's connection string names no database; write e.g. "
                     "\"host=berlin.example dbname=floorfuse user=" HQ_ROLE "\"");
}

int hq_prepare_conninfo(const char *given, char **ret_conninfo, struct error *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(given, &message);
    if (!options) {
        int rc = error_set(err, -EINVAL, "the store's connection string is not understood: %.*s",
                           message ? (int) strcspn(message, "\n") : 13,
                           message ? message : "out of memory");
        PQfreemem(message);
        return rc;
    }
    struct text conninfo = TEXT_INIT;
    int rc = check_conninfo(options, err);
    if (rc == 0) {
        rebuild_conninfo(options, &conninfo);
        *ret_conninfo = text_take(&conninfo);
        rc = *ret_conninfo ? 0 : -ENOMEM;
    }
    PQconninfoFree(options);
    return rc;
}
