/*
 * floor_picture.c - a floor's GeoJSON as a plan, to scale
 */
#include "report/floor_picture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "image/canvas.h"

#define BORDER_M 1.0

/* Grid lines closer than this, px, would be a grey wash: every fifth is drawn, or every 25th... */
#define GRID_GAP_MIN_PX 5.0

/* A wall given as a line is this thick, m. */
#define WALL_M 0.12

/* Text and lines are made for a plan this large, px, and grow with a larger one. */
#define USUAL_EDGE_PX 1200.0
#define NAME_PX       16.0
#define NAME_MIN_PX   9.0

struct plan {
    struct canvas *canvas;
    double width, height, px_per_m;
    double scale; /* of text and lines */
    struct floor_m origin, far;
};

static const struct colour paper = { 0.925, 0.935, 0.945 }, floor_colour = { 1, 1, 1 };
static const struct colour ink = { 0.22, 0.26, 0.32 }, grid_colour = { 0.55, 0.62, 0.70 };
static const struct colour shelf_colour = { 0.80, 0.78, 0.74 }, door = { 0.10, 0.55, 0.42 };
static const struct colour tints[] = {
    { 0.62, 0.76, 0.90 },
    { 0.70, 0.84, 0.66 },
    { 0.93, 0.80, 0.58 },
    { 0.82, 0.70, 0.88 },
};

static double to_x(const struct plan *p, double x_m)
{
    return (x_m - p->origin.x) * p->px_per_m;
}

static double to_y(const struct plan *p, double y_m)
{
    return p->height - (y_m - p->origin.y) * p->px_per_m;
}

static void trace(const struct plan *p, const struct feature *feature)
{
    for (size_t i = 0; i < feature->ring_count; i++) {
        canvas_path_begin(p->canvas);
        for (size_t c = 0; c < feature->rings[i].corners; c++)
            canvas_path_add(p->canvas, to_x(p, feature->rings[i].xy[2 * c]),
                            to_y(p, feature->rings[i].xy[2 * c + 1]));
        if (!feature->is_line)
            canvas_path_close(p->canvas);
    }
}

/* How a kind of feature looks. */
struct look {
    struct colour fill;
    double fill_opacity; /* 0: not filled; lines never are */
    struct colour stroke;
    double stroke_opacity, stroke_px; /* 0 px: no outline */
};

static void draw_feature(const struct plan *p, const struct feature *feature,
                         const struct look *look)
{
    double stroke_px = look->stroke_px * p->scale;
    if (feature->is_line && feature->kind == FEATURE_WALL)
        stroke_px = fmax(stroke_px, WALL_M * p->px_per_m);
    trace(p, feature);
    canvas_colour(p->canvas, look->fill, look->fill_opacity);
    if (look->fill_opacity > 0 && !feature->is_line)
        canvas_path_fill(p->canvas);
    canvas_colour(p->canvas, look->stroke, look->stroke_opacity);
    if (stroke_px > 0)
        canvas_path_outline(p->canvas, stroke_px);
    canvas_path_end(p->canvas);
}

static void draw_kind(const struct plan *p, const struct floor_map *map, enum feature_kind kind,
                      struct look look)
{
    for (size_t i = 0; i < map->feature_count; i++)
        if (map->features[i].kind == kind)
            draw_feature(p, &map->features[i], &look);
}

static void draw_zones(const struct plan *p, const struct floor_map *map)
{
    size_t tint = 0;
    for (size_t i = 0; i < map->feature_count; i++) {
        if (map->features[i].kind != FEATURE_ZONE)
            continue;
        struct look look = { .fill = tints[tint++ % ARRAY_LENGTH(tints)], .fill_opacity = 0.35 };
        draw_feature(p, &map->features[i], &look);
    }
}

/* 1 m, or the least 5, 25, 125... m of which the lines can be told apart. */
static double grid_step_m(const struct plan *p)
{
    double step = 1;
    while (step * p->px_per_m < GRID_GAP_MIN_PX)
        step *= 5;
    return step;
}

/* Lines are counted, not added up: far from the origin x + 1 may be x. */
static void draw_grid_x(const struct plan *p, double step)
{
    char text[32];
    double first = ceil(p->origin.x / step), count = (p->far.x - p->origin.x) / step;
    for (int i = 0; i <= count; i++) {
        double x = (first + i) * step, at = to_x(p, x);
        bool strong = fmod(first + i, 5) == 0;
        canvas_colour(p->canvas, grid_colour, strong ? 0.55 : 0.22);
        canvas_line(p->canvas, at, 0, at, p->height, (strong ? 1.2 : 0.8) * p->scale);
        (void) snprintf(text, sizeof(text), "%g m", x);
        canvas_colour(p->canvas, ink, 0.6);
        if (strong && at > 20 * p->scale && at < p->width - 40 * p->scale)
            canvas_text(p->canvas, at + 4 * p->scale, p->height - 6 * p->scale, 12 * p->scale,
                        false, TEXT_LEFT, text);
    }
}

static void draw_grid_y(const struct plan *p, double step)
{
    char text[32];
    double first = ceil(p->origin.y / step), count = (p->far.y - p->origin.y) / step;
    for (int i = 0; i <= count; i++) {
        double y = (first + i) * step, at = to_y(p, y);
        bool strong = fmod(first + i, 5) == 0;
        canvas_colour(p->canvas, grid_colour, strong ? 0.55 : 0.22);
        canvas_line(p->canvas, 0, at, p->width, at, (strong ? 1.2 : 0.8) * p->scale);
        (void) snprintf(text, sizeof(text), "%g m", y);
        canvas_colour(p->canvas, ink, 0.6);
        if (strong && at > 20 * p->scale && at < p->height - 20 * p->scale)
            canvas_text(p->canvas, 5 * p->scale, at - 4 * p->scale, 12 * p->scale, false, TEXT_LEFT,
                        text);
    }
}

