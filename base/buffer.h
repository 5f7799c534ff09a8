/*
 * buffer.h - bytes that grow, and reading them back: for state that must survive the program
 *
 * Integers are little-endian and of fixed width, doubles bit for bit, so that what is read is what
 * was written, on any machine. Reading never trusts: each read checks its bounds, and the first one
 * that fails makes all later ones fail, so that a reader asks once, at the end.
 */
#ifndef FLOORFUSE_BASE_BUFFER_H
#define FLOORFUSE_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* Start from BUFFER_INIT; out of memory is remembered and told by buffer_result. */
struct buffer {
    uint8_t *bytes; /* owned */
    size_t length, capacity;
    bool failed;
};
#define BUFFER_INIT ((struct buffer){ 0 })

void buffer_release(struct buffer *buffer);

void buffer_put_u8(struct buffer *buffer, uint8_t value);
void buffer_put_u32(struct buffer *buffer, uint32_t value);
void buffer_put_u64(struct buffer *buffer, uint64_t value);
void buffer_put_i64(struct buffer *buffer, int64_t value);
void buffer_put_double(struct buffer *buffer, double value);
void buffer_put_bytes(struct buffer *buffer, const void *bytes, size_t length);

/* 0, or -ENOMEM when something could not be put. */
MUST_CHECK int buffer_result(const struct buffer *buffer);

/* A reader of bytes that it borrows. */
struct buffer_reader {
    const uint8_t *bytes;
    size_t length, at;
    bool failed;
};

struct buffer_reader buffer_reader_of(const void *bytes, size_t length);

/* Each returns 0 once something has failed. */
uint8_t buffer_get_u8(struct buffer_reader *reader);
uint32_t buffer_get_u32(struct buffer_reader *reader);
uint64_t buffer_get_u64(struct buffer_reader *reader);
int64_t buffer_get_i64(struct buffer_reader *reader);
double buffer_get_double(struct buffer_reader *reader);
void buffer_get_bytes(struct buffer_reader *reader, void *ret_bytes, size_t length);

/* How many items follow, each of at least item_bytes: fails when there is no room for them, or
 * beyond most. */
size_t buffer_get_count(struct buffer_reader *reader, size_t item_bytes, size_t most);

/* The reader does not like what it has read. */
void buffer_reader_fail(struct buffer_reader *reader);

/* 0, or -EBADMSG when something has failed. */
MUST_CHECK int buffer_reader_result(const struct buffer_reader *reader);

#endif
