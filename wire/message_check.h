/*
 * message_check.h - what every unpacked message has to promise
 */
#ifndef FLOORFUSE_WIRE_MESSAGE_CHECK_H
#define FLOORFUSE_WIRE_MESSAGE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Copy an id ([a-z0-9-]+) of the wire; -EBADMSG with a sentence naming the field. */
MUST_CHECK int message_take_id(const char *text, const char *field, char ret_id[static ID_SIZE],
                               struct error *err);

/* Copy a printable text that fits size; -EBADMSG likewise. */
MUST_CHECK int message_take_text(const char *text, const char *field, char *ret_text, size_t size,
                                 struct error *err);

/* 0, -EPROTO for another schema version. */
MUST_CHECK int message_check_version(unsigned version, struct error *err);

#endif
