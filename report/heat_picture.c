/*
 * heat_picture.c - heat and movement over the plan, heat over a camera's still
 */
#include "report/heat_picture.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "report/sheet.h"

#define PERCENTILE_DEFAULT 98.0

/* A map is at most so many times as high as wide, and the other way round. */
#define SHAPE_MAX 8.0

/* Arrows stand for blocks about this wide, m, and never closer together than this, px. */
#define ARROW_BLOCK_M      1.0
#define ARROW_BLOCK_MIN_PX 30.0

/* Below this much walking, m, a block says nothing about direction. */
#define ARROW_PATH_MIN_M 1.0

/* The part of the floor that a map shows. */
struct extent {
    struct floor_m low, high;
};

struct map {
    struct sheet sheet;
    struct extent floor;  /* of the plan or grid */
    struct extent extent; /* of the map */
    double px_per_m;
};

static double to_x(const struct map *map, double x_m)
{
    return map->sheet.map_x + (x_m - map->extent.low.x) * map->px_per_m;
}

static double to_y(const struct map *map, double y_m)
{
    return map->sheet.map_y + (map->extent.high.y - y_m) * map->px_per_m;
}

static struct extent grid_extent(const struct grid *grid)
{
    return (struct extent){ grid->origin,
                            { grid->origin.x + grid->columns * grid->cell_m,
                              grid->origin.y + grid->rows * grid->cell_m } };
}

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

static double percentile_of(const struct heat_picture_options *options)
{
    return options->percentile > 0 && options->percentile <= 100 ? options->percentile
                                                                 : PERCENTILE_DEFAULT;
}

/* Heat as a transparent picture, one pixel a pixel of the map. */
static int paint_field(const struct map *map, const struct heat_field *field,
                       struct image **ret_image)
{
    uint32_t width = (uint32_t) map->sheet.map_width, height = (uint32_t) map->sheet.map_height;
    int r = image_create(width, height, IMAGE_RGBA8, ret_image);
    if (r < 0)
        return r;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            struct floor_m p = { map->extent.low.x + (x + 0.5) / map->px_per_m,
                                 map->extent.high.y - (y + 0.5) / map->px_per_m };
            double opacity, value = heat_field_at(field, p);
            if (value <= 0)
                continue;
            struct colour c = sheet_heat_colour(value, &opacity);
            uint8_t *pixel = image_at(*ret_image, x, y);
            pixel[0] = (uint8_t) lround(255 * c.red);
            pixel[1] = (uint8_t) lround(255 * c.green);
            pixel[2] = (uint8_t) lround(255 * c.blue);
            pixel[3] = (uint8_t) lround(255 * opacity);
        }
    }
    return 0;
}

/* Every run of unseen cells in a row is one rectangle of the hatched path. */
static void hatch_unseen(const struct map *map, const struct heat_field *field)
{
    const struct grid *g = &field->grid;
    for (uint32_t row = 0; row < g->rows; row++) {
        double bottom = to_y(map, g->origin.y + row * g->cell_m);
        double top = to_y(map, g->origin.y + (row + 1) * g->cell_m);
        for (uint32_t first = 0, end; first < g->columns; first = end) {
            const bool *seen = field->seen + (size_t) row * g->columns;
            for (end = first + 1; end < g->columns && seen[end] == seen[first];)
                end++;
            if (seen[first])
                continue;
            double left = to_x(map, g->origin.x + first * g->cell_m);
            double right = to_x(map, g->origin.x + end * g->cell_m);
            canvas_path_begin(map->sheet.canvas);
            canvas_path_add(map->sheet.canvas, left, bottom);
            canvas_path_add(map->sheet.canvas, right, bottom);
            canvas_path_add(map->sheet.canvas, right, top);
            canvas_path_add(map->sheet.canvas, left, top);
            canvas_path_close(map->sheet.canvas);
        }
    }
    canvas_colour(map->sheet.canvas, SHEET_PAPER, 0.45);
    canvas_path_fill(map->sheet.canvas);
    canvas_colour(map->sheet.canvas, SHEET_HATCH, 0.55);
    canvas_path_hatch(map->sheet.canvas, 6, 1);
    canvas_path_end(map->sheet.canvas);
}

/* ---- movement ---- */

struct flow {
    double x_m, y_m; /* net displacement */
    double path_m;   /* length walked */
    double cx, cy;   /* where most of the walking was, m */
};

