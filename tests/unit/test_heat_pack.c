/*
 * test_heat_pack.c - the cells of a bucket in five bytes each
 *
 * Bytes are worked out by hand from sql/migrations/0015_heat_cells.sql; sums are compared with
 * plain additions; SQL's own functions are held to the same in test_query and tests/db/cells.sql.
 */
#include "testing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "storage/heat_pack.h"

static void one_cell_takes_five_bytes(void **state)
{
    (void) state;
    /* 1 pass, 7 ticks of 100 ms, moved (30, -40) cm on 52 cm: sqrt(900 + 1600) = 50, so 2 over */
    const struct heat_cell cell = {
        .cell = 9, .passes = 1, .dwell_ms = 700, .move_x_mm = 300, .move_y_mm = -400, .path_mm = 520
    };
    struct heat_pack pack;
    assert_int_equal(heat_pack_cells(&cell, 1, &pack), 0);
    assert_int_equal(pack.first_cell, 9);
    assert_int_equal(pack.dwell_unit_ms, 700); /* the greatest common divisor of one number */
    assert_int_equal(pack.entries, 1);
    const uint8_t expected[] = { 0, 1 << 2 | 1, 2, 30, 0xd8 /* -40 */ };
    assert_memory_equal(pack.planes, expected, sizeof(expected));
    heat_pack_release(&pack);
}

static void planes_stand_one_after_another(void **state)
{
    (void) state;
    const struct heat_cell cells[] = { { .cell = 5, .dwell_ms = 200 },
                                       { .cell = 8, .passes = 2, .dwell_ms = 300 } };
    struct heat_pack pack;
    assert_int_equal(heat_pack_cells(cells, 2, &pack), 0);
    assert_int_equal(pack.first_cell, 5);
    assert_int_equal(pack.dwell_unit_ms, 100);
    const uint8_t expected[] = { 0, 3, 2 << 2, 3 << 2 | 2, 0, 0, 0, 0, 0, 0 };
    assert_int_equal(pack.entries, 2);
    assert_memory_equal(pack.planes, expected, sizeof(expected));
    heat_pack_release(&pack);
}

static void what_does_not_fit_takes_several_entries(void **state)
{
    (void) state;
    /* 300 cells on: 255 + 45; dwell 70 units = 64 + 6 beside one of 1; 4 passes = 3 + 1 */
    const struct heat_cell cells[] = { { .cell = 0, .dwell_ms = 10 },
                                       { .cell = 300, .passes = 4, .dwell_ms = 700 } };
    struct heat_pack pack;
    assert_int_equal(heat_pack_cells(cells, 2, &pack), 0);
    assert_int_equal(pack.dwell_unit_ms, 10);
    const uint8_t gaps_and_stays[] = { 0, 255, 45, 0, 1 << 2, 0, 33 << 2 | 3, 6 << 2 | 1 };
    assert_int_equal(pack.entries, 4);
    assert_memory_equal(pack.planes, gaps_and_stays, sizeof(gaps_and_stays));
    heat_pack_release(&pack);
}

static void no_cells_are_no_entries(void **state)
{
    (void) state;
    struct heat_pack pack;
    assert_int_equal(heat_pack_cells(NULL, 0, &pack), 0);
    assert_int_equal(pack.entries, 0);
    assert_int_equal(pack.dwell_unit_ms, 1);
    heat_pack_release(&pack);
}

static void numbers_that_cannot_be_true_are_refused(void **state)
{
    (void) state;
    const struct heat_cell wrong[] = { { .dwell_ms = -1 },
                                       { .dwell_ms = INT64_C(3000000000) },
                                       { .cell = UINT32_MAX },
                                       { .passes = UINT32_MAX },
                                       { .move_x_mm = INT64_MIN + 1 } };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct heat_pack pack = { .planes = NULL };
        assert_int_equal(heat_pack_cells(&wrong[i], 1, &pack), -ERANGE);
        assert_null(pack.planes);
    }
}

enum { CELLS = 3000 };

static int64_t below(struct chance *chance, int64_t end)
{
    return (int64_t) chance_between(chance, 0, (double) end);
}

/* Small numbers mostly, now and then large ones. */
static int64_t some_number(struct chance *chance, int64_t small, int64_t large)
{
    return below(chance, (below(chance, 20) ? small : large) + 1);
}

static size_t some_cells(struct chance *chance, struct heat_cell *ret_cells)
{
    size_t count = 0;
    for (uint32_t c = (uint32_t) below(chance, 400); c < CELLS && count < 200;
         c += 1 + (uint32_t) some_number(chance, 3, 900)) {
        int64_t sign_x = below(chance, 2) ? 1 : -1, sign_y = below(chance, 2) ? 1 : -1;
        ret_cells[count++] =
            (struct heat_cell){ .cell = c,
                                .passes = (uint32_t) some_number(chance, 2, 5000),
                                .dwell_ms = 100 * some_number(chance, 40, 900000),
                                .move_x_mm = sign_x * 10 * some_number(chance, 30, 100000),
                                .move_y_mm = sign_y * 10 * some_number(chance, 30, 100000),
                                .path_mm = 10 * some_number(chance, 50, 200000) };
    }
    return count;
}

