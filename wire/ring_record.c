/*
 * ring_record.c - one message as it lies in a ring's file, to bytes and back
 */
#include "wire/ring_record.h"

#include <string.h>

#include "base/crc32.h"

static const uint8_t magic[4] = { 'F', 'F', 'r', '1' };

#define CRC_AT  4u /* behind the magic */
#define BODY_AT 8u /* what the checksum is of */

static void put_u32_at(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t) (value >> (8 * i));
}

void ring_record_put(struct buffer *buffer, const struct ring_record *record)
{
    size_t begin = buffer->length;
    buffer_put_bytes(buffer, magic, sizeof(magic));
    buffer_put_u32(buffer, 0); /* the checksum, when the rest is there */
    buffer_put_u32(buffer, (uint32_t) record->length);
    buffer_put_u32(buffer, record->kind);
    buffer_put_u64(buffer, record->at.boot_id);
    buffer_put_u64(buffer, record->at.sequence);
    buffer_put_i64(buffer, record->publish_us);
    buffer_put_bytes(buffer, record->bytes, record->length);
    if (buffer_result(buffer) < 0)
        return;
    uint8_t *bytes = buffer->bytes + begin;
    put_u32_at(bytes + CRC_AT, crc32_of(bytes + BODY_AT, buffer->length - begin - BODY_AT));
}

/* Everything but the message; returns false if it is no header. */
static bool get_header(const uint8_t *header, struct ring_record *ret, uint32_t *ret_crc)
{
    struct buffer_reader reader = buffer_reader_of(header, RING_RECORD_HEADER);
    uint8_t start[sizeof(magic)];
    buffer_get_bytes(&reader, start, sizeof(start));
    *ret_crc = buffer_get_u32(&reader);
    ret->length = buffer_get_u32(&reader);
    uint32_t kind = buffer_get_u32(&reader);
    ret->kind = kind == MESSAGE_HELLO ? MESSAGE_HELLO : MESSAGE_FRAME;
    ret->at.boot_id = buffer_get_u64(&reader);
    ret->at.sequence = buffer_get_u64(&reader);
    ret->publish_us = buffer_get_i64(&reader);
    ret->bytes = header + RING_RECORD_HEADER;
    return memcmp(start, magic, sizeof(magic)) == 0 && kind == ret->kind &&
           ret->length <= MESSAGE_BYTES_MAX && ret->at.boot_id != 0;
}

size_t ring_record_size(const uint8_t header[static RING_RECORD_HEADER])
{
    struct ring_record record;
    uint32_t crc;
    return get_header(header, &record, &crc) ? RING_RECORD_HEADER + record.length : 0;
}

bool ring_record_get(const void *bytes, size_t length, struct ring_record *ret_record)
{
    struct ring_record record;
    uint32_t crc;
    if (length < RING_RECORD_HEADER || !get_header(bytes, &record, &crc) ||
        length - RING_RECORD_HEADER < record.length ||
        crc32_of((const uint8_t *) bytes + BODY_AT, RING_RECORD_HEADER - BODY_AT + record.length) !=
            crc)
        return false;
    *ret_record = record;
    return true;
}

bool ring_record_next(const void *bytes, size_t length, size_t *at, struct ring_record *ret_record,
                      size_t *ret_gap)
{
    const uint8_t *all = bytes;
    size_t begin = *at;
    while (begin < length) {
        const uint8_t *start = memmem(all + begin, length - begin, magic, sizeof(magic));
        if (!start)
            return false;
        begin = (size_t) (start - all);
        if (ring_record_get(start, length - begin, ret_record)) {
            *ret_gap = begin - *at;
            *at = begin + RING_RECORD_HEADER + ret_record->length;
            return true;
        }
        begin++;
    }
    return false;
}
