/*
 * canvas.c - drawing over cairo
 */
#include "image/canvas.h"

#include <cairo.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define FONT "DejaVu Sans"

/* Coordinates beyond this are drawn here: far outside any canvas, well inside cairo's numbers. */
#define PX_MAX 1e6

struct canvas {
    cairo_surface_t *surface;
    cairo_t *cairo;
    bool failed;
};

int canvas_create(uint32_t width, uint32_t height, struct colour background,
                  struct canvas **ret_canvas)
{
    struct canvas *canvas = calloc(1, sizeof(*canvas));
    if (!canvas)
        return -ENOMEM;
    canvas->surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int) width, (int) height);
    canvas->cairo = cairo_create(canvas->surface);
    if (cairo_status(canvas->cairo) != CAIRO_STATUS_SUCCESS) {
        canvas_destroy(&canvas);
        return -ENOMEM;
    }
    cairo_set_fill_rule(canvas->cairo, CAIRO_FILL_RULE_EVEN_ODD);
    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    canvas_colour(canvas, background, 1);
    cairo_paint(canvas->cairo);
    *ret_canvas = canvas;
    return 0;
}

void canvas_destroy(struct canvas **canvas)
{
    if (!*canvas)
        return;
    cairo_destroy((*canvas)->cairo);
    cairo_surface_destroy((*canvas)->surface);
    free(*canvas);
    *canvas = NULL;
}

/* cairo counts in 1/256 px within 32 bits: what lies farther out would wrap round to somewhere
 * else. */
static double held(double px)
{
    return fmin(fmax(px, -PX_MAX), PX_MAX);
}

void canvas_colour(struct canvas *canvas, struct colour colour, double opacity)
{
    cairo_set_source_rgba(canvas->cairo, colour.red, colour.green, colour.blue, opacity);
}

void canvas_fill_rectangle(struct canvas *canvas, double x, double y, double width, double height)
{
    cairo_rectangle(canvas->cairo, x, y, width, height);
    cairo_fill(canvas->cairo);
}

void canvas_outline_rectangle(struct canvas *canvas, double x, double y, double width,
                              double height, double line_px)
{
    cairo_set_line_width(canvas->cairo, line_px);
    cairo_rectangle(canvas->cairo, x, y, width, height);
    cairo_stroke(canvas->cairo);
}

void canvas_line(struct canvas *canvas, double x0, double y0, double x1, double y1, double line_px)
{
    cairo_set_line_width(canvas->cairo, line_px);
    cairo_move_to(canvas->cairo, held(x0), held(y0));
    cairo_line_to(canvas->cairo, held(x1), held(y1));
    cairo_stroke(canvas->cairo);
}

void canvas_path_begin(struct canvas *canvas)
{
    cairo_new_sub_path(canvas->cairo);
}

void canvas_path_add(struct canvas *canvas, double x, double y)
{
    cairo_line_to(canvas->cairo, held(x), held(y));
}

void canvas_path_close(struct canvas *canvas)
{
    cairo_close_path(canvas->cairo);
}

void canvas_path_fill(struct canvas *canvas)
{
    cairo_fill_preserve(canvas->cairo);
}

void canvas_path_outline(struct canvas *canvas, double line_px)
{
    cairo_set_line_width(canvas->cairo, line_px);
    cairo_stroke_preserve(canvas->cairo);
}

void canvas_path_hatch(struct canvas *canvas, double spacing_px, double line_px)
{
    double left, top, right, bottom;
    cairo_path_t *path = cairo_copy_path(canvas->cairo);
    cairo_save(canvas->cairo);
    cairo_clip(canvas->cairo);
    cairo_clip_extents(canvas->cairo, &left, &top, &right, &bottom); /* never beyond the canvas */
    cairo_set_line_width(canvas->cairo, line_px);
    /* whole multiples of the spacing, so that neighbouring areas share their lines */
    double first = floor((left + top) / spacing_px) * spacing_px;
    for (double sum = first; sum < right + bottom; sum += spacing_px) {
        cairo_move_to(canvas->cairo, sum - top, top);
        cairo_line_to(canvas->cairo, sum - bottom, bottom);
    }
    cairo_stroke(canvas->cairo);
    cairo_restore(canvas->cairo);
    cairo_append_path(canvas->cairo, path);
    cairo_path_destroy(path);
}

void canvas_path_end(struct canvas *canvas)
{
    cairo_new_path(canvas->cairo);
}

void canvas_arrow(struct canvas *canvas, double x0, double y0, double x1, double y1, double line_px)
{
    double length = hypot(x1 - x0, y1 - y0), head = fmin(length, 3.2 * line_px + 3);
    if (length < 1e-6)
        return;
    double ux = (x1 - x0) / length, uy = (y1 - y0) / length, half = 0.55 * head;
    double bx = x1 - ux * head, by = y1 - uy * head;
    canvas_line(canvas, x0, y0, bx + ux, by + uy, line_px);
    cairo_move_to(canvas->cairo, x1, y1);
    cairo_line_to(canvas->cairo, bx - uy * half, by + ux * half);
    cairo_line_to(canvas->cairo, bx + uy * half, by - ux * half);
    cairo_close_path(canvas->cairo);
    cairo_fill(canvas->cairo);
}

