/*
 * map.c - a sheet with a piece of floor on it
 */
#include "report/map.h"

#include <math.h>

/* A map is at most so many times as high as wide, and the other way round. */
#define SHAPE_MAX 8.0

/* A corridor is shown with some room beside it: a sheet of any shape would have no room for words.
 */
static struct extent readable_shape(struct extent e)
{
    double width = e.high.x - e.low.x, height = e.high.y - e.low.y;
    double wider = fmax(0, height / SHAPE_MAX - width) / 2;
    double higher = fmax(0, width / SHAPE_MAX - height) / 2;
    return (struct extent){ { e.low.x - wider, e.low.y - higher },
                            { e.high.x + wider, e.high.y + higher } };
}

int map_open(struct extent floor, const struct sheet_words *words, struct map *ret_map)
{
    struct map map = { .floor = floor, .extent = readable_shape(floor) };
    double width_m = map.extent.high.x - map.extent.low.x;
    int r = sheet_open(width_m / (map.extent.high.y - map.extent.low.y), words, &map.sheet);
    if (r < 0)
        return r;
    map.px_per_m = map.sheet.map_width / width_m;
    *ret_map = map;
    return 0;
}

void map_draw_plan(const struct map *map, const struct image *plan)
{
    const struct extent *floor = &map->floor;
    canvas_image(map->sheet.canvas, plan, map_x(map, floor->low.x), map_y(map, floor->high.y),
                 (floor->high.x - floor->low.x) * map->px_per_m,
                 (floor->high.y - floor->low.y) * map->px_per_m, 1);
}

void map_draw_frame(const struct map *map)
{
    const struct sheet *s = &map->sheet;
    canvas_colour(s->canvas, SHEET_QUIET, 0.8);
    canvas_outline_rectangle(s->canvas, s->map_x - 0.5, s->map_y - 0.5, s->map_width + 1,
                             s->map_height + 1, 1);
    sheet_scale_bar(s, map->px_per_m);
}

void map_draw_grid(const struct map *map)
{
    const struct sheet *s = &map->sheet;
    double step_m = 1;
    while (step_m * map->px_per_m < 16)
        step_m *= step_m == 1 ? 5 : 2;
    canvas_colour(s->canvas, SHEET_QUIET, 0.28);
    for (double x = ceil(map->extent.low.x / step_m) * step_m; x <= map->extent.high.x; x += step_m)
        canvas_line(s->canvas, map_x(map, x), s->map_y, map_x(map, x), s->map_y + s->map_height, 1);
    for (double y = ceil(map->extent.low.y / step_m) * step_m; y <= map->extent.high.y; y += step_m)
        canvas_line(s->canvas, s->map_x, map_y(map, y), s->map_x + s->map_width, map_y(map, y), 1);
}

void map_draw_camera(const struct map *map, struct floor_m camera)
{
    struct canvas *canvas = map->sheet.canvas;
    double x = map_x(map, camera.x), y = map_y(map, camera.y);
    canvas_path_begin(canvas);
    canvas_path_add(canvas, x, y - 9);
    canvas_path_add(canvas, x + 8, y + 6);
    canvas_path_add(canvas, x - 8, y + 6);
    canvas_path_close(canvas);
    canvas_colour(canvas, SHEET_INK, 1);
    canvas_path_fill(canvas);
    canvas_colour(canvas, SHEET_PAPER, 1);
    canvas_path_outline(canvas, 1.5);
    canvas_path_end(canvas);
}
