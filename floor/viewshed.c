/*
 * viewshed.c - what shelves and walls hide from a camera
 */
#include "floor/viewshed.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Heights in a viewshed are whole centimetres in a byte, stored one higher: 0 means that nobody has
 * asked yet, so that memory of places nobody asks about stays untouched. */
#define CM_PER_M     100.0
#define CM_NOT_ASKED 0
#define CM_ALL       254

/* Cells a side of a block: walks pass a block at once where nothing in it is high enough. */
#define BLOCK_CELLS 16

struct height_field {
    struct grid grid;
    uint32_t block_columns;
    float *blocks_m;   /* the highest of each block */
    float heights_m[]; /* a cell each, row-major */
};

struct viewshed {
    const struct height_field *field;
    struct floor_m camera;
    double height_m;
    double cells_per_m;
    uint32_t tile_columns;
    uint8_t hidden_cm[]; /* a cell each, lazily; by tiles of 8 x 8, one cache line each */
};

#define TILE_CELLS 8

/* The raster over everything on the map, in cells as fine as the bound allows. */
static struct grid grid_of(const struct floor_map *map)
{
    struct floor_m low, high;
    floor_map_bounds(map, &low, &high);
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *f = &map->features[i];
        low = (struct floor_m){ fmin(low.x, f->low.x), fmin(low.y, f->low.y) };
        high = (struct floor_m){ fmax(high.x, f->high.x), fmax(high.y, f->high.y) };
    }
    double area_m2 = (high.x - low.x) * (high.y - low.y);
    double cell_m = fmax(HEIGHT_FIELD_CELL_M, 1.01 * sqrt(area_m2 / HEIGHT_FIELD_CELLS_MAX));
    return grid_covering(low, high, cell_m);
}

static double height_of(const struct feature *feature)
{
    if (!isnan(feature->height_m))
        return feature->height_m;
    return feature->kind == FEATURE_WALL ? INFINITY : SHELF_HEIGHT_M;
}

static void raise_cell(struct height_field *field, struct floor_m p, double height_m)
{
    uint32_t cell = grid_cell_at(&field->grid, p);
    if (cell == GRID_OUTSIDE)
        return;
    uint32_t row = cell / field->grid.columns, column = cell % field->grid.columns;
    float *block =
        &field->blocks_m[row / BLOCK_CELLS * field->block_columns + column / BLOCK_CELLS];
    field->heights_m[cell] = fmaxf(field->heights_m[cell], (float) height_m);
    *block = fmaxf(*block, (float) height_m);
}

/* Walls may be thinner than a cell: every cell that a side touches stands. */
static void draw_sides(struct height_field *field, const struct feature *feature)
{
    struct polygon ring = feature->rings[0];
    size_t sides = feature->is_line ? ring.corners - 1 : ring.corners;
    for (size_t i = 0; i < sides; i++) {
        const double *a = ring.xy + 2 * i, *b = ring.xy + 2 * ((i + 1) % ring.corners);
        double length_m = hypot(b[0] - a[0], b[1] - a[1]);
        int steps = (int) ceil(4 * length_m / field->grid.cell_m) + 1;
        for (int k = 0; k <= steps; k++) {
            double part = (double) k / steps;
            struct floor_m p = { a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]) };
            raise_cell(field, p, height_of(feature));
        }
    }
}

static bool stands_on(const struct feature *feature, struct floor_m p)
{
    bool inside = false;
    for (size_t i = 0; i < feature->ring_count; i++)
        inside ^= polygon_contains(feature->rings[i], p.x, p.y);
    return inside;
}

static void draw_area(struct height_field *field, const struct feature *feature)
{
    double cell_m = field->grid.cell_m;
    for (double y = feature->low.y; y < feature->high.y + cell_m; y += cell_m)
        for (double x = feature->low.x; x < feature->high.x + cell_m; x += cell_m) {
            uint32_t cell = grid_cell_at(&field->grid, (struct floor_m){ x, y });
            if (cell == GRID_OUTSIDE)
                continue;
            struct floor_m centre = grid_cell_centre(&field->grid, cell);
            if (stands_on(feature, centre))
                raise_cell(field, centre, height_of(feature));
        }
}

