/*
 * chain_days.c - what the minutes of store 1 come to, by hour and day
 */
#include "bench/chain_days.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "bench/copy_script.h"

/* A cell has one entry, and more where its numbers are too large for one. */
#define ENTRIES_MAX (4 * SHOP_CELLS)

enum measure { DWELL_MS, PASSES, MOVE_X_CM, MOVE_Y_CM, PATH_CM, MEASURES };

struct adding {
    int64_t cells[MEASURES][SHOP_CELLS];
    struct chain_sums sums; /* but for its cells */
};

static void add_cells(struct adding *to, const struct shop_minute *minute)
{
    static struct heat_entry entries[ENTRIES_MAX];
    struct heat_pack pack;
    chain_pack(minute, &pack);
    if (pack.entries > ENTRIES_MAX)
        errx(1, "a minute has %zu entries, and %d can be added up", pack.entries, ENTRIES_MAX);
    if (heat_pack_open(pack.first_cell, pack.dwell_unit_ms, pack.planes,
                       HEAT_PACK_PLANES * pack.entries, entries) < 0)
        errx(1, "what was packed cannot be opened");
    for (size_t i = 0; i < pack.entries; i++) {
        const struct heat_entry *entry = &entries[i];
        to->cells[DWELL_MS][entry->cell] += entry->dwell_ms;
        to->cells[PASSES][entry->cell] += entry->passes;
        to->cells[MOVE_X_CM][entry->cell] += entry->move_x_cm;
        to->cells[MOVE_Y_CM][entry->cell] += entry->move_y_cm;
        to->cells[PATH_CM][entry->cell] += entry->path_cm;
    }
    heat_pack_release(&pack);
}

static void raise_to(int32_t *peak, int32_t people)
{
    if (people > *peak)
        *peak = people;
}

static void add_minute(struct adding *to, const struct shop_minute *minute)
{
    struct chain_sums *sums = &to->sums;
    add_cells(to, minute);
    for (int z = 0; z < SHOP_ZONES; z++) {
        const struct shop_zone *zone = &minute->zones[z];
        sums->zones[z].visits += zone->visits;
        sums->zones[z].entries += zone->entries;
        sums->zones[z].exits += zone->exits;
        sums->zones[z].dwell_ms += zone->dwell_ms;
        raise_to(&sums->zones[z].peak_people, zone->peak_people);
    }
    sums->people_ms += minute->people_ms;
    sums->crossed_in += minute->left_to_right[0];
    sums->crossed_out += minute->right_to_left[0];
    raise_to(&sums->peak_people, minute->peak_people);
}

/* Occupied cells, and their measures in the same order. */
static char *cells_text(const struct adding *from)
{
    static int64_t numbers[1 + MEASURES][SHOP_CELLS];
    struct copy_table row = { .columns = "" };
    size_t count = 0;
    for (int c = 0; c < SHOP_CELLS; c++) {
        if (from->cells[DWELL_MS][c] == 0)
            continue;
        numbers[0][count] = c;
        for (int m = 0; m < MEASURES; m++)
            numbers[1 + m][count] = from->cells[m][c];
        count++;
    }
    for (int m = 0; m < 1 + MEASURES; m++)
        copy_array(&row, numbers[m], count);
    return copy_take(&row);
}

/* The sums of what was added, and begin again with nothing. */
static struct chain_sums take_sums(struct adding *adding)
{
    struct chain_sums sums = adding->sums;
    sums.cells = cells_text(adding);
    memset(adding, 0, sizeof *adding);
    return sums;
}

struct chain_day *chain_days_create(const struct chain_plan *plan)
{
    static struct shop_minute minute;
    static struct adding hour, day;
    struct chain_day *days = calloc((size_t) plan->days, sizeof *days);
    if (!days)
        errx(1, "out of memory");
    struct shop *shop = chain_open_shop(plan, 1);
    for (int d = 0; d < plan->days; d++) {
        for (int m = 0; m < CHAIN_MINUTES; m++) {
            shop_next(shop, m, &minute);
            add_minute(&hour, &minute);
            add_minute(&day, &minute);
            if (m % 60 == 59)
                days[d].hours[m / 60] = take_sums(&hour);
        }
        days[d].whole = take_sums(&day);
    }
    shop_destroy(&shop);
    return days;
}

void chain_days_destroy(struct chain_day **days, int count)
{
    for (int d = 0; *days && d < count; d++) {
        for (int h = 0; h < SHOP_HOURS; h++)
            free((*days)[d].hours[h].cells);
        free((*days)[d].whole.cells);
    }
    free(*days);
    *days = NULL;
}
