/*
 * paths.c - the shortest way around shelves and walls, to places that many people want to reach
 *
 * Costs are small whole numbers, so the queue is a ring of buckets (Dial 1969): a field of 60,000
 * cells takes about 2 ms. Fields are kept up to a bound of memory; the one that was not needed for
 * the longest time goes first.
 */
#include "sim/paths.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Memory for fields, one byte a cell. */
#define FIELD_BYTES_MAX ((size_t) 128 * 1024 * 1024)

/* Where to: one of eight neighbours, counter-clockwise from +x. */
#define DIRECTIONS  8
#define HERE        8
#define UNREACHABLE 255
static const int column_step[DIRECTIONS] = { 1, 1, 0, -1, -1, -1, 0, 1 };
static const int row_step[DIRECTIONS] = { 0, 1, 1, 1, 0, -1, -1, -1 };

/* Cost of a step, times this by the kind of cell. */
#define STRAIGHT      10u
#define DIAGONAL      14u
#define WEIGHT_FREE   1
#define WEIGHT_NARROW 2 /* near a wall, where people do not like to walk */
#define WEIGHT_AVOID  6
#define NARROW_M      0.5

/* More buckets than the dearest step costs (6 * 14 = 84). */
#define BUCKETS 128

#define NONE UINT32_MAX

/* A field is made this much farther than was asked for: 5 m and as far again. */
#define MARGIN_FACTOR 2
#define MARGIN_COST   250

/* How far ahead people look along their way. */
#define LOOK_AHEAD_CELLS 60
#define LOOK_EVERY_CELLS 4

/* Looking for a passable cell around somebody who was pushed to a wall. */
#define NEAR_CELLS 4

struct goal {
    uint32_t *cells;
    size_t cell_count;
    uint8_t *field;     /* NULL: not made yet, or given up */
    bool complete;      /* the field; else only cells near the goal know the way */
    uint64_t last_used; /* counts questions */
};

struct node {
    uint32_t cost, before, after;
};

struct paths {
    const struct clearance *clearance;
    const struct grid *grid;
    int64_t step[DIRECTIONS];
    uint8_t *weight; /* of a cell; 0: not passable */
    struct goal *goals;
    size_t goal_count, field_count;
    uint64_t questions;
    bool avoids; /* some cells */
    /* of the queue: lists of cells by cost, linked both ways so that a cell can move */
    struct node *nodes; /* one a cell */
    uint32_t bucket[BUCKETS];
};

void paths_destroy(struct paths **paths)
{
    if (!*paths)
        return;
    for (size_t i = 0; i < (*paths)->goal_count; i++) {
        free((*paths)->goals[i].cells);
        free((*paths)->goals[i].field);
    }
    free((*paths)->goals);
    free((*paths)->weight);
    free((*paths)->nodes);
    free(*paths);
    *paths = NULL;
}

/* The neighbour of a cell in a direction, as a difference of numbers. Cells at the rim of the
 * raster are never passable (clearance.c keeps one outside the floor), so there is always one. */
static int64_t step_to(const struct paths *p, int direction)
{
    return row_step[direction] * (int64_t) p->grid->columns + column_step[direction];
}

int paths_create(const struct clearance *clearance, struct paths **ret_paths)
{
    AUTO(paths_destroy) struct paths *p = calloc(1, sizeof(*p));
    if (!p)
        return -ENOMEM;
    p->clearance = clearance;
    p->grid = clearance_grid(clearance);
    for (int direction = 0; direction < DIRECTIONS; direction++)
        p->step[direction] = step_to(p, direction);
    uint32_t cells = grid_cells(p->grid);
    p->weight = calloc(cells, sizeof(*p->weight));
    p->nodes = calloc(cells, sizeof(*p->nodes));
    if (!p->weight || !p->nodes)
        return -ENOMEM;
    for (uint32_t cell = 0; cell < cells; cell++) {
        double room_m = clearance_of_cell(clearance, cell);
        if (room_m >= PATH_CLEARANCE_M)
            p->weight[cell] = room_m < NARROW_M ? WEIGHT_NARROW : WEIGHT_FREE;
    }
    *ret_paths = p;
    p = NULL;
    return 0;
}

void paths_avoid(struct paths *paths, uint32_t cell)
{
    if (paths->weight[cell])
        paths->weight[cell] = WEIGHT_AVOID;
    paths->avoids = true;
}

bool paths_passable(const struct paths *paths, uint32_t cell)
{
    return paths->weight[cell] > 0;
}

