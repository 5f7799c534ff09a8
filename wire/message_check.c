/*
 * message_check.c - what every unpacked message has to promise
 */
#include "wire/message_check.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "wire/message.h"

bool message_is_id(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && length < ID_SIZE && text[length] == '\0';
}

int message_take_id(const char *text, const char *field, char ret_id[static ID_SIZE],
                    struct error *err)
{
    if (!message_is_id(text))
        return error_set(err, -EBADMSG, "%s is not an id of a-z, 0-9 and -", field);
    memcpy(ret_id, text, strlen(text) + 1);
    return 0;
}

static bool is_control(char c)
{
    return (unsigned char) c < ' ' || c == '\x7f';
}

int message_take_text(const char *text, const char *field, char *ret_text, size_t size,
                      struct error *err)
{
    size_t length = strlen(text);
    if (length >= size)
        return error_set(err, -EBADMSG, "%s is longer than %zu bytes", field, size - 1);
    for (size_t i = 0; i <= length; i++)
        ret_text[i] = i < length && is_control(text[i]) ? ' ' : text[i];
    return 0;
}

/* The number of field 1 when it comes first, as a varint of at most 32 bits. */
static bool first_varint(const uint8_t *bytes, size_t length, uint32_t *ret_value)
{
    const uint8_t field_1_varint = 1 << 3 | 0;
    if (length == 0 || bytes[0] != field_1_varint)
        return false;
    uint64_t value = 0;
    for (unsigned i = 0; i < 5 && i + 1 < length; i++) {
        value |= (uint64_t) (bytes[i + 1] & 0x7f) << (7 * i);
        if (!(bytes[i + 1] & 0x80)) {
            *ret_value = (uint32_t) value;
            return value <= UINT32_MAX;
        }
    }
    return false;
}

int message_peek_version(const void *bytes, size_t length, struct error *err)
{
    uint32_t version;
    return first_varint(bytes, length, &version) ? message_check_version(version, err) : 0;
}

int message_check_version(unsigned version, struct error *err)
{
    if (version == MESSAGE_SCHEMA_VERSION)
        return 0;
    return error_set(err, -EPROTO, "schema version %u, this program knows %d", version,
                     MESSAGE_SCHEMA_VERSION);
}

bool message_is_time(int64_t time_us)
{
    return time_us >= -MESSAGE_TIME_MAX_US && time_us <= MESSAGE_TIME_MAX_US;
}

bool message_is_sequence(uint64_t sequence)
{
    return sequence <= MESSAGE_SEQUENCE_MAX;
}
