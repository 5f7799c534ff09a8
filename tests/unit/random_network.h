/*
 * random_network.h - the text of a network by chance: what nobody thought of writing down
 */
#ifndef FLOORFUSE_TESTS_UNIT_RANDOM_NETWORK_H
#define FLOORFUSE_TESTS_UNIT_RANDOM_NETWORK_H

#include <stdint.h>

#include "base/text.h"

/* Append some layers and a [yolo]; all shapes fit. The same for the same seed. */
void random_network(struct text *out, uint32_t width, uint32_t height, uint32_t seed);

#endif
