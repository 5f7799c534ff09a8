/*
 * trajectories.c - which person is which track, over the whole file
 */
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "eval/identities.h"
#include "geom/assignment.h"

#define SCRATCH_BYTES ((size_t) 64 * 1024)

/* A pair that met, in the group of everybody who met somebody who met them. */
struct meeting {
    uint32_t group, truth, result;
    uint64_t within;
};

struct problem {
    struct meeting *meetings;
    size_t count;
    uint32_t *parent;             /* of people, then tracks: union-find */
    uint32_t *row_of, *column_of; /* of people and tracks in the matrix being built */
    struct arena *scratch;
};

static uint32_t find(uint32_t *parent, uint32_t member)
{
    while (parent[member] != member) {
        parent[member] = parent[parent[member]];
        member = parent[member];
    }
    return member;
}

static int by_group(const void *left, const void *right)
{
    const struct meeting *a = left, *b = right;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->truth != b->truth)
        return a->truth < b->truth ? -1 : 1;
    return (a->result > b->result) - (a->result < b->result);
}

static void gather(struct problem *p, const struct pair_table *table, size_t people, size_t tracks)
{
    for (size_t i = 0; i < people + tracks; i++) {
        p->parent[i] = (uint32_t) i;
        *(i < people ? &p->row_of[i] : &p->column_of[i - people]) = UINT32_MAX;
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct pair_counts *pair = &table->pairs[i];
        if (pair->within == 0)
            continue;
        uint32_t a = find(p->parent, pair->truth);
        uint32_t b = find(p->parent, (uint32_t) people + pair->result);
        p->parent[a < b ? b : a] = a < b ? a : b;
        p->meetings[p->count++] = (struct meeting){ .truth = pair->truth,
                                                    .result = pair->result,
                                                    .within = pair->within };
    }
    for (size_t i = 0; i < p->count; i++)
        p->meetings[i].group = find(p->parent, p->meetings[i].truth);
    if (p->count > 1)
        qsort(p->meetings, p->count, sizeof(*p->meetings), by_group);
}

static uint32_t number_of(uint32_t *numbers, uint32_t member, size_t *count)
{
    if (numbers[member] == UINT32_MAX)
        numbers[member] = (uint32_t) (*count)++;
    return numbers[member];
}

/* The greatest sum: the least cost when a pair costs what it lacks to the best pair. Who has never
 * met may be given to each other too, for nothing. */
static int solve_group(struct problem *p, const struct meeting *group, size_t count,
                       uint64_t *agreed)
{
    size_t rows = 0, columns = 0;
    uint64_t most = 0;
    for (size_t i = 0; i < count; i++) {
        (void) number_of(p->row_of, group[i].truth, &rows);
        (void) number_of(p->column_of, group[i].result, &columns);
        most = group[i].within > most ? group[i].within : most;
    }
    arena_reset(p->scratch);
    double *cost = arena_allocate(p->scratch, rows * columns, sizeof(*cost));
    size_t *chosen = arena_allocate(p->scratch, rows, sizeof(*chosen));
    if (!cost || !chosen)
        return -ENOMEM;
    for (size_t i = 0; i < rows * columns; i++)
        cost[i] = (double) most;
    for (size_t i = 0; i < count; i++)
        cost[p->row_of[group[i].truth] * columns + p->column_of[group[i].result]] =
            (double) (most - group[i].within);
    int r = assignment_solve(cost, rows, columns, p->scratch, chosen);
    for (size_t i = 0; r >= 0 && i < count; i++)
        if (chosen[p->row_of[group[i].truth]] == p->column_of[group[i].result])
            *agreed += group[i].within;
    return r < 0 ? r : 0;
}

static int solve(struct problem *p, uint64_t *agreed)
{
    int r = 0;
    for (size_t first = 0, end; r == 0 && first < p->count; first = end) {
        for (end = first; end < p->count && p->meetings[end].group == p->meetings[first].group;)
            end++;
        r = solve_group(p, &p->meetings[first], end - first, agreed);
    }
    return r;
}

int trajectories_agree(const struct pair_table *table, size_t people, size_t tracks,
                       uint64_t *ret_times)
{
    struct problem p = { .meetings = calloc(table->count + 1, sizeof(*p.meetings)),
                         .parent = calloc(people + tracks + 1, sizeof(*p.parent)),
                         .row_of = calloc(people + 1, sizeof(*p.row_of)),
                         .column_of = calloc(tracks + 1, sizeof(*p.column_of)) };
    uint64_t agreed = 0;
    int r = -ENOMEM;
    if (p.meetings && p.parent && p.row_of && p.column_of)
        r = arena_create(SCRATCH_BYTES, &p.scratch);
    if (r == 0) {
        gather(&p, table, people, tracks);
        r = solve(&p, &agreed);
    }
    if (r == 0)
        *ret_times = agreed;
    arena_destroy(&p.scratch);
    free(p.meetings);
    free(p.parent);
    free(p.row_of);
    free(p.column_of);
    return r;
}
