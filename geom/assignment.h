/*
 * assignment.h - the cheapest one-to-one matching (the linear assignment problem)
 */
#ifndef FLOORFUSE_GEOM_ASSIGNMENT_H
#define FLOORFUSE_GEOM_ASSIGNMENT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/macros.h"

/* A pair that must not be matched costs this. */
#define ASSIGNMENT_FORBIDDEN 1e18

/* Behind an unmatched row. */
#define ASSIGNMENT_NONE ((size_t) -1)

/*
 * Match rows to columns so that as many allowed pairs as possible are matched and, among those
 * matchings, the sum of costs is least.
 *   cost         rows x columns, row-major, finite and >= 0, or ASSIGNMENT_FORBIDDEN
 *   scratch      temporary memory; what was allocated there before stays
 *   ret_column   rows entries: the column of each row, or ASSIGNMENT_NONE
 * Returns the number of matched pairs, or -ENOMEM. Ties fall the same way for the same input.
 * Source: shortest augmenting paths with dual variables (Jonker & Volgenant 1987; the rectangular
 * form of Crouse, "On implementing 2D rectangular assignment algorithms", IEEE TAES 2016). O(n^3).
 */
MUST_CHECK int assignment_solve(const double *cost, size_t rows, size_t columns,
                                struct arena *scratch, size_t *ret_column);

#endif
