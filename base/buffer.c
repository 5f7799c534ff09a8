/*
 * buffer.c - bytes that grow, and reading them back
 */
#include "base/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY ((size_t) 4096)

void buffer_release(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = BUFFER_INIT;
}

/* Room for length more bytes, or NULL. */
static uint8_t *extend(struct buffer *buffer, size_t length)
{
    if (buffer->failed)
        return NULL;
    if (length > buffer->capacity - buffer->length) {
        size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
        while (capacity - buffer->length < length && capacity <= SIZE_MAX / 2)
            capacity *= 2;
        uint8_t *bytes =
            capacity - buffer->length < length ? NULL : realloc(buffer->bytes, capacity);
        if (!bytes) {
            buffer->failed = true;
            return NULL;
        }
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    buffer->length += length;
    return &buffer->bytes[buffer->length - length];
}

static void put_little_endian(struct buffer *buffer, uint64_t value, size_t bytes)
{
    uint8_t *at = extend(buffer, bytes);
    for (size_t i = 0; at && i < bytes; i++)
        at[i] = (uint8_t) (value >> (8 * i));
}

void buffer_put_u8(struct buffer *buffer, uint8_t value)
{
    put_little_endian(buffer, value, 1);
}

void buffer_put_u32(struct buffer *buffer, uint32_t value)
{
    put_little_endian(buffer, value, 4);
}

void buffer_put_u64(struct buffer *buffer, uint64_t value)
{
    put_little_endian(buffer, value, 8);
}

void buffer_put_i64(struct buffer *buffer, int64_t value)
{
    put_little_endian(buffer, (uint64_t) value, 8);
}

void buffer_put_double(struct buffer *buffer, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    put_little_endian(buffer, bits, 8);
}

void buffer_put_bytes(struct buffer *buffer, const void *bytes, size_t length)
{
    uint8_t *at = extend(buffer, length);
    if (at && length > 0)
        memcpy(at, bytes, length);
}

int buffer_result(const struct buffer *buffer)
{
    return buffer->failed ? -ENOMEM : 0;
}

struct buffer_reader buffer_reader_of(const void *bytes, size_t length)
{
    return (struct buffer_reader){ .bytes = bytes, .length = length };
}

static const uint8_t *take(struct buffer_reader *reader, size_t length)
{
    if (reader->failed || length > reader->length - reader->at) {
        reader->failed = true;
        return NULL;
    }
    reader->at += length;
    return &reader->bytes[reader->at - length];
}

static uint64_t get_little_endian(struct buffer_reader *reader, size_t bytes)
{
    const uint8_t *at = take(reader, bytes);
    uint64_t value = 0;
    for (size_t i = 0; at && i < bytes; i++)
        value |= (uint64_t) at[i] << (8 * i);
    return value;
}

uint8_t buffer_get_u8(struct buffer_reader *reader)
{
    return (uint8_t) get_little_endian(reader, 1);
}

uint32_t buffer_get_u32(struct buffer_reader *reader)
{
    return (uint32_t) get_little_endian(reader, 4);
}

uint64_t buffer_get_u64(struct buffer_reader *reader)
{
    return get_little_endian(reader, 8);
}

int64_t buffer_get_i64(struct buffer_reader *reader)
{
    return (int64_t) get_little_endian(reader, 8);
}

double buffer_get_double(struct buffer_reader *reader)
{
    uint64_t bits = get_little_endian(reader, 8);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

void buffer_get_bytes(struct buffer_reader *reader, void *ret_bytes, size_t length)
{
    const uint8_t *at = take(reader, length);
    if (at && length > 0)
        memcpy(ret_bytes, at, length);
    else if (length > 0)
        memset(ret_bytes, 0, length);
}

size_t buffer_get_count(struct buffer_reader *reader, size_t item_bytes, size_t most)
{
    uint64_t count = buffer_get_u64(reader);
    if (count > most || count > (reader->length - reader->at) / (item_bytes ? item_bytes : 1))
        reader->failed = true;
    return reader->failed ? 0 : (size_t) count;
}

void buffer_reader_fail(struct buffer_reader *reader)
{
    reader->failed = true;
}

int buffer_reader_result(const struct buffer_reader *reader)
{
    return reader->failed ? -EBADMSG : 0;
}
