/* bodies.c - see bodies.h */
#include "detector/bodies.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>

#include "geom/assignment.h"

/*
 * A standing person is about seven and a half heads high; one who sits, or whose legs are hidden,
 * shows two and a half at least. The boxes of two networks differ by a tenth or so.
 */
#define HEAD_HEIGHT_MAX 0.4  /* of the body's */
#define HEAD_HEIGHT_MIN 0.06 /* a smaller one is somebody else's, far behind */
#define HEAD_BELOW_MAX  0.3  /* the head's middle below the body's top edge, by the body's height */
#define HEAD_ABOVE_MAX  0.1
#define HEAD_BESIDE_MAX 0.55 /* the head's middle beside the body's, by the body's width */

/* More people than a camera sees are noise, and the search for heads is cubic in them. */
#define MATCHED_MAX ((size_t) 256)

/* The lowest part of a box, where the feet are. */
#define FEET_HEIGHT 0.1

static double width(struct box_px b)
{
    return b.right - b.left;
}

static double height(struct box_px b)
{
    return b.bottom - b.top;
}

/* How far a head is from where the body's head should be; ASSIGNMENT_FORBIDDEN: not its head. */
static double head_cost(struct box_px head, struct box_px body)
{
    double size = height(head) / height(body);
    double beside = ((head.left + head.right) - (body.left + body.right)) / 2 / width(body);
    double below = ((head.top + head.bottom) / 2 - body.top) / height(body);
    if (size > HEAD_HEIGHT_MAX || size < HEAD_HEIGHT_MIN || fabs(beside) > HEAD_BESIDE_MAX ||
        below > HEAD_BELOW_MAX || below < -HEAD_ABOVE_MAX)
        return ASSIGNMENT_FORBIDDEN;
    return fabs(beside) + fabs(head.top - body.top) / height(body);
}

/* The best items of one class, by their places. */
static size_t collect(const struct detection *items, size_t count, enum detection_class wanted,
                      size_t *ret_places)
{
    size_t found = 0;
    for (size_t i = 0; i < count && found < MATCHED_MAX; i++) {
        if (items[i].object_class == wanted)
            ret_places[found++] = i;
    }
    return found;
}

int bodies_find_heads(struct detection *items, size_t count, struct arena *scratch)
{
    for (size_t i = 0; i < count; i++)
        items[i].body = DETECTION_ALONE;
    size_t *heads = arena_take(scratch, 3 * count, sizeof(*heads));
    if (!heads)
        return count ? -ENOMEM : 0;
    size_t *bodies = heads + count, *body_of = bodies + count;
    size_t head_count = collect(items, count, DETECTION_HEAD, heads);
    size_t body_count = collect(items, count, DETECTION_PERSON, bodies);
    if (head_count == 0 || body_count == 0)
        return 0;
    double *cost = arena_take(scratch, head_count * body_count, sizeof(*cost));
    if (!cost)
        return -ENOMEM;
    for (size_t h = 0; h < head_count; h++) {
        for (size_t b = 0; b < body_count; b++)
            cost[h * body_count + b] = head_cost(items[heads[h]].box, items[bodies[b]].box);
    }
    int r = assignment_solve(cost, head_count, body_count, scratch, body_of);
    for (size_t h = 0; r > 0 && h < head_count; h++) {
        if (body_of[h] != ASSIGNMENT_NONE)
            items[heads[h]].body = (int) bodies[body_of[h]];
    }
    return r < 0 ? r : 0;
}

void bodies_cover_feet(struct detection *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct box_px feet = items[i].box;
        double covered = 0;
        feet.top = feet.bottom - FEET_HEIGHT * height(feet);
        for (size_t k = 0; items[i].object_class == DETECTION_PERSON && k < count; k++) {
            if (items[k].object_class == DETECTION_PERSON &&
                items[k].box.bottom > items[i].box.bottom)
                covered = fmax(covered, box_covered(feet, items[k].box));
        }
        items[i].feet_covered = (float) covered;
    }
}
