/* contour.c - lines along which a sampled number has one value */
#include "report/contour.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

int samples_init(struct samples *samples, size_t columns, size_t rows, double step)
{
    *samples = (struct samples){ columns, rows, step, calloc(columns * rows, sizeof(double)) };
    if (!samples->values)
        return -ENOMEM;
    for (size_t i = 0; i < columns * rows; i++)
        samples->values[i] = NAN;
    return 0;
}

void samples_release(struct samples *samples)
{
    free(samples->values);
    *samples = (struct samples){ 0 };
}

static double corner(const struct samples *s, size_t column, size_t row)
{
    return s->values[row * s->columns + column];
}

double samples_at(const struct samples *s, double x, double y, bool *ret_border)
{
    double u = fmin(fmax(x / s->step, 0), (double) s->columns - 1);
    double v = fmin(fmax(y / s->step, 0), (double) s->rows - 1);
    size_t column = (size_t) fmin(u, (double) s->columns - 2);
    size_t row = (size_t) fmin(v, (double) s->rows - 2);
    u -= (double) column;
    v -= (double) row;
    double a = corner(s, column, row), b = corner(s, column + 1, row);
    double c = corner(s, column, row + 1), d = corner(s, column + 1, row + 1);
    int missing = isnan(a) + isnan(b) + isnan(c) + isnan(d);
    *ret_border = missing > 0 && missing < 4;
    return (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * c + u * d);
}

/* The corners of a mesh in turn, from the top left clockwise, and the edges between them. */
struct mesh {
    double x[4], y[4], value[4];
};

/* Where the level crosses the edge from corner i to the next. */
static void cross_edge(const struct mesh *mesh, int i, double level, double *ret_x, double *ret_y)
{
    int j = (i + 1) % 4;
    double t = (level - mesh->value[i]) / (mesh->value[j] - mesh->value[i]);
    *ret_x = mesh->x[i] + t * (mesh->x[j] - mesh->x[i]);
    *ret_y = mesh->y[i] + t * (mesh->y[j] - mesh->y[i]);
}

static void trace_mesh(const struct mesh *mesh, double level,
                       void (*take)(void *context, struct segment segment), void *context)
{
    bool above[4];
    double mean = 0, x[4], y[4];
    int crossed[4], count = 0;
    for (int i = 0; i < 4; i++) {
        above[i] = mesh->value[i] >= level;
        mean += mesh->value[i] / 4;
    }
    for (int i = 0; i < 4; i++) {
        if (above[i] == above[(i + 1) % 4])
            continue;
        cross_edge(mesh, i, level, &x[count], &y[count]);
        crossed[count++] = i;
    }
    if (count == 0)
        return;
    /* Of a saddle's crossings, in turn, the first two belong together when the corner between
     * them is cut off from the middle. */
    int first = count == 4 && above[(crossed[0] + 1) % 4] == (mean >= level) ? 1 : 0;
    for (int i = 0; i < count; i += 2) {
        int a = (first + i) % count, b = (first + i + 1) % count;
        take(context, (struct segment){ x[a], y[a], x[b], y[b] });
    }
}

void contour_trace(const struct samples *s, double level,
                   void (*take)(void *context, struct segment segment), void *context)
{
    for (size_t row = 0; row + 1 < s->rows; row++) {
        for (size_t column = 0; column + 1 < s->columns; column++) {
            double left = (double) column * s->step, top = (double) row * s->step;
            struct mesh mesh = {
                .x = { left, left + s->step, left + s->step, left },
                .y = { top, top, top + s->step, top + s->step },
                .value = { corner(s, column, row), corner(s, column + 1, row),
                           corner(s, column + 1, row + 1), corner(s, column, row + 1) },
            };
            if (isfinite(mesh.value[0] + mesh.value[1] + mesh.value[2] + mesh.value[3]))
                trace_mesh(&mesh, level, take, context);
        }
    }
}