int height_field_create(const struct floor_map *map, struct height_field **ret_field)
{
    struct grid grid = grid_of(map);
    struct height_field *field = calloc(1, sizeof(*field) + grid_cells(&grid) * sizeof(float));
    if (!field)
        return -ENOMEM;
    field->grid = grid;
    field->block_columns = (grid.columns + BLOCK_CELLS - 1) / BLOCK_CELLS;
    size_t block_rows = (grid.rows + BLOCK_CELLS - 1) / BLOCK_CELLS;
    field->blocks_m = calloc(field->block_columns * block_rows, sizeof(*field->blocks_m));
    if (!field->blocks_m) {
        free(field);
        return -ENOMEM;
    }
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *f = &map->features[i];
        if (f->kind != FEATURE_WALL && f->kind != FEATURE_SHELF)
            continue;
        if (f->kind == FEATURE_WALL)
            draw_sides(field, f);
        if (!f->is_line)
            draw_area(field, f);
    }
    *ret_field = field;
    return 0;
}

void height_field_destroy(struct height_field **field)
{
    if (*field)
        free((*field)->blocks_m);
    free(*field);
    *field = NULL;
}

bool height_field_is_empty(const struct height_field *field)
{
    for (uint32_t cell = 0; cell < grid_cells(&field->grid); cell++)
        if (field->heights_m[cell] > 0)
            return false;
    return true;
}

double height_field_at(const struct height_field *field, struct floor_m p)
{
    uint32_t cell = grid_cell_at(&field->grid, p);
    return cell == GRID_OUTSIDE ? 0 : (double) field->heights_m[cell];
}

int viewshed_create(const struct height_field *field, struct floor_m camera, double camera_height_m,
                    struct viewshed **ret_viewshed)
{
    uint32_t tile_columns = (field->grid.columns + TILE_CELLS - 1) / TILE_CELLS;
    uint32_t tile_rows = (field->grid.rows + TILE_CELLS - 1) / TILE_CELLS;
    size_t bytes = (size_t) tile_columns * tile_rows * TILE_CELLS * TILE_CELLS;
    struct viewshed *viewshed = calloc(1, sizeof(*viewshed) + bytes);
    if (!viewshed)
        return -ENOMEM;
    viewshed->field = field;
    viewshed->camera = camera;
    viewshed->height_m = camera_height_m;
    viewshed->cells_per_m = 1 / field->grid.cell_m;
    viewshed->tile_columns = tile_columns;
    *ret_viewshed = viewshed;
    return 0;
}

void viewshed_destroy(struct viewshed **viewshed)
{
    free(*viewshed);
    *viewshed = NULL;
}

/* One axis of a walk over cells: where the line crosses the next border, as a part of the way. */
struct axis {
    int cell, step;
    double next, per_cell;
};

static struct axis axis_of(double from, double to) /* in cells */
{
    struct axis axis = { .cell = (int) floor(from), .step = to >= from ? 1 : -1 };
    double length = fabs(to - from);
    axis.per_cell = length > 0 ? 1 / length : INFINITY;
    double border = axis.step > 0 ? axis.cell + 1 - from : from - axis.cell;
    axis.next = length > 0 ? border / length : INFINITY;
    return axis;
}

/* Cross `count` borders more than the next one. */
static void cross(struct axis *axis, int count)
{
    axis->cell += axis->step * count;
    axis->next += axis->per_cell * count;
}

/* Borders until the axis leaves the block it is in, beside the last one. */
static int borders_left(const struct axis *axis)
{
    int inside = axis->cell % BLOCK_CELLS;
    return axis->step > 0 ? BLOCK_CELLS - 1 - inside : inside;
}

