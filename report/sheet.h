/*
 * sheet.h - the page around a heat map: title, map area, legend, scale bar
 */
#ifndef FLOORFUSE_REPORT_SHEET_H
#define FLOORFUSE_REPORT_SHEET_H

#include "image/canvas.h"
#include "report/heat_field.h"

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

/* A page whose map has this shape; draws title and time range. Returns 0, -ENOMEM. */
MUST_CHECK int sheet_open(double map_width_over_height, const struct heat_picture_options *options,
                          const char *what, struct sheet *ret_sheet);

/* Colour and opacity of a value 0..1 of the scale: more is brighter and covers more of the plan. */
struct colour sheet_heat_colour(double value, double *ret_opacity);

/* A small square in the legend's column, its top at y, plain or hatched, and what it means. */
void sheet_swatch(const struct sheet *sheet, double y, bool hatched, const char *words);

/* The colour bar with its numbers, and what hatch and plain floor mean. */
void sheet_heat_legend(const struct sheet *sheet, const struct heat_field *field,
                       double percentile);

/* A paragraph at y in the legend's column, one line a string; returns the y below it. */
double sheet_note(const struct sheet *sheet, double y, const char *const *lines, size_t count);

/* A bar of a round number of metres below the map. */
void sheet_scale_bar(const struct sheet *sheet, double px_per_m);

MUST_CHECK int sheet_close(struct sheet *sheet, int r, struct image **ret_picture,
                           struct error *err);

#endif
