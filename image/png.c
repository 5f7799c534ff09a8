/*
 * png.c - PNG in and out with libpng's simplified interface, which reports instead of jumping
 */
#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/image.h"

/* A PNG of the largest picture, stored without compression, is about this long. */
#define PNG_BYTES_MAX ((size_t) 1100 * 1024 * 1024)

int image_parse_png(const void *bytes, size_t length, const char *name, struct image **ret_image,
                    struct error *err)
{
    png_image png = { .version = PNG_IMAGE_VERSION };
    AUTO(image_unref) struct image *image = NULL;
    if (!png_image_begin_read_from_memory(&png, bytes, length))
        return error_set(err, -EINVAL, "%s is not a PNG picture: %s", name, png.message);
    png.format = PNG_FORMAT_RGBA;
    int r = image_create(png.width, png.height, IMAGE_RGBA8, &image);
    if (r < 0) {
        png_image_free(&png);
        return error_set(err, r, "%s is %u x %u pixels; up to %d x %d can be read", name, png.width,
                         png.height, IMAGE_EDGE_MAX, IMAGE_EDGE_MAX);
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