static void what_is_packed_comes_out_again(void **state)
{
    (void) state;
    struct chance chance = { 20261130 };
    for (int round = 0; round < 500; round++) {
        struct heat_cell cells[200], sums[CELLS] = { { .cell = 0 } };
        size_t count = some_cells(&chance, cells);
        struct heat_pack pack;
        assert_int_equal(heat_pack_cells(cells, count, &pack), 0);
        struct heat_entry *entries = calloc(pack.entries + 1, sizeof(*entries));
        assert_int_equal(heat_pack_open(pack.first_cell, pack.dwell_unit_ms, pack.planes,
                                        HEAT_PACK_PLANES * pack.entries, entries),
                         0);
        for (size_t i = 0; i < pack.entries; i++) {
            struct heat_cell *sum = &sums[entries[i].cell];
            sum->dwell_ms += entries[i].dwell_ms;
            sum->passes += (uint32_t) entries[i].passes;
            sum->move_x_mm += 10 * entries[i].move_x_cm;
            sum->move_y_mm += 10 * entries[i].move_y_cm;
            sum->path_mm += 10 * entries[i].path_cm;
        }
        for (size_t i = 0; i < count; i++) {
            struct heat_cell *sum = &sums[cells[i].cell];
            sum->cell = cells[i].cell;
            assert_memory_equal(sum, &cells[i], sizeof(*sum));
            *sum = (struct heat_cell){ .cell = 0 };
        }
        const struct heat_cell nothing[CELLS] = { { .cell = 0 } };
        assert_memory_equal(sums, nothing, sizeof(sums));
        free(entries);
        heat_pack_release(&pack);
    }
}

/* A stay of any length takes an entry a bit, and one for its lower five bits. */
static void long_stays_take_few_entries(void **state)
{
    (void) state;
    const struct heat_cell cells[] = { { .cell = 1, .dwell_ms = 1 },
                                       { .cell = 2, .dwell_ms = INT32_MAX } };
    struct heat_pack pack;
    assert_int_equal(heat_pack_cells(cells, 2, &pack), 0);
    assert_int_equal(pack.dwell_unit_ms, 1);
    assert_int_equal(pack.entries, 1 + 26 + 1);
    heat_pack_release(&pack);
}

/* Of one entry: no gap, a stay, no movement. */
static int open_stay(int32_t dwell_unit_ms, uint8_t code, int32_t *ret_dwell_ms)
{
    const uint8_t planes[HEAT_PACK_PLANES] = { 0, (uint8_t) (code << 2) };
    struct heat_entry entry = { .dwell_ms = 0 };
    int rc = heat_pack_open(0, dwell_unit_ms, planes, sizeof(planes), &entry);
    *ret_dwell_ms = entry.dwell_ms;
    return rc;
}

/* Codes 32 + n are 2^(5 + n) units: 57 is 2^30, 58 is more than an int32_t holds. */
static void planes_that_nobody_packed_are_refused(void **state)
{
    (void) state;
    int32_t dwell_ms;
    assert_int_equal(open_stay(1, 57, &dwell_ms), 0);
    assert_int_equal(dwell_ms, 1 << 30);
    assert_int_equal(open_stay(1, 58, &dwell_ms), -ERANGE);
    assert_int_equal(open_stay(1, 63, &dwell_ms), -ERANGE);
    assert_int_equal(open_stay(INT32_MAX, 1, &dwell_ms), 0);
    assert_int_equal(dwell_ms, INT32_MAX);
    assert_int_equal(open_stay(INT32_MAX, 2, &dwell_ms), -ERANGE);
    assert_int_equal(open_stay(0, 1, &dwell_ms), -ERANGE);
    assert_int_equal(open_stay(-1, 1, &dwell_ms), -ERANGE);
    const uint8_t cut[HEAT_PACK_PLANES + 1] = { 0 };
    struct heat_entry entries[2];
    assert_int_equal(heat_pack_open(0, 1, cut, sizeof(cut), entries), -ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_cell_takes_five_bytes),
        cmocka_unit_test(planes_stand_one_after_another),
        cmocka_unit_test(what_does_not_fit_takes_several_entries),
        cmocka_unit_test(no_cells_are_no_entries),
        cmocka_unit_test(numbers_that_cannot_be_true_are_refused),
        cmocka_unit_test(what_is_packed_comes_out_again),
        cmocka_unit_test(long_stays_take_few_entries),
        cmocka_unit_test(planes_that_nobody_packed_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
