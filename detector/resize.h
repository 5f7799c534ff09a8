/*
 * resize.h - a picture stretched to the network's input
 *
 * Every engine is fed by this one function, so that they see the same numbers and give the same
 * boxes; libraries differ in where a pixel has its centre and how they round.
 */
#ifndef FLOORFUSE_DETECTOR_RESIZE_H
#define FLOORFUSE_DETECTOR_RESIZE_H

#include <stdint.h>

#include "image/image.h"

struct resizer; /* opaque; one thread */

/* For outputs of width x height px, each 1..IMAGE_EDGE_MAX. Returns 0, -EINVAL, -ENOMEM. */
MUST_CHECK int resizer_create(uint32_t width, uint32_t height, struct resizer **ret_resizer);
void resizer_destroy(struct resizer **resizer);

/*
 * Stretch an RGB8 picture of any size: bilinear between the four nearest pixels, centres at .5, the
 * border repeated. No smoothing before shrinking: networks were trained without.
 *   ret_planes  3 x height x width floats 0..1: all red, then all green, then all blue
 * Returns 0, -EINVAL when the picture is not RGB8, -ENOMEM.
 */
MUST_CHECK int resizer_run(struct resizer *resizer, const struct image *picture, float *ret_planes);

#endif
