/*
 * ring_index.h - which segments a ring has, and which frame lies where in them
 *
 * Per segment there is a mark every 64 KiB: so a position is found by reading 64 KiB, and 256 MB of
 * ring cost 100 kB.
 */
#ifndef FLOORFUSE_WIRE_RING_INDEX_H
#define FLOORFUSE_WIRE_RING_INDEX_H

#include "wire/ring.h"

struct ring_mark {
    struct wire_position at;
    uint64_t offset;
};

struct ring_segment {
    uint64_t number;         /* its name; rises */
    uint64_t size;           /* bytes that hold records */
    int64_t newest_us;       /* INT64_MIN: it has no record yet */
    struct ring_mark *marks; /* owned; the first is of its first frame */
    size_t mark_count, mark_capacity;
};

/* Oldest first. Zeroed it is empty. */
struct ring_index {
    struct ring_segment *items; /* owned */
    size_t count, capacity;
};

void ring_index_release(struct ring_index *index);

/* A segment after all others. Returns 0 or -ENOMEM. */
MUST_CHECK int ring_index_add(struct ring_index *index, uint64_t number);

void ring_index_drop_oldest(struct ring_index *index);

/* The newest; NULL: there is none. */
struct ring_segment *ring_index_last(const struct ring_index *index);

/* The segment of that number, or the next there is; NULL: none. */
const struct ring_segment *ring_index_from(const struct ring_index *index, uint64_t number);

/* A frame lies at an offset: mark it if it would not be found without. Returns 0 or -ENOMEM. */
MUST_CHECK int ring_segment_mark(struct ring_segment *segment, struct wire_position at,
                                 uint64_t offset);

/* The last mark at or before a position; false: there is nothing so old of that boot. */
bool ring_index_find(const struct ring_index *index, struct wire_position at,
                     struct ring_place *ret_place);

#endif
