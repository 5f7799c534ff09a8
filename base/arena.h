/*
 * arena.h - memory for one turn of a loop: allocate by moving a pointer, free all at once
 *
 * The per-frame and per-tick paths take their scratch memory here and reset it each turn, so that a
 * running program asks the allocator for nothing.
 */
#ifndef FLOORFUSE_BASE_ARENA_H
#define FLOORFUSE_BASE_ARENA_H

#include <stddef.h>

#include "base/macros.h"

struct arena; /* opaque; one thread */

/* Blocks of at least block_bytes are added as needed and kept. Returns 0 or -ENOMEM. */
MUST_CHECK int arena_create(size_t block_bytes, struct arena **ret_arena);
void arena_destroy(struct arena **arena);

/* Zeroed memory for count items of item_bytes, aligned for any type; NULL when out of memory or
 * when the product overflows. Valid until the next reset. */
void *arena_allocate(struct arena *arena, size_t count, size_t item_bytes);

/* The same, but not zeroed: for arrays of which every item is written before it is read. */
void *arena_take(struct arena *arena, size_t count, size_t item_bytes);

/* Forget everything allocated; the blocks stay for the next turn. */
void arena_reset(struct arena *arena);

/* Bytes held in blocks, used or not. */
size_t arena_capacity_bytes(const struct arena *arena);

#endif
