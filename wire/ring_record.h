/*
 * ring_record.h - one message as it lies in a ring's file, to bytes and back
 *
 * Magic, CRC-32 of all that follows it, length, kind, boot id, sequence, publish time, the
 * message's bytes; integers are little-endian. Records have no place of their own: after damage the
 * next good one is found by its magic and its checksum.
 */
#ifndef FLOORFUSE_WIRE_RING_RECORD_H
#define FLOORFUSE_WIRE_RING_RECORD_H

#include <stdbool.h>

#include "base/buffer.h"
#include "wire/message.h"

#define RING_RECORD_HEADER 40 /* bytes before the message */

struct ring_record {
    enum message_kind kind;  /* MESSAGE_FRAME or MESSAGE_HELLO */
    struct wire_position at; /* of a hello: the number of the frame that comes next */
    int64_t publish_us;      /* UTC */
    const void *bytes;       /* borrowed */
    size_t length;           /* at most MESSAGE_BYTES_MAX */
};

/* Append the bytes of a record; out of memory is told by buffer_result. */
void ring_record_put(struct buffer *buffer, const struct ring_record *record);

/* How long the record is, header and all, whose header this is; 0 if it is no header. */
size_t ring_record_size(const uint8_t header[static RING_RECORD_HEADER]);

/* Read the record that begins here; its bytes are borrowed from these. Returns false when there is
 * none, or it is damaged or cut off. */
bool ring_record_get(const void *bytes, size_t length, struct ring_record *ret_record);

/*
 * Find the next good record.
 *   at       where to begin to look; moved behind the record
 *   ret_gap  bytes before it that were none
 * Returns false when there is no more; then `at` and `ret_gap` are untouched.
 */
bool ring_record_next(const void *bytes, size_t length, size_t *at, struct ring_record *ret_record,
                      size_t *ret_gap);

#endif
