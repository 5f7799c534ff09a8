/*
 * sheet.c - the page around a map
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

/* A legend is about this high. */
#define LEGEND_HEIGHT 450.0
#define SMALL_TEXT    12.5

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

static void draw_head(const struct sheet *s, const struct sheet_words *words)
{
    AUTO(text_release) struct text title = TEXT_INIT;
    text_format(&title, "%s%s%s", words->what, words->title ? " · " : "",
                words->title ? words->title : "");
    canvas_colour(s->canvas, SHEET_INK, 1);
    fit_text(s, MARGIN + 20, 24, 17, true, title.bytes);
    canvas_colour(s->canvas, SHEET_QUIET, 1);
    if (words->detail)
        fit_text(s, MARGIN + 44, 15, 11, false, words->detail);
}

int sheet_open(double map_width_over_height, const struct sheet_words *words,
               struct sheet *ret_sheet)
{
    struct sheet s = { .map_x = MARGIN, .map_y = MARGIN + TITLE_HEIGHT };
    s.map_width = fmin(MAP_WIDTH, MAP_HEIGHT * map_width_over_height);
    s.map_width = round(fmax(s.map_width, 80));
    s.map_height = round(fmax(s.map_width / map_width_over_height, 20));
    s.width = fmax(SHEET_WIDTH_MIN, MARGIN + s.map_width + LEGEND_GAP + LEGEND_WIDTH + MARGIN);
    s.height = MARGIN + TITLE_HEIGHT + fmax(s.map_height, LEGEND_HEIGHT) + FOOT_HEIGHT + MARGIN / 2;
    s.legend_x = s.map_x + s.map_width + LEGEND_GAP;
    int r = canvas_create((uint32_t) s.width, (uint32_t) s.height, SHEET_PAPER, &s.canvas);
    if (r < 0)
        return r;
    draw_head(&s, words);
    *ret_sheet = s;
    return 0;
}

double sheet_round_below(double at_most)
{
    double power = pow(10, floor(log10(at_most)));
    double digit = at_most / power;
    return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
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

void sheet_scale_bar(const struct sheet *sheet, double px_per_m)
{
    double length_m = sheet_round_below(sheet->map_width / px_per_m / 4); /* a quarter of the map */
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
