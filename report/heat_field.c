/*
 * heat_field.c - sums per cell, as a smooth field
 */
#include "report/heat_field.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Standard deviation of the smoothing, m: about half a person's reach, below what a floor point is
 * certain to. */
#define SMOOTH_SD_M 0.2

/* Reach of the smoothing in cells, to each side. */
#define SMOOTH_REACH_MAX 8

void heat_field_destroy(struct heat_field **field)
{
    if (!*field)
        return;
    free((*field)->value);
    free((*field)->seen);
    free(*field);
    *field = NULL;
}

/* Weighted mean over seen neighbours; weights that fall on unseen cells are left out of it. */
static double smoothed(const struct heat_field *f, const double *raw, int column, int row,
                       const double *weight, int reach)
{
    double sum = 0, total = 0;
    for (int dy = -reach; dy <= reach; dy++) {
        for (int dx = -reach; dx <= reach; dx++) {
            int x = column + dx, y = row + dy;
            if (x < 0 || y < 0 || x >= (int) f->grid.columns || y >= (int) f->grid.rows)
                continue;
            size_t cell = (size_t) y * f->grid.columns + (size_t) x;
            if (!f->seen[cell])
                continue;
            double w = weight[abs(dx)] * weight[abs(dy)];
            sum += w * raw[cell];
            total += w;
        }
    }
    return total > 0 ? sum / total : 0;
}

static void smooth(struct heat_field *f, const double *raw)
{
    double weight[SMOOTH_REACH_MAX + 1];
    int reach = (int) ceil(3 * SMOOTH_SD_M / f->grid.cell_m);
    if (reach > SMOOTH_REACH_MAX)
        reach = SMOOTH_REACH_MAX;
    for (int i = 0; i <= reach; i++)
        weight[i] = exp(-0.5 * pow(i * f->grid.cell_m / SMOOTH_SD_M, 2));
    for (uint32_t cell = 0; cell < grid_cells(&f->grid); cell++)
        if (f->seen[cell])
            f->value[cell] = smoothed(f, raw, (int) (cell % f->grid.columns),
                                      (int) (cell / f->grid.columns), weight, reach);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* The percentile of the cells that hold something worth showing. */
static void find_scale(struct heat_field *f, double percentile, double *scratch)
{
    size_t count = 0;
    for (uint32_t cell = 0; cell < grid_cells(&f->grid); cell++)
        if (f->value[cell] > f->peak)
            f->peak = f->value[cell];
    for (uint32_t cell = 0; cell < grid_cells(&f->grid); cell++)
        if (f->value[cell] > 1e-3 * f->peak)
            scratch[count++] = f->value[cell];
    if (count == 0)
        return;
    qsort(scratch, count, sizeof(*scratch), ascending);
    f->scale = scratch[(size_t) ((double) (count - 1) * percentile / 100)];
}

/* Values per m2 and which cells were seen; what lies in unseen cells is only counted: a track that
 * strays there says nothing about the others who may have been there. */
static void read_sums(struct heat_field *f, const struct heat_sums *sums, enum heat_layer layer,
                      double *raw)
{
    const double *values = layer == HEAT_LAYER_PASSES ? sums->passes : sums->dwell_s;
    double area_m2 = f->grid.cell_m * f->grid.cell_m, seen = 0, unseen = 0;
    for (uint32_t cell = 0; cell < grid_cells(&f->grid); cell++) {
        raw[cell] = values[cell] / area_m2;
        f->seen[cell] = sums->exposure_s[cell] > 0;
        f->any_seen |= f->seen[cell];
        *(f->seen[cell] ? &seen : &unseen) += values[cell];
    }
    f->presence_s = layer == HEAT_LAYER_PASSES ? NAN : seen;
    f->unplaced_share = unseen > 0 ? unseen / (seen + unseen) : 0;
}

int heat_field_create(const struct heat_sums *sums, enum heat_layer layer, double percentile,
                      struct heat_field **ret_field)
{
    uint32_t cells = grid_cells(&sums->grid);
    struct heat_field *f = calloc(1, sizeof(*f));
    double *raw = calloc(cells, sizeof(*raw));
    if (f) {
        f->value = calloc(cells, sizeof(*f->value));
        f->seen = calloc(cells, sizeof(*f->seen));
    }
    if (!f || !raw || !f->value || !f->seen) {
        free(raw);
        heat_field_destroy(&f);
        return -ENOMEM;
    }
    f->grid = sums->grid;
    f->unit =
        layer == HEAT_LAYER_PASSES ? "people entering, per m²" : "seconds of presence, per m²";
    read_sums(f, sums, layer, raw);
    smooth(f, raw);
    find_scale(f, percentile, raw);
    free(raw);
    *ret_field = f;
    return 0;
}

double heat_field_at(const struct heat_field *field, struct floor_m p)
{
    const struct grid *g = &field->grid;
    uint32_t own = grid_cell_at(g, p);
    if (own == GRID_OUTSIDE || !field->seen[own])
        return -1;
    double u = (p.x - g->origin.x) / g->cell_m - 0.5, v = (p.y - g->origin.y) / g->cell_m - 0.5;
    double column = floor(u), row = floor(v), sum = 0, total = 0;
    for (int i = 0; i < 4; i++) {
        double x = column + (i & 1), y = row + (i >> 1);
        if (x < 0 || y < 0 || x >= g->columns || y >= g->rows)
            continue;
        size_t cell = (size_t) y * g->columns + (size_t) x;
        if (!field->seen[cell])
            continue;
        double w = (1 - fabs(u - x)) * (1 - fabs(v - y));
        sum += w * field->value[cell];
        total += w;
    }
    if (field->scale <= 0 || total <= 0)
        return 0;
    return fmin(sum / total / field->scale, 1);
}