static struct flow block_flow(const struct heat_sums *sums, uint32_t column, uint32_t row,
                              uint32_t side)
{
    struct flow flow = { 0 };
    const struct grid *g = &sums->grid;
    for (uint32_t y = row; y < row + side && y < g->rows; y++) {
        for (uint32_t x = column; x < column + side && x < g->columns; x++) {
            uint32_t cell = y * g->columns + x;
            struct floor_m centre = grid_cell_centre(g, cell);
            flow.x_m += sums->move_x_m[cell];
            flow.y_m += sums->move_y_m[cell];
            flow.path_m += sums->path_m[cell];
            flow.cx += centre.x * sums->path_m[cell];
            flow.cy += centre.y * sums->path_m[cell];
        }
    }
    if (flow.path_m > 0) {
        flow.cx /= flow.path_m;
        flow.cy /= flow.path_m;
    }
    return flow;
}

static uint32_t block_cells(const struct map *map, const struct grid *grid)
{
    double block_m = fmax(ARROW_BLOCK_M, ARROW_BLOCK_MIN_PX / map->px_per_m);
    return (uint32_t) fmax(1, round(block_m / grid->cell_m));
}

static double largest_path(const struct heat_sums *sums, uint32_t side)
{
    double largest = 0;
    for (uint32_t row = 0; row < sums->grid.rows; row += side)
        for (uint32_t column = 0; column < sums->grid.columns; column += side)
            largest = fmax(largest, block_flow(sums, column, row, side).path_m);
    return largest;
}

static void draw_arrow(const struct map *map, const struct flow *flow, double largest_m,
                       double block_px)
{
    static const struct colour blue = { 0.05, 0.25, 0.55 };
    double net_m = hypot(flow->x_m, flow->y_m), share = sqrt(flow->path_m / largest_m);
    double directed = fmin(net_m / flow->path_m, 1);
    double length = block_px * (0.45 + 0.5 * share), width = 1.4 + 3.2 * share;
    double x = to_x(map, flow->cx), y = to_y(map, flow->cy);
    canvas_colour(map->sheet.canvas, blue, 0.25 + 0.7 * directed);
    if (net_m < 0.15 * flow->path_m) { /* people walk both ways: there is no direction to show */
        canvas_fill_rectangle(map->sheet.canvas, x - width, y - width, 2 * width, 2 * width);
        return;
    }
    double ux = flow->x_m / net_m, uy = -flow->y_m / net_m;
    canvas_arrow(map->sheet.canvas, x - ux * length / 2, y - uy * length / 2, x + ux * length / 2,
                 y + uy * length / 2, width);
}

static void draw_movement(const struct map *map, const struct heat_sums *sums)
{
    uint32_t side = block_cells(map, &sums->grid);
    double largest_m = largest_path(sums, side);
    double block_px = side * sums->grid.cell_m * map->px_per_m;
    for (uint32_t row = 0; row < sums->grid.rows; row += side)
        for (uint32_t column = 0; column < sums->grid.columns; column += side) {
            struct flow flow = block_flow(sums, column, row, side);
            if (flow.path_m >= ARROW_PATH_MIN_M)
                draw_arrow(map, &flow, largest_m, block_px);
        }
    const char *const lines[] = {
        "An arrow is where people went",
        "on balance; longer and thicker",
        "means more walking, paler means",
        "they went both ways. A square:",
        "no direction at all.",
        "",
        "Hatched: no camera looked here.",
    };
    canvas_colour(map->sheet.canvas, SHEET_INK, 1);
    canvas_text(map->sheet.canvas, map->sheet.legend_x, map->sheet.map_y + 11, 14, true, TEXT_LEFT,
                "movement, per block");
    (void) sheet_note(&map->sheet, map->sheet.map_y + 36, lines, ARRAY_LENGTH(lines));
}

/* ---- the two pictures ---- */

static const char *what_of(enum heat_layer layer)
{
    return layer == HEAT_LAYER_DWELL    ? "Where people were"
           : layer == HEAT_LAYER_PASSES ? "Where people walked"
                                        : "Which way people went";
}

static int draw_over_plan(const struct map *map, const struct heat_sums *sums,
                          const struct image *plan, const struct heat_field *field,
                          const struct heat_picture_options *options)
{
    const struct sheet *s = &map->sheet;
    int r = 0;
    if (plan)
        canvas_image(s->canvas, plan, to_x(map, map->floor.low.x), to_y(map, map->floor.high.y),
                     (map->floor.high.x - map->floor.low.x) * map->px_per_m,
                     (map->floor.high.y - map->floor.low.y) * map->px_per_m, 1);
    hatch_unseen(map, field);
    if (options->layer == HEAT_LAYER_MOVEMENT) {
        draw_movement(map, sums);
    } else {
        AUTO(image_unref) struct image *heat = NULL;
        r = paint_field(map, field, &heat);
        if (r == 0)
            canvas_image(s->canvas, heat, s->map_x, s->map_y, s->map_width, s->map_height, 1);
        sheet_heat_legend(s, field, percentile_of(options));
    }
    canvas_colour(s->canvas, SHEET_QUIET, 0.8);
    canvas_outline_rectangle(s->canvas, s->map_x - 0.5, s->map_y - 0.5, s->map_width + 1,
                             s->map_height + 1, 1);
    sheet_scale_bar(s, map->px_per_m);
    return r;
}

