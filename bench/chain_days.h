/*
 * chain_days.h - what the minutes of store 1 come to, by hour and day
 *
 * Sums are those of its buckets, whose movement is rounded to whole centimetres, and not of the
 * shop's millimetres: what is composed of days and hours must equal what is read from minutes.
 */
#ifndef FLOORFUSE_BENCH_CHAIN_DAYS_H
#define FLOORFUSE_BENCH_CHAIN_DAYS_H

#include "bench/chain_plan.h"

/* An hour or a day. */
struct chain_sums {
    /* Six fields of COPY: cell, dwell_ms, passes, move_x_cm, move_y_cm, path_cm; owned. */
    char *cells;
    struct shop_zone zones[SHOP_ZONES];
    int64_t people_ms, crossed_in, crossed_out; /* crossed: line 1 */
    int32_t peak_people;
};

struct chain_day {
    struct chain_sums hours[SHOP_HOURS], whole;
};

/* The plan's days of minutes, plan->days of them. */
struct chain_day *chain_days_create(const struct chain_plan *plan);
void chain_days_destroy(struct chain_day **days, int count);

#endif
