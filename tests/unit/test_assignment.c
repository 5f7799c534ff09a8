/*
 * test_assignment.c - matchings, against a search through all of them
 */
#include "testing.h"

#include <math.h>
#include <stdbool.h>

#include "geom/assignment.h"

#define SIDE_MAX 6
#define CASES    3000

static uint64_t seed;

static double next_random(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double) (seed >> 11) / 9007199254740992.0;
}

struct best {
    int pairs;
    double cost;
};

/* Every matching, one row after the other. */
static void search(const double *cost, size_t rows, size_t columns, size_t row, unsigned used,
                   struct best now, struct best *best)
{
    if (row == rows) {
        if (now.pairs > best->pairs || (now.pairs == best->pairs && now.cost < best->cost))
            *best = now;
        return;
    }
    search(cost, rows, columns, row + 1, used, now, best);
    for (size_t c = 0; c < columns; c++) {
        double pair = cost[row * columns + c];
        if ((used & (1u << c)) || pair >= ASSIGNMENT_FORBIDDEN)
            continue;
        struct best next = { now.pairs + 1, now.cost + pair };
        search(cost, rows, columns, row + 1, used | (1u << c), next, best);
    }
}

static void random_cost(double *cost, size_t cells)
{
    double forbidden_share = next_random();
    for (size_t i = 0; i < cells; i++)
        cost[i] = next_random() < forbidden_share ? ASSIGNMENT_FORBIDDEN : next_random() * 10;
}

static void check_case(struct arena *arena, size_t rows, size_t columns)
{
    double cost[SIDE_MAX * SIDE_MAX];
    size_t column[SIDE_MAX];
    random_cost(cost, rows * columns);
    struct best best = { 0, 0 }, found = { 0, 0 };
    search(cost, rows, columns, 0, 0, (struct best){ 0, 0 }, &best);
    int pairs = assignment_solve(cost, rows, columns, arena, column);
    unsigned used = 0;
    for (size_t r = 0; r < rows; r++) {
        if (column[r] == ASSIGNMENT_NONE)
            continue;
        assert_true(column[r] < columns);
        assert_false(used & (1u << column[r]));
        used |= 1u << column[r];
        assert_true(cost[r * columns + column[r]] < ASSIGNMENT_FORBIDDEN);
        found.pairs++;
        found.cost += cost[r * columns + column[r]];
    }
    assert_int_equal(pairs, found.pairs);
    assert_int_equal(found.pairs, best.pairs);
    assert_float_equal(found.cost, best.cost, 1e-9);
}

static void it_finds_what_a_full_search_finds(void **state)
{
    (void) state;
    AUTO(arena_destroy) struct arena *arena = NULL;
    assert_int_equal(arena_create(4096, &arena), 0);
    seed = 20261123;
    for (int i = 0; i < CASES; i++) {
        arena_reset(arena);
        size_t rows = (size_t) (next_random() * (SIDE_MAX + 1));
        size_t columns = (size_t) (next_random() * (SIDE_MAX + 1));
        check_case(arena, rows, columns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_finds_what_a_full_search_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
