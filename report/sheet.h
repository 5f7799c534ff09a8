/*
 * sheet.h - the page around a map: title, map area, legend, scale bar
 */
#ifndef FLOORFUSE_REPORT_SHEET_H
#define FLOORFUSE_REPORT_SHEET_H

#include <stddef.h>

#include "image/canvas.h"

/* A page of px with a map on it. */
struct sheet {
    struct canvas *canvas;
    double width, height;
    double map_x, map_y, map_width, map_height; /* the map's rectangle, px, y down */
    double legend_x;
};

#define SHEET_INK   ((struct colour){ 0.13, 0.15, 0.18 })
#define SHEET_QUIET ((struct colour){ 0.42, 0.45, 0.50 })
#define SHEET_PAPER ((struct colour){ 1.00, 1.00, 1.00 })
#define SHEET_HATCH ((struct colour){ 0.45, 0.50, 0.58 })

/* Above the map: "what · title", below it the detail. What is NULL is left out. */
struct sheet_words {
    const char *what, *title, *detail;
};

/* A page whose map has this shape, with its words. Returns 0, -ENOMEM. */
MUST_CHECK int sheet_open(double map_width_over_height, const struct sheet_words *words,
                          struct sheet *ret_sheet);

/* 1, 2 or 5 times a power of ten, at most this. */
double sheet_round_below(double at_most);

/* A small square in the legend's column, its top at y, plain or hatched, and what it means. */
void sheet_swatch(const struct sheet *sheet, double y, bool hatched, const char *words);

/* A paragraph at y in the legend's column, one line a string; returns the y below it. */
double sheet_note(const struct sheet *sheet, double y, const char *const *lines, size_t count);

/* A bar of a round number of metres below the map. */
void sheet_scale_bar(const struct sheet *sheet, double px_per_m);

MUST_CHECK int sheet_close(struct sheet *sheet, int r, struct image **ret_picture,
                           struct error *err);

#endif
