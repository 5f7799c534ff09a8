/*
 * shop.h - a store that does not exist, minute by minute: what fusion would count of its shoppers
 *
 * People walk aisles, stop at shelves and pay; staff stand at the tills. Their places come with the
 * slow error that fused tracks have, 10 times a second, so that dwell, passes and movement of a
 * cell have the entropy of real ones: it decides what a bucket takes on disk. A seed gives the same
 * days.
 */
#ifndef FLOORFUSE_BENCH_SHOP_H
#define FLOORFUSE_BENCH_SHOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heat/heat_bucket.h"

#define SHOP_CELL_M  0.25
#define SHOP_COLUMNS 200
#define SHOP_ROWS    120
#define SHOP_CELLS   (SHOP_COLUMNS * SHOP_ROWS)
#define SHOP_ZONES   12 /* 4 x 3 departments that cover the floor */
#define SHOP_LINES   3
#define SHOP_OPENS   8 /* o'clock */
#define SHOP_HOURS   12
#define SHOP_TICK_MS 100

struct shop; /* opaque */

struct shop_zone {
    int32_t visits, entries, exits, peak_people;
    int64_t dwell_ms;
};

struct shop_minute {
    int64_t people_ms;
    int32_t peak_people;
    struct heat_cell cells[SHOP_CELLS]; /* ascending */
    size_t cell_count;
    struct shop_zone zones[SHOP_ZONES];
    int32_t left_to_right[SHOP_LINES], right_to_left[SHOP_LINES];
    int32_t flows[SHOP_ZONES][SHOP_ZONES]; /* people from one zone into the next */
};

/* NULL when out of memory. */
struct shop *shop_create(uint64_t seed);
void shop_destroy(struct shop **shop); /* sets *shop to NULL; NULL inside is fine */

/* The next minute; minute counts from opening, 0 .. 60 * SHOP_HOURS - 1, and 0 begins a new day. */
void shop_next(struct shop *shop, int minute, struct shop_minute *ret_minute);

/* Where people can walk: aisles, not shelves. */
bool shop_is_walkable(int cell);

#endif
