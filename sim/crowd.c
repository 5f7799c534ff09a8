/*
 * crowd.c - bodies that want to go somewhere and push each other aside
 */
#include "sim/crowd.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/paths.h"

/* Helbing & Molnar 1995, section III: the model's constants. */
#define RELAXATION_S    0.5  /* tau */
#define PERSON_V0_M2_S2 2.1  /* potential of a person */
#define PERSON_SIGMA_M  0.3  /* its range */
#define WALL_U0_M2_S2   10.0 /* potential of a wall */
#define WALL_RANGE_M    0.2
#define STEP_AHEAD_S    2.0   /* delta t: where the other will be */
#define SIGHT_COS       -0.17 /* cos 100 degrees: half the angle of sight */
#define BEHIND_SHARE    0.5   /* what is not seen counts this much */

/* Who walks together or squeezes past others feels them less. */
#define GROUP_SHARE 0.3

/* Shoulders are twice as wide as bodies are deep: bodies touch at this part of the sum of radii. */
#define TOUCH_SHARE   0.8
#define SQUEEZE_SHARE 0.6

/* Who squeezes past slips around the other: contact pushes 60 degrees aside. */
#define SLIP_COS 0.5
#define SLIP_SIN 0.866

/* Nobody runs: speed over the wanted one, and what is left to those who want to stand. */
#define SPEED_SHARE_MAX 1.3
#define SHUFFLE_M_S     0.4

/* A tie that head-on walkers need: pedestrians pass on the right more often than not. */
#define RIGHT_HAND 0.05

/* An ellipse this thin is a line. */
#define LINE_M 1e-4

/* Pushing apart one pair may push another together. */
#define TOUCH_ROUNDS 2

struct crowd {
    const struct clearance *clearance;
    struct grid grid; /* cells of FORCE_REACH_M */
    uint32_t *first;  /* by cell: the first of its walkers in `order` */
    uint32_t *order;  /* walkers by cell, then by number */
    uint32_t *cell;   /* of each walker */
    double *force_x, *force_y;
    size_t capacity;
};

void crowd_destroy(struct crowd **crowd)
{
    if (!*crowd)
        return;
    free((*crowd)->first);
    free((*crowd)->order);
    free((*crowd)->cell);
    free((*crowd)->force_x);
    free((*crowd)->force_y);
    free(*crowd);
    *crowd = NULL;
}

int crowd_create(const struct clearance *clearance, struct crowd **ret_crowd)
{
    const struct grid *fine = clearance_grid(clearance);
    struct floor_m high = { fine->origin.x + fine->columns * fine->cell_m,
                            fine->origin.y + fine->rows * fine->cell_m };
    AUTO(crowd_destroy) struct crowd *crowd = calloc(1, sizeof(*crowd));
    if (!crowd)
        return -ENOMEM;
    crowd->clearance = clearance;
    crowd->grid = grid_covering(fine->origin, high, FORCE_REACH_M);
    crowd->first = calloc((size_t) grid_cells(&crowd->grid) + 1, sizeof(*crowd->first));
    if (!crowd->first)
        return -ENOMEM;
    *ret_crowd = crowd;
    crowd = NULL;
    return 0;
}

static bool grow_to(void **array, size_t count, size_t bytes)
{
    void *grown = reallocarray(*array, count, bytes);
    if (grown)
        *array = grown;
    return grown != NULL;
}

static int reserve(struct crowd *c, size_t count)
{
    if (count <= c->capacity)
        return 0;
    size_t capacity = count + count / 2;
    if (!grow_to((void **) &c->order, capacity, sizeof(*c->order)) ||
        !grow_to((void **) &c->cell, capacity, sizeof(*c->cell)) ||
        !grow_to((void **) &c->force_x, capacity, sizeof(*c->force_x)) ||
        !grow_to((void **) &c->force_y, capacity, sizeof(*c->force_y)))
        return -ENOMEM;
    c->capacity = capacity;
    return 0;
}

/* ---- who is near ---- */

/* Counting sort by cell. */
static void sort_by_cell(struct crowd *c, const struct walker *walkers, size_t count)
{
    uint32_t cells = grid_cells(&c->grid);
    memset(c->first, 0, ((size_t) cells + 1) * sizeof(*c->first));
    for (size_t i = 0; i < count; i++) {
        uint32_t cell = grid_cell_at(&c->grid, walkers[i].position);
        c->cell[i] = cell == GRID_OUTSIDE ? 0 : cell;
        c->first[c->cell[i] + 1]++;
    }
    for (uint32_t cell = 0; cell < cells; cell++)
        c->first[cell + 1] += c->first[cell];
    for (size_t i = count; i-- > 0;) /* `first` becomes the end, counts down to the start */
        c->order[--c->first[c->cell[i] + 1]] = (uint32_t) i;
    memmove(c->first, c->first + 1, cells * sizeof(*c->first));
    c->first[cells] = (uint32_t) count;
}

/* Calls with every pair nearer than FORCE_REACH_M, each once, lower number first. */
typedef void pair_function(struct crowd *c, struct walker *walkers, uint32_t a, uint32_t b);

