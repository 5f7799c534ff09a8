/* candidates.c - see candidates.h */
#include "detector/candidates.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define FIRST_CAPACITY 256

void candidates_release(struct candidates *candidates)
{
    free(candidates->items);
    *candidates = (struct candidates){ 0 };
}

static bool has_area(struct box_px b)
{
    return isfinite(b.left) && isfinite(b.top) && isfinite(b.right) && isfinite(b.bottom) &&
           b.left < b.right && b.top < b.bottom;
}

static int grow(struct candidates *candidates)
{
    size_t capacity = candidates->capacity ? 2 * candidates->capacity : FIRST_CAPACITY;
    struct detection *items = reallocarray(candidates->items, capacity, sizeof(*items));
    if (!items)
        return -ENOMEM;
    candidates->items = items;
    candidates->capacity = capacity;
    return 0;
}

int candidates_add(struct candidates *candidates, struct detection detection)
{
    if (!has_area(detection.box))
        return 0;
    if (candidates->count == candidates->capacity && grow(candidates) < 0)
        return -ENOMEM;
    candidates->items[candidates->count++] = detection;
    return 0;
}
