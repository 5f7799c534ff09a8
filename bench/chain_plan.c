/*
 * chain_plan.c - a chain that does not exist: what its parts have in common
 */
#include "bench/chain_plan.h"

#include <err.h>
#include <stdbool.h>
#include <string.h>

#include "sim/random.h"

#define DAY_S 86400

/* Europe/Berlin, 2025-06-01 to 2026-05-31: the dates on which clocks are changed. */
#define WINTER_DAY 20387 /* 2025-10-26 */
#define SUMMER_DAY 20541 /* 2026-03-29 */

/* The clock at midnight at the beginning of a date is that of the day before. */
static int offset_s(int day, bool at_midnight)
{
    int changed = at_midnight ? day - 1 : day;
    return changed >= WINTER_DAY && changed < SUMMER_DAY ? 3600 : 7200;
}

int64_t chain_midnight_s(int day)
{
    return (int64_t) day * DAY_S - offset_s(day, true);
}

int64_t chain_opening_s(int day)
{
    return (int64_t) day * DAY_S + SHOP_OPENS * 3600 - offset_s(day, false);
}

int64_t chain_exposure_ms(int set)
{
    return set == 0 ? 57000 : 3000;
}

struct shop *chain_open_shop(const struct chain_plan *plan, int store)
{
    struct shop *shop = shop_create(random_seed(plan->seed, (uint64_t) store));
    if (!shop)
        errx(1, "out of memory");
    return shop;
}

void chain_pack(const struct shop_minute *minute, struct heat_pack *ret_pack)
{
    int rc = heat_pack_cells(minute->cells, minute->cell_count, ret_pack);
    if (rc < 0)
        errx(1, "could not pack a minute: %s", strerror(-rc));
}
