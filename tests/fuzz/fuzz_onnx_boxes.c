/*
 * fuzz_onnx_boxes.c - any output of an ONNX network, its shape included, decoded to boxes
 *
 * The input is: classes, dimensions, edge of the picture / 8 px, each dimension in two bytes, low
 * byte first; the rest is numbers, repeated until the shape is full.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "detector/class_names.h"
#include "detector/onnx_boxes.h"

#define DIMS_MAX   4
#define VALUES_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct output {
    int dims[DIMS_MAX], dim_count, edge_px, classes;
};

static const uint8_t *read_output(const uint8_t *bytes, struct output *ret)
{
    ret->classes = bytes[0] % 16;
    ret->dim_count = bytes[1] % (DIMS_MAX + 1);
    ret->edge_px = 8 * bytes[2];
    for (int i = 0; i < ret->dim_count; i++)
        ret->dims[i] = bytes[3 + 2 * i] | bytes[4 + 2 * i] << 8;
    return bytes + 3 + 2 * DIMS_MAX;
}

static float *fill(const struct onnx_output *o, const uint8_t *bytes, size_t length)
{
    size_t count = (size_t) o->rows * (size_t) o->columns, given = length / sizeof(float);
    float *values = count <= VALUES_MAX ? calloc(count + 1, sizeof(*values)) : NULL;
    for (size_t i = 0; values && given && i < count; i++)
        memcpy(&values[i], bytes + i % given * sizeof(float), sizeof(float));
    return values;
}

static void decode(const struct onnx_output *o, const float *values)
{
    static const enum detection_class classes[16] = { DETECTION_PERSON, DETECTION_HEAD,
                                                      CLASS_IGNORED, DETECTION_PERSON };
    struct candidates found = { .items = NULL };
    int r = onnx_boxes_decode(o, values, classes, 0.25, &found);
    for (size_t i = 0; r == 0 && i < found.count; i++) {
        const struct detection *d = &found.items[i];
        if (!(d->score >= 0.25f && d->score <= 1) || !isfinite(d->box.left) ||
            !(d->box.left < d->box.right && d->box.top < d->box.bottom))
            abort();
    }
    candidates_release(&found);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct output out = { .dim_count = 0 };
    struct onnx_output known;
    struct error err;
    if (length < 3 + 2 * DIMS_MAX)
        return 0;
    const uint8_t *rest = read_output(bytes, &out);
    if (onnx_output_of(out.dims, out.dim_count, out.edge_px, out.edge_px, out.classes, "fuzz.onnx",
                       &known, &err) < 0)
        return 0;
    float *values = fill(&known, rest, length - (size_t) (rest - bytes));
    if (values)
        decode(&known, values);
    free(values);
    return 0;
}
