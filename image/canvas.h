/*
 * canvas.h - drawing on an image: lines, areas, arrows, words
 *
 * Over cairo, which stays behind this header. Coordinates are canvas px, (0,0) the top-left corner,
 * y down; edges are smoothed. Drawing calls cannot fail; canvas_finish says whether something went
 * wrong.
 */
#ifndef FLOORFUSE_IMAGE_CANVAS_H
#define FLOORFUSE_IMAGE_CANVAS_H

#include <stdbool.h>

#include "image/colour_map.h"
#include "image/image.h"

struct canvas; /* opaque; one thread */

enum text_anchor { TEXT_LEFT, TEXT_CENTRE, TEXT_RIGHT };

MUST_CHECK int canvas_create(uint32_t width, uint32_t height, struct colour background,
                             struct canvas **ret_canvas);
void canvas_destroy(struct canvas **canvas);

/* What is drawn next takes this colour; opacity 0..1. */
void canvas_colour(struct canvas *canvas, struct colour colour, double opacity);

void canvas_fill_rectangle(struct canvas *canvas, double x, double y, double width, double height);
void canvas_outline_rectangle(struct canvas *canvas, double x, double y, double width,
                              double height, double line_px);
void canvas_line(struct canvas *canvas, double x0, double y0, double x1, double y1, double line_px);

/* A path of corners: begin, add each, then fill, outline or hatch; several rings may be begun
 * before that (even-odd: inner rings are holes). The path stays until canvas_path_end. */
void canvas_path_begin(struct canvas *canvas);
void canvas_path_add(struct canvas *canvas, double x, double y);
void canvas_path_close(struct canvas *canvas);
void canvas_path_fill(struct canvas *canvas);
void canvas_path_outline(struct canvas *canvas, double line_px);
void canvas_path_hatch(struct canvas *canvas, double spacing_px, double line_px);
void canvas_path_end(struct canvas *canvas);

/* An arrow from tail to tip with a head in proportion to line_px. */
void canvas_arrow(struct canvas *canvas, double x0, double y0, double x1, double y1,
                  double line_px);

/* Words on a baseline. */
void canvas_text(struct canvas *canvas, double x, double baseline_y, double size_px, bool bold,
                 enum text_anchor anchor, const char *utf8);
double canvas_text_width(struct canvas *canvas, double size_px, bool bold, const char *utf8);

/* Stretch an RGB or RGBA image over a rectangle, smoothed. */
void canvas_image(struct canvas *canvas, const struct image *image, double x, double y,
                  double width, double height, double opacity);

/* Draw only inside a rectangle until canvas_clip_end; does not nest. */
void canvas_clip_rectangle(struct canvas *canvas, double x, double y, double width, double height);
void canvas_clip_end(struct canvas *canvas);

/* A copy of what was drawn, RGBA. Returns 0, -ENOMEM, -EIO. */
MUST_CHECK int canvas_finish(struct canvas *canvas, struct image **ret_image);

#endif
