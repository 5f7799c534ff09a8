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

struct plan {
    struct canvas *canvas;
    double width, height, px_per_m;
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

static void trace(const struct plan *p, const struct feature *feature, bool closed)
{
    for (size_t i = 0; i < feature->ring_count; i++) {
        canvas_path_begin(p->canvas);
        for (size_t c = 0; c < feature->rings[i].corners; c++)
            canvas_path_add(p->canvas, to_x(p, feature->rings[i].xy[2 * c]),
                            to_y(p, feature->rings[i].xy[2 * c + 1]));
        if (closed)
            canvas_path_close(p->canvas);
    }
}

static void draw_kind(const struct plan *p, const struct floor_map *map, enum feature_kind kind,
                      struct colour fill, double fill_opacity, double line_px)
{
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *feature = &map->features[i];
        if (feature->kind != kind)
            continue;
        trace(p, feature, feature->kind != FEATURE_LINE);
        canvas_colour(p->canvas, fill, fill_opacity);
        if (fill_opacity > 0)
            canvas_path_fill(p->canvas);
        canvas_colour(p->canvas, kind == FEATURE_ENTRANCE ? door : ink,
                      kind == FEATURE_ENTRANCE ? 1 : 0.8);
        if (line_px > 0)
            canvas_path_outline(p->canvas, line_px);
        canvas_path_end(p->canvas);
    }
}

static void draw_zones(const struct plan *p, const struct floor_map *map)
{
    size_t tint = 0;
    for (size_t i = 0; i < map->feature_count; i++) {
        if (map->features[i].kind != FEATURE_ZONE)
            continue;
        trace(p, &map->features[i], true);
        canvas_colour(p->canvas, tints[tint++ % ARRAY_LENGTH(tints)], 0.35);
        canvas_path_fill(p->canvas);
        canvas_path_end(p->canvas);
    }
}

static void draw_grid(const struct plan *p)
{
    char text[32];
    for (double x = ceil(p->origin.x); x <= p->far.x; x++) {
        bool strong = fmod(x, 5) == 0;
        canvas_colour(p->canvas, grid_colour, strong ? 0.55 : 0.22);
        canvas_line(p->canvas, to_x(p, x), 0, to_x(p, x), p->height, strong ? 1.2 : 0.8);
        (void) snprintf(text, sizeof(text), "%g m", x);
        if (strong && to_x(p, x) > 20 && to_x(p, x) < p->width - 40)
            canvas_text(p->canvas, to_x(p, x) + 4, p->height - 6, 12, false, TEXT_LEFT, text);
    }
    for (double y = ceil(p->origin.y); y <= p->far.y; y++) {
        bool strong = fmod(y, 5) == 0;
        canvas_colour(p->canvas, grid_colour, strong ? 0.55 : 0.22);
        canvas_line(p->canvas, 0, to_y(p, y), p->width, to_y(p, y), strong ? 1.2 : 0.8);
        (void) snprintf(text, sizeof(text), "%g m", y);
        if (strong && to_y(p, y) > 20 && to_y(p, y) < p->height - 20)
            canvas_text(p->canvas, 5, to_y(p, y) - 4, 12, false, TEXT_LEFT, text);
    }
}

/* Names stand at the middle of the outer ring's corners. */
static void draw_names(const struct plan *p, const struct floor_map *map)
{
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *feature = &map->features[i];
        bool named = feature->kind == FEATURE_ZONE || feature->kind == FEATURE_SHELF;
        double x = 0, y = 0;
        if (!named || !feature->id[0] || feature->rings[0].corners == 0)
            continue;
        for (size_t c = 0; c < feature->rings[0].corners; c++) {
            x += feature->rings[0].xy[2 * c] / (double) feature->rings[0].corners;
            y += feature->rings[0].xy[2 * c + 1] / (double) feature->rings[0].corners;
        }
        canvas_colour(p->canvas, ink, 0.65);
        canvas_text(p->canvas, to_x(p, x), to_y(p, y), 16, false, TEXT_CENTRE, feature->id);
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

static void draw(const struct plan *p, const struct floor_map *map)
{
    draw_kind(p, map, FEATURE_WALKABLE, floor_colour, 1, 0);
    draw_zones(p, map);
    draw_grid(p);
    draw_kind(p, map, FEATURE_SHELF, shelf_colour, 1, 1.2);
    draw_kind(p, map, FEATURE_WALL, ink, 0.9, 2);
    draw_kind(p, map, FEATURE_WALKABLE, floor_colour, 0, 2);
    draw_kind(p, map, FEATURE_ENTRANCE, door, 0.15, 4);
    draw_kind(p, map, FEATURE_LINE, ink, 0, 1.5);
    draw_names(p, map);
}

int floor_picture(const struct floor_map *map, double metres_per_pixel, struct floor_m origin,
                  struct image **ret_picture, struct error *err)
{
    struct floor_m far = far_corner(map);
    struct plan p = { .px_per_m = 1 / metres_per_pixel, .origin = origin };
    double width = ceil((far.x + BORDER_M - origin.x) / metres_per_pixel);
    double height = ceil((far.y + BORDER_M - origin.y) / metres_per_pixel);
    if (!(width >= 1 && height >= 1 && width <= IMAGE_EDGE_MAX && height <= IMAGE_EDGE_MAX))
        return error_set(err, -EINVAL,
                         "the plan would be %g x %g pixels; correct metres_per_pixel or origin_m",
                         width, height);
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
