/*
 * message_check.h - what every unpacked message has to promise
 */
#ifndef FLOORFUSE_WIRE_MESSAGE_CHECK_H
#define FLOORFUSE_WIRE_MESSAGE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* [a-z0-9-]+ that fits ID_SIZE. */
bool message_is_id(const char *text);

/* Copy an id ([a-z0-9-]+) of the wire; -EBADMSG with a sentence naming the field. */
MUST_CHECK int message_take_id(const char *text, const char *field, char ret_id[static ID_SIZE],
                               struct error *err);

/* Copy a text that fits size; -EBADMSG likewise. It will be logged and shown, so control
 * characters, which could drive a terminal or forge a log line, become spaces. */
MUST_CHECK int message_take_text(const char *text, const char *field, char *ret_text, size_t size,
                                 struct error *err);

/*
 * Look at the version before the rest is read: another version may have laid out the rest
 * differently, and should still be told by its number. Encoders write it first; where one did not,
 * message_check_version finds it afterwards. Returns 0, -EPROTO.
 */
MUST_CHECK int message_peek_version(const void *bytes, size_t length, struct error *err);

/* Whether sums and differences of such times, and of such numbers, cannot overflow anywhere. */
bool message_is_time(int64_t time_us);
bool message_is_sequence(uint64_t sequence);

/* 0, -EPROTO for another schema version. */
MUST_CHECK int message_check_version(unsigned version, struct error *err);

#endif
