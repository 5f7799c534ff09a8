/* yolo.c - see yolo.h */
#include "detector/yolo.h"

#include <math.h>

#define X           0
#define Y           1
#define WIDTH       2
#define HEIGHT      3
#define OBJECTNESS  4
#define FIRST_CLASS 5

/* One anchor of one cell: its numbers lie a plane apart. */
struct cell {
    const float *raw;
    size_t plane; /* floats between two numbers */
    int column, row, anchor;
};

struct decoding {
    const struct darknet_layer *layer;
    struct darknet_shape network;
    const enum detection_class *classes;
    float threshold;
    struct candidates *candidates;
};

static float logistic(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

/* A number that Darknet sends through the logistic function, unless the layer before did. */
static float activated(const struct decoding *d, const struct cell *cell, int number)
{
    float raw = cell->raw[(size_t) number * cell->plane];
    return d->layer->yolo.new_coords ? raw : logistic(raw);
}

/* Width or height in network px. */
static double extent(const struct decoding *d, const struct cell *cell, int number, double anchor)
{
    double raw = (double) cell->raw[(size_t) number * cell->plane];
    return anchor * (d->layer->yolo.new_coords ? 4 * raw * raw : exp(raw));
}

/* Centre in cells from the edge of the grid. */
static double centre(const struct decoding *d, const struct cell *cell, int number, int at)
{
    double scale = d->layer->yolo.scale_xy;
    return at + (double) activated(d, cell, number) * scale - (scale - 1) / 2;
}

static struct box_px box_of(const struct decoding *d, const struct cell *cell)
{
    const double *anchor = d->layer->yolo.anchors[cell->anchor];
    double x = centre(d, cell, X, cell->column) * d->network.width / d->layer->out.width;
    double y = centre(d, cell, Y, cell->row) * d->network.height / d->layer->out.height;
    double width = extent(d, cell, WIDTH, anchor[0]);
    double height = extent(d, cell, HEIGHT, anchor[1]);
    return (struct box_px){ x - width / 2, y - height / 2, x + width / 2, y + height / 2 };
}

/* Every class that is likely enough gives a box, as in Darknet. */
static int add_classes(const struct decoding *d, const struct cell *cell, float objectness)
{
    for (int i = 0; i < d->layer->yolo.classes; i++) {
        if (!d->classes[i])
            continue;
        float score = objectness * activated(d, cell, FIRST_CLASS + i);
        if (!(score >= d->threshold)) /* NaN neither */
            continue;
        struct detection detection = { .object_class = d->classes[i],
                                       .score = fminf(score, 1),
                                       .box = box_of(d, cell) };
        int r = candidates_add(d->candidates, detection);
        if (r < 0)
            return r;
    }
    return 0;
}

static int decode_anchor(const struct decoding *d, const float *raw, int anchor)
{
    struct darknet_shape out = d->layer->out;
    struct cell cell = { .plane = (size_t) out.width * (size_t) out.height, .anchor = anchor };
    for (cell.row = 0; cell.row < out.height; cell.row++) {
        for (cell.column = 0; cell.column < out.width; cell.column++) {
            cell.raw = raw + cell.row * out.width + cell.column;
            float objectness = activated(d, &cell, OBJECTNESS);
            if (!(objectness >= d->threshold))
                continue;
            int r = add_classes(d, &cell, objectness);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

int yolo_decode(const struct darknet_layer *layer, struct darknet_shape network, const float *raw,
                const enum detection_class *classes, double threshold,
                struct candidates *candidates)
{
    struct decoding d = { .layer = layer,
                          .network = network,
                          .classes = classes,
                          .threshold = (float) threshold,
                          .candidates = candidates };
    size_t values_of_anchor = (size_t) (FIRST_CLASS + layer->yolo.classes) *
                              (size_t) layer->out.width * (size_t) layer->out.height;
    for (int anchor = 0; anchor < layer->yolo.anchor_count; anchor++) {
        int r = decode_anchor(&d, raw + (size_t) anchor * values_of_anchor, anchor);
        if (r < 0)
            return r;
    }
    return 0;
}
