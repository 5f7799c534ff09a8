/* naive_network.c - see naive_network.h */
#include "naive_network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detector_fixture.h"
#include "testing.h"

#define HEADER_BYTES 20

/* ---- weights ---- */

static float between(uint32_t *seed, double low, double high)
{
    return (float) (low + (high - low) * (double) next_random(seed));
}

static float *fill(float *to, int count, double low, double high, uint32_t *seed)
{
    for (int i = 0; i < count; i++)
        *to++ = between(seed, low, high);
    return to;
}

static int weights_of(const struct darknet_layer *l)
{
    return l->filters * (l->in.channels / l->groups) * l->size * l->size;
}

static float *fill_convolution(float *to, const struct darknet_layer *l, uint32_t *seed)
{
    double bound = sqrt(6.0 * l->filters / weights_of(l)); /* variance 2 / inputs of a filter */
    to = fill(to, l->filters, -0.2, 0.2, seed);
    if (l->batch_normalize) {
        to = fill(to, l->filters, 0.8, 1.2, seed);
        to = fill(to, l->filters, -0.1, 0.1, seed);
        to = fill(to, l->filters, 0.7, 1.3, seed);
    }
    return fill(to, weights_of(l), -bound, bound, seed);
}

char *random_weights(const struct darknet_cfg *cfg, uint32_t seed, size_t *ret_length)
{
    const int32_t header[5] = { 0, 2, 0, 0, 0 };
    *ret_length = HEADER_BYTES + (size_t) cfg->parameters * sizeof(float);
    char *bytes = malloc(*ret_length);
    assert_non_null(bytes);
    memcpy(bytes, header, HEADER_BYTES);
    float *at = (float *) (void *) (bytes + HEADER_BYTES);
    for (int i = 0; i < cfg->layer_count; i++) {
        if (cfg->layers[i].type == DARKNET_CONVOLUTIONAL)
            at = fill_convolution(at, &cfg->layers[i], &seed);
    }
    assert_ptr_equal(at, bytes + *ret_length);
    return bytes;
}

/* ---- layers ---- */

static double activate(double x, enum darknet_activation activation)
{
    switch (activation) {
    case DARKNET_LINEAR:
        return x;
    case DARKNET_LEAKY:
        return x > 0 ? x : 0.1 * x;
    case DARKNET_RELU:
        return fmax(x, 0);
    case DARKNET_RELU6:
        return fmin(fmax(x, 0), 6);
    case DARKNET_LOGISTIC:
        return 1 / (1 + exp(-x));
    case DARKNET_TANH:
        return tanh(x);
    case DARKNET_SWISH:
        return x / (1 + exp(-x));
    case DARKNET_MISH:
        return x * tanh(log1p(exp(x)));
    }
    return x;
}

static double value_at(const double *in, struct darknet_shape s, int c, int y, int x)
{
    return in[((size_t) c * (size_t) s.height + (size_t) y) * (size_t) s.width + (size_t) x];
}

/* One filter's sum at one place; what is outside the picture is 0. */
static double correlate(const struct darknet_layer *l, const float *weights, const double *in,
                        int filter, int row, int column)
{
    int channels = l->in.channels / l->groups, group = filter / (l->filters / l->groups);
    const float *w = weights + (size_t) filter * (size_t) (channels * l->size * l->size);
    double sum = 0;
    for (int c = 0; c < channels; c++) {
        for (int i = 0; i < l->size * l->size; i++) {
            int y = row * l->stride - l->padding + i / l->size;
            int x = column * l->stride - l->padding + i % l->size;
            if (y >= 0 && y < l->in.height && x >= 0 && x < l->in.width)
                sum += (double) w[c * l->size * l->size + i] *
                       value_at(in, l->in, group * channels + c, y, x);
        }
    }
    return sum;
}

static const float *convolve(const struct darknet_layer *l, const float *w, const double *in,
                             double *out)
{
    const float *bias = w, *scale = w + l->filters, *mean = scale + l->filters,
                *variance = mean + l->filters;
    const float *weights = w + (l->batch_normalize ? 4 : 1) * l->filters;
    for (int f = 0; f < l->filters; f++) {
        for (int i = 0; i < l->out.width * l->out.height; i++) {
            double x = correlate(l, weights, in, f, i / l->out.width, i % l->out.width);
            if (l->batch_normalize)
                x = (x - (double) mean[f]) / (sqrt((double) variance[f]) + 1e-6) *
                    (double) scale[f];
            *out++ = activate(x + (double) bias[f], l->activation);
        }
    }
    return weights + weights_of(l);
}

