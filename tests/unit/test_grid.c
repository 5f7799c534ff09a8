/*
 * test_grid.c - cells, by hand
 */
#include "testing.h"

#include "geom/grid.h"

static void cells_are_numbered_row_by_row_from_the_lower_left(void **state)
{
    (void) state;
    struct grid grid = { { 10, 20 }, 0.5, 4, 3 };
    assert_int_equal(grid_cell_at(&grid, (struct floor_m){ 10, 20 }), 0);
    assert_int_equal(grid_cell_at(&grid, (struct floor_m){ 11.9, 20.1 }), 3);
    assert_int_equal(grid_cell_at(&grid, (struct floor_m){ 10.1, 20.6 }), 4);
    assert_int_equal(grid_cell_at(&grid, (struct floor_m){ 11.99, 21.49 }), 11);
}

static void outside_and_nan_are_no_cell(void **state)
{
    (void) state;
    struct grid grid = { { 0, 0 }, 1, 2, 2 };
    const struct floor_m outside[] = {
        { -0.001, 0 }, { 2, 0 }, { 0, 2 }, { NAN, 0 }, { 1e300, 0 }
    };
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
        assert_int_equal(grid_cell_at(&grid, outside[i]), GRID_OUTSIDE);
}

static void a_cells_centre_lies_in_it(void **state)
{
    (void) state;
    struct grid grid = { { -3.3, 7.1 }, 0.25, 17, 9 };
    for (uint32_t cell = 0; cell < grid_cells(&grid); cell++)
        assert_int_equal(grid_cell_at(&grid, grid_cell_centre(&grid, cell)), cell);
}

static void covering_rounds_up_but_not_for_rounding_errors(void **state)
{
    (void) state;
    struct grid grid = grid_covering((struct floor_m){ 0, 0 }, (struct floor_m){ 0.3, 1.01 }, 0.1);
    assert_int_equal(grid.columns, 3); /* 0.3 / 0.1 is a hair below 3 in binary, 3 in fact */
    assert_int_equal(grid.rows, 11);
}

static void mask_bits_are_postgresqls_get_bit_order(void **state)
{
    (void) state;
    /* get_bit(bytea, n) is bit n % 8 of byte n / 8, lowest first (PostgreSQL manual, table 9.13) */
    uint8_t mask[2] = { 0 };
    grid_mask_set(mask, 0);
    grid_mask_set(mask, 9);
    assert_int_equal(mask[0], 1);
    assert_int_equal(mask[1], 2);
    assert_true(grid_mask_test(mask, 9));
    assert_false(grid_mask_test(mask, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_numbered_row_by_row_from_the_lower_left),
        cmocka_unit_test(outside_and_nan_are_no_cell),
        cmocka_unit_test(a_cells_centre_lies_in_it),
        cmocka_unit_test(covering_rounds_up_but_not_for_rounding_errors),
        cmocka_unit_test(mask_bits_are_postgresqls_get_bit_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
