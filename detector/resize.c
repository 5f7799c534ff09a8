/*
 * resize.c - see resize.h
 *
 * Positions are worked out once for pictures of one shape: which source rows and columns each
 * output row and column lies between. resize_rows.c has the loops.
 */
#include "detector/resize.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detector/resize_rows.h"

/* How an axis of the output lies on one of the picture: picture px = (output px - first) * step. */
struct axis {
    uint32_t first, count; /* output px that show the picture; the others are padding */
    double step;
};

/* Which rows of a plane an output row lies between. */
struct rows {
    uint32_t *low, *high;
    float *weight;
};

/* Of one plane: brightness, colour differences, or RGB. */
struct positions {
    struct columns columns;
    struct rows rows;
    float *row[2];  /* blended rows; two of colour differences */
    uint32_t width; /* samples of a source row */
};

struct resizer {
    struct resizer_options options;
    const struct row_methods *methods;
    struct image
        shape; /* of the picture that the positions are for; its pixels are not looked at */
    struct axis x, y;
    struct positions plane, chroma;
    struct row_matrix matrix;
};

int resizer_create(const struct resizer_options *options, struct resizer **ret_resizer)
{
    if (options->width == 0 || options->height == 0 || options->width > IMAGE_EDGE_MAX ||
        options->height > IMAGE_EDGE_MAX)
        return -EINVAL;
    struct resizer *r = calloc(1, sizeof(*r));
    if (!r)
        return -ENOMEM;
    r->options = *options;
    r->methods = row_methods();
    *ret_resizer = r;
    return 0;
}

static void release_positions(struct positions *p)
{
    free(p->columns.low);
    free(p->columns.weight);
    free(p->rows.low);
    free(p->rows.high);
    free(p->rows.weight);
    free(p->row[0]);
    free(p->row[1]);
    *p = (struct positions){ 0 };
}

void resizer_destroy(struct resizer **resizer)
{
    if (!*resizer)
        return;
    release_positions(&(*resizer)->plane);
    release_positions(&(*resizer)->chroma);
    free(*resizer);
    *resizer = NULL;
}

/*
 * One axis of a plane.
 *   sample_px, site_px  how many px a sample covers, and where the first one lies in the whole
 * picture origin_px           the window's first px in the whole picture first, end samples of the
 * plane that belong to the window
 */
struct sampling {
    double sample_px, site_px, origin_px;
    uint32_t first, end;
};

/* The sample before output px i, and the weight of the one behind it. */
static uint32_t sample_before(const struct axis *axis, const struct sampling *s, uint32_t i,
                              float *ret_weight)
{
    double px = (i - axis->first + 0.5) * axis->step + s->origin_px;
    double at = fmin(fmax((px - s->site_px) / s->sample_px, s->first), s->end - 1);
    uint32_t low = (uint32_t) at;
    *ret_weight = (float) (at - low);
    return low;
}

static int fill_columns(const struct axis *axis, const struct sampling *s, struct positions *p)
{
    p->columns.low = calloc(axis->count, sizeof(*p->columns.low));
    p->columns.weight = calloc(axis->count, sizeof(*p->columns.weight));
    p->width = s->end - s->first;
    if (!p->columns.low || !p->columns.weight)
        return -ENOMEM;
    for (uint32_t i = 0; i < axis->count; i++)
        p->columns.low[i] =
            sample_before(axis, s, axis->first + i, &p->columns.weight[i]) - s->first;
    return 0;
}

static int fill_rows(const struct axis *axis, const struct sampling *s, struct positions *p)
{
    p->rows.low = calloc(axis->count, sizeof(*p->rows.low));
    p->rows.high = calloc(axis->count, sizeof(*p->rows.high));
    p->rows.weight = calloc(axis->count, sizeof(*p->rows.weight));
    if (!p->rows.low || !p->rows.high || !p->rows.weight)
        return -ENOMEM;
    for (uint32_t i = 0; i < axis->count; i++) {
        p->rows.low[i] = sample_before(axis, s, axis->first + i, &p->rows.weight[i]);
        p->rows.high[i] = p->rows.low[i] + 1 < s->end ? p->rows.low[i] + 1 : p->rows.low[i];
    }
    return 0;
}

