/*
 * fast_pool.h - places for values that live for a while, in as little memory as is easy
 *
 * The largest first, each at the lowest place that is free for its whole life. Within a few percent
 * of the least possible for networks of this kind, in which few values live at once.
 */
#ifndef FLOORFUSE_DETECTOR_FAST_POOL_H
#define FLOORFUSE_DETECTOR_FAST_POOL_H

#include <stddef.h>

#include "base/macros.h"

struct fast_life {
    size_t values; /* floats; 0: needs no place */
    int first_step, last_step;
    size_t place; /* out: floats from the pool's start, FAST_ALIGNMENT_BYTES aligned */
};

/* Set every place. ret_values: floats of the pool. Returns 0 or -ENOMEM. */
MUST_CHECK int fast_pool_place(struct fast_life *lives, size_t count, size_t *ret_values);

#endif
