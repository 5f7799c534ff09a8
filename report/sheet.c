/*
 * sheet.c - the page around a heat map
 */
#include "report/sheet.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MARGIN       36.0
#define TITLE_HEIGHT 64.0
#define LEGEND_WIDTH 236.0
#define LEGEND_GAP   28.0
#define FOOT_HEIGHT  56.0
#define MAP_WIDTH    900.0
#define MAP_HEIGHT   1040.0
#define BAR_WIDTH    22.0
#define BAR_HEIGHT   260.0
#define SMALL_TEXT   12.5

int sheet_open(double map_width_over_height, const struct heat_picture_options *options,
               const char *what, struct sheet *ret_sheet)
{
    struct sheet s = { .map_x = MARGIN, .map_y = MARGIN + TITLE_HEIGHT };
    s.map_width = fmin(MAP_WIDTH, MAP_HEIGHT * map_width_over_height);
    s.map_width = round(fmax(s.map_width, 80));
    s.map_height = round(fmax(s.map_width / map_width_over_height, 20));
    s.width = MARGIN + s.map_width + LEGEND_GAP + LEGEND_WIDTH + MARGIN;
    s.height =
        MARGIN + TITLE_HEIGHT + fmax(s.map_height, BAR_HEIGHT + 190) + FOOT_HEIGHT + MARGIN / 2;
    s.legend_x = s.map_x + s.map_width + LEGEND_GAP;
    int r = canvas_create((uint32_t) s.width, (uint32_t) s.height, SHEET_PAPER, &s.canvas);
    if (r < 0)
        return r;
    char title[256];
    (void) snprintf(title, sizeof(title), "%s%s%s", what, options->title ? " · " : "",
                    options->title ? options->title : "");
    canvas_colour(s.canvas, SHEET_INK, 1);
    canvas_text(s.canvas, MARGIN, MARGIN + 20, 24, true, TEXT_LEFT, title);
    canvas_colour(s.canvas, SHEET_QUIET, 1);
    if (options->time_range)
        canvas_text(s.canvas, MARGIN, MARGIN + 44, 15, false, TEXT_LEFT, options->time_range);
    *ret_sheet = s;
    return 0;
}

struct colour sheet_heat_colour(double value, double *ret_opacity)
{
    *ret_opacity = value <= 0 ? 0 : fmin(0.92, 0.25 + 0.9 * sqrt(value));
    if (value < 0.05)
        *ret_opacity *= value / 0.05;
    return colour_map_inferno(0.22 + 0.76 * value);
}

/* All numbers of a bar have the same decimals: those its end needs. */
static void format_value(double value, double scale, char *text, size_t size)
{
    int digits = scale >= 100 ? 0 : scale >= 10 ? 1 : 2;
    (void) snprintf(text, size, "%.*f", value == 0 ? 0 : digits, value);
}

static void draw_bar(const struct sheet *s, const struct heat_field *field, double top)
{
    char text[64];
    for (int i = 0; i < (int) BAR_HEIGHT; i++) {
        double opacity, value = 1 - (i + 0.5) / BAR_HEIGHT;
        struct colour colour = sheet_heat_colour(value, &opacity);
        canvas_colour(s->canvas, colour, opacity);
        canvas_fill_rectangle(s->canvas, s->legend_x, top + i, BAR_WIDTH, 1);
    }
    canvas_colour(s->canvas, SHEET_QUIET, 1);
    canvas_outline_rectangle(s->canvas, s->legend_x + 0.5, top + 0.5, BAR_WIDTH - 1, BAR_HEIGHT - 1,
                             1);
    for (int i = 0; i <= 4; i++) {
        double y = top + BAR_HEIGHT * (1 - i / 4.0);
        format_value(field->scale * i / 4, field->scale, text, sizeof(text));
        if (i == 4)
            (void) strcat(text, " and more");
        canvas_line(s->canvas, s->legend_x + BAR_WIDTH, y, s->legend_x + BAR_WIDTH + 5, y, 1);
        canvas_text(s->canvas, s->legend_x + BAR_WIDTH + 10, y + 4.5, 13, false, TEXT_LEFT, text);
    }
}

