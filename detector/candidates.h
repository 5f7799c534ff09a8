/*
 * candidates.h - boxes on their way from an engine to the caller: a list that keeps its memory
 */
#ifndef FLOORFUSE_DETECTOR_CANDIDATES_H
#define FLOORFUSE_DETECTOR_CANDIDATES_H

#include "base/macros.h"
#include "detector/detector.h"

struct candidates {
    struct detection *items;
    size_t count, capacity;
};

void candidates_release(struct candidates *candidates);

/* Forget the boxes, keep the memory. */
static inline void candidates_clear(struct candidates *candidates)
{
    candidates->count = 0;
}

/*
 * Add a box. One that is not finite or has no area is left out: a network may answer anything.
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int candidates_add(struct candidates *candidates, struct detection detection);

#endif
