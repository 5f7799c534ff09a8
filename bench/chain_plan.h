/*
 * chain_plan.h - a chain that does not exist: how large it is, what a store has, when it is open
 *
 * Store 1 has minutes, hours and days, store 2 minutes only: it is there to be rolled up. The
 * others have hours or days that are made of those of store 1. All stores are alike, open every
 * day, and keep the time of Europe/Berlin from 2025-06-01 to 2026-05-31.
 */
#ifndef FLOORFUSE_BENCH_CHAIN_PLAN_H
#define FLOORFUSE_BENCH_CHAIN_PLAN_H

#include <stdint.h>

#include "bench/shop.h"
#include "storage/heat_pack.h"

#define CHAIN_FIRST_DAY    20240 /* 2025-06-01, in days since 1970 */
#define CHAIN_MINUTES      (60 * SHOP_HOURS)
#define CHAIN_CAMERAS      8
#define CHAIN_CAMERA_SETS  2 /* all cameras; all but the last */
#define CHAIN_ROLLED_STORE 2

/* Each store has one floor with one grid, and one definition. */
enum chain_id { CHAIN_FLOOR = 1, CHAIN_GRID = 1, CHAIN_DEFINITION = 1 };

struct chain_plan {
    int days;        /* of minutes */
    int year_days;   /* of hours and days */
    int stores;      /* all of them */
    int hour_stores; /* the first ones: they have hours; the rolled store is not counted */
    int heat_stores; /* the first ones: they have cameras and heat; likewise */
    uint64_t seed;
};

/* Write one part as a script for psql; what goes wrong ends the program. */
void chain_print_dimensions(const struct chain_plan *plan);
void chain_print_minutes(const struct chain_plan *plan);
void chain_print_year(const struct chain_plan *plan);

/* A day's times in seconds since 1970; `day` is in days since 1970. */
int64_t chain_midnight_s(int day); /* at which it begins */
int64_t chain_opening_s(int day);

/* How much of a minute a camera set was looking. */
int64_t chain_exposure_ms(int set);

/* The shoppers of a store, from its first day on; the caller's to destroy. */
struct shop *chain_open_shop(const struct chain_plan *plan, int store);

/* The cells of a minute as its bucket has them; the caller's to release. */
void chain_pack(const struct shop_minute *minute, struct heat_pack *ret_pack);

#endif
