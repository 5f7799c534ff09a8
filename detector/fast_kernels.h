/*
 * fast_kernels.h - the layers besides convolutions, on the layout of fast_tensor.h
 *
 * They touch every value once or twice and have no part in the time that counts, so they are plain
 * loops that any compiler makes vectors of. Pointers are to the value's first float; input and
 * output overlap only where it says so.
 */
#ifndef FLOORFUSE_DETECTOR_FAST_KERNELS_H
#define FLOORFUSE_DETECTOR_FAST_KERNELS_H

#include "detector/darknet_cfg.h"

/* Planar to blocked; unused channels become 0. */
void fast_pack(const float *planar, struct darknet_shape shape, int block, float *output);

/* Blocked to planar. */
void fast_unpack(const float *input, struct darknet_shape shape, int block, float *planar);

/*
 * The largest of each window, as Darknet: windows begin padding / 2 before the picture, and what is
 * outside does not count.
 *   row  scratch: fast_maxpool_scratch_values() floats
 */
void fast_maxpool(const float *input, const struct darknet_layer *layer, int block, float *output,
                  float *row);
size_t fast_maxpool_scratch_values(const struct darknet_layer *layer, int block);

/* The mean of each channel. */
void fast_avgpool(const float *input, struct darknet_shape in, int block, float *output);

/* Each pixel layer->stride times in both directions, times layer->scale. */
void fast_upsample(const float *input, const struct darknet_layer *layer, int block, float *output);

/* activation(a + b) of so many floats; the output may be a or b. */
void fast_add(const float *a, const float *b, size_t count, enum darknet_activation activation,
              float *output);

/* activation(input * the factor of its channel); the output may be the input. */
void fast_scale(const float *input, const float *factors, struct darknet_shape shape, int block,
                enum darknet_activation activation, float *output);

/* Channels [from, from + count) of the input to [to, to + count) of the output; the others of the
 * output stay as they are. */
void fast_copy(const float *input, int from, int count, struct darknet_shape size, int block,
               float *output, int to);

/* In place. */
void fast_activate(float *values, size_t count, enum darknet_activation activation);

#endif
