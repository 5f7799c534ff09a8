/*
 * network.h - one model on one engine: a picture in, candidate boxes out
 *
 * Internal to detector. What the model files say is checked here before an engine sees them;
 * resizing and decoding are common to all engines.
 */
#ifndef FLOORFUSE_DETECTOR_NETWORK_H
#define FLOORFUSE_DETECTOR_NETWORK_H

#include "detector/candidates.h"
#include "detector/detector.h"

struct network; /* opaque; one thread */

/* As detector_create. */
MUST_CHECK int network_create(const struct network_options *options, struct network **ret_network,
                              struct error *err);
void network_destroy(struct network **network);

/*
 * Add what the network sees in an RGB8 or YUV8 picture; boxes are in its px, nothing is suppressed.
 *   times  what it took is added
 * Returns 0, -EIO (engine), -ENOMEM.
 */
MUST_CHECK int network_look(struct network *network, const struct image *picture,
                            struct candidates *candidates, struct detector_times *times);

struct detector_info network_info(const struct network *network);

#endif