static void visit_cells(struct crowd *c, struct walker *walkers, uint32_t own, uint32_t other,
                        pair_function *function)
{
    for (uint32_t i = c->first[own]; i < c->first[own + 1]; i++)
        for (uint32_t j = own == other ? i + 1 : c->first[other]; j < c->first[other + 1]; j++) {
            uint32_t a = c->order[i], b = c->order[j];
            double x = walkers[a].position.x - walkers[b].position.x;
            double y = walkers[a].position.y - walkers[b].position.y;
            if (x * x + y * y < FORCE_REACH_M * FORCE_REACH_M)
                function(c, walkers, a < b ? a : b, a < b ? b : a);
        }
}

static void visit_pairs(struct crowd *c, struct walker *walkers, pair_function *function)
{
    uint32_t columns = c->grid.columns, rows = c->grid.rows;
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t column = 0; column < columns; column++) {
            uint32_t own = row * columns + column;
            if (c->first[own] == c->first[own + 1])
                continue;
            visit_cells(c, walkers, own, own, function);
            if (column + 1 < columns)
                visit_cells(c, walkers, own, own + 1, function);
            if (row + 1 == rows)
                continue;
            if (column > 0)
                visit_cells(c, walkers, own, own + columns - 1, function);
            visit_cells(c, walkers, own, own + columns, function);
            if (column + 1 < columns)
                visit_cells(c, walkers, own, own + columns + 1, function);
        }
}

/* ---- forces ---- */

/* hypot() guards against overflow, which metres do not need, and takes three times as long. */
static double length_of(double x, double y)
{
    return sqrt(x * x + y * y);
}

static double sight_share(const struct walker *w, double push_x, double push_y)
{
    double wanted = length_of(w->wanted_x_m_s, w->wanted_y_m_s), push = length_of(push_x, push_y);
    double towards = -(w->wanted_x_m_s * push_x + w->wanted_y_m_s * push_y);
    return wanted == 0 || towards >= wanted * push * SIGHT_COS ? 1 : BEHIND_SHARE;
}

/* Straight on the other's way the ellipse is a line and pushes to neither side: go right. */
static void step_right(const struct walker *walker, double rx, double ry, double *ret_x,
                       double *ret_y)
{
    double r = length_of(rx, ry), share = PERSON_V0_M2_S2 / PERSON_SIGMA_M * walker->yielding;
    *ret_x = -share * ry / r;
    *ret_y = share * rx / r;
}

void crowd_repulsion(const struct walker *walker, const struct walker *other, double *ret_x,
                     double *ret_y)
{
    double rx = walker->position.x - other->position.x;
    double ry = walker->position.y - other->position.y, r = length_of(rx, ry);
    double sx = other->velocity_x_m_s * STEP_AHEAD_S, sy = other->velocity_y_m_s * STEP_AHEAD_S;
    double s = length_of(sx, sy), ax = rx - sx, ay = ry - sy, a = length_of(ax, ay);
    double b = sqrt(fmax((r + a) * (r + a) - s * s, 0)) / 2;
    *ret_x = *ret_y = 0;
    if (r < LINE_M)
        return; /* on top of each other: contact decides */
    if (a < LINE_M || b < LINE_M) {
        step_right(walker, rx, ry, ret_x, ret_y);
        return;
    }
    double size = PERSON_V0_M2_S2 / PERSON_SIGMA_M * exp(-b / PERSON_SIGMA_M) * (r + a) / (4 * b);
    size = fmin(size, PERSON_V0_M2_S2 / PERSON_SIGMA_M);
    double x = size * (rx / r + ax / a), y = size * (ry / r + ay / a);
    double share = sight_share(walker, x, y) * walker->yielding;
    if (walker->squeezes || (walker->group != 0 && walker->group == other->group))
        share *= GROUP_SHARE;
    *ret_x = share * (x - RIGHT_HAND * y);
    *ret_y = share * (y + RIGHT_HAND * x);
}

static void push_pair(struct crowd *c, struct walker *walkers, uint32_t a, uint32_t b)
{
    double x, y;
    crowd_repulsion(&walkers[a], &walkers[b], &x, &y);
    c->force_x[a] += x;
    c->force_y[a] += y;
    crowd_repulsion(&walkers[b], &walkers[a], &x, &y);
    c->force_x[b] += x;
    c->force_y[b] += y;
}

/* Walls push aside, not back: the way that is wanted was found to be free, be it through a lane so
 * narrow that its corners would push everybody out. */
static void without_pushing_back(const struct walker *w, double *x, double *y)
{
    double wanted2 = w->wanted_x_m_s * w->wanted_x_m_s + w->wanted_y_m_s * w->wanted_y_m_s;
    double along = *x * w->wanted_x_m_s + *y * w->wanted_y_m_s;
    if (along >= 0 || wanted2 == 0)
        return;
    *x -= along / wanted2 * w->wanted_x_m_s;
    *y -= along / wanted2 * w->wanted_y_m_s;
}

