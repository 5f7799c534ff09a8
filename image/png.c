/*
 * png.c - PNG in and out with libpng's simplified interface, which reports instead of jumping
 */
#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/image.h"

/* The largest picture read: 8000 x 8000 is a plan of 200 m at 2.5 cm a pixel, and 256 MB. */
#define PNG_PIXELS_MAX ((uint64_t) 64 * 1000 * 1000)

/* A PNG of that many pixels with 16 bits a channel, stored without compression. */
#define PNG_BYTES_MAX ((size_t) 520 * 1000 * 1000)

/* Deflate packs at most 1032 bytes into one: a longest match of 258 bytes in two bits. */
#define DEFLATE_RATIO_MAX 1032

/* Bits a pixel takes in the file, from the header chunk, which libpng has already checked. */
static uint64_t bits_per_pixel(const uint8_t *bytes)
{
    static const uint8_t channels[] = {
        [PNG_COLOR_TYPE_GRAY] = 1,      [PNG_COLOR_TYPE_RGB] = 3,
        [PNG_COLOR_TYPE_PALETTE] = 1,   [PNG_COLOR_TYPE_GRAY_ALPHA] = 2,
        [PNG_COLOR_TYPE_RGB_ALPHA] = 4,
    };
    const uint8_t depth = bytes[24], colour_type = bytes[25];
    return colour_type < sizeof(channels) ? (uint64_t) depth * channels[colour_type] : 1;
}

/*
 * Refuse before memory is asked for: a picture too large, and a short file that claims to be a
 * large picture (which would cost its full size before it turned out to be cut).
 */
static int check_size(const png_image *png, const void *bytes, size_t length, const char *name,
                      struct error *err)
{
    uint64_t pixels = (uint64_t) png->width * png->height;
    if (png->width > IMAGE_EDGE_MAX || png->height > IMAGE_EDGE_MAX || pixels > PNG_PIXELS_MAX)
        return error_set(err, -EINVAL,
                         "%s is %u x %u pixels; up to %d on an edge and %d million in all can be "
                         "read: make it smaller",
                         name, png->width, png->height, IMAGE_EDGE_MAX,
                         (int) (PNG_PIXELS_MAX / 1000000));
    if (length < pixels * bits_per_pixel(bytes) / 8 / DEFLATE_RATIO_MAX)
        return error_set(err, -EINVAL,
                         "%s is a damaged PNG picture: %zu bytes cannot hold %u x %u pixels", name,
                         length, png->width, png->height);
    return 0;
}

int image_parse_png(const void *bytes, size_t length, const char *name, struct image **ret_image,
                    struct error *err)
{
    png_image png = { .version = PNG_IMAGE_VERSION };
    AUTO(image_unref) struct image *image = NULL;
    if (!png_image_begin_read_from_memory(&png, bytes, length))
        return error_set(err, -EINVAL, "%s is not a PNG picture: %s", name, png.message);
    png.format = PNG_FORMAT_RGBA;
    png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB; /* as viewers do; libpng would take it for linear */
    int r = check_size(&png, bytes, length, name, err);
    if (r == 0) {
        r = image_create(png.width, png.height, IMAGE_RGBA8, &image);
        if (r < 0)
            (void) error_set(err, r, "out of memory for the %u x %u pixels of %s", png.width,
                             png.height, name);
    }
    if (r < 0) {
        png_image_free(&png);
        return r;
    }
    if (!png_image_finish_read(&png, NULL, image->pixels, (png_int_32) image->stride_bytes, NULL))
        return error_set(err, -EINVAL, "%s is a damaged PNG picture: %s", name, png.message);
    *ret_image = image;
    image = NULL;
    return 0;
}

int image_read_png(const char *path, struct image **ret_image, struct error *err)
{
    char *bytes;
    size_t length;
    int r = file_read(path, PNG_BYTES_MAX, &bytes, &length, err);
    if (r < 0)
        return r;
    r = image_parse_png(bytes, length, path, ret_image, err);
    free(bytes);
    return r;
}

int image_write_png(const struct image *image, const char *path, struct error *err)
{
    png_image png = {
        .version = PNG_IMAGE_VERSION,
        .width = image->width,
        .height = image->height,
        .format = image->format == IMAGE_RGBA8 ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB,
    };
    png_alloc_size_t length = PNG_IMAGE_PNG_SIZE_MAX(png);
    void *bytes = malloc(length);
    if (!bytes)
        return error_set(err, -ENOMEM, "out of memory");
    int r = 0;
    if (!png_image_write_to_memory(&png, bytes, &length, 0, image->pixels,
                                   (png_int_32) image->stride_bytes, NULL))
        r = error_set(err, -EIO, "could not make %s: %s", path, png.message);
    png_image_free(&png);
    if (r == 0)
        r = file_write(path, bytes, length, 0644, err);
    free(bytes);
    return r;
}
