/*
 * ring_index.c - which segments a ring has, and which frame lies where in them
 */
#include "wire/ring_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MARK_EVERY_BYTES (64 * 1024)

void ring_index_release(struct ring_index *index)
{
    for (size_t i = 0; i < index->count; i++)
        free(index->items[i].marks);
    free(index->items);
    *index = (struct ring_index){ 0 };
}

int ring_index_add(struct ring_index *index, uint64_t number)
{
    if (index->count == index->capacity) {
        size_t capacity = index->capacity ? 2 * index->capacity : 32;
        struct ring_segment *items = realloc(index->items, capacity * sizeof(*items));
        if (!items)
            return -ENOMEM;
        index->items = items;
        index->capacity = capacity;
    }
    index->items[index->count++] =
        (struct ring_segment){ .number = number, .newest_us = INT64_MIN };
    return 0;
}

void ring_index_drop_oldest(struct ring_index *index)
{
    free(index->items[0].marks);
    memmove(index->items, index->items + 1, --index->count * sizeof(*index->items));
}

struct ring_segment *ring_index_last(const struct ring_index *index)
{
    return index->count ? &index->items[index->count - 1] : NULL;
}

const struct ring_segment *ring_index_from(const struct ring_index *index, uint64_t number)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < index->count ? &index->items[low] : NULL;
}

static bool wants_mark(const struct ring_segment *segment, struct wire_position at, uint64_t offset)
{
    if (segment->mark_count == 0)
        return true;
    const struct ring_mark *last = &segment->marks[segment->mark_count - 1];
    return last->at.boot_id != at.boot_id || offset - last->offset >= MARK_EVERY_BYTES;
}

int ring_segment_mark(struct ring_segment *segment, struct wire_position at, uint64_t offset)
{
    if (!wants_mark(segment, at, offset))
        return 0;
    if (segment->mark_count == segment->mark_capacity) {
        size_t capacity = segment->mark_capacity ? 2 * segment->mark_capacity : 8;
        struct ring_mark *marks = realloc(segment->marks, capacity * sizeof(*marks));
        if (!marks)
            return -ENOMEM;
        segment->marks = marks;
        segment->mark_capacity = capacity;
    }
    segment->marks[segment->mark_count++] = (struct ring_mark){ at, offset };
    return 0;
}

bool ring_index_find(const struct ring_index *index, struct wire_position at,
                     struct ring_place *ret_place)
{
    for (size_t i = index->count; i-- > 0;) {
        const struct ring_segment *segment = &index->items[i];
        for (size_t k = segment->mark_count; k-- > 0;) {
            const struct ring_mark *mark = &segment->marks[k];
            if (mark->at.boot_id == at.boot_id && mark->at.sequence <= at.sequence) {
                *ret_place = (struct ring_place){ segment->number, mark->offset };
                return true;
            }
        }
    }
    return false;
}
