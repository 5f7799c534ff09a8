/*
 * heat_pack.c - the cells of a bucket in five bytes each
 */
#include "storage/heat_pack.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#define GAP_MAX    255
#define PASSES_MAX 3 /* two bits */

/* Dwell in six bits: numbers below 32 as they are, above that single bits from 2^5 on. */
#define DWELL_BIT_CODE 32
#define DWELL_BIT      5

/* Beyond this sums of entries would not fit the integers they are read into. */
#define MEASURE_MAX INT32_MAX

enum plane { PLANE_GAP, PLANE_STAY, PLANE_EXCESS, PLANE_MOVE_X, PLANE_MOVE_Y };

/* What is left of a cell to be written. */
struct rest {
    int64_t gap, dwell, passes, move_x_cm, move_y_cm, path_cm;
};

/* Rows of entries while they are made; planes are cut out in the end. */
struct rows {
    uint8_t (*items)[HEAT_PACK_PLANES];
    size_t count, capacity;
};

static int64_t greatest_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Half a centimetre goes away from zero, as SQL's round() has it. */
static int64_t centimetres(int64_t mm)
{
    return (mm < 0 ? mm - 5 : mm + 5) / 10;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int64_t whole_length(int64_t x, int64_t y)
{
    return (int64_t) floor(sqrt((double) (x * x + y * y)));
}

static int add_row(struct rows *rows, const uint8_t row[static HEAT_PACK_PLANES])
{
    if (rows->count == HEAT_PACK_ENTRIES_MAX)
        return -ERANGE;
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? 2 * rows->capacity : 512;
        void *items = realloc(rows->items, capacity * sizeof(*rows->items));
        if (!items)
            return -ENOMEM;
        rows->items = items;
        rows->capacity = capacity;
    }
    memcpy(rows->items[rows->count++], row, HEAT_PACK_PLANES);
    return 0;
}

/* Code of as much of a dwell, in units, as one entry can hold. */
static uint8_t dwell_code(int64_t units)
{
    if (units < DWELL_BIT_CODE)
        return (uint8_t) units;
    int highest = 63 - __builtin_clzll((unsigned long long) units);
    return (uint8_t) (DWELL_BIT_CODE + highest - DWELL_BIT);
}

static int64_t dwell_of(uint8_t code)
{
    return code < DWELL_BIT_CODE ? code : INT64_C(1) << (code - DWELL_BIT_CODE + DWELL_BIT);
}

/* Write as much of a cell as fits into one entry. */
static int add_entry(struct rows *rows, struct rest *rest)
{
    uint8_t row[HEAT_PACK_PLANES] = { 0 };
    int64_t gap = clamp(rest->gap, 0, GAP_MAX);
    row[PLANE_GAP] = (uint8_t) gap;
    rest->gap -= gap;
    if (rest->gap == 0) { /* the measures wait for the entry that reaches the cell */
        uint8_t dwell = dwell_code(rest->dwell);
        int64_t passes = clamp(rest->passes, 0, PASSES_MAX);
        int64_t x = clamp(rest->move_x_cm, INT8_MIN, INT8_MAX);
        int64_t y = clamp(rest->move_y_cm, INT8_MIN, INT8_MAX);
        int64_t length = whole_length(x, y);
        int64_t excess = clamp(rest->path_cm - length, INT8_MIN, INT8_MAX);
        row[PLANE_STAY] = (uint8_t) (dwell << 2 | passes);
        row[PLANE_EXCESS] = (uint8_t) excess;
        row[PLANE_MOVE_X] = (uint8_t) x;
        row[PLANE_MOVE_Y] = (uint8_t) y;
        rest->dwell -= dwell_of(dwell);
        rest->passes -= passes;
        rest->move_x_cm -= x;
        rest->move_y_cm -= y;
        rest->path_cm -= length + excess;
    }
    return add_row(rows, row);
}

static bool is_left(const struct rest *rest)
{
    return rest->gap || rest->dwell || rest->passes || rest->move_x_cm || rest->move_y_cm ||
           rest->path_cm;
}