static void draw_swatch(const struct sheet *s, double y, bool hatched, const char *words)
{
    canvas_path_begin(s->canvas);
    canvas_path_add(s->canvas, s->legend_x + 0.5, y + 0.5);
    canvas_path_add(s->canvas, s->legend_x + 21.5, y + 0.5);
    canvas_path_add(s->canvas, s->legend_x + 21.5, y + 16.5);
    canvas_path_add(s->canvas, s->legend_x + 0.5, y + 16.5);
    canvas_path_close(s->canvas);
    canvas_colour(s->canvas, SHEET_HATCH, 0.55);
    if (hatched)
        canvas_path_hatch(s->canvas, 6, 1);
    canvas_colour(s->canvas, SHEET_QUIET, 1);
    canvas_path_outline(s->canvas, 1);
    canvas_path_end(s->canvas);
    canvas_colour(s->canvas, SHEET_INK, 1);
    canvas_text(s->canvas, s->legend_x + 32, y + 13, 13, false, TEXT_LEFT, words);
}

double sheet_note(const struct sheet *sheet, double y, const char *const *lines, size_t count)
{
    canvas_colour(sheet->canvas, SHEET_QUIET, 1);
    for (size_t i = 0; i < count; i++, y += 17)
        canvas_text(sheet->canvas, sheet->legend_x, y, SMALL_TEXT, false, TEXT_LEFT, lines[i]);
    return y;
}

void sheet_heat_legend(const struct sheet *sheet, const struct heat_field *field, double percentile)
{
    char peak[32], scale_line[64], peak_line[64];
    double y = sheet->map_y;
    canvas_colour(sheet->canvas, SHEET_INK, 1);
    canvas_text(sheet->canvas, sheet->legend_x, y + 11, 14, true, TEXT_LEFT, field->unit);
    draw_bar(sheet, field, y + 28);
    draw_swatch(sheet, y + BAR_HEIGHT + 52, false, "nobody came");
    draw_swatch(sheet, y + BAR_HEIGHT + 78, true, "no camera looked here");
    format_value(field->peak, field->scale, peak, sizeof(peak));
    (void) snprintf(scale_line, sizeof(scale_line), "The scale ends at the %.0fth", percentile);
    (void) snprintf(peak_line, sizeof(peak_line), "the highest value is %s.", peak);
    const char *const lines[] = { scale_line, "percentile of occupied floor;", peak_line };
    (void) sheet_note(sheet, y + BAR_HEIGHT + 126, lines, ARRAY_LENGTH(lines));
}

/* 1, 2 or 5 times a power of ten, at most a quarter of the map wide. */
static double round_length(double at_most_m)
{
    double power = pow(10, floor(log10(at_most_m)));
    double digit = at_most_m / power;
    return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}

void sheet_scale_bar(const struct sheet *sheet, double px_per_m)
{
    double length_m = round_length(sheet->map_width / px_per_m / 4);
    double length_px = length_m * px_per_m, x = sheet->map_x;
    double y = sheet->map_y + sheet->map_height + 20;
    char text[32];
    (void) snprintf(text, sizeof(text), "%g m", length_m);
    canvas_colour(sheet->canvas, SHEET_INK, 1);
    canvas_fill_rectangle(sheet->canvas, x, y, length_px / 2, 5);
    canvas_outline_rectangle(sheet->canvas, x + 0.5, y + 0.5, length_px - 1, 4, 1);
    canvas_text(sheet->canvas, x + length_px + 10, y + 7, 13, false, TEXT_LEFT, text);
}

int sheet_close(struct sheet *sheet, int r, struct image **ret_picture, struct error *err)
{
    if (r == 0)
        r = canvas_finish(sheet->canvas, ret_picture);
    canvas_destroy(&sheet->canvas);
    return r < 0 ? error_set(err, r, "could not draw the picture: %s", strerror(-r)) : 0;
}
