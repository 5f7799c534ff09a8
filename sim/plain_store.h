/*
 * plain_store.h - a store made from a few numbers
 *
 * For tests and sweeps that need no drawing. Seen from above, the entrance below (y = 0):
 *
 *     +----------------------------------+
 *     |   ||  ||  ||  ||  ||  ||  ||     |   rows of shelves, 1 m thick; a cross aisle in the
 *     |   ||  ||  ||  ||  ||  ||  ||     |   middle of deep stores
 *     |                                  |
 *     |   ||  ||  ||  ||  ||  ||  ||     |
 *     |                                  |
 *     |                    | | | | | |   |   checkout lanes between counters
 *     +--entrance------------------------+
 *
 * Without aisles it is a hall with an entrance at either end (x = 0 and x = length).
 */
#ifndef FLOORFUSE_SIM_PLAIN_STORE_H
#define FLOORFUSE_SIM_PLAIN_STORE_H

#include <stddef.h>

#include "base/error.h"

struct sim_floor_config;

/* Do the shelves and checkouts fit in? Returns 0 or -EINVAL with a sentence. */
MUST_CHECK int plain_store_check(const struct sim_floor_config *config, struct error *err);

/* The store as floor GeoJSON; the text is the caller's to free(). Returns 0, -EINVAL as above,
 * -ENOMEM. */
MUST_CHECK int plain_store_geojson(const struct sim_floor_config *config, char **ret_text,
                                   size_t *ret_length, struct error *err);

#endif
