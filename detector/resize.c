/*
 * resize.c - see resize.h
 *
 * Rows first: the two source rows around an output row are blended over the whole source width,
 * which is contiguous and vectorises; then the columns are picked out of that one row.
 */
#include "detector/resize.h"

#include <errno.h>
#include <stdlib.h>

/* Where an output column or row lies between two source ones. */
struct tap {
    uint32_t low, high; /* equal at the border */
    float weight_high;  /* 0..1; the low one has the rest */
};

struct resizer {
    uint32_t width, height;                 /* of the output */
    uint32_t picture_width, picture_height; /* the taps are for pictures of this size */
    struct tap *columns, *rows;
    float *row; /* 3 * picture_width blended values */
};

int resizer_create(uint32_t width, uint32_t height, struct resizer **ret_resizer)
{
    if (width == 0 || height == 0 || width > IMAGE_EDGE_MAX || height > IMAGE_EDGE_MAX)
        return -EINVAL;
    struct resizer *r = calloc(1, sizeof(*r));
    if (!r)
        return -ENOMEM;
    r->width = width;
    r->height = height;
    r->columns = calloc(width, sizeof(*r->columns));
    r->rows = calloc(height, sizeof(*r->rows));
    if (!r->columns || !r->rows) {
        resizer_destroy(&r);
        return -ENOMEM;
    }
    *ret_resizer = r;
    return 0;
}

void resizer_destroy(struct resizer **resizer)
{
    if (!*resizer)
        return;
    free((*resizer)->columns);
    free((*resizer)->rows);
    free((*resizer)->row);
    free(*resizer);
    *resizer = NULL;
}

/* Output centre i + 0.5 lies at (i + 0.5) * from / to of the source. */
static void fill_taps(struct tap *taps, uint32_t to, uint32_t from)
{
    for (uint32_t i = 0; i < to; i++) {
        double at = (i + 0.5) * from / to - 0.5;
        if (at < 0)
            at = 0;
        if (at > from - 1)
            at = from - 1;
        uint32_t low = (uint32_t) at;
        taps[i] = (struct tap){ .low = low,
                                .high = low + 1 < from ? low + 1 : low,
                                .weight_high = (float) (at - low) };
    }
}

/* A camera's pictures all have one size, so this happens once. */
static int fit(struct resizer *r, uint32_t width, uint32_t height)
{
    if (r->picture_width == width && r->picture_height == height)
        return 0;
    float *row = reallocarray(r->row, 3 * (size_t) width, sizeof(*row));
    if (!row)
        return -ENOMEM;
    r->row = row;
    fill_taps(r->columns, r->width, width);
    fill_taps(r->rows, r->height, height);
    r->picture_width = width;
    r->picture_height = height;
    return 0;
}

static void blend_rows(const uint8_t *restrict low, const uint8_t *restrict high, float weight_high,
                       size_t values, float *restrict ret_row)
{
    const float scale = 1.0f / 255.0f;
    for (size_t i = 0; i < values; i++) {
        float a = (float) low[i], b = (float) high[i];
        ret_row[i] = (a + (b - a) * weight_high) * scale;
    }
}

static void pick_columns(const float *restrict row, const struct tap *restrict columns,
                         uint32_t width, float *restrict red, float *restrict green,
                         float *restrict blue)
{
    for (uint32_t x = 0; x < width; x++) {
        const float *low = row + 3 * (size_t) columns[x].low;
        const float *high = row + 3 * (size_t) columns[x].high;
        float weight = columns[x].weight_high;
        red[x] = low[0] + (high[0] - low[0]) * weight;
        green[x] = low[1] + (high[1] - low[1]) * weight;
        blue[x] = low[2] + (high[2] - low[2]) * weight;
    }
}

int resizer_run(struct resizer *r, const struct image *picture, float *ret_planes)
{
    if (picture->format != IMAGE_RGB8 || picture->width == 0 || picture->height == 0)
        return -EINVAL;
    int result = fit(r, picture->width, picture->height);
    if (result < 0)
        return result;
    size_t plane = (size_t) r->width * r->height;
    for (uint32_t y = 0; y < r->height; y++) {
        float *red = ret_planes + (size_t) y * r->width;
        blend_rows(image_at(picture, 0, r->rows[y].low), image_at(picture, 0, r->rows[y].high),
                   r->rows[y].weight_high, 3 * (size_t) picture->width, r->row);
        pick_columns(r->row, r->columns, r->width, red, red + plane, red + 2 * plane);
    }
    return 0;
}
