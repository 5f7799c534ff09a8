/*
 * heat_picture.c - heat and movement over the plan, heat over a camera's still
 */
#include "report/heat_picture.h"

#include <errno.h>
#include <math.h>

#include "report/heat_legend.h"
#include "report/movement.h"

#define PERCENTILE_DEFAULT 98.0

/* A still is drawn paler than it is, so that dark heat shows on dark ground. */
#define STILL_OPACITY 0.72

#define HATCH_SPACING_PX 6.0

static struct extent grid_extent(const struct grid *grid)
{
    return (struct extent){ grid->origin,
                            { grid->origin.x + grid->columns * grid->cell_m,
                              grid->origin.y + grid->rows * grid->cell_m } };
}

static double percentile_of(const struct heat_picture_options *options)
{
    return options->percentile > 0 && options->percentile <= 100 ? options->percentile
                                                                 : PERCENTILE_DEFAULT;
}

static void put_pixel(const struct image *image, uint32_t x, uint32_t y, struct colour c,
                      double opacity)
{
    uint8_t *pixel = image_at(image, x, y);
    pixel[0] = (uint8_t) lround(255 * c.red);
    pixel[1] = (uint8_t) lround(255 * c.green);
    pixel[2] = (uint8_t) lround(255 * c.blue);
    pixel[3] = (uint8_t) lround(255 * opacity);
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
            struct colour c = heat_colour(value, &opacity);
            put_pixel(*ret_image, x, y, c, opacity);
        }
    }
    return 0;
}

