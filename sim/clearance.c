/*
 * clearance.c - how far every place is from what stands in the way
 */
#include "sim/clearance.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define CELLS_MAX 4000000.0

/* Outside the map's rectangle nobody walks; one ring of cells tells so. */
#define MARGIN_M CLEARANCE_CELL_M

/* Looking along a way: never in shorter steps than this. */
#define WAY_STEP_MIN_M 0.05

struct clearance {
    struct grid grid;
    float *distance_m; /* of cell centres; negative inside */
};

void clearance_destroy(struct clearance **clearance)
{
    if (!*clearance)
        return;
    free((*clearance)->distance_m);
    free(*clearance);
    *clearance = NULL;
}

const struct grid *clearance_grid(const struct clearance *clearance)
{
    return &clearance->grid;
}

double clearance_of_cell(const struct clearance *clearance, uint32_t cell)
{
    return (double) clearance->distance_m[cell];
}

/* ---- filling the raster ---- */

struct cell_range {
    uint32_t column_first, column_end, row_first, row_end;
};

static uint32_t clamped(double position, uint32_t count)
{
    return (uint32_t) fmin(fmax(position, 0), count);
}

/* The cells of a rectangle. */
static struct cell_range range_of(const struct grid *g, struct floor_m low, struct floor_m high)
{
    return (struct cell_range){
        clamped(floor((low.x - g->origin.x) / g->cell_m), g->columns),
        clamped(ceil((high.x - g->origin.x) / g->cell_m), g->columns),
        clamped(floor((low.y - g->origin.y) / g->cell_m), g->rows),
        clamped(ceil((high.y - g->origin.y) / g->cell_m), g->rows),
    };
}

static double distance_to_segment_m(struct floor_m p, struct floor_m a, struct floor_m b)
{
    double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    double t = length2 > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length2 : 0;
    t = fmin(fmax(t, 0), 1);
    return hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

static void add_segment(struct clearance *c, struct floor_m a, struct floor_m b)
{
    const double reach = CLEARANCE_MAX_M;
    struct floor_m low = { fmin(a.x, b.x) - reach, fmin(a.y, b.y) - reach };
    struct floor_m high = { fmax(a.x, b.x) + reach, fmax(a.y, b.y) + reach };
    struct cell_range range = range_of(&c->grid, low, high);
    for (uint32_t row = range.row_first; row < range.row_end; row++)
        for (uint32_t column = range.column_first; column < range.column_end; column++) {
            uint32_t cell = row * c->grid.columns + column;
            double d = distance_to_segment_m(grid_cell_centre(&c->grid, cell), a, b);
            c->distance_m[cell] = fminf(c->distance_m[cell], (float) d);
        }
}

static void add_edges(struct clearance *c, const struct feature *feature)
{
    for (size_t i = 0; i < feature->ring_count; i++) {
        const struct polygon *ring = &feature->rings[i];
        size_t edges = feature->is_line ? ring->corners - 1 : ring->corners;
        for (size_t j = 0; j < edges; j++) {
            const double *a = ring->xy + 2 * j, *b = ring->xy + 2 * ((j + 1) % ring->corners);
            add_segment(c, (struct floor_m){ a[0], a[1] }, (struct floor_m){ b[0], b[1] });
        }
    }
}

static bool stands_in_the_way(enum feature_kind kind)
{
    return kind == FEATURE_WALKABLE || kind == FEATURE_WALL || kind == FEATURE_SHELF;
}

static bool inside(const struct feature *feature, struct floor_m p)
{
    for (size_t i = 0; i < feature->ring_count; i++)
        if (polygon_contains(feature->rings[i], p.x, p.y) != (i == 0))
            return false;
    return true;
}

/* Walls drawn as areas: the map's own question is about shelves and the floor only. */
static bool in_wall(const struct floor_map *map, struct floor_m p)
{
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *feature = &map->features[i];
        if (feature->kind == FEATURE_WALL && !feature->is_line && inside(feature, p))
            return true;
    }
    return false;
}

static void negate_inside(struct clearance *c, const struct floor_map *map)
{
    for (uint32_t cell = 0; cell < grid_cells(&c->grid); cell++) {
        struct floor_m p = grid_cell_centre(&c->grid, cell);
        if (!floor_map_walkable(map, p) || in_wall(map, p))
            c->distance_m[cell] = -c->distance_m[cell];
    }
}

static void fill(struct clearance *c, const struct floor_map *map)
{
    struct floor_m low, high;
    for (uint32_t cell = 0; cell < grid_cells(&c->grid); cell++)
        c->distance_m[cell] = (float) CLEARANCE_MAX_M;
    for (size_t i = 0; i < map->feature_count; i++)
        if (stands_in_the_way(map->features[i].kind))
            add_edges(c, &map->features[i]);
    floor_map_bounds(map, &low, &high);
    add_segment(c, low, (struct floor_m){ high.x, low.y });
    add_segment(c, (struct floor_m){ low.x, high.y }, high);
    add_segment(c, low, (struct floor_m){ low.x, high.y });
    add_segment(c, (struct floor_m){ high.x, low.y }, high);
    negate_inside(c, map);
}

