/*
 * assignment.c - the cheapest one-to-one matching by shortest augmenting paths
 *
 * Rows are inserted one at a time. Each insertion is a Dijkstra search over reduced costs (cost -
 * row dual - column dual, never negative) from the new row to the nearest free column; then the
 * duals are raised and the path is flipped. A forbidden pair stands as a cost so high that it is
 * only taken when nothing else is left, and is dropped at the end: that gives most pairs first,
 * then least cost.
 */
#include "geom/assignment.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

/* Rows are the shorter side; the caller's matrix is read across when it is not. */
struct problem {
    const double *cost;
    size_t rows, columns;
    bool across;
    double forbidden; /* what a forbidden pair costs here: more than all allowed ones together */
    double *row_dual, *column_dual, *distance;
    size_t *row_of, *column_of, *from_row;
    bool *row_done, *column_done;
};

static double raw_cost(const struct problem *p, size_t row, size_t column)
{
    return p->across ? p->cost[column * p->rows + row] : p->cost[row * p->columns + column];
}

static double cost_of(const struct problem *p, size_t row, size_t column)
{
    double cost = raw_cost(p, row, column);
    return cost >= ASSIGNMENT_FORBIDDEN ? p->forbidden : cost;
}

static bool allocate(struct problem *p, struct arena *scratch)
{
    p->row_dual = arena_allocate(scratch, p->rows, sizeof(double));
    p->column_dual = arena_allocate(scratch, p->columns, sizeof(double));
    p->distance = arena_take(scratch, p->columns, sizeof(double));
    p->row_of = arena_take(scratch, p->columns, sizeof(size_t));
    p->column_of = arena_take(scratch, p->rows, sizeof(size_t));
    p->from_row = arena_take(scratch, p->columns, sizeof(size_t));
    p->row_done = arena_take(scratch, p->rows, sizeof(bool));
    p->column_done = arena_take(scratch, p->columns, sizeof(bool));
    return p->row_dual && p->column_dual && p->distance && p->row_of && p->column_of &&
           p->from_row && p->row_done && p->column_done;
}

/* Dijkstra from a free row to the nearest free column; *ret_length is the path's reduced cost. */
static size_t shortest_path(struct problem *p, size_t start, double *ret_length)
{
    for (size_t c = 0; c < p->columns; c++) {
        p->distance[c] = INFINITY;
        p->column_done[c] = false;
    }
    for (size_t r = 0; r < p->rows; r++)
        p->row_done[r] = false;
    double length = 0;
    size_t row = start;
    for (;;) {
        p->row_done[row] = true;
        size_t nearest = ASSIGNMENT_NONE;
        for (size_t c = 0; c < p->columns; c++) {
            if (p->column_done[c])
                continue;
            double d = length + cost_of(p, row, c) - p->row_dual[row] - p->column_dual[c];
            if (d < p->distance[c]) {
                p->distance[c] = d;
                p->from_row[c] = row;
            }
            if (nearest == ASSIGNMENT_NONE || p->distance[c] < p->distance[nearest])
                nearest = c;
        }
        length = p->distance[nearest];
        p->column_done[nearest] = true;
        if (p->row_of[nearest] == ASSIGNMENT_NONE) {
            *ret_length = length;
            return nearest;
        }
        row = p->row_of[nearest];
    }
}

static void raise_duals(struct problem *p, size_t start, double length)
{
    for (size_t c = 0; c < p->columns; c++)
        if (p->column_done[c])
            p->column_dual[c] -= length - p->distance[c];
    for (size_t r = 0; r < p->rows; r++)
        if (p->row_done[r] && r != start)
            p->row_dual[r] += length - p->distance[p->column_of[r]];
    p->row_dual[start] += length;
}

static void flip_path(struct problem *p, size_t start, size_t column)
{
    for (;;) {
        size_t row = p->from_row[column];
        size_t before = p->column_of[row];
        p->row_of[column] = row;
        p->column_of[row] = column;
        if (row == start)
            return;
        column = before;
    }
}

/* The first step of that search, which mostly is the last one too. */
static size_t nearest_column(const struct problem *p, size_t row, double *ret_length)
{
    size_t nearest = 0;
    double least = INFINITY;
    for (size_t c = 0; c < p->columns; c++) {
        double d = cost_of(p, row, c) - p->column_dual[c];
        if (d < least) {
            least = d;
            nearest = c;
        }
    }
    *ret_length = least;
    return nearest;
}

static void insert(struct problem *p, size_t row)
{
    double length;
    size_t column = nearest_column(p, row, &length);
    if (p->row_of[column] == ASSIGNMENT_NONE) {
        p->row_dual[row] = length;
        p->row_of[column] = row;
        p->column_of[row] = column;
        return;
    }
    column = shortest_path(p, row, &length);
    raise_duals(p, row, length);
    flip_path(p, row, column);
}

static void solve(struct problem *p)
{
    for (size_t r = 0; r < p->rows; r++)
        p->column_of[r] = ASSIGNMENT_NONE;
    for (size_t c = 0; c < p->columns; c++)
        p->row_of[c] = ASSIGNMENT_NONE;
    for (size_t r = 0; r < p->rows; r++)
        insert(p, r);
}

static double forbidden_cost(const double *cost, size_t cells, size_t shorter)
{
    double largest = 0;
    for (size_t i = 0; i < cells; i++)
        if (cost[i] < ASSIGNMENT_FORBIDDEN && cost[i] > largest)
            largest = cost[i];
    return (largest + 1) * ((double) shorter + 1);
}

int assignment_solve(const double *cost, size_t rows, size_t columns, struct arena *scratch,
                     size_t *ret_column)
{
    for (size_t r = 0; r < rows; r++)
        ret_column[r] = ASSIGNMENT_NONE;
    if (rows == 0 || columns == 0)
        return 0;
    bool across = rows > columns;
    struct problem p = { .cost = cost,
                         .rows = across ? columns : rows,
                         .columns = across ? rows : columns,
                         .across = across };
    p.forbidden = forbidden_cost(cost, rows * columns, p.rows);
    if (!allocate(&p, scratch))
        return -ENOMEM;
    solve(&p);
    int matched = 0;
    for (size_t r = 0; r < p.rows; r++) {
        size_t c = p.column_of[r];
        if (raw_cost(&p, r, c) >= ASSIGNMENT_FORBIDDEN)
            continue;
        ret_column[across ? c : r] = across ? r : c;
        matched++;
    }
    return matched;
}
