/*
 * segment.c - straight pieces of lines
 */
#include "geom/segment.h"

/* Twice the area of the triangle a, b, p: positive when p lies to the left of a -> b. */
static double left_of(struct segment s, struct floor_m p)
{
    return (s.b.x - s.a.x) * (p.y - s.a.y) - (s.b.y - s.a.y) * (p.x - s.a.x);
}

double segment_distance_m(struct segment segment, struct floor_m p)
{
    double dx = segment.b.x - segment.a.x, dy = segment.b.y - segment.a.y;
    double length2 = dx * dx + dy * dy;
    double along =
        length2 > 0 ? ((p.x - segment.a.x) * dx + (p.y - segment.a.y) * dy) / length2 : 0;
    along = fmax(0, fmin(1, along));
    return floor_distance_m(p,
                            (struct floor_m){ segment.a.x + along * dx, segment.a.y + along * dy });
}

int segment_crossed(struct segment segment, struct segment step, double *ret_share)
{
    double from = left_of(segment, step.a), to = left_of(segment, step.b);
    if ((from >= 0) == (to >= 0))
        return 0;
    if ((left_of(step, segment.a) >= 0) == (left_of(step, segment.b) >= 0))
        return 0;
    *ret_share = from / (from - to);
    return from >= 0 ? 1 : -1;
}
