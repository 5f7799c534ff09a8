/*
 * heat_pack.h - the cells of a bucket in five bytes each
 *
 * What heat_bucket.cells holds; sql/migrations/0015_heat_cells.sql describes the planes, and its
 * functions heat_pack() and heat_cells() do the same in SQL. Movement is kept in whole centimetres:
 * people are placed to some 10 cm.
 */
#ifndef FLOORFUSE_STORAGE_HEAT_PACK_H
#define FLOORFUSE_STORAGE_HEAT_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "heat/heat_bucket.h"

#define HEAT_PACK_PLANES 5

/* Entries of one bucket at most, 20 MB. */
#define HEAT_PACK_ENTRIES_MAX (4 * 1000 * 1000)

struct heat_pack {
    int32_t first_cell;
    int32_t dwell_unit_ms;
    uint8_t *planes; /* HEAT_PACK_PLANES of `entries` bytes; owned */
    size_t entries;
};

/*
 * Pack cells.
 *   cells     ascending, none twice; dwell and passes not negative
 *   ret_pack  the caller's to release; empty when there are no cells
 * Returns 0, -ERANGE (a number too large to be true, or one below zero), -ENOMEM.
 */
MUST_CHECK int heat_pack_cells(const struct heat_cell *cells, size_t count,
                               struct heat_pack *ret_pack);
void heat_pack_release(struct heat_pack *pack);

/* One entry; a cell may have several, which add up. */
struct heat_entry {
    uint32_t cell;
    int32_t dwell_ms, passes;
    int32_t move_x_cm, move_y_cm, path_cm;
};

/*
 * Open planes.
 *   dwell_unit_ms   from 1
 *   planes, length  length is a multiple of HEAT_PACK_PLANES
 *   ret_entries     room for length / HEAT_PACK_PLANES of them
 * Returns 0; -ERANGE where no pack has such a unit, length or dwell, and the entries are not to be
 * used.
 */
MUST_CHECK int heat_pack_open(int32_t first_cell, int32_t dwell_unit_ms, const uint8_t *planes,
                              size_t length, struct heat_entry *ret_entries);

#endif