/* Every run of unseen cells in a row is one rectangle of the hatched path. */
static void hatch_unseen(const struct map *map, const struct heat_field *field)
{
    const struct grid *g = &field->grid;
    for (uint32_t row = 0; row < g->rows; row++) {
        double bottom = map_y(map, g->origin.y + row * g->cell_m);
        double top = map_y(map, g->origin.y + (row + 1) * g->cell_m);
        for (uint32_t first = 0, end; first < g->columns; first = end) {
            const bool *seen = field->seen + (size_t) row * g->columns;
            for (end = first + 1; end < g->columns && seen[end] == seen[first];)
                end++;
            if (seen[first])
                continue;
            double left = map_x(map, g->origin.x + first * g->cell_m);
            double right = map_x(map, g->origin.x + end * g->cell_m);
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
    canvas_path_hatch(map->sheet.canvas, HATCH_SPACING_PX, 1);
    canvas_path_end(map->sheet.canvas);
}

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
    canvas_clip_rectangle(s->canvas, s->map_x, s->map_y, s->map_width, s->map_height);
    if (plan)
        map_draw_plan(map, plan);
    hatch_unseen(map, field);
    canvas_clip_end(s->canvas);
    if (options->layer == HEAT_LAYER_MOVEMENT) {
        r = movement_draw(map, sums, percentile_of(options));
    } else {
        AUTO(image_unref) struct image *heat = NULL;
        r = paint_field(map, field, &heat);
        if (r == 0)
            canvas_image(s->canvas, heat, s->map_x, s->map_y, s->map_width, s->map_height, 1);
        heat_legend_draw(s, field, percentile_of(options));
    }
    map_draw_frame(map);
    return r;
}

/* What the map shows: the plan, or the whole grid when there is none. */
static int find_extent(const struct grid *grid, const struct image *plan, double metres_per_pixel,
                       struct floor_m origin, struct extent *ret_extent, struct error *err)
{
    struct extent cells = grid_extent(grid), e = cells;
    if (plan)
        e = (struct extent){ origin,
                             { origin.x + plan->width * metres_per_pixel,
                               origin.y + plan->height * metres_per_pixel } };
    if (!(e.high.x > e.low.x && e.high.y > e.low.y && isfinite(e.high.x) && isfinite(e.high.y)))
        return error_set(err, -EINVAL,
                         "the plan would be %g x %g m large; correct its metres_per_pixel",
                         e.high.x - e.low.x, e.high.y - e.low.y);
    if (!(cells.low.x < e.high.x && cells.high.x > e.low.x && cells.low.y < e.high.y &&
          cells.high.y > e.low.y))
        return error_set(err, -EINVAL,
                         "the plan covers x %g to %g m, y %g to %g m, and the heat lies outside of "
                         "it; correct the plan's origin_m or metres_per_pixel",
                         e.low.x, e.high.x, e.low.y, e.high.y);
    *ret_extent = e;
    return 0;
}

int heat_picture_over_plan(const struct heat_sums *sums, const struct image *plan,
                           double metres_per_pixel, struct floor_m plan_origin,
                           const struct heat_picture_options *options, struct image **ret_picture,
                           struct error *err)
{
    struct map map;
    struct extent floor;
    AUTO(heat_field_destroy) struct heat_field *field = NULL;
    int r = find_extent(&sums->grid, plan, metres_per_pixel, plan_origin, &floor, err);
    if (r < 0)
        return r;
    r = heat_field_create(sums, options->layer, percentile_of(options), &field);
    if (r == 0)
        r = map_open(
            floor,
            &(struct sheet_words){ what_of(options->layer), options->title, options->time_range },
            &map);
    if (r < 0)
        return error_set(err, r, "out of memory");
    r = draw_over_plan(&map, sums, plan, field, options);
    return sheet_close(&map.sheet, r, ret_picture, err);
}

/* How much of a pixel a hatch line covers, lines at 45 degrees as canvas_path_hatch draws them. */
static double hatch_coverage(uint32_t x, uint32_t y)
{
    double from_line = fabs(fmod((double) x + y, HATCH_SPACING_PX) - HATCH_SPACING_PX / 2);
    return fmin(fmax(1.2 - from_line, 0), 1);
}

/*
 * The floor as the camera sees it, as a transparent picture of the map's size. Each pixel asks
 * which floor point it shows: unlike cells drawn one by one this leaves no seams between them, and
 * points at the horizon have no far corners to go wrong with.
 */
static int paint_floor_of_camera(const struct sheet *s, const struct heat_field *field,
                                 const struct calibration *calibration, const struct image *still,
                                 struct image_px corner, struct image **ret_image)
{
    const struct covariance2 exact = { 0, 0, 0 };
    uint32_t width = (uint32_t) s->map_width, height = (uint32_t) s->map_height;
    int r = image_create(width, height, IMAGE_RGBA8, ret_image);
    if (r < 0)
        return r;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            struct floor_m p;
            double opacity;
            struct image_px px = { corner.x + (x + 0.5) * still->width / width,
                                   corner.y + (y + 0.5) * still->height / height };
            if (calibration_floor_from_image(calibration, px, exact, 0, &p, NULL) < 0 ||
                grid_cell_at(&field->grid, p) == GRID_OUTSIDE)
                continue;
            double value = heat_field_at(field, p);
            struct colour colour = heat_colour(fmax(value, 0), &opacity);
            if (value < 0)
                put_pixel(*ret_image, x, y, SHEET_PAPER, 0.7 * hatch_coverage(x, y));
            else if (value > 0)
                put_pixel(*ret_image, x, y, colour, 0.85 * opacity);
        }
    }
    return 0;
}

int heat_picture_over_camera(const struct heat_sums *sums, const struct image *still,
                             struct image_px corner, const struct calibration *calibration,
                             const struct heat_picture_options *options, struct image **ret_picture,
                             struct error *err)
{
    struct sheet s;
    AUTO(heat_field_destroy) struct heat_field *field = NULL;
    AUTO(image_unref) struct image *heat = NULL;
    enum heat_layer layer =
        options->layer == HEAT_LAYER_PASSES ? HEAT_LAYER_PASSES : HEAT_LAYER_DWELL;
    int r = heat_field_create(sums, layer, percentile_of(options), &field);
    if (r == 0)
        r = sheet_open((double) still->width / still->height,
                       &(struct sheet_words){ what_of(layer), options->title, options->time_range },
                       &s);
    if (r < 0)
        return error_set(err, r, "out of memory");
    r = paint_floor_of_camera(&s, field, calibration, still, corner, &heat);
    canvas_image(s.canvas, still, s.map_x, s.map_y, s.map_width, s.map_height, STILL_OPACITY);
    if (r == 0)
        canvas_image(s.canvas, heat, s.map_x, s.map_y, s.map_width, s.map_height, 1);
    heat_legend_draw(&s, field, percentile_of(options));
    return sheet_close(&s, r, ret_picture, err);
}