static void maxpool(const struct darknet_layer *l, const double *in, double *out)
{
    for (int64_t i = 0; i < darknet_shape_values(l->out); i++) {
        int column = (int) (i % l->out.width), row = (int) (i / l->out.width % l->out.height);
        int c = (int) (i / l->out.width / l->out.height);
        double most = -INFINITY;
        for (int k = 0; k < l->size * l->size; k++) {
            int y = row * l->stride - l->padding / 2 + k / l->size;
            int x = column * l->stride - l->padding / 2 + k % l->size;
            if (y >= 0 && y < l->in.height && x >= 0 && x < l->in.width)
                most = fmax(most, value_at(in, l->in, c, y, x));
        }
        out[i] = most;
    }
}

static void avgpool(const struct darknet_layer *l, const double *in, double *out)
{
    int pixels = l->in.width * l->in.height;
    for (int c = 0; c < l->in.channels; c++) {
        out[c] = 0;
        for (int i = 0; i < pixels; i++)
            out[c] += *in++ / pixels;
    }
}

static void upsample(const struct darknet_layer *l, const double *in, double *out)
{
    for (int64_t i = 0; i < darknet_shape_values(l->out); i++) {
        int column = (int) (i % l->out.width), row = (int) (i / l->out.width % l->out.height);
        int c = (int) (i / l->out.width / l->out.height);
        out[i] = value_at(in, l->in, c, row / l->stride, column / l->stride) * l->scale;
    }
}

static void route(const struct darknet_cfg *cfg, const struct darknet_layer *l,
                  double *const *values, double *out)
{
    for (int k = 0; k < l->from_count; k++) {
        struct darknet_shape s = cfg->layers[l->from[k]].out;
        size_t count = (size_t) (s.width * s.height * (s.channels / l->groups));
        memcpy(out, values[l->from[k]] + (size_t) l->group_id * count, count * sizeof(*out));
        out += count;
    }
}

static void shortcut(const struct darknet_layer *l, const double *in, double *const *values,
                     double *out)
{
    for (int64_t i = 0; i < darknet_shape_values(l->out); i++) {
        double sum = in[i];
        for (int k = 0; k < l->from_count; k++)
            sum += values[l->from[k]][i];
        out[i] = activate(sum, l->activation);
    }
}

static void scale(const struct darknet_layer *l, const double *factors, const double *from,
                  double *out)
{
    int pixels = l->out.width * l->out.height;
    for (int64_t i = 0; i < darknet_shape_values(l->out); i++)
        out[i] = activate(from[i] * factors[i / pixels], l->activation);
}

/* Returns where the next layer's weights are. */
static const float *run_layer(const struct darknet_cfg *cfg, int number, const float *weights,
                              const double *in, double **values)
{
    const struct darknet_layer *l = &cfg->layers[number];
    double *out = values[number];
    switch (l->type) {
    case DARKNET_CONVOLUTIONAL:
        return convolve(l, weights, in, out);
    case DARKNET_MAXPOOL:
        maxpool(l, in, out);
        break;
    case DARKNET_AVGPOOL:
        avgpool(l, in, out);
        break;
    case DARKNET_UPSAMPLE:
        upsample(l, in, out);
        break;
    case DARKNET_SHORTCUT:
        shortcut(l, in, values, out);
        break;
    case DARKNET_ROUTE:
        route(cfg, l, values, out);
        break;
    case DARKNET_SCALE_CHANNELS:
        scale(l, in, values[l->from[0]], out);
        break;
    case DARKNET_DROPOUT:
    case DARKNET_YOLO:
        memcpy(out, in, (size_t) darknet_shape_values(l->out) * sizeof(*out));
        break;
    }
    return weights;
}

double *naive_forward(const struct darknet_cfg *cfg, const char *weights, size_t length,
                      const float *input, size_t *ret_count)
{
    size_t pixels = 3 * (size_t) cfg->width * (size_t) cfg->height, total = 0;
    double **values = calloc((size_t) cfg->layer_count, sizeof(double *));
    double *picture = calloc(pixels, sizeof(*picture)), *heads = NULL;
    float *parameters = malloc(length - HEADER_BYTES + 1);
    assert_true(values && picture && parameters);
    memcpy(parameters, weights + HEADER_BYTES, length - HEADER_BYTES);
    for (size_t i = 0; i < pixels; i++)
        picture[i] = (double) input[i];
    const float *next = parameters;
    for (int i = 0; i < cfg->layer_count; i++) {
        size_t count = (size_t) darknet_shape_values(cfg->layers[i].out);
        assert_non_null(values[i] = calloc(count, sizeof(double)));
        next = run_layer(cfg, i, next, i > 0 ? values[i - 1] : picture, values);
        if (cfg->layers[i].type != DARKNET_YOLO)
            continue;
        assert_non_null(heads = reallocarray(heads, total + count, sizeof(*heads)));
        memcpy(heads + total, values[i], count * sizeof(*heads));
        total += count;
    }
    for (int i = 0; i < cfg->layer_count; i++)
        free(values[i]);
    free(values);
    free(picture);
    free(parameters);
    *ret_count = total;
    return heads;
}
