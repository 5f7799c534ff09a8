/* marked_points.c - pairs of a point in the picture and the same point in the room */
#include "calib/marked_points.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv.h"

/* Two marks nearer than these are one mark. */
#define SAME_PX 0.01
#define SAME_M  0.0001

struct columns {
    int x_px, y_px, x_m, y_m, z_m, name;
};

static int find_columns(const struct csv_reader *reader, struct columns *ret_columns,
                        struct error *err)
{
    *ret_columns = (struct columns){
        .x_px = csv_reader_column(reader, "x_px", NULL),
        .y_px = csv_reader_column(reader, "y_px", NULL),
        .x_m = csv_reader_column(reader, "x_m", NULL),
        .y_m = csv_reader_column(reader, "y_m", NULL),
        .z_m = csv_reader_column(reader, "z_m", NULL),
        .name = csv_reader_column(reader, "name", NULL),
    };
    const struct columns *c = ret_columns;
    if (c->x_px >= 0 && c->y_px >= 0 && c->x_m >= 0 && c->y_m >= 0)
        return 0;
    return error_set(err, -EINVAL,
                     "%s:1: the first line must name the columns x_px,y_px,x_m,y_m (and z_m, name "
                     "if wanted); %s is missing",
                     csv_reader_name(reader),
                     c->x_px < 0   ? "x_px"
                     : c->y_px < 0 ? "y_px"
                     : c->x_m < 0  ? "x_m"
                                   : "y_m");
}

static int read_row(const struct csv_reader *reader, const struct columns *columns,
                    struct marked_point *ret_point, struct error *err)
{
    struct marked_point point = { .line = csv_reader_line(reader) };
    int r = csv_reader_number(reader, columns->x_px, &point.px.x, err);
    if (r == 0)
        r = csv_reader_number(reader, columns->y_px, &point.px.y, err);
    if (r == 0)
        r = csv_reader_number(reader, columns->x_m, &point.x_m, err);
    if (r == 0)
        r = csv_reader_number(reader, columns->y_m, &point.y_m, err);
    if (r == 0 && csv_reader_text(reader, columns->z_m)[0])
        r = csv_reader_number(reader, columns->z_m, &point.z_m, err);
    (void) snprintf(point.name, sizeof(point.name), "%s", csv_reader_text(reader, columns->name));
    if (r == 0)
        *ret_point = point;
    return r;
}

static int check_place(const struct marked_points *points, const struct marked_point *p,
                       uint32_t width, uint32_t height, struct error *err)
{
    if (p->px.x < 0 || p->px.y < 0 || p->px.x > width || p->px.y > height)
        return error_set(err, -EINVAL,
                         "%s:%ld: pixel (%g, %g) lies outside the picture of %ux%u; is it the size "
                         "of the picture that the points were marked in?",
                         points->source, p->line, p->px.x, p->px.y, width, height);
    if (fabs(p->x_m) > MARKED_POINT_FARTHEST_M || fabs(p->y_m) > MARKED_POINT_FARTHEST_M ||
        fabs(p->z_m) > MARKED_POINT_FARTHEST_M)
        return error_set(err, -EINVAL,
                         "%s:%ld: floor point (%g, %g, %g) is more than %g m from the origin; "
                         "floor points are in metres",
                         points->source, p->line, p->x_m, p->y_m, p->z_m, MARKED_POINT_FARTHEST_M);
    return 0;
}

/* Neither a mark twice, nor one pixel for two places, nor one place at two pixels. */
static int check_new(const struct marked_points *points, const struct marked_point *p,
                     struct error *err)
{
    for (size_t i = 0; i < points->count; i++) {
        const struct marked_point *q = &points->items[i];
        bool same_px = hypot(p->px.x - q->px.x, p->px.y - q->px.y) < SAME_PX;
        bool same_m =
            fabs(p->x_m - q->x_m) + fabs(p->y_m - q->y_m) + fabs(p->z_m - q->z_m) < SAME_M;
        if (same_px || same_m)
            return error_set(err, -EINVAL, "%s:%ld: this %s as line %ld; remove one of them",
                             points->source, p->line,
                             same_px && same_m ? "is the same point"
                             : same_px         ? "pixel is the same"
                                               : "floor point is the same",
                             q->line);
    }
    return 0;
}

static int add(struct marked_points *points, const struct marked_point *point, struct error *err)
{
    if (points->count == MARKED_POINTS_MAX)
        return error_set(err, -EINVAL, "%s:%ld: more than %d points", points->source, point->line,
                         MARKED_POINTS_MAX);
    struct marked_point *items =
        reallocarray(points->items, points->count + 1, sizeof(*points->items));
    if (!items)
        return error_set(err, -ENOMEM, "out of memory");
    points->items = items;
    points->items[points->count++] = *point;
    return 0;
}

static int read_rows(struct csv_reader *reader, uint32_t width, uint32_t height,
                     struct marked_points *points, struct error *err)
{
    struct columns columns;
    struct marked_point point;
    int r = find_columns(reader, &columns, err);
    if (r < 0)
        return r;
    while ((r = csv_reader_next(reader, err)) > 0) {
        r = read_row(reader, &columns, &point, err);
        if (r == 0)
            r = check_place(points, &point, width, height, err);
        if (r == 0)
            r = check_new(points, &point, err);
        if (r == 0)
            r = add(points, &point, err);
        if (r < 0)
            return r;
    }
    if (r == 0 && points->count < MARKED_POINTS_MIN)
        return error_set(err, -EINVAL, "%s:%ld: only %zu points; mark at least %d, better 8",
                         points->source, csv_reader_line(reader), points->count, MARKED_POINTS_MIN);
    return r;
}

int marked_points_load(const char *path, uint32_t width, uint32_t height,
                       struct marked_points *ret_points, struct error *err)
{
    AUTO(csv_reader_close) struct csv_reader *reader = NULL;
    struct marked_points points = { 0 };
    int r = csv_reader_open(path, &reader, err);
    if (r < 0)
        return r;
    points.source = strdup(csv_reader_name(reader));
    r = points.source ? read_rows(reader, width, height, &points, err)
                      : error_set(err, -ENOMEM, "out of memory");
    if (r < 0)
        marked_points_release(&points);
    else
        *ret_points = points;
    return r;
}

void marked_points_release(struct marked_points *points)
{
    free(points->items);
    free(points->source);
    *points = (struct marked_points){ 0 };
}
