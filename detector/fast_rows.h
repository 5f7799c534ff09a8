/*
 * fast_rows.h - convolutions of one row, written for one kind of vector
 *
 * oneDNN computes a layer at a time, so between two layers every value goes out to memory and back.
 * These kernels compute a row, which fast_block.c hands from layer to layer while it is in the
 * cache. There is one set for AVX2 (blocks of 8 channels) and one for AVX-512 (blocks of 16); the
 * processor that runs decides. Others use oneDNN for everything.
 *
 * A filter's sums of several pixels are kept in registers while its weights pass by: each weight
 * that is loaded is used for every pixel, each pixel's value for every block of filters.
 */
#ifndef FLOORFUSE_DETECTOR_FAST_ROWS_H
#define FLOORFUSE_DETECTOR_FAST_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* max(x, slope * x), at most limit: linear, leaky, relu and relu6 are these. */
struct fast_clamp {
    float slope, limit;
};

/*
 * output[block][x] = clamp(bias + sum over i of weight[block][i] * input[x * pixel_step +
 * offsets[i]] (+ what is there)). What i counts is the caller's: channels, or channels and places.
 */
struct fast_pointwise_row {
    const float *input;
    const ptrdiff_t *offsets; /* floats */
    size_t input_count;
    size_t pixel_step; /* floats */
    int width;         /* pixels of output */
    const float *weights, *bias;
    int output_blocks;
    float *output;
    size_t output_plane; /* floats from a block to the next */
    struct fast_clamp clamp;
    bool sum;
};

/* Each channel by itself: output[block][x] of size x size taps at input column x * stride. */
struct fast_depthwise_row {
    const float *const *rows; /* one for each row of taps; of the first block */
    size_t input_plane;       /* floats from a block to the next */
    int blocks, size, stride, width;
    const float *weights; /* block, then tap */
    const float *bias;
    float *output;
    size_t output_plane;
    struct fast_clamp clamp;
};

struct fast_rows {
    const char *name;
    int block; /* channels */
    void (*pointwise)(const struct fast_pointwise_row *row);
    void (*depthwise)(const struct fast_depthwise_row *row);
};

/* The best set for this processor; NULL: none, or none that was built. */
const struct fast_rows *fast_rows_choose(void);

/* By name, "avx2" or "avx512"; NULL: not here. For tests and measurements. */
const struct fast_rows *fast_rows_named(const char *name);

#endif
