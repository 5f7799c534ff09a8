/* convex_hull.c - the rubber band around points */
#include "geom/convex_hull.h"

#include <stdlib.h>
#include <string.h>

static int by_x_then_y(const void *a, const void *b)
{
    const double *p = a, *q = b;
    if (p[0] != q[0])
        return p[0] < q[0] ? -1 : 1;
    return p[1] < q[1] ? -1 : p[1] > q[1];
}

/* Twice the area of a, b, c: positive when they turn left. */
static double turn(const double *a, const double *b, const double *c)
{
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/* Put a point behind the hull's last, which goes while it makes no left turn; `fixed` corners stay.
 */
static size_t extend(double *hull, size_t count, size_t fixed, const double *point)
{
    while (count >= fixed + 2 && turn(hull + 2 * (count - 2), hull + 2 * (count - 1), point) <= 0)
        count--;
    memcpy(hull + 2 * count, point, 2 * sizeof(double));
    return count + 1;
}

size_t convex_hull(double *xy, size_t count, double *ret_hull)
{
    size_t corners = 0;
    qsort(xy, count, 2 * sizeof(double), by_x_then_y);
    for (size_t i = 0; i < count; i++)
        corners = extend(ret_hull, corners, 0, xy + 2 * i);
    size_t lower = corners ? corners - 1 : 0;
    for (size_t i = count; i-- > 1;)
        corners = extend(ret_hull, corners, lower, xy + 2 * (i - 1));
    return corners > 1 ? corners - 1 : corners; /* the first point closes the ring */
}
