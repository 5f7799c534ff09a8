/*
 * visibility.h - what of a body a camera can see: shelves and walls first, then other people
 *
 * 2.5-D: every obstacle stands on the floor. The straight line from a point of the body's axis, a
 * height z over the floor, to a camera at height h is at height z + s (h - z) after the part s of
 * the way over the floor. It clears an obstacle of height o there when z > (o - s h) / (1 - s), so
 * that one walk from person to camera gives the height below which everything is hidden.
 *
 * Where people hide each other is decided in the picture, on a raster of 4 x 16 points a body: one
 * 64-bit word.
 */
#ifndef FLOORFUSE_SIM_VISIBILITY_H
#define FLOORFUSE_SIM_VISIBILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "floor/floor_map.h"

/* Edge of a raster cell of obstacles; coarser only where a floor would need too many. */
#define HEIGHT_FIELD_CELL_M    0.1
#define HEIGHT_FIELD_CELLS_MAX 4000000

/* A shelf whose height nobody gave: a common gondola. */
#define SHELF_HEIGHT_M 1.8

/* Cameras hang on walls, which must not hide everything from them. */
#define VIEWSHED_BLIND_RADIUS_M 0.3

/* Heights from here on count as endless; nobody is taller. */
#define VIEWSHED_HEIGHT_MAX_M 2.54

struct height_field; /* opaque; obstacles as a raster; never changes */

MUST_CHECK int height_field_create(const struct floor_map *map, struct height_field **ret_field);
void height_field_destroy(struct height_field **field);

/* Height of what stands at a point, m; 0: nothing; INFINITY: a wall up to the ceiling. */
double height_field_at(const struct height_field *field, struct floor_m p);

struct viewshed; /* opaque; what one camera position sees; fills itself as it is asked */

/* The field is borrowed as long as the viewshed lives. Returns 0 or -ENOMEM. */
MUST_CHECK int viewshed_create(const struct height_field *field, struct floor_m camera,
                               double camera_height_m, struct viewshed **ret_viewshed);
void viewshed_destroy(struct viewshed **viewshed);

/* Everything at p below this height is hidden by shelves and walls, to 1 cm and one raster cell; 0:
 * nothing is; INFINITY: all. */
double viewshed_hidden_below_m(struct viewshed *viewshed, struct floor_m p);

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