/* Room for blended rows of so many values and the neighbour of the last one. */
static int reserve_rows(struct positions *p, size_t values, size_t neighbour)
{
    for (int i = 0; i < 2; i++) {
        p->row[i] = calloc(values + neighbour, sizeof(**p->row));
        if (!p->row[i])
            return -ENOMEM;
    }
    return 0;
}

static int fill_plane(struct resizer *r, const struct image *picture)
{
    struct sampling x = { 1, 0.5, 0, 0, picture->width }, y = { 1, 0.5, 0, 0, picture->height };
    size_t values = picture->format == IMAGE_RGB8 ? 3 : 1;
    int result = fill_columns(&r->x, &x, &r->plane);
    if (result == 0)
        result = fill_rows(&r->y, &y, &r->plane);
    return result < 0 ? result : reserve_rows(&r->plane, values * picture->width, values);
}

/* The samples that cover px origin .. origin + size - 1. */
static struct sampling chroma_sampling(uint32_t shift, float site, uint32_t origin, uint32_t size)
{
    return (struct sampling){ .sample_px = 1 << shift,
                              .site_px = site,
                              .origin_px = origin,
                              .first = origin >> shift,
                              .end = ((origin + size - 1) >> shift) + 1 };
}

static int fill_chroma(struct resizer *r, const struct image *picture)
{
    const struct image_chroma *c = &picture->chroma;
    struct sampling x = chroma_sampling(c->shift_x, c->site_x, c->left, picture->width);
    struct sampling y = chroma_sampling(c->shift_y, c->site_y, c->top, picture->height);
    int result = fill_columns(&r->x, &x, &r->chroma);
    if (result == 0)
        result = fill_rows(&r->y, &y, &r->chroma);
    if (result == 0)
        result = reserve_rows(&r->chroma, r->chroma.width, 1);
    for (uint32_t i = 0; result == 0 && i <= r->chroma.width; i++)
        r->chroma.row[0][i] = r->chroma.row[1][i] = 128; /* grey, until a picture has colours */
    return result;
}

static struct row_matrix matrix_of(const struct yuv_matrix *m)
{
    const float scale = 1.0f / 255.0f;
    float black = -m->y_zero * m->y_scale;
    return (struct row_matrix){
        .y_scale = m->y_scale * scale,
        .red_of_v = m->red_of_v * scale,
        .green_of_u = m->green_of_u * scale,
        .green_of_v = m->green_of_v * scale,
        .blue_of_u = m->blue_of_u * scale,
        .red_bias = (black - 128 * m->red_of_v) * scale,
        .green_bias = (black - 128 * (m->green_of_u + m->green_of_v)) * scale,
        .blue_bias = (black - 128 * m->blue_of_u) * scale,
    };
}

static bool same_shape(const struct image *a, const struct image *b)
{
    const struct image_chroma *c = &a->chroma, *d = &b->chroma;
    if (a->width != b->width || a->height != b->height || a->format != b->format)
        return false;
    return a->format != IMAGE_YUV8 ||
           (!c->u == !d->u && c->shift_x == d->shift_x && c->shift_y == d->shift_y &&
            c->left == d->left && c->top == d->top && c->site_x == d->site_x &&
            c->site_y == d->site_y && memcmp(&c->matrix, &d->matrix, sizeof(c->matrix)) == 0);
}

/* How large the picture is in the output: all of it, or as much as keeps its shape. */
static void fit_axes(struct resizer *r, const struct image *picture)
{
    const struct resizer_options *o = &r->options;
    r->x = (struct axis){ 0, o->width, (double) picture->width / o->width };
    r->y = (struct axis){ 0, o->height, (double) picture->height / o->height };
    if (!o->letterbox)
        return;
    struct axis *narrow = r->x.step < r->y.step ? &r->x : &r->y;
    double step = fmax(r->x.step, r->y.step);
    uint32_t all = narrow->count;
    narrow->count = (uint32_t) fmax(1, round(all * narrow->step / step));
    narrow->first = (all - narrow->count) / 2;
    /* Whole pixels: the shape is kept to within half of one. */
    narrow->step = narrow->step * all / narrow->count;
}