int clearance_create(const struct floor_map *map, struct clearance **ret_clearance,
                     struct error *err)
{
    struct floor_m low, high;
    floor_map_bounds(map, &low, &high);
    low = (struct floor_m){ low.x - MARGIN_M, low.y - MARGIN_M };
    high = (struct floor_m){ high.x + MARGIN_M, high.y + MARGIN_M };
    double cells = (high.x - low.x) * (high.y - low.y) / (CLEARANCE_CELL_M * CLEARANCE_CELL_M);
    if (!(cells < CELLS_MAX))
        return error_set(
            err, -EINVAL, "a floor of %.0f x %.0f m is too large to simulate; %.0f m2 are the most",
            high.x - low.x, high.y - low.y, CELLS_MAX * CLEARANCE_CELL_M * CLEARANCE_CELL_M);
    AUTO(clearance_destroy) struct clearance *c = calloc(1, sizeof(*c));
    if (!c)
        return error_set(err, -ENOMEM, "out of memory");
    c->grid = grid_covering(low, high, CLEARANCE_CELL_M);
    c->distance_m = malloc(grid_cells(&c->grid) * sizeof(*c->distance_m));
    if (!c->distance_m)
        return error_set(err, -ENOMEM, "out of memory");
    fill(c, map);
    *ret_clearance = c;
    c = NULL;
    return 0;
}

void clearance_add_disc(struct clearance *c, struct floor_m centre, double radius_m)
{
    double reach = radius_m + CLEARANCE_MAX_M;
    struct cell_range range =
        range_of(&c->grid, (struct floor_m){ centre.x - reach, centre.y - reach },
                 (struct floor_m){ centre.x + reach, centre.y + reach });
    for (uint32_t row = range.row_first; row < range.row_end; row++)
        for (uint32_t column = range.column_first; column < range.column_end; column++) {
            uint32_t cell = row * c->grid.columns + column;
            double d = floor_distance_m(grid_cell_centre(&c->grid, cell), centre) - radius_m;
            c->distance_m[cell] = fminf(c->distance_m[cell], (float) d);
        }
}

/* ---- asking it ---- */

/* The four cells around a point and how far it is between them; false outside. */
struct patch {
    double d00, d10, d01, d11; /* dXY: X columns right, Y rows up */
    double x, y;               /* 0..1 */
};

static bool patch_at(const struct clearance *c, struct floor_m p, struct patch *ret)
{
    double column = (p.x - c->grid.origin.x) / c->grid.cell_m - 0.5;
    double row = (p.y - c->grid.origin.y) / c->grid.cell_m - 0.5;
    if (!(column >= 0 && row >= 0 && column < c->grid.columns - 1 && row < c->grid.rows - 1))
        return false;
    size_t i = (size_t) column, j = (size_t) row;
    const float *d = c->distance_m + j * c->grid.columns + i, *above = d + c->grid.columns;
    *ret = (struct patch){ (double) d[0],     (double) d[1],       (double) above[0],
                           (double) above[1], column - (double) i, row - (double) j };
    return true;
}

static double blend(const struct patch *p)
{
    double low = p->d00 + p->x * (p->d10 - p->d00), high = p->d01 + p->x * (p->d11 - p->d01);
    return low + p->y * (high - low);
}

double clearance_at(const struct clearance *c, struct floor_m p)
{
    struct patch patch;
    return patch_at(c, p, &patch) ? blend(&patch) : -CLEARANCE_MAX_M;
}

double clearance_gradient(const struct clearance *c, struct floor_m p, double *ret_x, double *ret_y)
{
    struct patch q;
    *ret_x = *ret_y = 0;
    if (!patch_at(c, p, &q))
        return -CLEARANCE_MAX_M;
    *ret_x = ((1 - q.y) * (q.d10 - q.d00) + q.y * (q.d11 - q.d01)) / c->grid.cell_m;
    *ret_y = ((1 - q.x) * (q.d01 - q.d00) + q.x * (q.d11 - q.d10)) / c->grid.cell_m;
    return blend(&q);
}

/* Every step may be as long as the clearance left: nothing can stand nearer. */
bool clearance_way_free(const struct clearance *c, struct floor_m from, struct floor_m to,
                        double needed_m)
{
    double length = floor_distance_m(from, to), along = 0;
    double x = length > 0 ? (to.x - from.x) / length : 0;
    double y = length > 0 ? (to.y - from.y) / length : 0;
    for (;;) {
        double spare =
            clearance_at(c, (struct floor_m){ from.x + along * x, from.y + along * y }) - needed_m;
        if (spare < 0)
            return false;
        if (along >= length)
            return true;
        along = fmin(along + fmax(spare, WAY_STEP_MIN_M), length);
    }
}
