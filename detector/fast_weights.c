/* fast_weights.c - see fast_weights.h */
#include "detector/fast_weights.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPSILON 1e-6f

struct fast_weights_reader fast_weights_begin(const char *bytes, size_t length,
                                              const struct darknet_cfg *cfg)
{
    /* Checked: what is no parameter is the header. */
    return (struct fast_weights_reader){ bytes + length -
                                         (size_t) cfg->parameters * sizeof(float) };
}

static void take(struct fast_weights_reader *reader, float *to, size_t count)
{
    memcpy(to, reader->next, count * sizeof(*to));
    reader->next += count * sizeof(*to);
}

static void fold(const struct darknet_layer *l, const float *normal, size_t weights_of_filter,
                 struct fast_filters *filters)
{
    size_t count = (size_t) l->filters;
    const float *scales = normal, *means = normal + count, *variances = normal + 2 * count;
    for (size_t i = 0; i < count; i++) {
        float factor = scales[i] / (sqrtf(variances[i]) + EPSILON);
        filters->bias[i] -= means[i] * factor;
        for (size_t k = 0; k < weights_of_filter; k++)
            filters->weights[i * weights_of_filter + k] *= factor;
    }
}

int fast_weights_next(struct fast_weights_reader *reader, const struct darknet_layer *layer,
                      struct fast_filters *ret_filters)
{
    size_t count = (size_t) layer->filters;
    size_t of_filter =
        (size_t) (layer->in.channels / layer->groups) * (size_t) layer->size * (size_t) layer->size;
    struct fast_filters filters = { .weights = calloc(count * of_filter, sizeof(float)),
                                    .bias = calloc(count, sizeof(float)) };
    float *normal = calloc(3 * count, sizeof(*normal));
    if (!filters.weights || !filters.bias || !normal) {
        fast_filters_release(&filters);
        free(normal);
        return -ENOMEM;
    }
    take(reader, filters.bias, count);
    if (layer->batch_normalize)
        take(reader, normal, 3 * count);
    take(reader, filters.weights, count * of_filter);
    if (layer->batch_normalize)
        fold(layer, normal, of_filter, &filters);
    free(normal);
    *ret_filters = filters;
    return 0;
}

void fast_filters_release(struct fast_filters *filters)
{
    free(filters->weights);
    free(filters->bias);
    *filters = (struct fast_filters){ 0 };
}
