/*
 * fast_tensor.h - how the fast engine lays out what flows between layers
 *
 * Channels in blocks: value (channel c, row y, column x) of a tensor is at
 * ((c / block * height + y) * width + x) * block + c % block. A block is as many channels as a
 * vector of the processor has floats, 8 or 16, so no kernel shuffles; and channels that begin on a
 * block are a part of the memory of a larger tensor: [route] needs no copies. The last block's
 * channels beyond the tensor's hold any finite number.
 */
#ifndef FLOORFUSE_DETECTOR_FAST_TENSOR_H
#define FLOORFUSE_DETECTOR_FAST_TENSOR_H

#include <stddef.h>

#include "detector/darknet_cfg.h"

/* Of memory: a cache line, and the largest vector of any x86. */
#define FAST_ALIGNMENT_BYTES 64

static inline int fast_blocks(int channels, int block)
{
    return (channels + block - 1) / block;
}

/* Floats of one block of channels. */
static inline size_t fast_block_values(struct darknet_shape s, int block)
{
    return (size_t) s.width * (size_t) s.height * (size_t) block;
}

/* Floats of a tensor, those of unused channels included. */
static inline size_t fast_values(struct darknet_shape s, int block)
{
    return (size_t) fast_blocks(s.channels, block) * fast_block_values(s, block);
}

/* Floats from a tensor's start to a channel's first. */
static inline size_t fast_channel(struct darknet_shape s, int channel, int block)
{
    return (size_t) (channel / block) * fast_block_values(s, block) + (size_t) (channel % block);
}

#endif
