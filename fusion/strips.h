/*
 * strips.h - the boxes of one picture by the upright strips they reach into, so that a question
 * about one box asks its neighbours only
 */
#ifndef FLOORFUSE_FUSION_STRIPS_H
#define FLOORFUSE_FUSION_STRIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/macros.h"
#include "geom/point.h"

struct strips {
    double left_px, per_px; /* where the first begins; strips per pixel */
    uint32_t count;
    uint32_t *first;   /* of each strip: its first member; one more at the end */
    uint32_t *members; /* indices of boxes, ascending within a strip */
    uint32_t *from;    /* of each box: its leftmost strip */
};

/* Lives in the arena; the boxes are not needed any more. Few boxes share a single strip. Returns 0
 * or -ENOMEM. */
MUST_CHECK int strips_build(const struct box_px *boxes, size_t count, struct arena *arena,
                            struct strips *ret_strips);

/* The strip of a column of the picture; the outer ones reach to infinity. */
uint32_t strips_at(const struct strips *strips, double x_px);

/* Two boxes that share several strips meet in the leftmost of them: whether that is this one, for a
 * box that begins in strip `from` and a member of `strip`. */
static inline bool strips_meet_in(const struct strips *strips, uint32_t strip, uint32_t from,
                                  uint32_t member)
{
    uint32_t other = strips->from[member];
    return strip == (other > from ? other : from);
}

#endif
