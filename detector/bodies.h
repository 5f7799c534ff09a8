/*
 * bodies.h - what boxes say about each other: whose head is whose, whose feet are hidden
 */
#ifndef FLOORFUSE_DETECTOR_BODIES_H
#define FLOORFUSE_DETECTOR_BODIES_H

#include "base/arena.h"
#include "detector/detector.h"

/*
 * Give heads their bodies, one to one: a head lies in the upper part of its person's box and is
 * much smaller. Where several fit, as many as possible find each other, and among those ways the
 * one that puts heads nearest to the middle of the top edge. items    best first; each head's body
 * is set, of the best 256 of either class at most scratch  temporary memory Returns 0 or -ENOMEM.
 */
MUST_CHECK int bodies_find_heads(struct detection *items, size_t count, struct arena *scratch);

/*
 * How far the feet of each person are behind others: the part of the lowest tenth of a box that
 * lies in the box of a person who stands nearer to the camera, which is one whose box ends lower.
 *   items  each person's feet_covered is set
 */
void bodies_cover_feet(struct detection *items, size_t count);

#endif
