/* fast_kernels.c - see fast_kernels.h */
#include "detector/fast_kernels.h"

#include <math.h>
#include <string.h>

#include "detector/fast_tensor.h"

#define BLOCK_MAX 16

static size_t pixels_of(struct darknet_shape s)
{
    return (size_t) s.width * (size_t) s.height;
}

void fast_pack(const float *planar, struct darknet_shape shape, int block, float *output)
{
    size_t pixels = pixels_of(shape), step = (size_t) block;
    memset(output, 0, fast_values(shape, block) * sizeof(*output));
    for (int c = 0; c < shape.channels; c++) {
        float *to = output + fast_channel(shape, c, block);
        for (size_t i = 0; i < pixels; i++)
            to[i * step] = *planar++;
    }
}

void fast_unpack(const float *input, struct darknet_shape shape, int block, float *planar)
{
    size_t pixels = pixels_of(shape), step = (size_t) block;
    for (int c = 0; c < shape.channels; c++) {
        const float *from = input + fast_channel(shape, c, block);
        for (size_t i = 0; i < pixels; i++)
            *planar++ = from[i * step];
    }
}

/* ---- windows ---- */

struct range {
    int first, end;
};

/* The part of a window that is inside the picture. It may be empty where padding is larger than the
 * window. */
static struct range window_inside(const struct darknet_layer *l, int at, int edge)
{
    int first = at * l->stride - l->padding / 2;
    struct range r = { first < 0 ? 0 : first, first + l->size > edge ? edge : first + l->size };
    return r;
}

/* What Darknet starts from, and so what an empty window gives. */
#define LEAST (-3.402823466e+38f)

static inline void maximum(float *to, const float *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[i] > to[i] ? from[i] : to[i];
}

/* The largest of some rows or columns, `step` floats from one to the next. */
static inline void largest(const float *from, struct range range, size_t step, size_t count,
                           float *to)
{
    if (range.first >= range.end) {
        for (size_t i = 0; i < count; i++)
            to[i] = LEAST;
        return;
    }
    memcpy(to, from + (size_t) range.first * step, count * sizeof(*to));
    for (int k = range.first + 1; k < range.end; k++)
        maximum(to, from + (size_t) k * step, count);
}

size_t fast_maxpool_scratch_values(const struct darknet_layer *layer, int block)
{
    return (size_t) layer->in.width * (size_t) block;
}

/* A window's maximum is that of its columns' maxima: 2 size instead of size^2 looks a pixel. The
 * compiler makes vectors of a block that is a constant. */
static inline __attribute__((always_inline)) void maxpool_block(const float *from,
                                                                const struct darknet_layer *l,
                                                                const int block, float *output,
                                                                float *row)
{
    size_t step = (size_t) block, row_values = (size_t) l->in.width * step;
    for (int y = 0; y < l->out.height; y++) {
        largest(from, window_inside(l, y, l->in.height), row_values, row_values, row);
        for (int x = 0; x < l->out.width; x++, output += step)
            largest(row, window_inside(l, x, l->in.width), step, step, output);
    }
}

void fast_maxpool(const float *input, const struct darknet_layer *l, int block, float *output,
                  float *row)
{
    for (int i = 0; i < fast_blocks(l->in.channels, block); i++) {
        if (block == 16)
            maxpool_block(input, l, 16, output, row);
        else
            maxpool_block(input, l, 8, output, row);
        input += fast_block_values(l->in, block);
        output += fast_block_values(l->out, block);
    }
}

void fast_avgpool(const float *input, struct darknet_shape in, int block, float *output)
{
    size_t pixels = pixels_of(in);
    for (int i = 0; i < fast_blocks(in.channels, block); i++) {
        double sum[BLOCK_MAX] = { 0 };
        for (size_t k = 0; k < pixels; k++) {
            for (int c = 0; c < block; c++)
                sum[c] += (double) *input++;
        }
        for (int c = 0; c < block; c++)
            *output++ = (float) (sum[c] / (double) pixels);
    }
}

void fast_upsample(const float *input, const struct darknet_layer *l, int block, float *output)
{
    size_t step = (size_t) block, row_values = (size_t) l->out.width * step;
    const float scale = (float) l->scale;
    int rows = fast_blocks(l->in.channels, block) * l->in.height;
    for (int y = 0; y < rows; y++) {
        float *first = output;
        for (int x = 0; x < l->in.width; x++, input += step) {
            for (int k = 0; k < l->stride; k++) {
                for (int c = 0; c < block; c++)
                    *output++ = input[c] * scale;
            }
        }
        for (int k = 1; k < l->stride; k++, output += row_values)
            memcpy(output, first, row_values * sizeof(*output));
    }
}

/* ---- one value after the other ---- */

static float mish(float x)
{
    float e = expf(x), n = e * e + 2 * e; /* tanh(ln(1 + e)) = n / (n + 2) */
    return x > 20 ? x : x * n / (n + 2);
}

static float activated(float x, enum darknet_activation activation)
{
    switch (activation) {
    case DARKNET_LINEAR:
        return x;
    case DARKNET_LEAKY:
        return x > 0 ? x : 0.1f * x;
    case DARKNET_RELU:
        return x > 0 ? x : 0;
    case DARKNET_RELU6:
        return x > 6 ? 6 : x > 0 ? x : 0;
    case DARKNET_LOGISTIC:
        return 1 / (1 + expf(-x));
    case DARKNET_TANH:
        return tanhf(x);
    case DARKNET_SWISH:
        return x / (1 + expf(-x));
    case DARKNET_MISH:
        return mish(x);
    }
    return x;
}

void fast_activate(float *values, size_t count, enum darknet_activation activation)
{
    if (activation == DARKNET_LINEAR)
        return;
    for (size_t i = 0; i < count; i++)
        values[i] = activated(values[i], activation);
}

void fast_add(const float *a, const float *b, size_t count, enum darknet_activation activation,
              float *output)
{
    for (size_t i = 0; i < count; i++)
        output[i] = a[i] + b[i];
    fast_activate(output, count, activation);
}

void fast_scale(const float *input, const float *factors, struct darknet_shape shape, int block,
                enum darknet_activation activation, float *output)
{
    size_t pixels = pixels_of(shape), at = 0;
    for (int i = 0; i < fast_blocks(shape.channels, block); i++, factors += block) {
        for (size_t k = 0; k < pixels; k++) {
            for (int c = 0; c < block; c++, at++)
                output[at] = input[at] * factors[c];
        }
    }
    fast_activate(output, fast_values(shape, block), activation);
}

void fast_copy(const float *input, int from, int count, struct darknet_shape size, int block,
               float *output, int to)
{
    size_t pixels = pixels_of(size), step = (size_t) block;
    for (int c = 0; c < count; c++) {
        const float *source = input + fast_channel(size, from + c, block);
        float *target = output + fast_channel(size, to + c, block);
        if ((from + c) % block == 0 && (to + c) % block == 0 && count - c >= block) {
            memcpy(target, source, pixels * step * sizeof(*target));
            c += block - 1;
            continue;
        }
        for (size_t i = 0; i < pixels; i++)
            target[i * step] = source[i * step];
    }
}
