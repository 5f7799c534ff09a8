/*
 * walker_box.h - the box that a camera draws round an upright person
 *
 * The middles of a box's edges are neither head nor foot where verticals lean or are seen from
 * above: there the box reaches from the toes to the back of the head. So a person is a ball for the
 * head, a disc for the shoulders and one for the feet, and the box holds the outlines of all three,
 * each from its dual conic.
 * Source: Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 8.3 (C* = P Q* P^T).
 */
#ifndef FLOORFUSE_CALIB_WALKER_BOX_H
#define FLOORFUSE_CALIB_WALKER_BOX_H

#include "calib/projection.h"

/* A walking person: radii in m, and where the shoulders are, as a share of the height. */
#define WALKER_HEAD_M      0.11
#define WALKER_SHOULDERS_M 0.22
#define WALKER_SHOULDERS   0.82
#define WALKER_FEET_M      0.14

/* The box of a person of that height at a place, undistorted px. Returns 0, or -ERANGE when part of
 * the person is behind the camera. */
MUST_CHECK int walker_box_at(const struct projection *projection, struct floor_m place,
                             double height_m, struct box_px *ret_box);

/*
 * Which point between bottom (0) and top (1) a box is best placed by. A bottom edge that is seen
 * too low makes the person taller and nearer at once; over a track that passes for a law of nature.
 * With equal noise of both edges the error of this point has nothing to do with that of the height:
 * with k = dh / dbottom over the floor, bottom + (1 - k) top is uncorrelated with (1 - k) bottom -
 * top. Whoever fits a camera must keep the share while fitting: where the camera can choose it, it
 * chooses one that makes errors look small.
 */
double walker_place_share(const struct projection *projection, struct box_px box, double height_m);

/*
 * The box of a person of that height, moved over the floor until it covers the given box.
 *   box        undistorted px
 *   share      of the way from bottom to top, the point that is to be the same
 *   ret_place  may be NULL
 * Returns 0, or -ERANGE when there is no such place.
 */
MUST_CHECK int walker_box_like(const struct projection *projection, struct box_px box,
                               double height_m, double share, struct box_px *ret_box,
                               struct floor_m *ret_place);

#endif
