/* warp.c - a camera's picture laid on the floor, frame after frame */
#include "calib/warp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Weights are parts of this. */
#define ONE 256

/* The upper left of the four pixels that are mixed, and how far to the right and down of it. */
struct source {
    uint16_t x, y;
    uint16_t right, down; /* 0..ONE */
};

/* x of a plan pixel that the camera does not see. */
#define UNSEEN UINT16_MAX

struct warp {
    uint32_t frame_width, frame_height;
    uint32_t width, height;
    struct source sources[]; /* row-major */
};

/* Whole part and rest of a place counted from the first pixel's centre, kept between the first and
 * the last pixel. */
static uint16_t split(double at, uint32_t size, uint16_t *ret_rest)
{
    double from_centre = fmin(fmax(at - 0.5, 0), (double) size - 1);
    double whole = fmin(floor(from_centre), fmax((double) size - 2, 0));
    *ret_rest = (uint16_t) lround((from_centre - whole) * ONE);
    return (uint16_t) whole;
}

static struct source source_of(const struct calibration *calibration, const struct warp *warp,
                               struct floor_m p, double height_m)
{
    struct source source = { .x = UNSEEN };
    struct image_px px;
    if (calibration_image_from_floor(calibration, p, height_m, &px) < 0 ||
        !(px.x >= 0 && px.y >= 0 && px.x < warp->frame_width && px.y < warp->frame_height))
        return source;
    source.x = split(px.x, warp->frame_width, &source.right);
    source.y = split(px.y, warp->frame_height, &source.down);
    return source;
}

int warp_create(const struct calibration *calibration, const struct warp_target *target,
                struct warp **ret_warp)
{
    size_t count = (size_t) target->width * target->height;
    if (count == 0 || target->width > IMAGE_EDGE_MAX || target->height > IMAGE_EDGE_MAX)
        return -EINVAL;
    if (target->height_m != 0 && !calibration_has_height(calibration))
        return -ENOTSUP;
    struct warp *warp = malloc(sizeof(*warp) + count * sizeof(warp->sources[0]));
    if (!warp)
        return -ENOMEM;
    calibration_size(calibration, &warp->frame_width, &warp->frame_height);
    warp->width = target->width;
    warp->height = target->height;
    for (uint32_t y = 0; y < target->height; y++) {
        for (uint32_t x = 0; x < target->width; x++) {
            struct floor_m p = {
                target->origin.x + (x + 0.5) * target->metres_per_pixel,
                target->origin.y + (target->height - y - 0.5) * target->metres_per_pixel,
            };
            warp->sources[(size_t) y * target->width + x] =
                source_of(calibration, warp, p, target->height_m);
        }
    }
    *ret_warp = warp;
    return 0;
}

void warp_destroy(struct warp **warp)
{
    free(*warp);
    *warp = NULL;
}

/* The hot path: one row of the plan. `next` and `below` lead from a pixel to its neighbours, 0 in
 * pictures of one pixel's width or height. */
static void lay_row(const struct source *sources, uint32_t width, const struct image *frame,
                    size_t next, size_t below, uint8_t *row)
{
    const uint8_t *pixels = frame->pixels;
    size_t stride = frame->stride_bytes, bytes = (size_t) frame->format;
    for (uint32_t i = 0; i < width; i++, row += 4) {
        struct source s = sources[i];
        if (s.x == UNSEEN) {
            memset(row, 0, 4);
            continue;
        }
        const uint8_t *a = pixels + s.y * stride + s.x * bytes;
        const uint8_t *b = a + next, *c = a + below, *d = c + next;
        uint32_t rest = (uint32_t) ONE - s.right, up = (uint32_t) ONE - s.down;
        uint32_t wa = rest * up, wb = s.right * up, wc = rest * s.down;
        uint32_t wd = (uint32_t) s.right * s.down, half = ONE * ONE / 2;
        for (int k = 0; k < 3; k++)
            row[k] = (uint8_t) ((a[k] * wa + b[k] * wb + c[k] * wc + d[k] * wd + half) >> 16);
        row[3] = 255;
    }
}

int warp_frame(const struct warp *warp, const struct image *frame, struct image *target)
{
    if (frame->width != warp->frame_width || frame->height != warp->frame_height ||
        target->width != warp->width || target->height != warp->height ||
        (frame->format != IMAGE_RGB8 && frame->format != IMAGE_RGBA8) ||
        target->format != IMAGE_RGBA8)
        return -EINVAL;
    size_t next = frame->width > 1 ? (size_t) frame->format : 0;
    size_t below = frame->height > 1 ? frame->stride_bytes : 0;
    for (uint32_t y = 0; y < warp->height; y++)
        lay_row(warp->sources + (size_t) y * warp->width, warp->width, frame, next, below,
                image_at(target, 0, y));
    return 0;
}
