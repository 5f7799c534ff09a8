/*
 * near.h - which of many points lie near a place, without looking at all of them
 *
 * A hash of square cells as wide as the farthest reach: whatever is within reach of a place lies in
 * one of the nine cells around it. Built anew each tick in the tick's arena.
 */
#ifndef FLOORFUSE_FUSION_NEAR_H
#define FLOORFUSE_FUSION_NEAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "geom/point.h"

struct near; /* lives in the arena it was built in */

/*
 *   points   borrowed while the hash is used; count of them
 *   reach_m  no query reaches farther
 * NULL when out of memory.
 */
struct near *near_build(const struct floor_m *points, size_t count, double reach_m,
                        struct arena *arena);

/*
 * The points within radius_m of a place (a larger radius than reach_m is cut to it). *ret_found
 * holds their indices, in an order that depends on the points only; it is valid until the next
 * query. Returns how many.
 */
size_t near_find(struct near *near, struct floor_m place, double radius_m,
                 const uint32_t **ret_found);

#endif
