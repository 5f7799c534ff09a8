/* curve_picture.c - see curve_picture.h */
#include "programs/curve_picture.h"

#include <errno.h>
#include <stdio.h>

#include "image/canvas.h"
#include "image/image.h"

enum { WIDTH = 1200, HEIGHT = 900 };

/* Where the curve's unit square lies, px. */
#define LEFT   120.0
#define TOP    110.0
#define RIGHT  1150.0
#define BOTTOM 780.0

#define TICKS 5

static const struct colour paper = { 1, 1, 1 }, ink = { 0.13, 0.15, 0.19 },
                           faint = { 0.62, 0.65, 0.70 }, line = { 0.10, 0.36, 0.66 },
                           point = { 0.85, 0.33, 0.10 };

static double x_of(double recall)
{
    return LEFT + recall * (RIGHT - LEFT);
}

static double y_of(double precision)
{
    return BOTTOM - precision * (BOTTOM - TOP);
}

static void draw_axes(struct canvas *canvas)
{
    for (int i = 0; i <= TICKS; i++) {
        double at = (double) i / TICKS;
        char words[16];
        (void) snprintf(words, sizeof(words), "%.0f %%", 100 * at);
        canvas_colour(canvas, faint, 0.5);
        canvas_line(canvas, x_of(at), TOP, x_of(at), BOTTOM, 1);
        canvas_line(canvas, LEFT, y_of(at), RIGHT, y_of(at), 1);
        canvas_colour(canvas, ink, 0.85);
        canvas_text(canvas, x_of(at), BOTTOM + 32, 20, false, TEXT_CENTRE, words);
        canvas_text(canvas, LEFT - 14, y_of(at) + 7, 20, false, TEXT_RIGHT, words);
    }
    canvas_colour(canvas, ink, 1);
    canvas_text(canvas, (LEFT + RIGHT) / 2, BOTTOM + 78, 24, false, TEXT_CENTRE,
                "recall: of those who are there, how many are found");
    canvas_text(canvas, LEFT - 96, TOP - 24, 24, false, TEXT_LEFT,
                "precision: of what is found, how much is right");
    canvas_outline_rectangle(canvas, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, 1.5);
}

static void draw_curve(struct canvas *canvas, const struct precision_curve *curve)
{
    canvas_colour(canvas, line, 1);
    canvas_path_begin(canvas);
    for (size_t i = 0; i < curve->count; i++) {
        if (i == 0)
            canvas_path_add(canvas, x_of(0), y_of(curve->steps[0].precision));
        canvas_path_add(canvas, x_of(curve->steps[i].recall), y_of(curve->steps[i].precision));
    }
    canvas_path_outline(canvas, 3.5);
    canvas_path_end(canvas);
}

/* The score one would choose, with words on the side where there is room. */
static void draw_best(struct canvas *canvas, const struct box_evaluation *e)
{
    double x = x_of(e->best_f1.recall), y = y_of(e->best_f1.precision);
    char words[96];
    if (e->f1 <= 0)
        return;
    canvas_colour(canvas, point, 1);
    canvas_fill_rectangle(canvas, x - 7, y - 7, 14, 14);
    (void) snprintf(words, sizeof(words), "best F1 %.1f %% at score %.2f", 100 * e->f1,
                    e->best_f1.score);
    canvas_text(canvas, x - 18, y + 34, 22, true, TEXT_RIGHT, words);
    (void) snprintf(words, sizeof(words), "precision %.1f %%, recall %.1f %%",
                    100 * e->best_f1.precision, 100 * e->best_f1.recall);
    canvas_text(canvas, x - 18, y + 62, 20, false, TEXT_RIGHT, words);
}

static void draw_title(struct canvas *canvas, const struct box_evaluation *e, double iou,
                       const char *title)
{
    char words[512];
    (void) snprintf(words, sizeof(words), "%s", title);
    canvas_colour(canvas, ink, 1);
    canvas_text(canvas, LEFT - 96, 46, 28, true, TEXT_LEFT, words);
    (void) snprintf(words, sizeof(words), "AP %.1f %% at IoU %.2f",
                    100 * e->curve.average_precision, iou);
    canvas_text(canvas, RIGHT, 46, 28, true, TEXT_RIGHT, words);
    (void) snprintf(words, sizeof(words), "%zu pictures, %zu true boxes", e->pictures,
                    e->curve.truths);
    canvas_text(canvas, RIGHT, TOP - 24, 20, false, TEXT_RIGHT, words);
}

int curve_picture_write(const struct box_evaluation *evaluation, double iou, const char *title,
                        const char *path, struct error *err)
{
    AUTO(canvas_destroy) struct canvas *canvas = NULL;
    AUTO(image_unref) struct image *image = NULL;
    int r = canvas_create(WIDTH, HEIGHT, paper, &canvas);
    if (r < 0)
        return error_set(err, r, "out of memory");
    draw_title(canvas, evaluation, iou, title);
    draw_axes(canvas);
    draw_curve(canvas, &evaluation->curve);
    draw_best(canvas, evaluation);
    r = canvas_finish(canvas, &image);
    if (r < 0)
        return error_set(err, r, "could not draw %s", path);
    return image_write_png(image, path, err);
}