static bool can_be_true(const struct heat_cell *cell)
{
    return cell->cell <= INT32_MAX && cell->passes <= MEASURE_MAX && cell->dwell_ms >= 0 &&
           cell->dwell_ms <= MEASURE_MAX && llabs(cell->move_x_mm) <= MEASURE_MAX &&
           llabs(cell->move_y_mm) <= MEASURE_MAX && llabs(cell->path_mm) <= MEASURE_MAX;
}

static int add_cells(struct rows *rows, const struct heat_cell *cells, size_t count, int64_t unit)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct heat_cell *cell = &cells[i];
        struct rest rest = { .gap = i == 0 ? 0 : (int64_t) cell->cell - cells[i - 1].cell,
                             .dwell = cell->dwell_ms / unit,
                             .passes = cell->passes,
                             .move_x_cm = centimetres(cell->move_x_mm),
                             .move_y_cm = centimetres(cell->move_y_mm),
                             .path_cm = centimetres(cell->path_mm) };
        do
            rc = add_entry(rows, &rest);
        while (rc == 0 && is_left(&rest));
    }
    return rc;
}

static int cut_planes(const struct rows *rows, struct heat_pack *ret_pack)
{
    uint8_t *planes = malloc(rows->count * HEAT_PACK_PLANES + 1);
    if (!planes)
        return -ENOMEM;
    for (size_t p = 0; p < HEAT_PACK_PLANES; p++)
        for (size_t i = 0; i < rows->count; i++)
            planes[p * rows->count + i] = rows->items[i][p];
    ret_pack->planes = planes;
    ret_pack->entries = rows->count;
    return 0;
}

int heat_pack_cells(const struct heat_cell *cells, size_t count, struct heat_pack *ret_pack)
{
    struct heat_pack pack = { .first_cell = count ? (int32_t) cells[0].cell : 0 };
    struct rows rows = { .items = NULL };
    int64_t unit = 0;
    for (size_t i = 0; i < count; i++) {
        if (!can_be_true(&cells[i]))
            return -ERANGE;
        unit = greatest_divisor(cells[i].dwell_ms, unit);
    }
    pack.dwell_unit_ms = unit ? (int32_t) unit : 1;
    int rc = add_cells(&rows, cells, count, pack.dwell_unit_ms);
    if (rc == 0)
        rc = cut_planes(&rows, &pack);
    free(rows.items);
    if (rc == 0)
        *ret_pack = pack;
    return rc;
}

void heat_pack_release(struct heat_pack *pack)
{
    free(pack->planes);
    *pack = (struct heat_pack){ .planes = NULL };
}

int heat_pack_open(int32_t first_cell, int32_t dwell_unit_ms, const uint8_t *planes, size_t length,
                   struct heat_entry *ret_entries)
{
    size_t n = length / HEAT_PACK_PLANES;
    if (length % HEAT_PACK_PLANES != 0 || dwell_unit_ms < 1)
        return -ERANGE;
    uint32_t cell = (uint32_t) first_cell;
    for (size_t i = 0; i < n; i++) {
        cell += planes[PLANE_GAP * n + i];
        uint8_t stay = planes[PLANE_STAY * n + i];
        int64_t dwell = dwell_of(stay >> 2);
        if (dwell > INT32_MAX / dwell_unit_ms)
            return -ERANGE;
        int32_t x = (int8_t) planes[PLANE_MOVE_X * n + i];
        int32_t y = (int8_t) planes[PLANE_MOVE_Y * n + i];
        int32_t excess = (int8_t) planes[PLANE_EXCESS * n + i];
        ret_entries[i] = (struct heat_entry){ .cell = cell,
                                              .dwell_ms = (int32_t) dwell * dwell_unit_ms,
                                              .passes = stay & 3,
                                              .move_x_cm = x,
                                              .move_y_cm = y,
                                              .path_cm = excess + (int32_t) whole_length(x, y) };
    }
    return 0;
}