static void add_drive_and_walls(struct crowd *c, const struct walker *w, size_t i)
{
    double x, y, distance_m = clearance_gradient(c->clearance, w->position, &x, &y);
    double wall = WALL_U0_M2_S2 / WALL_RANGE_M * exp(-fmax(distance_m, 0) / WALL_RANGE_M);
    x *= wall * w->yielding * w->wall_share;
    y *= wall * w->yielding * w->wall_share;
    without_pushing_back(w, &x, &y);
    c->force_x[i] += (w->wanted_x_m_s - w->velocity_x_m_s) / RELAXATION_S + x;
    c->force_y[i] += (w->wanted_y_m_s - w->velocity_y_m_s) / RELAXATION_S + y;
}

static void accelerate(const struct crowd *c, struct walker *w, size_t i, double step_s)
{
    double limit = fmax(SPEED_SHARE_MAX * hypot(w->wanted_x_m_s, w->wanted_y_m_s), SHUFFLE_M_S);
    w->velocity_x_m_s += c->force_x[i] * step_s;
    w->velocity_y_m_s += c->force_y[i] * step_s;
    double speed = hypot(w->velocity_x_m_s, w->velocity_y_m_s);
    if (speed > limit) {
        w->velocity_x_m_s *= limit / speed;
        w->velocity_y_m_s *= limit / speed;
    }
}

/* ---- moving ---- */

/* Both where it ends and on the way: a wall may be thinner than a step is long. */
static bool fits(const struct crowd *c, struct floor_m from, struct floor_m to)
{
    struct floor_m middle = { (from.x + to.x) / 2, (from.y + to.y) / 2 };
    return clearance_at(c->clearance, to) >= BODY_CLEARANCE_M &&
           clearance_at(c->clearance, middle) >= BODY_CLEARANCE_M;
}

/* Go by (x, y), else as much of it as runs along the obstacle, else stay. */
static void move(const struct crowd *c, struct walker *w, double x, double y)
{
    struct floor_m from = w->position, to = { from.x + x, from.y + y };
    if (!fits(c, from, to)) {
        double nx, ny;
        (void) clearance_gradient(c->clearance, from, &nx, &ny);
        double into = x * nx + y * ny, length2 = nx * nx + ny * ny;
        if (into < 0 && length2 > 0) {
            to.x = from.x + x - into * nx / length2;
            to.y = from.y + y - into * ny / length2;
        }
    }
    if (fits(c, from, to))
        w->position = to;
}

static void walk(const struct crowd *c, struct walker *w, double step_s)
{
    struct floor_m from = w->position;
    move(c, w, w->velocity_x_m_s * step_s, w->velocity_y_m_s * step_s);
    w->velocity_x_m_s = (w->position.x - from.x) / step_s;
    w->velocity_y_m_s = (w->position.y - from.y) / step_s;
}

/* Who stands is harder to push than who walks. */
static double share_of(const struct walker *w, const struct walker *other)
{
    double sum = w->yielding + other->yielding;
    return sum > 0 ? w->yielding / sum : 0.5;
}

static void part_pair(struct crowd *c, struct walker *walkers, uint32_t i, uint32_t j)
{
    struct walker *a = &walkers[i], *b = &walkers[j];
    double share = a->squeezes || b->squeezes ? SQUEEZE_SHARE : TOUCH_SHARE;
    double least_m = share * (a->radius_m + b->radius_m);
    double x = b->position.x - a->position.x, y = b->position.y - a->position.y;
    double distance_m = hypot(x, y);
    if (distance_m >= least_m)
        return;
    if (distance_m < 1e-6) { /* no direction is better than another */
        x = 1;
        y = 0;
        distance_m = 1;
        least_m += 1;
    }
    if (a->squeezes || b->squeezes) { /* around each other, not only apart */
        double ahead = x;
        x = SLIP_COS * x - SLIP_SIN * y;
        y = SLIP_SIN * ahead + SLIP_COS * y;
    }
    double part = (least_m - distance_m) / distance_m, mine = share_of(a, b);
    move(c, a, -part * mine * x, -part * mine * y);
    move(c, b, part * (1 - mine) * x, part * (1 - mine) * y);
}

int crowd_step(struct crowd *c, struct walker *walkers, size_t count, double step_s)
{
    int r = reserve(c, count);
    if (r < 0 || count == 0)
        return r;
    memset(c->force_x, 0, count * sizeof(*c->force_x));
    memset(c->force_y, 0, count * sizeof(*c->force_y));
    sort_by_cell(c, walkers, count);
    visit_pairs(c, walkers, push_pair);
    for (size_t i = 0; i < count; i++) {
        add_drive_and_walls(c, &walkers[i], i);
        accelerate(c, &walkers[i], i, step_s);
    }
    for (size_t i = 0; i < count; i++)
        walk(c, &walkers[i], step_s);
    for (int round = 0; round < TOUCH_ROUNDS; round++)
        visit_pairs(c, walkers, part_pair);
    return 0;
}
