/*
 * fast_plan.h - what the fast engine does with a network, decided once
 *
 * Layers become steps in the order of the .cfg. [dropout], a [route] of one layer and [yolo] only
 * rename a value. A [route] of several gets its inputs written where it wants them, in place, where
 * they begin on a block of channels; others are copied. A [shortcut] is added by the convolution
 * before it, onto the memory of the other value, where nobody needs that value later. Convolutions
 * that fast_block.h can compute as one become one step. All values live in one pool, in which
 * memory is used again once its last reader is done.
 */
#ifndef FLOORFUSE_DETECTOR_FAST_PLAN_H
#define FLOORFUSE_DETECTOR_FAST_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "detector/darknet_cfg.h"
#include "detector/fast_block.h"

enum fast_kind {
    FAST_CONVOLUTION,
    FAST_MAXPOOL,
    FAST_AVGPOOL,
    FAST_UPSAMPLE,
    FAST_ADD,   /* inputs to the output, then the activation */
    FAST_SCALE, /* input 0's channels times the numbers of input 1 */
    FAST_COPY,  /* channels [from_channel, + channels) of input 0 to to_channel of the output */
    FAST_PACK,  /* the network's planar input */
    FAST_HEAD   /* input 0 to a planar output */
};

#define FAST_NETWORK_INPUT (-1) /* the planar picture, as place of a step's input */

/* A value in the pool: floats from its start. */
struct fast_value {
    int storage;     /* while planning */
    int first_block; /* within the storage */
    ptrdiff_t place; /* FAST_NETWORK_INPUT or floats from the pool's start */
    struct darknet_shape shape;
};

struct fast_step {
    enum fast_kind kind;
    const struct darknet_layer *layer; /* whose numbers apply */
    int layer_number;
    struct fast_value inputs[2], output;
    const struct darknet_layer *parts[FAST_PARTS_MAX]; /* of FAST_CONVOLUTION, in their order */
    int part_count;
    bool sum; /* a convolution adds to what is in its output, before the activation */
    enum darknet_activation activation;
    int from_channel, to_channel, channels; /* of FAST_COPY */
    int head;                               /* of FAST_HEAD */
};

struct fast_plan {
    struct fast_step *steps;
    int step_count;
    int block;          /* channels, fast_tensor.h */
    size_t pool_values; /* floats */
};

/*
 *   block  channels that lie together
 *   rows   what fast_block.h may use; NULL: every convolution is a step of its own
 * Returns 0 or -ENOMEM. The plan points into cfg.
 */
MUST_CHECK int fast_plan_create(const struct darknet_cfg *cfg, int block,
                                const struct fast_rows *rows, struct fast_plan **ret_plan);
void fast_plan_destroy(struct fast_plan **plan);

#endif
