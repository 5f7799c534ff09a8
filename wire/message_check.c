/*
 * message_check.c - what every unpacked message has to promise
 */
#include "wire/message_check.h"

#include <errno.h>
#include <string.h>

#include "wire/message.h"

int message_take_id(const char *text, const char *field, char ret_id[static ID_SIZE],
                    struct error *err)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (length == 0 || length >= ID_SIZE || text[length] != '\0')
        return error_set(err, -EBADMSG, "%s is not an id of a-z, 0-9 and -", field);
    memcpy(ret_id, text, length + 1);
    return 0;
}

int message_take_text(const char *text, const char *field, char *ret_text, size_t size,
                      struct error *err)
{
    size_t length = strlen(text);
    if (length >= size)
        return error_set(err, -EBADMSG, "%s is longer than %zu bytes", field, size - 1);
    memcpy(ret_text, text, length + 1);
    return 0;
}

int message_check_version(unsigned version, struct error *err)
{
    if (version == MESSAGE_SCHEMA_VERSION)
        return 0;
    return error_set(err, -EPROTO, "schema version %u, this program knows %d", version,
                     MESSAGE_SCHEMA_VERSION);
}
