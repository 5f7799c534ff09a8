/*
 * image.h - pixel buffers
 *
 * Pixels are 8-bit RGB or RGBA, row-major, rows stride_bytes apart, or what a video decoder leaves
 * behind: a plane of brightness and two coarser planes of colour difference. An image is counted:
 * with one holder it may be written, with more it is read-only.
 */
#ifndef FLOORFUSE_IMAGE_IMAGE_H
#define FLOORFUSE_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The value is bytes per pixel; of IMAGE_YUV8, in the plane of brightness. */
enum image_format { IMAGE_YUV8 = 1, IMAGE_RGB8 = 3, IMAGE_RGBA8 = 4 };

/* The largest picture taken from outside, each edge. */
#define IMAGE_EDGE_MAX 16384

/*
 * How brightness and colour differences, 0..255 each, make red, green and blue of 0..255:
 *   y = y_scale (Y - y_zero), red = y + red_of_v (V - 128), blue = y + blue_of_u (U - 128),
 *   green = y + green_of_u (U - 128) + green_of_v (V - 128)
 */
struct yuv_matrix {
    float y_zero, y_scale, red_of_v, green_of_u, green_of_v, blue_of_u;
};

/*
 * The matrix of a standard that gives red the weight kr and blue kb in brightness: 0.299 and 0.114
 * in BT.601, 0.2126 and 0.0722 in BT.709. In full range black is 0 and white 255, else 16 and 235.
 * Source: ITU-T H.273, section 8.3.
 */
struct yuv_matrix yuv_matrix_of(double kr, double kb, bool full_range);

/*
 * The colours of an IMAGE_YUV8, whose brightness is image.pixels. Their planes belong to the whole
 * picture of which the image is a window, because a window may begin inside a sample.
 */
struct image_chroma {
    const uint8_t *u, *v; /* NULL: a grey picture */
    size_t stride_bytes;
    uint32_t shift_x, shift_y; /* a sample covers 1 << shift px */
    uint32_t left, top;        /* the window's first pixel in the whole picture */
    float site_x, site_y;      /* where the first sample lies in the whole picture, px */
    struct yuv_matrix matrix;
};

struct image {
    uint8_t *pixels; /* row 0 is the top row */
    uint32_t width, height;
    size_t stride_bytes;
    enum image_format format;
    struct image_chroma chroma; /* of IMAGE_YUV8 only */
};

/* A new image with one holder, pixels zero. Returns 0, -EINVAL for an edge of 0 or above
 * IMAGE_EDGE_MAX, -ENOMEM. */
MUST_CHECK int image_create(uint32_t width, uint32_t height, enum image_format format,
                            struct image **ret_image);

/*
 * An image with one holder on pixels that somebody else has.
 *   view     described; copied
 *   owner    given to release when the last holder lets go, from whichever thread that is
 * Returns 0, -EINVAL (as above), -ENOMEM; then release is not called.
 */
MUST_CHECK int image_wrap(struct image view, void *owner, void (*release)(void *owner),
                          struct image **ret_image);

struct image *image_ref(struct image *image);
void image_unref(struct image **image); /* sets *image to NULL; the last holder frees */

static inline uint8_t *image_at(const struct image *image, uint32_t x, uint32_t y)
{
    return image->pixels + (size_t) y * image->stride_bytes + (size_t) x * image->format;
}

/* A part of an image, as an image of its own on the same pixels: not counted, never to unref, and
 * good for as long as the image is. It must lie inside. */
struct image image_window(const struct image *image, uint32_t left, uint32_t top, uint32_t width,
                          uint32_t height);

/* The same picture as RGB8, a copy; each px takes the sample of colour that covers it. Returns 0,
 * -ENOMEM. */
MUST_CHECK int image_to_rgb(const struct image *image, struct image **ret_rgb);

/*
 * A fixed number of images of one shape that are used again and again. An image from the pool goes
 * back to it when its last holder lets go, from whichever thread; the pool may be destroyed before.
 */
struct image_pool;
MUST_CHECK int image_pool_create(size_t images, uint32_t width, uint32_t height,
                                 enum image_format format, struct image_pool **ret_pool);
void image_pool_destroy(struct image_pool **pool);

/* NULL when all are in use. The pixels are whatever they were. */
struct image *image_pool_take(struct image_pool *pool);

/*
 * PNG in and out (libpng). Any PNG of up to 64 million pixels is read and becomes 8-bit RGBA.
 * Returns 0, -errno of the file, -EINVAL (not a PNG, corrupt, too large), -ENOMEM; the sentence
 * names the path. Writing (RGB8 and RGBA8) replaces the file as a whole or not at all.
 */
MUST_CHECK int image_read_png(const char *path, struct image **ret_image, struct error *err);
/* The same from bytes in memory; `name` stands for the path in sentences. */
MUST_CHECK int image_parse_png(const void *bytes, size_t length, const char *name,
                               struct image **ret_image, struct error *err);
MUST_CHECK int image_write_png(const struct image *image, const char *path, struct error *err);

#endif
