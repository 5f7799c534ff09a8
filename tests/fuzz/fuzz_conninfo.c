/*
 * fuzz_conninfo.c - any text as a store's connection string, as headquarters keeps it
 *
 * What is kept must be understood by libpq, hold the same words and no password, and end in ours.
 */
#include <libpq-fe.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "storage/hq_side.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool is_kept(const PQconninfoOption *given, const PQconninfoOption *kept)
{
    if (strcmp(given->keyword, "options") == 0)
        return kept->val && ends_in(kept->val, " -c row_security=off");
    if (strstr(given->keyword, "password") && kept->val)
        return false;
    return !given->val ? !kept->val : kept->val && strcmp(given->val, kept->val) == 0;
}

static void require_same(const PQconninfoOption *given, const PQconninfoOption *kept)
{
    for (; given->keyword; given++, kept++)
        if (!is_kept(given, kept))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *conninfo = NULL, *text = strndup((const char *) bytes, length);
    struct error err;
    if (text && hq_prepare_conninfo(text, &conninfo, &err) == 0) {
        PQconninfoOption *given = PQconninfoParse(text, NULL);
        PQconninfoOption *kept = PQconninfoParse(conninfo, NULL);
        if (!given || !kept)
            abort();
        require_same(given, kept);
        PQconninfoFree(given);
        PQconninfoFree(kept);
    }
    free(conninfo);
    free(text);
    return 0;
}