/* The middle of a ring by area, or of its corners where it bounds none. */
static struct floor_m ring_middle(const struct feature *feature)
{
    const struct polygon *ring = &feature->rings[0];
    struct floor_m mean = { 0, 0 }, sum = { 0, 0 };
    double area = feature->is_line ? 0 : polygon_area(*ring);
    for (size_t c = 0; c < ring->corners; c++) {
        const double *a = ring->xy + 2 * c, *b = ring->xy + 2 * ((c + 1) % ring->corners);
        double cross = a[0] * b[1] - b[0] * a[1];
        mean.x += a[0] / (double) ring->corners;
        mean.y += a[1] / (double) ring->corners;
        sum.x += (a[0] + b[0]) * cross;
        sum.y += (a[1] + b[1]) * cross;
    }
    if (fabs(area) < 1e-6)
        return mean;
    return (struct floor_m){ sum.x / (6 * area), sum.y / (6 * area) };
}

/* A name as large as fits into the feature; none where only a smear would. Names of lines stand
 * above them. */
static void draw_name(const struct plan *p, const struct feature *feature)
{
    struct floor_m middle = ring_middle(feature);
    double room_px = (feature->high.x - feature->low.x) * p->px_per_m - 6 * p->scale;
    double height_px = (feature->high.y - feature->low.y) * p->px_per_m;
    double size = NAME_PX * p->scale,
           width = canvas_text_width(p->canvas, size, false, feature->id);
    if (!feature->is_line)
        size = fmin(fmin(size, size * room_px / width), height_px * 0.8);
    if (size < NAME_MIN_PX)
        return;
    double drop = feature->is_line ? -0.5 * size : 0.35 * size;
    canvas_colour(p->canvas, feature->kind == FEATURE_ENTRANCE ? door : ink, 0.75);
    canvas_text(p->canvas, to_x(p, middle.x), to_y(p, middle.y) + drop, size, false, TEXT_CENTRE,
                feature->id);
}

static void draw_names(const struct plan *p, const struct floor_map *map)
{
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *feature = &map->features[i];
        bool named = feature->kind == FEATURE_ZONE || feature->kind == FEATURE_SHELF ||
                     feature->kind == FEATURE_ENTRANCE;
        if (named && feature->id[0] && feature->rings[0].corners > 0)
            draw_name(p, feature);
    }
}

static struct floor_m far_corner(const struct floor_map *map)
{
    struct floor_m far = { -INFINITY, -INFINITY };
    for (size_t i = 0; i < map->feature_count; i++)
        for (size_t c = 0; c < map->features[i].rings[0].corners; c++) {
            far.x = fmax(far.x, map->features[i].rings[0].xy[2 * c]);
            far.y = fmax(far.y, map->features[i].rings[0].xy[2 * c + 1]);
        }
    return far;
}

/* Where cameras may not hang (no-mount) is the ceiling's matter and not drawn. */
static void draw(const struct plan *p, const struct floor_map *map)
{
    double step = grid_step_m(p);
    draw_kind(p, map, FEATURE_WALKABLE, (struct look){ .fill = floor_colour, .fill_opacity = 1 });
    draw_zones(p, map);
    draw_grid_x(p, step);
    draw_grid_y(p, step);
    draw_kind(p, map, FEATURE_SHELF, (struct look){ shelf_colour, 1, ink, 0.8, 1.2 });
    draw_kind(p, map, FEATURE_WALKABLE,
              (struct look){ .stroke = ink, .stroke_opacity = 0.8, .stroke_px = 2 });
    draw_kind(p, map, FEATURE_WALL, (struct look){ ink, 0.9, ink, 0.9, 2 });
    draw_kind(p, map, FEATURE_ENTRANCE, (struct look){ door, 0.15, door, 1, 4 });
    draw_kind(p, map, FEATURE_LINE,
              (struct look){ .stroke = ink, .stroke_opacity = 0.8, .stroke_px = 1.5 });
    draw_names(p, map);
}

int floor_picture(const struct floor_map *map, double metres_per_pixel, struct floor_m origin,
                  struct image **ret_picture, struct error *err)
{
    struct floor_m far = far_corner(map);
    struct plan p = { .px_per_m = 1 / metres_per_pixel, .origin = origin };
    double width = ceil((far.x + BORDER_M - origin.x) / metres_per_pixel);
    double height = ceil((far.y + BORDER_M - origin.y) / metres_per_pixel);
    if (!(metres_per_pixel > 0 && width >= 1 && height >= 1 && width <= IMAGE_EDGE_MAX &&
          height <= IMAGE_EDGE_MAX))
        return error_set(err, -EINVAL,
                         "the plan would be %g x %g pixels; correct metres_per_pixel or origin_m",
                         width, height);
    p.scale = fmax(1, fmax(width, height) / USUAL_EDGE_PX);
    p.width = width;
    p.height = height;
    p.far = (struct floor_m){ origin.x + width * metres_per_pixel,
                              origin.y + height * metres_per_pixel };
    int r = canvas_create((uint32_t) width, (uint32_t) height, paper, &p.canvas);
    if (r < 0)
        return error_set(err, r, "out of memory");
    draw(&p, map);
    r = canvas_finish(p.canvas, ret_picture);
    canvas_destroy(&p.canvas);
    return r < 0 ? error_set(err, r, "could not draw the plan: %s", strerror(-r)) : 0;
}
