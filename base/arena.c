/*
 * arena.c - memory for one turn of a loop
 */
#include "base/arena.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGNMENT _Alignof(max_align_t)

struct block {
    struct block *next;
    size_t capacity, used;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *first, *current; /* current: the block that is being filled */
    size_t block_bytes;
};

static struct block *block_create(size_t bytes)
{
    struct block *block = malloc(sizeof(*block) + bytes);
    if (block)
        *block = (struct block){ .capacity = bytes };
    return block;
}

int arena_create(size_t block_bytes, struct arena **ret_arena)
{
    struct arena *arena = malloc(sizeof(*arena));
    if (!arena)
        return -ENOMEM;
    struct block *block = block_create(block_bytes);
    if (!block) {
        free(arena);
        return -ENOMEM;
    }
    *arena = (struct arena){ .first = block, .current = block, .block_bytes = block_bytes };
    *ret_arena = arena;
    return 0;
}

void arena_destroy(struct arena **arena)
{
    if (!*arena)
        return;
    for (struct block *block = (*arena)->first, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(*arena);
    *arena = NULL;
}

/* The next block with room for bytes; small ones that are in the way are passed over this turn. */
static struct block *block_with_room(struct arena *arena, size_t bytes)
{
    struct block *block = arena->current;
    while (block->capacity - block->used < bytes) {
        if (!block->next)
            block->next = block_create(bytes > arena->block_bytes ? bytes : arena->block_bytes);
        if (!block->next)
            return NULL;
        block = block->next;
    }
    arena->current = block;
    return block;
}

void *arena_take(struct arena *arena, size_t count, size_t item_bytes)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, item_bytes, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    if (bytes == 0)
        bytes = ARENA_ALIGNMENT;
    struct block *block = block_with_room(arena, bytes);
    if (!block)
        return NULL;
    void *memory = block->bytes + block->used;
    block->used += bytes;
    return memory;
}

void *arena_allocate(struct arena *arena, size_t count, size_t item_bytes)
{
    void *memory = arena_take(arena, count, item_bytes);
    return memory ? memset(memory, 0, count * item_bytes) : NULL;
}

void arena_reset(struct arena *arena)
{
    for (struct block *block = arena->first; block; block = block->next)
        block->used = 0;
    arena->current = arena->first;
}

size_t arena_capacity_bytes(const struct arena *arena)
{
    size_t bytes = 0;
    for (const struct block *block = arena->first; block; block = block->next)
        bytes += block->capacity;
    return bytes;
}
