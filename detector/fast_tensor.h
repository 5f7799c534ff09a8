/*
 * fast_tensor.h - how the fast engine lays out what flows between layers
 *
 * Channels in blocks of eight: value (channel c, row y, column x) of a tensor is at
 * ((c / 8 * height + y) * width + x) * 8 + c % 8. One pixel of a block is one AVX register, so no
 * kernel shuffles, and channels that begin on a block are a part of the memory of a larger tensor:
 * [route] needs no copies. The last block's channels beyond the tensor's hold any finite number.
 */
#ifndef FLOORFUSE_DETECTOR_FAST_TENSOR_H
#define FLOORFUSE_DETECTOR_FAST_TENSOR_H

#include <stddef.h>

#include "detector/darknet_cfg.h"

#define FAST_BLOCK 8 /* channels */

/* Of memory: a cache line, and the largest vector of any x86. */
#define FAST_ALIGNMENT_BYTES 64

static inline int fast_blocks(int channels)
{
    return (channels + FAST_BLOCK - 1) / FAST_BLOCK;
}

/* Floats of one block of channels. */
static inline size_t fast_block_values(struct darknet_shape s)
{
    return (size_t) s.width * (size_t) s.height * FAST_BLOCK;
}

/* Floats of a tensor, those of unused channels included. */
static inline size_t fast_values(struct darknet_shape s)
{
    return (size_t) fast_blocks(s.channels) * fast_block_values(s);
}

#endif
