/* yuv.c - brightness and colour differences as red, green and blue; see image.h */
#include <math.h>
#include <string.h>

#include "image/image.h"

struct yuv_matrix yuv_matrix_of(double kr, double kb, bool full_range)
{
    double kg = 1 - kr - kb;
    double y_scale = full_range ? 1 : 255.0 / 219, scale = full_range ? 1 : 255.0 / 224;
    return (struct yuv_matrix){
        .y_zero = full_range ? 0 : 16,
        .y_scale = (float) y_scale,
        .red_of_v = (float) (2 * (1 - kr) * scale),
        .green_of_u = (float) (-2 * kb * (1 - kb) / kg * scale),
        .green_of_v = (float) (-2 * kr * (1 - kr) / kg * scale),
        .blue_of_u = (float) (2 * (1 - kb) * scale),
    };
}

static uint8_t byte(float value)
{
    return (uint8_t) lrintf(fminf(fmaxf(value, 0), 255));
}

static void convert_row(const struct image *image, uint32_t y, uint8_t *rgb)
{
    const struct image_chroma *c = &image->chroma;
    const struct yuv_matrix *m = &c->matrix;
    const uint8_t *brightness = image_at(image, 0, y);
    size_t row = ((c->top + y) >> c->shift_y) * c->stride_bytes;
    for (uint32_t x = 0; x < image->width; x++, rgb += IMAGE_RGB8) {
        size_t at = row + ((c->left + x) >> c->shift_x);
        float grey = ((float) brightness[x] - m->y_zero) * m->y_scale;
        float u = c->u ? (float) c->u[at] - 128 : 0, v = c->v ? (float) c->v[at] - 128 : 0;
        rgb[0] = byte(grey + m->red_of_v * v);
        rgb[1] = byte(grey + m->green_of_u * u + m->green_of_v * v);
        rgb[2] = byte(grey + m->blue_of_u * u);
    }
}

static void copy_row(const struct image *image, uint32_t y, uint8_t *rgb)
{
    const uint8_t *from = image_at(image, 0, y);
    for (uint32_t x = 0; x < image->width; x++)
        memcpy(rgb + (size_t) x * IMAGE_RGB8, from + (size_t) x * image->format, IMAGE_RGB8);
}

int image_to_rgb(const struct image *image, struct image **ret_rgb)
{
    struct image *rgb;
    int r = image_create(image->width, image->height, IMAGE_RGB8, &rgb);
    if (r < 0)
        return r;
    for (uint32_t y = 0; y < image->height; y++)
        (image->format == IMAGE_YUV8 ? convert_row : copy_row)(image, y, image_at(rgb, 0, y));
    *ret_rgb = rgb;
    return 0;
}
