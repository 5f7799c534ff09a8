/*
 * heat_legend.c - the colours of heat and what they mean
 */
#include "report/heat_legend.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BAR_WIDTH  22.0
#define BAR_HEIGHT 260.0

/* Numbers beside the bar keep this distance. */
#define TICK_GAP_PX 16.0

struct colour heat_colour(double value, double *ret_opacity)
{
    *ret_opacity = value <= 0 ? 0 : fmin(0.92, 0.25 + 0.9 * sqrt(value));
    if (value < 0.05)
        *ret_opacity *= value / 0.05;
    return colour_map_inferno(0.22 + 0.76 * value);
}

/* Three digits of the largest number on a bar, and as many decimals for the others. */
static void format_value(double value, double largest, char *text, size_t size)
{
    int digits = (int) fmin(fmax(2 - floor(log10(largest)), 0), 9);
    (void) snprintf(text, size, "%.*f", digits, value);
}

static void draw_tick(const struct sheet *s, double y, const char *words)
{
    canvas_colour(s->canvas, SHEET_QUIET, 1);
    canvas_line(s->canvas, s->legend_x + BAR_WIDTH, y, s->legend_x + BAR_WIDTH + 5, y, 1);
    canvas_text(s->canvas, s->legend_x + BAR_WIDTH + 10, y + 4.5, 13, false, TEXT_LEFT, words);
}

/* Round numbers up the bar; the end is what it is, because the percentile chose it. */
static void draw_ticks(const struct sheet *s, const struct heat_field *field, double top)
{
    char text[64];
    double step = sheet_round_below(field->scale / 3),
           close = field->scale * TICK_GAP_PX / BAR_HEIGHT;
    int digits = (int) fmin(fmax(-floor(log10(step)), 0), 9);
    for (int i = 0; i * step < field->scale - close; i++) {
        (void) snprintf(text, sizeof(text), "%.*f", i == 0 ? 0 : digits, i * step);
        draw_tick(s, top + BAR_HEIGHT * (1 - i * step / field->scale), text);
    }
    format_value(field->scale, field->scale, text, sizeof(text));
    if (field->peak > field->scale)
        (void) strcat(text, " and more");
    draw_tick(s, top, text);
}

static void draw_bar(const struct sheet *s, const struct heat_field *field, double top)
{
    for (int i = 0; i < (int) BAR_HEIGHT; i++) {
        double opacity, value = 1 - (i + 0.5) / BAR_HEIGHT;
        struct colour colour = heat_colour(value, &opacity);
        canvas_colour(s->canvas, colour, opacity);
        canvas_fill_rectangle(s->canvas, s->legend_x, top + i, BAR_WIDTH, 1);
    }
    canvas_colour(s->canvas, SHEET_QUIET, 1);
    canvas_outline_rectangle(s->canvas, s->legend_x + 0.5, top + 0.5, BAR_WIDTH - 1, BAR_HEIGHT - 1,
                             1);
    draw_ticks(s, field, top);
}

/* What the numbers leave out: the end of the scale, presence in all, what is not drawn. */
static void draw_notes(const struct sheet *sheet, const struct heat_field *field, double percentile,
                       double y)
{
    char peak[24], text[4][64];
    const char *lines[6];
    size_t count = 0;
    if (field->peak > field->scale) {
        format_value(field->peak, field->scale, peak, sizeof(peak));
        (void) snprintf(text[1], sizeof(text[1]), "the highest value is %s.", peak);
        (void) snprintf(text[0], sizeof(text[0]), "The scale ends at the %.4gth", percentile);
        lines[count++] = text[0];
        lines[count++] = "percentile of occupied floor;";
        lines[count++] = text[1];
    }
    if (field->presence_s > 0) {
        double s = field->presence_s;
        if (s >= 2 * 3600)
            (void) snprintf(text[2], sizeof(text[2]), "All presence together: %.1f hours.",
                            s / 3600);
        else
            (void) snprintf(text[2], sizeof(text[2]), "All presence together: %.*f %s.",
                            s >= 120 ? 1 : 0, s >= 120 ? s / 60 : s,
                            s >= 120 ? "minutes" : "seconds");
        lines[count++] = text[2];
    }
    if (field->unplaced_share >= 0.001) {
        (void) snprintf(text[3], sizeof(text[3]), "%.1f %% more was tracked where no",
                        100 * field->unplaced_share / (1 - field->unplaced_share));
        lines[count++] = text[3];
        lines[count++] = "camera looked: not drawn.";
    }
    (void) sheet_note(sheet, y, lines, count);
}

void heat_legend_draw(const struct sheet *sheet, const struct heat_field *field, double percentile)
{
    static const char *const nobody[] = { "Nobody was seen on this floor", "in this time." };
    static const char *const nothing[] = { "No camera looked at this floor", "in this time." };
    double y = sheet->map_y + 28;
    canvas_colour(sheet->canvas, SHEET_INK, 1);
    canvas_text(sheet->canvas, sheet->legend_x, sheet->map_y + 11, 14, true, TEXT_LEFT,
                field->unit);
    if (field->scale > 0) {
        draw_bar(sheet, field, y);
        y += BAR_HEIGHT + 24;
    }
    sheet_swatch(sheet, y, false, "nobody came");
    sheet_swatch(sheet, y + 26, true, "no camera looked here");
    if (field->scale > 0)
        draw_notes(sheet, field, percentile, y + 74);
    else
        (void) sheet_note(sheet, y + 74, field->any_seen ? nobody : nothing, 2);
}