int paths_add_goal(struct paths *p, const uint32_t *cells, size_t cell_count, size_t *ret_goal)
{
    struct goal *grown = realloc(p->goals, (p->goal_count + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    p->goals = grown;
    struct goal goal = { .cells = malloc((cell_count + 1) * sizeof(*goal.cells)) };
    if (!goal.cells)
        return -ENOMEM;
    for (size_t i = 0; i < cell_count; i++)
        if (paths_passable(p, cells[i]))
            goal.cells[goal.cell_count++] = cells[i];
    if (goal.cell_count == 0) {
        free(goal.cells);
        return -ENOENT;
    }
    *ret_goal = p->goal_count;
    grown[p->goal_count++] = goal;
    return 0;
}

/* ---- the queue ---- */

static void queue_remove(struct paths *p, uint32_t cell)
{
    struct node *node = &p->nodes[cell];
    if (node->before == NONE)
        p->bucket[node->cost % BUCKETS] = node->after;
    else
        p->nodes[node->before].after = node->after;
    if (node->after != NONE)
        p->nodes[node->after].before = node->before;
}

static void queue_insert(struct paths *p, uint32_t cell, uint32_t cost)
{
    uint32_t *bucket = &p->bucket[cost % BUCKETS];
    p->nodes[cell] = (struct node){ .cost = cost, .before = NONE, .after = *bucket };
    if (*bucket != NONE)
        p->nodes[*bucket].before = cell;
    *bucket = cell;
}

/* ---- fields ---- */

static void reach(struct paths *p, uint8_t *field, uint32_t cell, uint32_t cost, int direction)
{
    if (field[cell] != UNREACHABLE && p->nodes[cell].cost <= cost)
        return;
    if (field[cell] != UNREACHABLE)
        queue_remove(p, cell);
    field[cell] = (uint8_t) direction;
    queue_insert(p, cell, cost);
}

/* People come from the neighbours: their next cell is this one. Nobody cuts a corner. */
static void spread(struct paths *p, uint8_t *field, uint32_t cell, uint32_t cost)
{
    const uint8_t *weight = p->weight;
    for (int direction = 0; direction < DIRECTIONS; direction += 2) {
        int left = (direction + 2) % DIRECTIONS, diagonal = direction + 1;
        uint32_t ahead = (uint32_t) (cell + p->step[direction]);
        uint32_t beside = (uint32_t) (cell + p->step[diagonal]);
        if (!weight[ahead])
            continue;
        reach(p, field, ahead, cost + STRAIGHT * weight[ahead], (direction + 4) % DIRECTIONS);
        if (weight[beside] && weight[cell + p->step[left]])
            reach(p, field, beside, cost + DIAGONAL * weight[beside], (diagonal + 4) % DIRECTIONS);
    }
}

/* Where to stop: nowhere, until the cell that was asked for is done; then a little farther, because
 * the next person to ask may come from there. */
static uint32_t limit_of(const struct paths *p, const uint8_t *field, uint32_t asked, uint32_t cost)
{
    if (asked == NONE || field[asked] == UNREACHABLE || p->nodes[asked].cost >= cost)
        return UINT32_MAX;
    return MARGIN_FACTOR * p->nodes[asked].cost + MARGIN_COST;
}

/* What still waits in the queue may yet be found a better way to. */
static void forget_queue(struct paths *p, uint8_t *field)
{
    for (int i = 0; i < BUCKETS; i++)
        for (uint32_t cell = p->bucket[i]; cell != NONE; cell = p->nodes[cell].after)
            field[cell] = UNREACHABLE;
}

/* From the goal outwards as far as `asked` needs; NONE: everything. Returns whether that was
 * everything. */
static bool fill_field(struct paths *p, const struct goal *goal, uint8_t *field, uint32_t asked)
{
    memset(field, UNREACHABLE, grid_cells(p->grid));
    memset(p->bucket, 0xff, sizeof(p->bucket));
    for (size_t i = 0; i < goal->cell_count; i++)
        if (field[goal->cells[i]] == UNREACHABLE) {
            field[goal->cells[i]] = HERE;
            queue_insert(p, goal->cells[i], 0);
        }
    uint32_t cost = 0;
    for (int empty = 0; empty < BUCKETS; cost++) {
        uint32_t *bucket = &p->bucket[cost % BUCKETS];
        empty = *bucket == NONE ? empty + 1 : 0;
        while (*bucket != NONE) {
            uint32_t cell = *bucket;
            queue_remove(p, cell);
            spread(p, field, cell, cost);
        }
        if (cost > limit_of(p, field, asked, cost)) {
            forget_queue(p, field);
            return false;
        }
    }
    return true;
}

/* Room for one more: the field that nobody asked for the longest time is given up. */
static uint8_t *take_oldest_field(struct paths *p)
{
    struct goal *oldest = NULL;
    for (size_t i = 0; i < p->goal_count; i++)
        if (p->goals[i].field && (!oldest || p->goals[i].last_used < oldest->last_used))
            oldest = &p->goals[i];
    uint8_t *field = oldest ? oldest->field : NULL;
    if (oldest)
        oldest->field = NULL;
    return field;
}

static int find_memory(struct paths *p, struct goal *goal)
{
    size_t bytes = grid_cells(p->grid);
    if (p->field_count > 0 && (p->field_count + 1) * bytes > FIELD_BYTES_MAX) {
        goal->field = take_oldest_field(p);
    } else {
        goal->field = malloc(bytes);
        p->field_count += goal->field != NULL;
    }
    return goal->field ? 0 : -ENOMEM;
}

/* The field of a goal, which knows the way from `cell` if there is one. The first who asks mostly
 * comes from near by; when somebody comes from farther away, all of it is made. */
static int field_of(struct paths *p, size_t goal_number, uint32_t cell, const uint8_t **ret_field)
{
    struct goal *goal = &p->goals[goal_number];
    goal->last_used = ++p->questions;
    if (!goal->field) {
        int r = find_memory(p, goal);
        if (r < 0)
            return r;
        goal->complete = fill_field(p, goal, goal->field, cell);
    }
    if (!goal->complete && goal->field[cell] == UNREACHABLE)
        goal->complete = fill_field(p, goal, goal->field, NONE);
    *ret_field = goal->field;
    return 0;
}

/* ---- the way ---- */

uint32_t paths_cell_near(const struct paths *p, struct floor_m point)
{
    uint32_t own = grid_cell_at(p->grid, point), best = GRID_OUTSIDE;
    if (own == GRID_OUTSIDE)
        return GRID_OUTSIDE;
    if (p->weight[own])
        return own;
    double best_m = NEAR_CELLS * p->grid->cell_m;
    int64_t columns = p->grid->columns, rows = p->grid->rows;
    for (int64_t row = own / columns - NEAR_CELLS; row <= own / columns + NEAR_CELLS; row++)
        for (int64_t column = own % columns - NEAR_CELLS; column <= own % columns + NEAR_CELLS;
             column++) {
            if (row < 0 || column < 0 || row >= rows || column >= columns)
                continue;
            uint32_t cell = (uint32_t) (row * columns + column);
            struct floor_m centre = grid_cell_centre(p->grid, cell);
            if (!p->weight[cell] || floor_distance_m(centre, point) >= best_m ||
                !clearance_way_free(p->clearance, point, centre, CLEARANCE_ERROR_M))
                continue;
            best = cell;
            best_m = floor_distance_m(centre, point);
        }
    return best;
}

static uint32_t next_cell(const struct paths *p, const uint8_t *field, uint32_t cell)
{
    return (uint32_t) (cell + p->step[field[cell]]);
}

static bool is_avoided(const struct paths *p, struct floor_m point)
{
    uint32_t cell = grid_cell_at(p->grid, point);
    return cell != GRID_OUTSIDE && p->weight[cell] == WEIGHT_AVOID;
}

/* Pulling the way straight must not lead through cells that the way itself goes around. */
static bool cuts_through_avoided(const struct paths *p, struct floor_m from, struct floor_m to)
{
    if (!p->avoids || is_avoided(p, from) || is_avoided(p, to))
        return false;
    int steps = (int) (floor_distance_m(from, to) / p->grid->cell_m);
    for (int i = 1; i < steps; i++) {
        double part = (double) i / steps;
        if (is_avoided(p, (struct floor_m){ from.x + part * (to.x - from.x),
                                            from.y + part * (to.y - from.y) }))
            return true;
    }
    return false;
}

int paths_towards(struct paths *p, size_t goal, struct floor_m from, struct floor_m *ret_towards)
{
    const uint8_t *field;
    uint32_t cell = paths_cell_near(p, from);
    if (cell == GRID_OUTSIDE)
        return -EHOSTUNREACH;
    int r = field_of(p, goal, cell, &field);
    if (r < 0)
        return r;
    if (field[cell] == UNREACHABLE)
        return -EHOSTUNREACH;
    *ret_towards = from;
    if (field[cell] == HERE && cell == grid_cell_at(p->grid, from))
        return 1;
    if (field[cell] != HERE && cell == grid_cell_at(p->grid, from))
        cell = next_cell(p, field, cell);
    *ret_towards = grid_cell_centre(p->grid, cell);
    for (int i = 1; i <= LOOK_AHEAD_CELLS && field[cell] != HERE; i++) {
        cell = next_cell(p, field, cell);
        if (i % LOOK_EVERY_CELLS && field[cell] != HERE)
            continue;
        struct floor_m centre = grid_cell_centre(p->grid, cell);
        if (!clearance_way_free(p->clearance, from, centre, BODY_CLEARANCE_M) ||
            cuts_through_avoided(p, from, centre))
            break;
        *ret_towards = centre;
    }
    return 0;
}

int paths_length(struct paths *p, size_t goal, struct floor_m from, double *ret_length_m)
{
    const uint8_t *field;
    uint32_t cell = paths_cell_near(p, from), cost = 0;
    *ret_length_m = INFINITY;
    if (cell == GRID_OUTSIDE)
        return 0;
    int r = field_of(p, goal, cell, &field);
    if (r < 0 || field[cell] == UNREACHABLE)
        return r;
    for (; field[cell] != HERE; cell = next_cell(p, field, cell)) {
        bool avoided = p->weight[cell] == WEIGHT_AVOID;
        cost += (field[cell] % 2 ? DIAGONAL : STRAIGHT) * (avoided ? WEIGHT_AVOID : 1u);
    }
    *ret_length_m = cost * p->grid->cell_m / STRAIGHT;
    return 0;
}
