/*
 * fast_weights.h - the numbers of one convolution, batch normalisation folded in
 *
 * Batch normalisation is a factor and an offset of each filter once training is over, so it costs
 * nothing: weight * scale / (sqrt(variance) + 1e-6), bias - mean * that factor. The 1e-6 outside of
 * the root is Darknet's.
 */
#ifndef FLOORFUSE_DETECTOR_FAST_WEIGHTS_H
#define FLOORFUSE_DETECTOR_FAST_WEIGHTS_H

#include <stddef.h>

#include "base/error.h"
#include "detector/darknet_cfg.h"

struct fast_filters {
    float *weights; /* filters x channels of a group x size x size */
    float *bias;    /* one a filter */
};

/* Reads a checked .weights file from layer to layer. */
struct fast_weights_reader {
    const char *next; /* floats, not aligned */
};

/* Stand behind the header. */
struct fast_weights_reader fast_weights_begin(const char *bytes, size_t length,
                                              const struct darknet_cfg *cfg);

/* The next convolution's. Returns 0 or -ENOMEM. */
MUST_CHECK int fast_weights_next(struct fast_weights_reader *reader,
                                 const struct darknet_layer *layer,
                                 struct fast_filters *ret_filters);
void fast_filters_release(struct fast_filters *filters);

#endif
