/* record_queue.c - records that wait in memory, first in, first out, bounded */
#include "storage/record_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int record_queue_init(size_t records_max, size_t bytes_max, struct record_queue *ret_queue)
{
    struct record *ring = calloc(records_max, sizeof(*ring));
    if (!ring)
        return -ENOMEM;
    *ret_queue =
        (struct record_queue){ .ring = ring, .capacity = records_max, .bytes_max = bytes_max };
    return 0;
}

void record_queue_release(struct record_queue *queue)
{
    record_queue_drop(queue, queue->count);
    free(queue->ring);
    *queue = (struct record_queue){ 0 };
}

int record_queue_put_take(struct record_queue *queue, struct record *record)
{
    bool fits = queue->count == 0 || (queue->bytes < queue->bytes_max &&
                                      record->length <= queue->bytes_max - queue->bytes);
    if (queue->count == queue->capacity || !fits)
        return -ENOSPC;
    record->number = ++queue->put;
    queue->bytes += record->length;
    queue->ring[(queue->head + queue->count++) % queue->capacity] = *record;
    *record = (struct record){ 0 };
    return 0;
}

const struct record *record_queue_at(const struct record_queue *queue, size_t i)
{
    assert(i < queue->count);
    return &queue->ring[(queue->head + i) % queue->capacity];
}

void record_queue_drop(struct record_queue *queue, size_t count)
{
    assert(count <= queue->count);
    for (; count > 0; count--) {
        queue->bytes -= queue->ring[queue->head].length;
        record_release(&queue->ring[queue->head]);
        queue->head = (queue->head + 1) % queue->capacity;
        queue->count--;
    }
}
