/* onnx_boxes.c - see onnx_boxes.h */
#include "detector/onnx_boxes.h"

#include <errno.h>
#include <math.h>

#define CENTRED      4 /* numbers of a box */
#define YOLOV10_SIZE 6
#define YOLOV10_MAX  4096 /* rows; they have 300 */

static int cells_of(int width, int height)
{
    int cells = 0;
    for (int stride = 8; stride <= 32; stride *= 2)
        cells += (width / stride) * (height / stride);
    return cells;
}

/* One row a cell, or three, as YOLOX and YOLOv5 have; those of one class are 6 wide too. */
static bool are_cells(int rows, int width, int height)
{
    int cells = cells_of(width, height), with_stride_64 = cells + (width / 64) * (height / 64);
    return rows == cells || rows == 3 * cells || rows == with_stride_64 ||
           rows == 3 * with_stride_64;
}

int onnx_output_of(const int *dims, int dim_count, int width, int height, int classes,
                   const char *file, struct onnx_output *ret_output, struct error *err)
{
    int cells = cells_of(width, height);
    bool flat = dim_count == 3 && dims[0] == 1;
    int rows = flat ? dims[1] : 0, columns = flat ? dims[2] : 0;
    struct onnx_output output = { .rows = rows, .columns = columns, .classes = classes };
    if (rows == 3 * cells && columns == CENTRED + 1 + classes)
        output.family = ONNX_YOLOV5;
    else if (rows == CENTRED + classes && columns == cells)
        output.family = ONNX_YOLOV8;
    else if (columns == YOLOV10_SIZE && rows > 0 && rows <= YOLOV10_MAX &&
             !are_cells(rows, width, height))
        output.family = ONNX_YOLOV10;
    else if (!flat)
        return error_set(err, -ENOTSUP,
                         "%s: its output has %d dimensions; known are those of YOLOv5, v8, v10 and "
                         "11, 1 x rows x columns",
                         file, dim_count);
    else
        return error_set(
            err, -ENOTSUP,
            "%s: its output is 1x%dx%d, which with %d classes and an input of %dx%d px "
            "is none of YOLOv5, v8, v10 and 11; if the number of classes is wrong, give "
            "detector.names",
            file, rows, columns, classes, width, height);
    *ret_output = output;
    return 0;
}

static int add(struct candidates *candidates, enum detection_class object_class, float score,
               struct box_px box)
{
    struct detection detection = { .object_class = object_class,
                                   .score = fminf(score, 1),
                                   .box = box };
    return candidates_add(candidates, detection);
}

/* Numbers of one box lie `step` apart, and the first class `skip` behind the box. */
struct row {
    const float *values;
    size_t step;
    float objectness;
    int first_class;
};

static int decode_centred(const struct onnx_output *o, const struct row *row,
                          const enum detection_class *classes, double threshold,
                          struct candidates *candidates)
{
    const float *v = row->values;
    double x = (double) v[0], y = (double) v[row->step], width = (double) v[2 * row->step],
           height = (double) v[3 * row->step];
    struct box_px box = { x - width / 2, y - height / 2, x + width / 2, y + height / 2 };
    for (int i = 0; i < o->classes; i++) {
        float score = row->objectness * v[(size_t) (row->first_class + i) * row->step];
        if (!classes[i] || !((double) score >= threshold)) /* NaN neither */
            continue;
        int r = add(candidates, classes[i], score, box);
        if (r < 0)
            return r;
    }
    return 0;
}

static int decode_finished(const struct onnx_output *o, const float *v,
                           const enum detection_class *classes, double threshold,
                           struct candidates *candidates)
{
    bool known = v[5] >= 0 && v[5] < (float) o->classes;
    if (!known || !classes[(int) v[5]] || !((double) v[4] >= threshold))
        return 0;
    struct box_px box = { (double) v[0], (double) v[1], (double) v[2], (double) v[3] };
    return add(candidates, classes[(int) v[5]], v[4], box);
}

int onnx_boxes_decode(const struct onnx_output *o, const float *values,
                      const enum detection_class *classes, double threshold,
                      struct candidates *candidates)
{
    int boxes = o->family == ONNX_YOLOV8 ? o->columns : o->rows;
    size_t columns = (size_t) o->columns;
    int r = 0;
    for (int i = 0; r == 0 && i < boxes; i++) {
        const float *own = values + (o->family == ONNX_YOLOV8 ? (size_t) i : (size_t) i * columns);
        const struct row v5 = { own, 1, own[CENTRED], CENTRED + 1 };
        const struct row v8 = { own, columns, 1, CENTRED };
        switch (o->family) {
        case ONNX_YOLOV5:
            r = decode_centred(o, &v5, classes, threshold, candidates);
            break;
        case ONNX_YOLOV8:
            r = decode_centred(o, &v8, classes, threshold, candidates);
            break;
        case ONNX_YOLOV10:
            r = decode_finished(o, own, classes, threshold, candidates);
            break;
        }
    }
    return r;
}
