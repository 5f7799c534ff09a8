/*
 * sheet.c - the page around a heat map
 */
#include "report/sheet.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MARGIN       36.0
#define TITLE_HEIGHT 64.0
#define LEGEND_WIDTH 236.0
#define LEGEND_GAP   28.0
#define FOOT_HEIGHT  56.0
#define MAP_WIDTH    900.0
#define MAP_HEIGHT   1040.0

/* Beside a narrow map there is still room for a title. */
#define SHEET_WIDTH_MIN 640.0

#define BAR_WIDTH  22.0
#define BAR_HEIGHT 260.0
#define SMALL_TEXT 12.5

/* Numbers beside the bar keep this distance. */
#define TICK_GAP_PX 16.0

/* Shorten to fewer bytes, by whole characters: later bytes of one are 10xxxxxx. cairo draws nothing
 * more after half a character. */
static size_t cut_text(char *text, size_t length)
{
    while (length > 0 && ((unsigned char) text[length] & 0xC0) == 0x80)
        length--;
    text[length] = '\0';
    return length;
}

/* Draw words in at most width_px: smaller first, then cut, with a sign that they are. */
static void fit_text(const struct sheet *s, double y, double size_px, double smallest_px, bool bold,
                     const char *words)
{
    char text[512];
    double width_px = s->width - 2 * MARGIN;
    size_t room = sizeof(text) - sizeof("…"), length = strnlen(words, room);
    memcpy(text, words, length);
    text[length] = words[length];
    length = cut_text(text, length);
    bool cut = words[length] != '\0';
    while (size_px > smallest_px && canvas_text_width(s->canvas, size_px, bold, text) > width_px)
        size_px--;
    while (length > 0 && canvas_text_width(s->canvas, size_px, bold, text) > width_px) {
        length = cut_text(text, length - 1);
        cut = true;
    }
    if (cut)
        (void) strcat(text, "…");
    canvas_text(s->canvas, MARGIN, y, size_px, bold, TEXT_LEFT, text);
}

static void draw_head(const struct sheet *s, const struct heat_picture_options *options,
                      const char *what)
{
    AUTO(text_release) struct text title = TEXT_INIT;
    text_format(&title, "%s%s%s", what, options->title ? " · " : "",
                options->title ? options->title : "");
    canvas_colour(s->canvas, SHEET_INK, 1);
    fit_text(s, MARGIN + 20, 24, 17, true, title.bytes);
    canvas_colour(s->canvas, SHEET_QUIET, 1);
    if (options->time_range)
        fit_text(s, MARGIN + 44, 15, 11, false, options->time_range);
}

int sheet_open(double map_width_over_height, const struct heat_picture_options *options,
               const char *what, struct sheet *ret_sheet)
{
    struct sheet s = { .map_x = MARGIN, .map_y = MARGIN + TITLE_HEIGHT };
    s.map_width = fmin(MAP_WIDTH, MAP_HEIGHT * map_width_over_height);
    s.map_width = round(fmax(s.map_width, 80));
    s.map_height = round(fmax(s.map_width / map_width_over_height, 20));
    s.width = fmax(SHEET_WIDTH_MIN, MARGIN + s.map_width + LEGEND_GAP + LEGEND_WIDTH + MARGIN);
    s.height =
        MARGIN + TITLE_HEIGHT + fmax(s.map_height, BAR_HEIGHT + 190) + FOOT_HEIGHT + MARGIN / 2;
    s.legend_x = s.map_x + s.map_width + LEGEND_GAP;
    int r = canvas_create((uint32_t) s.width, (uint32_t) s.height, SHEET_PAPER, &s.canvas);
    if (r < 0)
        return r;
    draw_head(&s, options, what);
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

/* 1, 2 or 5 times a power of ten, at most this. */
static double round_below(double at_most)
{
    double power = pow(10, floor(log10(at_most)));
    double digit = at_most / power;
    return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
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
    double step = round_below(field->scale / 3), close = field->scale * TICK_GAP_PX / BAR_HEIGHT;
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
        struct colour colour = sheet_heat_colour(value, &opacity);
        canvas_colour(s->canvas, colour, opacity);
        canvas_fill_rectangle(s->canvas, s->legend_x, top + i, BAR_WIDTH, 1);
    }
    canvas_colour(s->canvas, SHEET_QUIET, 1);
    canvas_outline_rectangle(s->canvas, s->legend_x + 0.5, top + 0.5, BAR_WIDTH - 1, BAR_HEIGHT - 1,
                             1);
    draw_ticks(s, field, top);
}

void sheet_swatch(const struct sheet *s, double y, bool hatched, const char *words)
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

void sheet_heat_legend(const struct sheet *sheet, const struct heat_field *field, double percentile)
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

void sheet_scale_bar(const struct sheet *sheet, double px_per_m)
{
    double length_m = round_below(sheet->map_width / px_per_m / 4); /* a quarter of the map */
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
