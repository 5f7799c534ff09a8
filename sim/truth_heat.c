/*
 * truth_heat.c - what should be in each heat bucket
 */
#include "sim/truth_heat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "heat/heat_bucket.h"

/* Equal to fusion's WALKER_HYSTERESIS_CELLS; a test holds them together. */
#define HYSTERESIS_CELLS 0.1

/* Somebody, and the cell they count as being in. */
struct stroller {
    int64_t id;
    uint32_t cell; /* or GRID_OUTSIDE */
};

struct truth_heat {
    struct grid grid;
    int64_t tick_us;
    int bucket_s;
    uint8_t *const *footprints;
    size_t camera_count;
    struct truth_heat_sink sink;
    bool open;
    int64_t start_us, people_ms;
    struct truth_cell *cells, *touched; /* all of the grid; those of a closed bucket */
    struct truth_exposure *exposures;
    size_t exposure_count, exposure_capacity;
    struct stroller *strollers, *before; /* by id: now, and at the last tick */
    size_t stroller_count, stroller_capacity;
};

int truth_heat_create(const struct grid *grid, int tick_ms, int bucket_s,
                      uint8_t *const *footprints, size_t camera_count, struct truth_heat_sink sink,
                      struct truth_heat **ret_heat)
{
    AUTO(truth_heat_destroy) struct truth_heat *heat = calloc(1, sizeof(*heat));
    if (!heat)
        return -ENOMEM;
    heat->grid = *grid;
    heat->tick_us = tick_ms * US_PER_MS;
    heat->bucket_s = bucket_s;
    heat->footprints = footprints;
    heat->camera_count = camera_count;
    heat->sink = sink;
    heat->cells = calloc((size_t) grid_cells(grid) + 1, sizeof(*heat->cells));
    heat->touched = calloc((size_t) grid_cells(grid) + 1, sizeof(*heat->touched));
    if (!heat->cells || !heat->touched)
        return -ENOMEM;
    *ret_heat = heat;
    heat = NULL;
    return 0;
}

void truth_heat_destroy(struct truth_heat **heat)
{
    if (!*heat)
        return;
    free((*heat)->cells);
    free((*heat)->touched);
    free((*heat)->exposures);
    free((*heat)->strollers);
    free((*heat)->before);
    free(*heat);
    *heat = NULL;
}

static int by_set(const void *left, const void *right)
{
    const struct truth_exposure *a = left, *b = right;
    return (a->camera_set > b->camera_set) - (a->camera_set < b->camera_set);
}

/* How long some camera could see a cell in this bucket. */
static int64_t exposure_of_cell(const struct truth_heat *heat, uint32_t cell)
{
    uint64_t see = 0;
    for (size_t i = 0; i < heat->camera_count; i++)
        if (grid_mask_test(heat->footprints[i], cell))
            see |= UINT64_C(1) << i;
    int64_t exposure_ms = 0;
    for (size_t i = 0; i < heat->exposure_count; i++)
        if (heat->exposures[i].camera_set & see)
            exposure_ms += heat->exposures[i].exposure_ms;
    return exposure_ms;
}

int truth_heat_finish(struct truth_heat *heat)
{
    if (!heat->open)
        return 0;
    size_t touched = 0;
    for (uint32_t i = 0; i < grid_cells(&heat->grid); i++) {
        struct truth_cell *cell = &heat->cells[i];
        if (cell->dwell_ms == 0 && cell->passes == 0)
            continue;
        cell->cell = i;
        cell->exposure_ms = exposure_of_cell(heat, i);
        heat->touched[touched++] = *cell;
        *cell = (struct truth_cell){ 0 };
    }
    if (heat->exposure_count)
        qsort(heat->exposures, heat->exposure_count, sizeof(*heat->exposures), by_set);
    const struct truth_bucket bucket = { .start_us = heat->start_us,
                                         .people_ms = heat->people_ms,
                                         .cells = heat->touched,
                                         .cell_count = touched,
                                         .exposures = heat->exposures,
                                         .exposure_count = heat->exposure_count };
    int r = heat->sink.bucket(heat->sink.context, &bucket);
    heat->open = false;
    heat->people_ms = 0;
    heat->exposure_count = 0;
    return r;
}

