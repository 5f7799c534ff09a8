/*
 * movement.h - arrows that show which way people went
 */
#ifndef FLOORFUSE_REPORT_MOVEMENT_H
#define FLOORFUSE_REPORT_MOVEMENT_H

#include "report/heat_field.h"
#include "report/map.h"

/*
 * Draw an arrow for each block of cells, about 1 m wide and never too small to read, and what the
 * arrows mean. An arrow points along the net displacement of everybody who walked in the block and
 * stands where most of the walking was; length and width grow with the metres walked, opacity with
 * how much of that went one way. Cells that nobody could see are left out.
 *   percentile  of the blocks that gets the longest arrow, 0..100
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int movement_draw(const struct map *map, const struct heat_sums *sums,
                             double percentile);

#endif