static void choose_font(struct canvas *canvas, double size_px, bool bold)
{
    cairo_select_font_face(canvas->cairo, FONT, CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(canvas->cairo, size_px);
}

double canvas_text_width(struct canvas *canvas, double size_px, bool bold, const char *utf8)
{
    cairo_text_extents_t extents;
    choose_font(canvas, size_px, bold);
    cairo_text_extents(canvas->cairo, utf8, &extents);
    return extents.x_advance;
}

void canvas_text(struct canvas *canvas, double x, double baseline_y, double size_px, bool bold,
                 enum text_anchor anchor, const char *utf8)
{
    double width = canvas_text_width(canvas, size_px, bold, utf8);
    double shift = anchor == TEXT_LEFT ? 0 : anchor == TEXT_CENTRE ? width / 2 : width;
    cairo_move_to(canvas->cairo, x - shift, baseline_y);
    cairo_show_text(canvas->cairo, utf8);
    cairo_new_path(canvas->cairo);
}

/* cairo wants native-endian ARGB with colour multiplied by opacity. */
static uint32_t premultiplied(const uint8_t *pixel, enum image_format format)
{
    uint32_t a = format == IMAGE_RGBA8 ? pixel[3] : 255;
    uint32_t r = (pixel[0] * a + 127) / 255, g = (pixel[1] * a + 127) / 255;
    uint32_t b = (pixel[2] * a + 127) / 255;
    return a << 24 | r << 16 | g << 8 | b;
}

static cairo_surface_t *surface_of(const struct image *image)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int) image->width, (int) image->height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
        return surface;
    uint8_t *rows = cairo_image_surface_get_data(surface);
    size_t stride = (size_t) cairo_image_surface_get_stride(surface);
    for (uint32_t y = 0; y < image->height; y++) {
        uint32_t *row = (uint32_t *) (void *) (rows + y * stride);
        for (uint32_t x = 0; x < image->width; x++)
            row[x] = premultiplied(image_at(image, x, y), image->format);
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}

void canvas_image(struct canvas *canvas, const struct image *image, double x, double y,
                  double width, double height, double opacity)
{
    cairo_surface_t *surface = surface_of(image);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        canvas->failed = true;
    } else {
        cairo_save(canvas->cairo);
        cairo_translate(canvas->cairo, x, y);
        cairo_scale(canvas->cairo, width / image->width, height / image->height);
        cairo_set_source_surface(canvas->cairo, surface, 0, 0);
        cairo_pattern_set_filter(cairo_get_source(canvas->cairo), CAIRO_FILTER_GOOD);
        cairo_pattern_set_extend(cairo_get_source(canvas->cairo), CAIRO_EXTEND_PAD);
        cairo_rectangle(canvas->cairo, 0, 0, image->width, image->height);
        cairo_clip(canvas->cairo);
        cairo_paint_with_alpha(canvas->cairo, opacity);
        cairo_restore(canvas->cairo);
    }
    cairo_surface_destroy(surface);
}

void canvas_clip_rectangle(struct canvas *canvas, double x, double y, double width, double height)
{
    cairo_rectangle(canvas->cairo, x, y, width, height);
    cairo_clip(canvas->cairo);
}

void canvas_clip_end(struct canvas *canvas)
{
    cairo_reset_clip(canvas->cairo);
}

int canvas_finish(struct canvas *canvas, struct image **ret_image)
{
    cairo_surface_flush(canvas->surface);
    if (canvas->failed || cairo_status(canvas->cairo) != CAIRO_STATUS_SUCCESS)
        return -EIO;
    uint32_t width = (uint32_t) cairo_image_surface_get_width(canvas->surface);
    uint32_t height = (uint32_t) cairo_image_surface_get_height(canvas->surface);
    int r = image_create(width, height, IMAGE_RGBA8, ret_image);
    if (r < 0)
        return r;
    const uint8_t *rows = cairo_image_surface_get_data(canvas->surface);
    size_t stride = (size_t) cairo_image_surface_get_stride(canvas->surface);
    for (uint32_t y = 0; y < height; y++) {
        const uint32_t *row = (const uint32_t *) (const void *) (rows + y * stride);
        for (uint32_t x = 0; x < width; x++) {
            uint8_t *to =
                image_at(*ret_image, x, y); /* the background is opaque: nothing to divide */
            to[0] = (uint8_t) (row[x] >> 16);
            to[1] = (uint8_t) (row[x] >> 8);
            to[2] = (uint8_t) row[x];
            to[3] = 255;
        }
    }
    return 0;
}
