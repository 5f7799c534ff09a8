/*
 * lens_table.h - undoing a radial lens in constant time
 *
 * Of a lens without p1 and p2, undoing the distortion multiplies a pixel's place (focal lengths
 * from the principal point) by a factor that depends on its squared distance s alone. The factor is
 * kept as cubic pieces of s, made of exact values and slopes at the ends of each piece (Hermite).
 * Building compares every piece with Newton's solution between its ends: a piece that is off by
 * more than LENS_TABLE_ERROR, such as those next to the radius where the model stops growing, is
 * left out, and so are those beyond it.
 */
#ifndef FLOORFUSE_CALIB_LENS_TABLE_H
#define FLOORFUSE_CALIB_LENS_TABLE_H

#include <stddef.h>

#include "calib/lens.h"

/* At most this far from the exact place, focal lengths: with f = 10,000 px a ten thousandth of a
 * px. */
#define LENS_TABLE_ERROR 1e-8

#define LENS_TABLE_PIECES 512

struct lens_table {
    double pieces_a_unit; /* of s */
    double end;           /* the table is for s below this; 0: there is none */
    /* factor = c[0] + t (c[1] + t (c[2] + t c[3])), t from 0 to 1 within the piece */
    double c[LENS_TABLE_PIECES][4];
};

/*
 * For pixels as far from the principal point as the picture's corners. A lens that is not active or
 * has p1 or p2 gets an empty table.
 */
void lens_table_build(const struct lens *lens, double width_px, double height_px,
                      struct lens_table *ret_table);

/*
 * lens_undistort by the table, and by Newton where the table does not reach. The same pixel always
 * gives the same answer.
 */
MUST_CHECK int lens_table_undistort(const struct lens_table *table, const struct lens *lens,
                                    struct image_px p, struct undistorted_px *ret_p,
                                    struct jacobian2 *ret_jacobian);

#endif
