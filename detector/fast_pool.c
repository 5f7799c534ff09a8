/* fast_pool.c - see fast_pool.h */
#include "detector/fast_pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "detector/fast_tensor.h"

static int compare_sizes(const void *a, const void *b)
{
    const struct fast_life *x = *(struct fast_life *const *) a, *y = *(struct fast_life *const *) b;
    if (x->values != y->values)
        return x->values < y->values ? 1 : -1;
    return x < y ? -1 : x > y; /* the same plan on every machine */
}

static size_t rounded(size_t values)
{
    size_t step = FAST_ALIGNMENT_BYTES / sizeof(float);
    return (values + step - 1) / step * step;
}

static bool overlap(const struct fast_life *a, const struct fast_life *b)
{
    return a->first_step <= b->last_step && b->first_step <= a->last_step &&
           a->place < b->place + rounded(b->values) && b->place < a->place + rounded(a->values);
}

/* Move behind whatever is in the way, until nothing is. */
static void place_one(struct fast_life *life, struct fast_life *const *placed, size_t count)
{
    life->place = 0;
    for (size_t i = 0; i < count; i++) {
        if (overlap(life, placed[i])) {
            life->place = placed[i]->place + rounded(placed[i]->values);
            i = (size_t) -1; /* from the start */
        }
    }
}

int fast_pool_place(struct fast_life *lives, size_t count, size_t *ret_values)
{
    struct fast_life **by_size = calloc(count + 1, sizeof(struct fast_life *));
    if (!by_size)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        by_size[i] = &lives[i];
    qsort(by_size, count, sizeof(struct fast_life *), compare_sizes);
    *ret_values = 0;
    for (size_t i = 0; i < count && by_size[i]->values > 0; i++) {
        place_one(by_size[i], by_size, i);
        size_t end = by_size[i]->place + rounded(by_size[i]->values);
        if (end > *ret_values)
            *ret_values = end;
    }
    free(by_size);
    return 0;
}
