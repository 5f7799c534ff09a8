/*
 * strips.c - the boxes of one picture by the upright strips they reach into
 */
#include "fusion/strips.h"

#include <errno.h>

/* Below this number it is cheaper to ask all. */
#define BOXES_PER_STRIP 8
#define STRIPS_MAX      64

uint32_t strips_at(const struct strips *strips, double x_px)
{
    double strip = (x_px - strips->left_px) * strips->per_px;
    if (!(strip > 0))
        return 0;
    return strip < strips->count ? (uint32_t) strip : strips->count - 1;
}

/* As many as the boxes are worth, over the middles of all. */
static void lay_out(struct strips *strips, const struct box_px *boxes, size_t count)
{
    double left = INFINITY, right = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double middle = (boxes[i].left + boxes[i].right) / 2;
        left = middle < left ? middle : left;
        right = middle > right ? middle : right;
    }
    size_t worth = count / BOXES_PER_STRIP;
    strips->count = worth < 1 ? 1 : worth > STRIPS_MAX ? STRIPS_MAX : (uint32_t) worth;
    strips->left_px = left;
    strips->per_px = right > left ? strips->count / (right - left) : 0;
}

int strips_build(const struct box_px *boxes, size_t count, struct arena *arena,
                 struct strips *ret_strips)
{
    struct strips strips;
    lay_out(&strips, boxes, count);
    uint32_t *last = arena_take(arena, count, sizeof(*last));
    strips.from = arena_take(arena, count, sizeof(*strips.from));
    strips.first = arena_allocate(arena, (size_t) strips.count + 2, sizeof(*strips.first));
    if (!last || !strips.from || !strips.first)
        return -ENOMEM;
    size_t members = 0;
    for (size_t i = 0; i < count; i++) {
        strips.from[i] = strips_at(&strips, boxes[i].left);
        last[i] = strips_at(&strips, boxes[i].right);
        for (uint32_t s = strips.from[i]; s <= last[i]; s++, members++)
            strips.first[s + 2]++;
    }
    strips.members = arena_take(arena, members, sizeof(*strips.members));
    if (!strips.members)
        return -ENOMEM;
    for (uint32_t s = 2; s < strips.count + 2; s++)
        strips.first[s] += strips.first[s - 1];
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t s = strips.from[i]; s <= last[i]; s++)
            strips.members[strips.first[s + 1]++] = i;
    *ret_strips = strips;
    return 0;
}
