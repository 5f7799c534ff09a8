/*
 * visibility.h - what of a body a camera can see: where people hide each other
 *
 * It is decided in the picture, on a raster of 4 x 16 points a body: one 64-bit word. What shelves
 * and walls hide is in floor/viewshed.h.
 */
#ifndef FLOORFUSE_SIM_VISIBILITY_H
#define FLOORFUSE_SIM_VISIBILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "floor/viewshed.h"

/*
 * A body in the picture: its box, without noise and not cut by the picture's edge. Rows run from
 * the crown to the feet.
 */
#define BODY_ROWS    16
#define BODY_COLUMNS 4

struct silhouette {
    double left, top, right, bottom; /* px */
};

/* Bit BODY_COLUMNS * row + column is one point of the box. Those that belong to the body: all but
 * the corners beside the head. */
#define BODY_MASK (~UINT64_C(0x99))
#define BODY_BITS 60
#define HEAD_MASK UINT64_C(0x66)
#define HEAD_BITS 4
#define FOOT_MASK (UINT64_C(0xF) << BODY_COLUMNS * (BODY_ROWS - 1))

/* The points of `body` that lie outside the picture. */
uint64_t silhouette_outside(struct silhouette body, double width_px, double height_px);

/* The points of `body` below a row of the picture. */
uint64_t silhouette_below(struct silhouette body, double y_px);

/* Whether two boxes share anything: most do not, so that it pays to ask first. */
static inline bool silhouette_overlaps(struct silhouette a, struct silhouette b)
{
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/* The points of `body` that a nearer body covers. */
uint64_t silhouette_covered(struct silhouette body, struct silhouette nearer);

/* The box around the points in `visible` (not 0). */
struct silhouette silhouette_visible_box(struct silhouette body, uint64_t visible);

#endif
