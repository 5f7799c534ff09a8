/*
 * identities.c - people and tracks, and what is counted of each and of each pair
 */
#include "eval/identities.h"

#include <errno.h>
#include <stdlib.h>

/* The finaliser of MurmurHash3: every bit of the key moves every bit of the result. */
static uint64_t mix(uint64_t key)
{
    key = (key ^ key >> 33) * UINT64_C(0xff51afd7ed558ccd);
    key = (key ^ key >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return key ^ key >> 33;
}

void identity_map_release(struct identity_map *map)
{
    free(map->ids);
    free(map->slots);
    *map = (struct identity_map){ 0 };
}

/* The slot where an id is, or would be. */
static uint32_t *id_slot(const struct identity_map *map, int64_t id)
{
    size_t at = mix((uint64_t) id) & (map->slot_count - 1);
    while (map->slots[at] && map->ids[map->slots[at] - 1] != id)
        at = (at + 1) & (map->slot_count - 1);
    return &map->slots[at];
}

static int grow_map(struct identity_map *map)
{
    size_t capacity = map->capacity ? 2 * map->capacity : 64;
    if (map->count >= IDENTITIES_MAX)
        return -E2BIG;
    int64_t *ids = reallocarray(map->ids, capacity, sizeof(*ids));
    if (!ids)
        return -ENOMEM;
    map->ids = ids;
    uint32_t *slots = calloc(2 * capacity, sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    free(map->slots);
    map->slots = slots;
    map->slot_count = 2 * capacity;
    map->capacity = capacity;
    for (size_t i = 0; i < map->count; i++)
        *id_slot(map, map->ids[i]) = (uint32_t) i + 1;
    return 0;
}

int identity_map_number(struct identity_map *map, int64_t id, uint32_t *ret_number)
{
    if (map->count == map->capacity) {
        int r = grow_map(map);
        if (r < 0)
            return r;
    }
    uint32_t *slot = id_slot(map, id);
    if (!*slot) {
        map->ids[map->count++] = id;
        *slot = (uint32_t) map->count;
    }
    *ret_number = *slot - 1;
    return 0;
}

void pair_table_release(struct pair_table *table)
{
    free(table->pairs);
    free(table->slots);
    *table = (struct pair_table){ 0 };
}

static uint32_t *pair_slot(const struct pair_table *table, uint32_t truth, uint32_t result)
{
    size_t at = mix((uint64_t) truth << 32 | result) & (table->slot_count - 1);
    while (table->slots[at] && (table->pairs[table->slots[at] - 1].truth != truth ||
                                table->pairs[table->slots[at] - 1].result != result))
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

static int grow_table(struct pair_table *table)
{
    size_t capacity = table->capacity ? 2 * table->capacity : 64;
    struct pair_counts *pairs = reallocarray(table->pairs, capacity, sizeof(*pairs));
    if (!pairs)
        return -ENOMEM;
    table->pairs = pairs;
    uint32_t *slots = calloc(2 * capacity, sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    free(table->slots);
    table->slots = slots;
    table->slot_count = 2 * capacity;
    table->capacity = capacity;
    for (size_t i = 0; i < table->count; i++)
        *pair_slot(table, pairs[i].truth, pairs[i].result) = (uint32_t) i + 1;
    return 0;
}

struct pair_counts *pair_table_get(struct pair_table *table, uint32_t truth, uint32_t result)
{
    if (table->count == table->capacity && grow_table(table) < 0)
        return NULL;
    uint32_t *slot = pair_slot(table, truth, result);
    if (!*slot) {
        table->pairs[table->count++] = (struct pair_counts){ .truth = truth, .result = result };
        *slot = (uint32_t) table->count;
    }
    return &table->pairs[*slot - 1];
}

const struct pair_counts *pair_table_find(const struct pair_table *table, uint32_t truth,
                                          uint32_t result)
{
    if (table->slot_count == 0)
        return NULL;
    uint32_t slot = *pair_slot(table, truth, result);
    return slot ? &table->pairs[slot - 1] : NULL;
}
