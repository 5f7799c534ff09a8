/*
 * movement.c - arrows that show which way people went
 */
#include "report/movement.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Arrows stand for blocks about this wide, m, and never closer together than this, px. */
#define BLOCK_M      1.0
#define BLOCK_MIN_PX 34.0

/* Below this much walking, m, a block says nothing about direction. */
#define PATH_MIN_M 1.0

/* Net over walked below this: people go both ways, and there is no direction to show. */
#define DIRECTED_MIN 0.15

/* Row of the legend, px, and the block its sample arrows are drawn for. */
#define LEGEND_ROW_PX    30.0
#define LEGEND_BLOCK_PX  38.0
#define LEGEND_WORDS_DX  52.0
#define LEGEND_SAMPLE_DX 20.0

static const struct colour arrow_colour = { 0.05, 0.22, 0.50 };

struct flow {
    double x_m, y_m; /* net displacement */
    double path_m;   /* length walked */
    struct floor_m centre;
};

struct flows {
    struct flow *flow;
    size_t count;
    double block_m;
    double full_m; /* path that gets the longest arrow */
    bool any_seen;
};

static struct flow block_flow(const struct heat_sums *sums, uint32_t column, uint32_t row,
                              uint32_t side)
{
    struct flow flow = { 0 };
    const struct grid *g = &sums->grid;
    for (uint32_t y = row; y < g->rows && y - row < side; y++) {
        for (uint32_t x = column; x < g->columns && x - column < side; x++) {
            uint32_t cell = y * g->columns + x;
            if (!(sums->exposure_s[cell] > 0))
                continue;
            struct floor_m at = grid_cell_centre(g, cell);
            flow.x_m += sums->move_x_m[cell];
            flow.y_m += sums->move_y_m[cell];
            flow.path_m += sums->path_m[cell];
            flow.centre.x += at.x * sums->path_m[cell];
            flow.centre.y += at.y * sums->path_m[cell];
        }
    }
    if (flow.path_m > 0) {
        flow.centre.x /= flow.path_m;
        flow.centre.y /= flow.path_m;
    }
    return flow;
}

static int ascending(const void *a, const void *b)
{
    double x = ((const struct flow *) a)->path_m, y = ((const struct flow *) b)->path_m;
    return (x > y) - (x < y);
}

/* The flows worth an arrow, those with little walking first, so that strong ones lie on top. */
static int find_flows(const struct map *map, const struct heat_sums *sums, double percentile,
                      struct flows *ret_flows)
{
    const struct grid *g = &sums->grid;
    double block_m = fmax(BLOCK_M, BLOCK_MIN_PX / map->px_per_m);
    uint32_t longest = g->columns > g->rows ? g->columns : g->rows;
    uint32_t side = (uint32_t) fmin(fmax(1, round(block_m / g->cell_m)), longest);
    size_t across = (g->columns + side - 1) / side, up = (g->rows + side - 1) / side;
    struct flows flows = { .flow = calloc(across * up, sizeof(*flows.flow)),
                           .block_m = side * g->cell_m };
    if (!flows.flow)
        return -ENOMEM;
    for (size_t row = 0; row < up; row++)
        for (size_t column = 0; column < across; column++) {
            struct flow flow =
                block_flow(sums, (uint32_t) column * side, (uint32_t) row * side, side);
            if (flow.path_m >= PATH_MIN_M)
                flows.flow[flows.count++] = flow;
        }
    qsort(flows.flow, flows.count, sizeof(*flows.flow), ascending);
    if (flows.count > 0)
        flows.full_m = flows.flow[(size_t) ((double) (flows.count - 1) * percentile / 100)].path_m;
    for (uint32_t cell = 0; cell < grid_cells(g); cell++)
        flows.any_seen |= sums->exposure_s[cell] > 0;
    *ret_flows = flows;
    return 0;
}

/*
 * An arrow with a pale rim, so that it stands out from zones, lines and other arrows.
 *   ux, uy    direction on the sheet, of length 1
 *   share     0..1, of the longest arrow
 *   directed  0..1, net over walked
 */
static void draw_arrow(struct canvas *canvas, double x, double y, double ux, double uy,
                       double share, double directed, double block_px)
{
    double half = block_px * (0.2 + 0.28 * share), width = 1.3 + 3.2 * share;
    double opacity = 0.3 + 0.7 * directed;
    canvas_colour(canvas, SHEET_PAPER, 0.75);
    canvas_arrow(canvas, x - ux * (half + 1.5), y - uy * (half + 1.5), x + ux * (half + 2.5),
                 y + uy * (half + 2.5), width + 2);
    canvas_colour(canvas, arrow_colour, opacity);
    canvas_arrow(canvas, x - ux * half, y - uy * half, x + ux * half, y + uy * half, width);
}

