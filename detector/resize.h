/*
 * resize.h - a picture as the network's input: its size, its colours, its layout, in one pass
 *
 * Every engine is fed by this one function, so that they see the same numbers and give the same
 * boxes; libraries differ in where a pixel has its centre and how they round. Pictures may be RGB
 * or what a video decoder leaves behind; of the latter no pixel is turned into RGB that the network
 * will not see.
 */
#ifndef FLOORFUSE_DETECTOR_RESIZE_H
#define FLOORFUSE_DETECTOR_RESIZE_H

#include <stdint.h>

#include "geom/point.h"
#include "image/image.h"

struct resizer; /* opaque; one thread */

struct resizer_options {
    uint32_t width, height; /* of the output, px, each 1..IMAGE_EDGE_MAX */
    bool letterbox;         /* keep the picture's shape and pad; else stretch it */
    float padding;          /* value of what is padded, 0..1 */
};

/* Returns 0, -EINVAL, -ENOMEM. */
MUST_CHECK int resizer_create(const struct resizer_options *options, struct resizer **ret_resizer);
void resizer_destroy(struct resizer **resizer);

/*
 * Resize an RGB8 or YUV8 picture of any size: bilinear between the four nearest pixels, centres at
 * .5, the border repeated; colour differences likewise between their own samples. No smoothing
 * before shrinking: networks were trained without.
 *   ret_planes  3 x height x width floats 0..1: all red, then all green, then all blue
 * Returns 0, -EINVAL for another format, -ENOMEM.
 */
MUST_CHECK int resizer_run(struct resizer *resizer, const struct image *picture, float *ret_planes);

/* Where a box of the output lies in the picture of the last run, px. */
struct box_px resizer_in_picture(const struct resizer *resizer, struct box_px box);

#endif