static int add_exposure(struct truth_heat *heat, uint64_t looking)
{
    if (looking == 0)
        return 0;
    int64_t tick_ms = heat->tick_us / US_PER_MS;
    for (size_t i = heat->exposure_count; i-- > 0;)
        if (heat->exposures[i].camera_set == looking) {
            heat->exposures[i].exposure_ms += tick_ms;
            return 0;
        }
    if (heat->exposure_count == heat->exposure_capacity) {
        size_t capacity = heat->exposure_capacity ? 2 * heat->exposure_capacity : 16;
        struct truth_exposure *grown = realloc(heat->exposures, capacity * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        heat->exposures = grown;
        heat->exposure_capacity = capacity;
    }
    heat->exposures[heat->exposure_count++] =
        (struct truth_exposure){ .camera_set = looking, .exposure_ms = tick_ms };
    return 0;
}

static int reserve(struct truth_heat *heat, size_t count)
{
    if (count <= heat->stroller_capacity)
        return 0;
    struct stroller *now = realloc(heat->strollers, 2 * count * sizeof(*now));
    if (now)
        heat->strollers = now;
    struct stroller *before = realloc(heat->before, 2 * count * sizeof(*before));
    if (before)
        heat->before = before;
    if (!now || !before)
        return -ENOMEM;
    heat->stroller_capacity = 2 * count;
    return 0;
}

/* Whether they are a tenth of a cell beyond the border of the cell they were in. */
static bool has_left(const struct grid *grid, uint32_t cell, struct floor_m p)
{
    double column = (p.x - grid->origin.x) / grid->cell_m - cell % grid->columns;
    double row = (p.y - grid->origin.y) / grid->cell_m - cell / grid->columns;
    double low = -HYSTERESIS_CELLS, high = 1 + HYSTERESIS_CELLS;
    return column <= low || column >= high || row <= low || row >= high;
}

static void go(struct truth_heat *heat, struct stroller *s, const struct stroller *before,
               struct floor_m p)
{
    uint32_t now = grid_cell_at(&heat->grid, p);
    if (now != GRID_OUTSIDE)
        heat->cells[now].dwell_ms += heat->tick_us / US_PER_MS;
    heat->people_ms += heat->tick_us / US_PER_MS;
    s->cell = before ? before->cell : GRID_OUTSIDE;
    if (now == s->cell)
        return;
    if (s->cell != GRID_OUTSIDE && !has_left(&heat->grid, s->cell, p))
        return;
    s->cell = now;
    if (now != GRID_OUTSIDE)
        heat->cells[now].passes++;
}

int truth_heat_tick(struct truth_heat *heat, int64_t tick_us, const struct simulated_person *people,
                    size_t count, uint64_t looking)
{
    int64_t start_us = heat_bucket_start_us(tick_us - heat->tick_us, heat->bucket_s);
    int r = heat->open && start_us != heat->start_us ? truth_heat_finish(heat) : 0;
    if (r == 0)
        r = reserve(heat, count);
    if (r < 0)
        return r;
    heat->open = true;
    heat->start_us = start_us;
    struct stroller *spare = heat->before;
    heat->before = heat->strollers;
    heat->strollers = spare;
    size_t old = 0, old_count = heat->stroller_count;
    for (size_t i = 0; i < count; i++) {
        while (old < old_count && heat->before[old].id < people[i].id)
            old++;
        bool known = old < old_count && heat->before[old].id == people[i].id;
        heat->strollers[i].id = people[i].id;
        go(heat, &heat->strollers[i], known ? &heat->before[old] : NULL, people[i].position);
    }
    heat->stroller_count = count;
    return add_exposure(heat, looking);
}