/* Go to where the line leaves the block. Returns the part of the way there. */
static double leave_block(struct axis *x, struct axis *y)
{
    int nx = borders_left(x), ny = borders_left(y);
    bool by_x = x->next + nx * x->per_cell < y->next + ny * y->per_cell;
    struct axis *first = by_x ? x : y, *other = by_x ? y : x;
    cross(first, by_x ? nx : ny);
    double part = first->next;
    cross(first, 1);
    if (other->next < part)
        cross(other, (int) ((part - other->next) / other->per_cell) + 1);
    return part;
}

/*
 * The walk from p to the camera, cell by cell (Amanatides & Woo, "A fast voxel traversal
 * algorithm", Eurographics 1987). Where an obstacle is lower than the camera, (o - s h) / (1 - s)
 * falls with s: what counts is where the line enters its cell, and only what is higher than
 * everything before (matters_m) and higher than the line, which rises, can hide more.
 */
static double walk_to_camera(const struct viewshed *viewshed, struct floor_m p)
{
    const struct height_field *field = viewshed->field;
    const struct grid *grid = &field->grid;
    double h = viewshed->height_m, hidden_m = 0, matters_m = 0;
    double length_m = floor_distance_m(p, viewshed->camera);
    double part_max = length_m > 0 ? 1 - VIEWSHED_BLIND_RADIUS_M / length_m : 0;
    struct axis x = axis_of((p.x - grid->origin.x) / grid->cell_m,
                            (viewshed->camera.x - grid->origin.x) / grid->cell_m);
    struct axis y = axis_of((p.y - grid->origin.y) / grid->cell_m,
                            (viewshed->camera.y - grid->origin.y) / grid->cell_m);
    for (double part = 0; part < part_max;) {
        if (x.cell < 0 || y.cell < 0 || x.cell >= (int) grid->columns || y.cell >= (int) grid->rows)
            break;
        size_t block = (size_t) (y.cell / BLOCK_CELLS) * field->block_columns +
                       (size_t) (x.cell / BLOCK_CELLS);
        if ((double) field->blocks_m[block] <= fmax(matters_m, part * h)) {
            part = leave_block(&x, &y);
            continue;
        }
        double o = (double) field->heights_m[(size_t) y.cell * grid->columns + (size_t) x.cell];
        if (part == 0)
            o = 0; /* people stand beside obstacles; the raster may say inside */
        if (o >= h)
            return INFINITY;
        if (o > matters_m) {
            matters_m = o;
            hidden_m = fmax(hidden_m, (o - part * h) / (1 - part));
        }
        struct axis *axis = x.next < y.next ? &x : &y;
        part = axis->next;
        axis->cell += axis->step;
        axis->next += axis->per_cell;
    }
    return hidden_m;
}

static size_t place_in_tiles(const struct viewshed *viewshed, uint32_t column, uint32_t row)
{
    size_t tile = (size_t) (row / TILE_CELLS) * viewshed->tile_columns + column / TILE_CELLS;
    return (tile * TILE_CELLS + row % TILE_CELLS) * TILE_CELLS + column % TILE_CELLS;
}

double viewshed_hidden_below_m(struct viewshed *viewshed, struct floor_m p)
{
    const struct grid *grid = &viewshed->field->grid;
    double x = (p.x - grid->origin.x) * viewshed->cells_per_m;
    double y = (p.y - grid->origin.y) * viewshed->cells_per_m;
    if (!(x >= 0 && y >= 0 && x < grid->columns && y < grid->rows))
        return 0;
    uint32_t column = (uint32_t) x, row = (uint32_t) y;
    uint8_t *known = &viewshed->hidden_cm[place_in_tiles(viewshed, column, row)];
    if (*known == CM_NOT_ASKED) {
        struct floor_m centre = { grid->origin.x + (column + 0.5) * grid->cell_m,
                                  grid->origin.y + (row + 0.5) * grid->cell_m };
        double hidden_cm = round(walk_to_camera(viewshed, centre) * CM_PER_M);
        *known = (uint8_t) (1 + fmin(hidden_cm, CM_ALL));
    }
    return *known == 1 + CM_ALL ? INFINITY : (*known - 1) / CM_PER_M;
}
