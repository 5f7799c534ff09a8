/*
 * segment.h - straight pieces of lines: how far from them, and who crosses them
 */
#ifndef FLOORFUSE_GEOM_SEGMENT_H
#define FLOORFUSE_GEOM_SEGMENT_H

#include <stdbool.h>

#include "geom/point.h"

struct segment {
    struct floor_m a, b;
};

/* From a point to the nearest point of the segment, m. */
double segment_distance_m(struct segment segment, struct floor_m p);

/*
 * Whether a step crosses a segment: 1 from the left to the right of a -> b (y up: the side that the
 * y axis is of the x axis is the left), -1 from the right to the left, 0 not. A point on the line
 * through a and b belongs to its left, and an end of the segment on the step's line to the step's
 * left: so a way of several steps crosses a line of several segments once wherever it is cut.
 *   ret_share  of the step until the crossing, 0..1; not set when there is none
 */
int segment_crossed(struct segment segment, struct segment step, double *ret_share);

#endif
