/*
 * network_cost.h - how much work a network is, before anything runs
 */
#ifndef FLOORFUSE_DETECTOR_NETWORK_COST_H
#define FLOORFUSE_DETECTOR_NETWORK_COST_H

#include "detector/darknet_cfg.h"

/* Multiplications with an addition: of a convolution, one for each weight that meets each place of
 * the output. What other layers compute is not counted, as is usual. */
int64_t darknet_layer_macs(const struct darknet_layer *layer);
int64_t darknet_macs(const struct darknet_cfg *cfg);

/* Floats of the .weights that belong to a layer. */
int64_t darknet_layer_parameters(const struct darknet_layer *layer);

/* "[convolutional] 3x3/2 groups=8 leaky" */
void darknet_layer_describe(const struct darknet_layer *layer, struct text *out);

#endif