int heat_picture_over_plan(const struct heat_sums *sums, const struct image *plan,
                           double metres_per_pixel, struct floor_m plan_origin,
                           const struct heat_picture_options *options, struct image **ret_picture,
                           struct error *err)
{
    struct map map = { .floor = grid_extent(&sums->grid) };
    if (plan)
        map.floor = (struct extent){ plan_origin,
                                     { plan_origin.x + plan->width * metres_per_pixel,
                                       plan_origin.y + plan->height * metres_per_pixel } };
    map.extent = readable_shape(map.floor);
    double width_m = map.extent.high.x - map.extent.low.x;
    AUTO(heat_field_destroy) struct heat_field *field = NULL;
    int r = heat_field_create(sums, options->layer, percentile_of(options), &field);
    if (r == 0)
        r = sheet_open(width_m / (map.extent.high.y - map.extent.low.y), options,
                       what_of(options->layer), &map.sheet);
    if (r < 0)
        return error_set(err, r, "out of memory");
    map.px_per_m = map.sheet.map_width / width_m;
    r = draw_over_plan(&map, sums, plan, field, options);
    return sheet_close(&map.sheet, r, ret_picture, err);
}

/* A cell's four corners in the still; false when one is not in front of the camera. */
static bool warp_cell(const struct grid *g, uint32_t cell, const struct calibration *calibration,
                      struct image_px corners[static 4])
{
    struct floor_m c = grid_cell_centre(g, cell);
    for (int i = 0; i < 4; i++) {
        struct floor_m corner = { c.x + (i == 1 || i == 2 ? 0.5 : -0.5) * g->cell_m,
                                  c.y + (i >= 2 ? 0.5 : -0.5) * g->cell_m };
        if (calibration_image_from_floor(calibration, corner, 0, &corners[i]) < 0)
            return false;
    }
    return true;
}

static void draw_cells(const struct sheet *s, const struct heat_field *field,
                       const struct calibration *calibration, struct image_px corner, double scale)
{
    for (uint32_t cell = 0; cell < grid_cells(&field->grid); cell++) {
        struct image_px corners[4];
        double opacity, value = heat_field_at(field, grid_cell_centre(&field->grid, cell));
        if (value < 0.01 || !warp_cell(&field->grid, cell, calibration, corners))
            continue;
        canvas_path_begin(s->canvas);
        for (int i = 0; i < 4; i++)
            canvas_path_add(s->canvas, s->map_x + (corners[i].x - corner.x) * scale,
                            s->map_y + (corners[i].y - corner.y) * scale);
        canvas_path_close(s->canvas);
        struct colour colour = sheet_heat_colour(value, &opacity);
        canvas_colour(s->canvas, colour, 0.8 * opacity);
        canvas_path_fill(s->canvas);
        canvas_path_end(s->canvas);
    }
}

int heat_picture_over_camera(const struct heat_sums *sums, const struct image *still,
                             struct image_px corner, const struct calibration *calibration,
                             const struct heat_picture_options *options, struct image **ret_picture,
                             struct error *err)
{
    struct sheet sheet;
    AUTO(heat_field_destroy) struct heat_field *field = NULL;
    enum heat_layer layer =
        options->layer == HEAT_LAYER_PASSES ? HEAT_LAYER_PASSES : HEAT_LAYER_DWELL;
    int r = heat_field_create(sums, layer, percentile_of(options), &field);
    if (r == 0)
        r = sheet_open((double) still->width / still->height, options, what_of(layer), &sheet);
    if (r < 0)
        return error_set(err, r, "out of memory");
    canvas_image(sheet.canvas, still, sheet.map_x, sheet.map_y, sheet.map_width, sheet.map_height,
                 1);
    canvas_clip_rectangle(sheet.canvas, sheet.map_x, sheet.map_y, sheet.map_width,
                          sheet.map_height);
    draw_cells(&sheet, field, calibration, corner, sheet.map_width / still->width);
    canvas_clip_end(sheet.canvas);
    sheet_heat_legend(&sheet, field, percentile_of(options));
    return sheet_close(&sheet, 0, ret_picture, err);
}
