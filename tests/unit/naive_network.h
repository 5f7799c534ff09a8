/*
 * naive_network.h - a network run layer by layer, as the definitions say and as slowly as that is
 *
 * What engines are compared with. Written from the definitions of Darknet's layers, in double, with
 * nothing folded, fused or laid out in another way; batch normalisation is a step of its own.
 */
#ifndef FLOORFUSE_TESTS_UNIT_NAIVE_NETWORK_H
#define FLOORFUSE_TESTS_UNIT_NAIVE_NETWORK_H

#include <stdint.h>

#include "detector/darknet_cfg.h"

/* A whole .weights file of numbers that neither die out nor explode on the way (He et al., 2015,
 * section 2.2); the caller's to free(). */
char *random_weights(const struct darknet_cfg *cfg, uint32_t seed, size_t *ret_length);

/* The raw numbers before each [yolo], one behind the other; the caller's to free(). */
double *naive_forward(const struct darknet_cfg *cfg, const char *weights, size_t length,
                      const float *input, size_t *ret_count);

#endif
