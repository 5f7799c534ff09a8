/*
 * key_cache.h - numbers that the database gave to things, remembered for a connection
 *
 * A key is any bytes. What a transaction brought in must be forgotten when it is rolled back; as
 * that is rare, everything is.
 */
#ifndef FLOORFUSE_STORAGE_KEY_CACHE_H
#define FLOORFUSE_STORAGE_KEY_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct key_cache; /* opaque */

/* Returns 0 or -ENOMEM. */
MUST_CHECK int key_cache_create(struct key_cache **ret_cache);
void key_cache_destroy(struct key_cache **cache);

/* Forget everything. */
void key_cache_clear(struct key_cache *cache);

/* Whether the key is known; *ret_id is set only then. */
bool key_cache_find(const struct key_cache *cache, const void *key, size_t length, int32_t *ret_id);

/* Remember a key, which is copied; one that is there gets the new id. Returns 0 or -ENOMEM. */
MUST_CHECK int key_cache_put(struct key_cache *cache, const void *key, size_t length, int32_t id);

#endif
