/*
 * settle_state.c - room for what settle keeps
 */
#include "fusion/settle_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Items that arrays and rings begin with; a power of two. */
#define FIRST_CAPACITY ((size_t) 8)

int settle_create(int64_t lag_us, double noise_m2_s3, struct settle **ret_settle)
{
    struct settle *settle = calloc(1, sizeof(*settle));
    if (!settle)
        return -ENOMEM;
    settle->lag_us = lag_us;
    settle->noise_m2_s3 = noise_m2_s3;
    settle->newest_us = SETTLE_NEVER_US;
    *ret_settle = settle;
    return 0;
}

void settle_destroy(struct settle **settle)
{
    struct settle *s = *settle;
    if (!s)
        return;
    for (size_t i = 0; i < s->history_capacity; i++)
        free(s->histories[i].moments);
    for (size_t i = 0; i < s->ring.capacity; i++) {
        free(s->ticks[i].frames);
        free(s->ticks[i].pairs);
    }
    free(s->histories);
    free(s->ticks);
    free(s->people);
    free(s);
    *settle = NULL;
}

/* Arrays and rings that grow. New items are zero; NULL: out of memory, nothing has changed. */
static void *grow_array(void *items, size_t *capacity, size_t count, size_t item_bytes)
{
    if (items && count <= *capacity)
        return items;
    size_t room = *capacity ? *capacity : FIRST_CAPACITY;
    while (room < count)
        room *= 2;
    char *larger = realloc(items, room * item_bytes);
    if (!larger)
        return NULL;
    memset(larger + *capacity * item_bytes, 0, (room - *capacity) * item_bytes);
    *capacity = room;
    return larger;
}

/* Whether there is room for count items in the array now. */
#define RESERVE(items, capacity, count)                                              \
    ({                                                                               \
        void *larger_ = grow_array((items), &(capacity), (count), sizeof(*(items))); \
        (items) = larger_ ? larger_ : (items);                                       \
        larger_ != NULL;                                                             \
    })

/* Room for one more; a full ring is unrolled into a larger one. */
static void *grow_ring(void *items, struct ring *ring, size_t item_bytes)
{
    if (ring->count < ring->capacity)
        return items;
    size_t capacity = ring->capacity ? 2 * ring->capacity : FIRST_CAPACITY;
    char *larger = calloc(capacity, item_bytes);
    if (!larger)
        return NULL;
    size_t before_turn = ring->capacity - ring->first;
    if (ring->capacity > 0) {
        memcpy(larger, (char *) items + ring->first * item_bytes, before_turn * item_bytes);
        memcpy(larger + before_turn * item_bytes, items, ring->first * item_bytes);
    }
    free(items);
    ring->first = 0;
    ring->capacity = capacity;
    return larger;
}

struct waiting *settle_reserve_tick(struct settle *s, size_t frame_count, size_t pair_count)
{
    struct waiting *ticks = grow_ring(s->ticks, &s->ring, sizeof(*ticks));
    if (!ticks)
        return NULL;
    s->ticks = ticks;
    struct waiting *w = settle_waiting_at(s, s->ring.count);
    if (!RESERVE(w->frames, w->frame_capacity, frame_count) ||
        !RESERVE(w->pairs, w->pair_capacity, pair_count))
        return NULL;
    w->frame_count = frame_count;
    w->pair_count = pair_count;
    return w;
}

int settle_reserve_histories(struct settle *s, size_t count)
{
    return RESERVE(s->histories, s->history_capacity, count) ? 0 : -ENOMEM;
}

int settle_reserve_people(struct settle *s, size_t count)
{
    return RESERVE(s->people, s->people_capacity, count) ? 0 : -ENOMEM;
}

int history_reserve_moment(struct history *h)
{
    struct moment *moments = grow_ring(h->moments, &h->ring, sizeof(*moments));
    if (!moments)
        return -ENOMEM;
    h->moments = moments;
    return 0;
}

void history_begin(struct history *h, uint64_t track)
{
    *h = (struct history){ .track = track,
                           .seen_us = SETTLE_NEVER_US,
                           .ring = { .capacity = h->ring.capacity },
                           .moments = h->moments };
}

size_t settle_bytes(const struct settle *s)
{
    size_t bytes = sizeof(*s) + s->history_capacity * sizeof(*s->histories) +
                   s->ring.capacity * sizeof(*s->ticks) + s->people_capacity * sizeof(*s->people);
    for (size_t i = 0; i < s->history_capacity; i++)
        bytes += s->histories[i].ring.capacity * sizeof(struct moment);
    for (size_t i = 0; i < s->ring.capacity; i++)
        bytes += s->ticks[i].frame_capacity * sizeof(struct settle_frame) +
                 s->ticks[i].pair_capacity * sizeof(struct settle_pair);
    return bytes;
}