static void draw_square(struct canvas *canvas, double x, double y, double share)
{
    double half = 1.5 + 2 * share;
    canvas_colour(canvas, SHEET_PAPER, 0.75);
    canvas_fill_rectangle(canvas, x - half - 1, y - half - 1, 2 * half + 2, 2 * half + 2);
    canvas_colour(canvas, arrow_colour, 0.45);
    canvas_fill_rectangle(canvas, x - half, y - half, 2 * half, 2 * half);
}

static void draw_flow(const struct map *map, const struct flow *flow, const struct flows *flows)
{
    double net_m = hypot(flow->x_m, flow->y_m), directed = fmin(net_m / flow->path_m, 1);
    double share = sqrt(fmin(flow->path_m / flows->full_m, 1));
    double x = map_x(map, flow->centre.x), y = map_y(map, flow->centre.y);
    if (directed < DIRECTED_MIN)
        draw_square(map->sheet.canvas, x, y, share);
    else
        draw_arrow(map->sheet.canvas, x, y, flow->x_m / net_m, -flow->y_m / net_m, share, directed,
                   flows->block_m * map->px_per_m);
}

/* Words beside a sample; returns the middle of the next row. */
static double legend_words(const struct sheet *sheet, double y, const char *words)
{
    canvas_colour(sheet->canvas, SHEET_INK, 1);
    canvas_text(sheet->canvas, sheet->legend_x + LEGEND_WORDS_DX, y + 4.5, 13, false, TEXT_LEFT,
                words);
    return y + LEGEND_ROW_PX;
}

static double legend_arrow(const struct sheet *sheet, double y, double share, double directed,
                           const char *words)
{
    draw_arrow(sheet->canvas, sheet->legend_x + LEGEND_SAMPLE_DX, y, 1, 0, share, directed,
               LEGEND_BLOCK_PX);
    return legend_words(sheet, y, words);
}

static void draw_legend(const struct sheet *sheet, const struct flows *flows)
{
    char title[64], much[64];
    (void) snprintf(title, sizeof(title), "walking, per block of %.3g m", flows->block_m);
    (void) snprintf(much, sizeof(much), "%.*f m walked and more", flows->full_m < 10 ? 1 : 0,
                    flows->full_m);
    canvas_colour(sheet->canvas, SHEET_INK, 1);
    canvas_text(sheet->canvas, sheet->legend_x, sheet->map_y + 11, 14, true, TEXT_LEFT, title);
    double y = sheet->map_y + 44;
    if (flows->count > 0) {
        y = legend_arrow(sheet, y, 1, 1, much);
        y = legend_arrow(sheet, y, 0.2, 1, "little walking");
        y = legend_arrow(sheet, y, 0.7, 1, "all went this way");
        y = legend_arrow(sheet, y, 0.7, 0.2, "both ways, more this way");
        draw_square(sheet->canvas, sheet->legend_x + LEGEND_SAMPLE_DX, y, 0.7);
        y = legend_words(sheet, y, "no direction");
    }
    sheet_swatch(sheet, y - 4, true, "no camera looked here");
    static const char *const arrows[] = {
        "An arrow points where people went",
        "on balance. Blocks where less than",
        "1 m was walked have none.",
    };
    static const char *const nobody[] = { "Nobody was seen walking", "in this time." };
    static const char *const nothing[] = { "No camera looked at this floor", "in this time." };
    if (flows->count > 0)
        (void) sheet_note(sheet, y + 42, arrows, ARRAY_LENGTH(arrows));
    else
        (void) sheet_note(sheet, y + 42, flows->any_seen ? nobody : nothing, 2);
}

int movement_draw(const struct map *map, const struct heat_sums *sums, double percentile)
{
    const struct sheet *s = &map->sheet;
    struct flows flows;
    int r = find_flows(map, sums, percentile, &flows);
    if (r < 0)
        return r;
    canvas_clip_rectangle(s->canvas, s->map_x, s->map_y, s->map_width, s->map_height);
    for (size_t i = 0; i < flows.count; i++)
        draw_flow(map, &flows.flow[i], &flows);
    canvas_clip_end(s->canvas);
    draw_legend(s, &flows);
    free(flows.flow);
    return 0;
}
