/*
 * image.h - pixel buffers
 *
 * Pixels are 8-bit RGB or RGBA, row-major, rows stride_bytes apart. An image is counted: with one
 * holder it may be written, with more it is read-only.
 */
#ifndef FLOORFUSE_IMAGE_IMAGE_H
#define FLOORFUSE_IMAGE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum image_format { IMAGE_RGB8 = 3, IMAGE_RGBA8 = 4 }; /* the value is bytes per pixel */

/* The largest picture taken from outside, each edge. */
#define IMAGE_EDGE_MAX 16384

struct image {
    uint8_t *pixels; /* row 0 is the top row */
    uint32_t width, height;
    size_t stride_bytes;
    enum image_format format;
};

/* A new image with one holder, pixels zero. Returns 0, -EINVAL for an edge of 0 or above
 * IMAGE_EDGE_MAX, -ENOMEM. */
MUST_CHECK int image_create(uint32_t width, uint32_t height, enum image_format format,
                            struct image **ret_image);

struct image *image_ref(struct image *image);
void image_unref(struct image **image); /* sets *image to NULL; the last holder frees */

static inline uint8_t *image_at(const struct image *image, uint32_t x, uint32_t y)
{
    return image->pixels + (size_t) y * image->stride_bytes + (size_t) x * image->format;
}

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
 * names the path. Writing replaces the file as a whole or not at all.
 */
MUST_CHECK int image_read_png(const char *path, struct image **ret_image, struct error *err);
/* The same from bytes in memory; `name` stands for the path in sentences. */
MUST_CHECK int image_parse_png(const void *bytes, size_t length, const char *name,
                               struct image **ret_image, struct error *err);
MUST_CHECK int image_write_png(const struct image *image, const char *path, struct error *err);

#endif