static void fill(float *values, size_t count, float value)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

/* What is beside, above and below the picture in one plane. */
static void pad(const struct resizer *r, float *plane)
{
    size_t width = r->options.width, right = r->x.first + r->x.count;
    fill(plane, r->y.first * width, r->options.padding);
    for (uint32_t y = r->y.first; y < r->y.first + r->y.count; y++) {
        fill(plane + y * width, r->x.first, r->options.padding);
        fill(plane + y * width + right, width - right, r->options.padding);
    }
    size_t end = (r->y.first + r->y.count) * width;
    fill(plane + end, r->options.height * width - end, r->options.padding);
}

/* A camera's pictures all have one shape, so this happens once. */
static int fit(struct resizer *r, const struct image *picture)
{
    if (same_shape(&r->shape, picture))
        return 0;
    release_positions(&r->plane);
    release_positions(&r->chroma);
    r->shape = (struct image){ 0 };
    fit_axes(r, picture);
    int result = fill_plane(r, picture);
    if (result == 0 && picture->format == IMAGE_YUV8)
        result = fill_chroma(r, picture);
    if (result < 0)
        return result;
    r->matrix = matrix_of(&picture->chroma.matrix);
    r->shape = *picture;
    return 0;
}

static void blend_plane(const struct resizer *r, const struct image *picture, uint32_t y)
{
    const struct rows *rows = &r->plane.rows;
    size_t values = picture->format == IMAGE_RGB8 ? 3 : 1, count = values * picture->width;
    float *row = r->plane.row[0];
    r->methods->blend(image_at(picture, 0, rows->low[y]), image_at(picture, 0, rows->high[y]),
                      rows->weight[y], count, row);
    for (size_t i = 0; i < values; i++)
        row[count + i] = row[count + i - values];
}

static void blend_chroma(const struct resizer *r, const struct image_chroma *chroma, uint32_t y)
{
    const struct rows *rows = &r->chroma.rows;
    const uint8_t *planes[2] = { chroma->u, chroma->v };
    size_t first = chroma->left >> chroma->shift_x, count = r->chroma.width;
    size_t low = rows->low[y] * chroma->stride_bytes + first;
    size_t high = rows->high[y] * chroma->stride_bytes + first;
    for (int i = 0; i < 2 && planes[i]; i++) {
        float *row = r->chroma.row[i];
        r->methods->blend(planes[i] + low, planes[i] + high, rows->weight[y], count, row);
        row[count] = row[count - 1];
    }
}

static void resize_row(const struct resizer *r, const struct image *picture, uint32_t y, float *red)
{
    size_t plane = (size_t) r->options.width * r->options.height;
    float *green = red + plane, *blue = green + plane;
    blend_plane(r, picture, y);
    if (picture->format == IMAGE_RGB8) {
        r->methods->pick_rgb(r->plane.row[0], &r->plane.columns, r->x.count, red, green, blue);
        return;
    }
    blend_chroma(r, &picture->chroma, y);
    r->methods->pick_yuv(r->plane.row[0], r->chroma.row[0], r->chroma.row[1], &r->plane.columns,
                         &r->chroma.columns, &r->matrix, r->x.count, red, green, blue);
}

int resizer_run(struct resizer *r, const struct image *picture, float *ret_planes)
{
    if ((picture->format != IMAGE_RGB8 && picture->format != IMAGE_YUV8) || picture->width == 0 ||
        picture->height == 0)
        return -EINVAL;
    int result = fit(r, picture);
    if (result < 0)
        return result;
    for (int i = 0; i < 3; i++)
        pad(r, ret_planes + (size_t) i * r->options.width * r->options.height);
    for (uint32_t y = 0; y < r->y.count; y++)
        resize_row(r, picture, y,
                   ret_planes + (size_t) (r->y.first + y) * r->options.width + r->x.first);
    return 0;
}

struct box_px resizer_in_picture(const struct resizer *r, struct box_px box)
{
    return (struct box_px){ .left = (box.left - r->x.first) * r->x.step,
                            .top = (box.top - r->y.first) * r->y.step,
                            .right = (box.right - r->x.first) * r->x.step,
                            .bottom = (box.bottom - r->y.first) * r->y.step };
}
