/*
 * record_queue.h - records that wait in memory, first in, first out, bounded
 *
 * Not for several threads: whoever shares one guards it.
 */
#ifndef FLOORFUSE_STORAGE_RECORD_QUEUE_H
#define FLOORFUSE_STORAGE_RECORD_QUEUE_H

#include "storage/record.h"

/* Storage the caller has; zeroed means: with no room. */
struct record_queue {
    struct record *ring;
    size_t capacity, head, count;
    size_t bytes, bytes_max;
    uint64_t put; /* records so far; the number of the last one */
};

/* Returns 0 or -ENOMEM. */
MUST_CHECK int record_queue_init(size_t records_max, size_t bytes_max,
                                 struct record_queue *ret_queue);
void record_queue_release(struct record_queue *queue);

/* A record goes in, and gets its number; it is zero then. One that is longer than bytes_max goes
 * into an empty queue. Returns 0, or -ENOSPC, and the record stays the caller's. */
MUST_CHECK int record_queue_put_take(struct record_queue *queue, struct record *record);

/* The record that is i-th from the front, borrowed until it is dropped; i < count. */
const struct record *record_queue_at(const struct record_queue *queue, size_t i);

/* Drop so many from the front; at most count. */
void record_queue_drop(struct record_queue *queue, size_t count);

#endif
