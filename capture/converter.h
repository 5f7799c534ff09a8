/*
 * converter.h - the crop of a decoded picture, as RGB or as it was decoded
 *
 * Brightness and colour differences of 8 bits in planes of their own, which is what most cameras
 * send, can stay where the decoder put them: no pixel is touched. Else it becomes RGB. Only the
 * crop is converted, but its pixels are those that converting the whole picture would give: a crop
 * that begins inside a chroma sample, or at an address the fast kernels cannot start from, is
 * converted from a little further out and cut afterwards.
 */
#ifndef FLOORFUSE_CAPTURE_CONVERTER_H
#define FLOORFUSE_CAPTURE_CONVERTER_H

#include <libavutil/frame.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/image.h"

struct crop {
    uint32_t left, top, width, height; /* px; width 0: the whole picture */
};

struct converter; /* opaque; one thread */

/* as_decoded: pictures may be IMAGE_YUV8; they hold on to the decoder's buffers. */
MUST_CHECK int converter_create(struct crop crop, bool as_decoded,
                                struct converter **ret_converter);
void converter_destroy(struct converter **converter);

/*
 * Convert one picture of any size and pixel format.
 *   ret_image  the crop only; one reference, the caller's
 * Returns 0; -ERANGE when the crop does not fit the picture, with a sentence; -EINVAL (no such
 * pixel format or size); -ENOMEM.
 */
MUST_CHECK int converter_run(struct converter *converter, const AVFrame *picture,
                             struct image **ret_image, struct error *err);

#endif
