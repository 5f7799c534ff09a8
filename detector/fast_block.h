/*
 * fast_block.h - up to three convolutions as one, row by row
 *
 * The networks for small computers are made of inverted bottlenecks (Sandler et al., MobileNetV2,
 * 2018): 1x1 to many channels, each channel by itself 3x3, 1x1 back to few. The many channels are
 * most of the values and nobody else wants them, so they never exist but for the rows that the 3x3
 * looks at just now, which stay in the nearest cache. A row of the result may overwrite the same
 * row of the input (a shortcut added in place): what is still to be read lies below.
 *
 * What it can do: [1x1,] depthwise [, 1x1]; a 1x1 alone; the first convolution of a network, from
 * the planar picture.
 */
#ifndef FLOORFUSE_DETECTOR_FAST_BLOCK_H
#define FLOORFUSE_DETECTOR_FAST_BLOCK_H

#include "base/error.h"
#include "detector/darknet_cfg.h"
#include "detector/fast_rows.h"
#include "detector/fast_weights.h"

#define FAST_PARTS_MAX 3

struct fast_block; /* opaque; never changes after create */

static inline bool fast_is_pointwise(const struct darknet_layer *l)
{
    return l->type == DARKNET_CONVOLUTIONAL && l->size == 1 && l->stride == 1 && l->padding == 0 &&
           l->groups == 1;
}

static inline bool fast_is_depthwise(const struct darknet_layer *l)
{
    return l->type == DARKNET_CONVOLUTIONAL && l->groups > 1 && l->groups == l->in.channels &&
           l->groups == l->filters && l->padding < l->size;
}

struct fast_block_options {
    const struct fast_rows *rows;
    const struct darknet_layer *parts[FAST_PARTS_MAX]; /* in their order */
    struct fast_filters filters[FAST_PARTS_MAX];
    int part_count;
    bool planar_input;
    bool sum;                           /* add to what is in the output; not for a depthwise end */
    enum darknet_activation activation; /* of the last part, behind the sum */
};

/* Whether it can do this; filters are not looked at. */
bool fast_block_can(const struct fast_block_options *options);

/* Returns 0 or -ENOMEM. */
MUST_CHECK int fast_block_create(const struct fast_block_options *options,
                                 struct fast_block **ret_block);
void fast_block_destroy(struct fast_block **block);

/* Floats; blocks of a network may share them. */
size_t fast_block_scratch_values(const struct fast_block *block);

/* scratch is aligned to FAST_ALIGNMENT_BYTES; what it holds before and after does not matter. */
void fast_block_run(const struct fast_block *block, const float *input, float *output,
                    float *scratch);

#endif
