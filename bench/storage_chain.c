/*
 * storage_chain.c - the facts of a chain that does not exist, as a script for psql
 *
 * storage_chain WHAT [OPTION N...] writes COPY commands with their rows to stdout. WHAT is
 *
 *   dimensions  the chain, its --stores stores, their zones and lines; cameras, shelves and
 *               walkable cells of store 2 and --heat-stores others
 *   minutes     buckets of stores 1 and 2, --days days of them
 *   year        --year-days days by hour and day: all stores by day, --hour-stores of them by hour,
 *               heat of store 1 on its first --days days; never store 2
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "bench/chain_plan.h"

static bool parse(int argc, char **argv, struct chain_plan *plan)
{
    struct {
        const char *name;
        int *value;
        int low, high;
    } options[] = {
        { "--days", &plan->days, 1, 365 },
        { "--year-days", &plan->year_days, 1, 365 },
        { "--stores", &plan->stores, 4, 100000 },
        { "--hour-stores", &plan->hour_stores, 1, 100000 },
        { "--heat-stores", &plan->heat_stores, 1, 1000 },
    };
    for (int i = 2; i < argc; i += 2) {
        size_t o = 0;
        while (o < ARRAY_LENGTH(options) && strcmp(argv[i], options[o].name) != 0)
            o++;
        int value = i + 1 < argc ? atoi(argv[i + 1]) : 0;
        if (o == ARRAY_LENGTH(options) || value < options[o].low || value > options[o].high)
            return false;
        *options[o].value = value;
    }
    return argc >= 2;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(const struct chain_plan *plan);
    } parts[] = {
        { "dimensions", chain_print_dimensions },
        { "minutes", chain_print_minutes },
        { "year", chain_print_year },
    };
    struct chain_plan plan = {
        .days = 30, .year_days = 365, .stores = 1001, .hour_stores = 50, .heat_stores = 3, .seed = 1
    };
    if (parse(argc, argv, &plan))
        for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
            if (strcmp(argv[1], parts[i].name) == 0) {
                parts[i].print(&plan);
                return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
            }
    (void) fputs(
        "Usage: storage_chain dimensions|minutes|year [--days N] [--year-days N] [--stores N] "
        "[--hour-stores N] [--heat-stores N]\n"
        "The facts of a chain that does not exist, for psql. See docs/benchmarks.md.\n",
        stderr);
    return 2;
}
