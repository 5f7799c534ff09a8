/*
 * walker_box.h - the box that a camera draws round an upright person
 *
 * The middles of a box's edges are neither head nor foot where verticals lean or are seen from
 * above. So a person is a slim upright ellipsoid that stands on the floor, and its box is computed
 * as a whole: from the dual conic of its outline.
 * Source: Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 8.3 (C* = P Q* P^T).
 */
#ifndef FLOORFUSE_CALIB_WALKER_BOX_H
#define FLOORFUSE_CALIB_WALKER_BOX_H

#include "calib/projection.h"

/* Half the breadth of a walking person, m. */
#define WALKER_RADIUS_M 0.20

/* The box of a person of that height at a place, undistorted px. Returns 0, or -ERANGE when part of
 * the person is behind the camera. */
MUST_CHECK int walker_box_at(const struct projection *projection, struct floor_m place,
                             double height_m, struct box_px *ret_box);

/*
 * The box of a person of that height, moved over the floor until it covers the given box: until a
 * point somewhat below their middles is the same.
 *   box        undistorted px
 *   ret_place  may be NULL
 * Returns 0, or -ERANGE when there is no such place.
 */
MUST_CHECK int walker_box_like(const struct projection *projection, struct box_px box,
                               double height_m, struct box_px *ret_box, struct floor_m *ret_place);

#endif
