/*
 * key_cache.c - numbers that the database gave to things: a hash table with open addressing
 */
#include "storage/key_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 256

struct slot {
    uint8_t *key; /* owned; NULL: free */
    size_t length;
    uint64_t hash;
    int32_t id;
};

struct key_cache {
    struct slot *slots;
    size_t slot_count; /* a power of two */
    size_t used;
};

/* As FNV-1a, but eight bytes a step: keys hold masks of some thousand bytes. The shift brings what
 * the multiplication has pushed up back down to where slots are taken from. */
static uint64_t hash_of(const void *key, size_t length)
{
    const uint8_t *bytes = key;
    uint64_t hash = UINT64_C(14695981039346656037) ^ length;
    while (length > 0) {
        uint64_t word = 0;
        size_t step = length < sizeof(word) ? length : sizeof(word);
        memcpy(&word, bytes, step);
        hash = (hash ^ word) * UINT64_C(1099511628211);
        hash ^= hash >> 32;
        bytes += step;
        length -= step;
    }
    return hash;
}

int key_cache_create(struct key_cache **ret_cache)
{
    struct key_cache *cache = calloc(1, sizeof(*cache));
    if (!cache)
        return -ENOMEM;
    cache->slot_count = SLOTS_FIRST;
    cache->slots = calloc(cache->slot_count, sizeof(*cache->slots));
    if (!cache->slots) {
        free(cache);
        return -ENOMEM;
    }
    *ret_cache = cache;
    return 0;
}

void key_cache_clear(struct key_cache *cache)
{
    for (size_t i = 0; i < cache->slot_count; i++)
        free(cache->slots[i].key);
    memset(cache->slots, 0, cache->slot_count * sizeof(*cache->slots));
    cache->used = 0;
}

void key_cache_destroy(struct key_cache **cache)
{
    if (!*cache)
        return;
    key_cache_clear(*cache);
    free((*cache)->slots);
    free(*cache);
    *cache = NULL;
}

/* Where a key is, or the free slot where it belongs. */
static struct slot *slot_of(const struct key_cache *cache, const void *key, size_t length,
                            uint64_t hash)
{
    for (size_t i = hash & (cache->slot_count - 1);; i = (i + 1) & (cache->slot_count - 1)) {
        struct slot *slot = &cache->slots[i];
        if (!slot->key ||
            (slot->hash == hash && slot->length == length && memcmp(slot->key, key, length) == 0))
            return slot;
    }
}

bool key_cache_find(const struct key_cache *cache, const void *key, size_t length, int32_t *ret_id)
{
    const struct slot *slot = slot_of(cache, key, length, hash_of(key, length));
    if (slot->key)
        *ret_id = slot->id;
    return slot->key != NULL;
}

static int grow(struct key_cache *cache)
{
    struct key_cache larger = { .slot_count = 2 * cache->slot_count };
    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (!larger.slots)
        return -ENOMEM;
    for (size_t i = 0; i < cache->slot_count; i++) {
        const struct slot *slot = &cache->slots[i];
        if (slot->key)
            *slot_of(&larger, slot->key, slot->length, slot->hash) = *slot;
    }
    free(cache->slots);
    cache->slots = larger.slots;
    cache->slot_count = larger.slot_count;
    return 0;
}

int key_cache_put(struct key_cache *cache, const void *key, size_t length, int32_t id)
{
    if (2 * (cache->used + 1) > cache->slot_count && grow(cache) < 0)
        return -ENOMEM;
    uint64_t hash = hash_of(key, length);
    struct slot *slot = slot_of(cache, key, length, hash);
    if (!slot->key) {
        slot->key = malloc(length + 1);
        if (!slot->key)
            return -ENOMEM;
        memcpy(slot->key, key, length);
        slot->length = length;
        slot->hash = hash;
        cache->used++;
    }
    slot->id = id;
    return 0;
}
