/*
 * fast_block.c - see fast_block.h
 *
 * Rows that a window looks at are in a ring of as many slots as the window has rows, with the
 * padding around them, and one more slot that is always zero for rows outside of the picture.
 */
#include "detector/fast_block.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detector/fast_kernels.h"
#include "detector/fast_tensor.h"

#define PLANES      3                  /* of the picture */
#define SCRATCH_MAX ((size_t) 1 << 26) /* floats of a ring; larger ones are nobody's network */

/* The numbers of one convolution in the order in which the kernels want them. */
struct part {
    const struct darknet_layer *layer;
    float *weights, *bias;
    ptrdiff_t *offsets; /* of a pointwise row's inputs; of a window: one table for each rotation */
    struct fast_clamp clamp;
    enum darknet_activation after; /* what a clamp cannot do; else linear */
};

struct fast_block {
    const struct fast_rows *rows;
    struct part stem, expand, depthwise, project; /* layer NULL: not there */
    bool sum;
    int ring_width; /* pixels, padding included */
};

/* ---- what it can do ---- */

static bool is_stem(const struct darknet_layer *l)
{
    return l->type == DARKNET_CONVOLUTIONAL && l->groups == 1 && l->padding < l->size &&
           l->in.channels == PLANES;
}

/* Columns that windows look at, outside of the picture or not. */
static int padded_width(const struct darknet_layer *l)
{
    int right = (l->out.width - 1) * l->stride + l->size;
    return right > l->in.width + l->padding ? right : l->in.width + l->padding;
}

static bool ring_is_small(const struct darknet_layer *l)
{
    return (size_t) (l->size + 1) * (size_t) padded_width(l) * (size_t) l->in.channels <=
           SCRATCH_MAX;
}

bool fast_block_can(const struct fast_block_options *o)
{
    const struct darknet_layer *const *parts = o->parts;
    if (!o->rows)
        return false;
    if (o->planar_input)
        return o->part_count == 1 && is_stem(parts[0]) && ring_is_small(parts[0]) && !o->sum;
    if (o->part_count == 1 && fast_is_pointwise(parts[0]))
        return true;
    int at = fast_is_pointwise(parts[0]) ? 1 : 0;
    if (at >= o->part_count || !fast_is_depthwise(parts[at]) || !ring_is_small(parts[at]))
        return false;
    at++;
    if (at == o->part_count)
        return !o->sum;
    return at + 1 == o->part_count && fast_is_pointwise(parts[at]);
}

/* ---- weights ---- */

static void *allocate(size_t values)
{
    size_t step = FAST_ALIGNMENT_BYTES / sizeof(float);
    float *memory =
        aligned_alloc(FAST_ALIGNMENT_BYTES, (values / step + 1) * step * sizeof(*memory));
    if (memory)
        memset(memory, 0, (values / step + 1) * step * sizeof(*memory));
    return memory;
}

static void set_activation(struct part *part, enum darknet_activation activation)
{
    part->after = DARKNET_LINEAR;
    switch (activation) {
    case DARKNET_LEAKY:
        part->clamp = (struct fast_clamp){ 0.1f, INFINITY };
        return;
    case DARKNET_RELU:
        part->clamp = (struct fast_clamp){ 0, INFINITY };
        return;
    case DARKNET_RELU6:
        part->clamp = (struct fast_clamp){ 0, 6 };
        return;
    default:
        part->clamp = (struct fast_clamp){ 1, INFINITY };
        part->after = activation;
    }
}

/* Filters of a block side by side; those that do not exist are zero. */
static int pack(struct part *part, const struct darknet_layer *l,
                const struct fast_filters *filters, enum darknet_activation activation, int block)
{
    size_t lanes = (size_t) block, blocks = (size_t) fast_blocks(l->filters, block);
    size_t of_filter = (size_t) (l->in.channels / l->groups) * (size_t) l->size * (size_t) l->size;
    part->layer = l;
    set_activation(part, activation);
    part->weights = allocate(blocks * of_filter * lanes);
    part->bias = allocate(blocks * lanes);
    if (!part->weights || !part->bias)
        return -ENOMEM;
    for (size_t f = 0; f < (size_t) l->filters; f++) {
        part->bias[f] = filters->bias[f];
        for (size_t i = 0; i < of_filter; i++)
            part->weights[(f / lanes * of_filter + i) * lanes + f % lanes] =
                filters->weights[f * of_filter + i];
    }
    return 0;
}

/* Where the channels of a pixel are. */
static int note_channels(struct part *part, size_t plane, int block)
{
    int channels = part->layer->in.channels;
    part->offsets = calloc((size_t) channels, sizeof(*part->offsets));
    if (!part->offsets)
        return -ENOMEM;
    for (int c = 0; c < channels; c++)
        part->offsets[c] = (ptrdiff_t) (c / block) * (ptrdiff_t) plane + c % block;
    return 0;
}

/* Where the taps of a window are in a ring of planar rows, when its first row is in slot
 * `rotation`. */
static int note_taps(struct part *part, int ring_width)
{
    int size = part->layer->size, taps = PLANES * size * size;
    part->offsets = calloc((size_t) (size * taps), sizeof(*part->offsets));
    if (!part->offsets)
        return -ENOMEM;
    for (int i = 0; i < size * taps; i++) {
        int rotation = i / taps, plane = i % taps / (size * size);
        int row = (rotation + i / size % size) % size, column = i % size;
        part->offsets[i] = (ptrdiff_t) (row * PLANES + plane) * ring_width + column;
    }
    return 0;
}

static size_t row_plane(int width, int block)
{
    return (size_t) width * (size_t) block;
}

/* ---- creating ---- */

static int pack_stem(struct fast_block *b, const struct fast_block_options *o)
{
    int r = pack(&b->stem, o->parts[0], &o->filters[0], o->activation, o->rows->block);
    b->ring_width = padded_width(o->parts[0]);
    return r < 0 ? r : note_taps(&b->stem, b->ring_width);
}

static int pack_parts(struct fast_block *b, const struct fast_block_options *o)
{
    int block = o->rows->block, r = 0;
    for (int i = 0; r == 0 && i < o->part_count; i++) {
        const struct darknet_layer *l = o->parts[i];
        bool last = i + 1 == o->part_count, window = fast_is_depthwise(l);
        struct part *part = window ? &b->depthwise : b->depthwise.layer ? &b->project : &b->expand;
        r = pack(part, l, &o->filters[i], last ? o->activation : l->activation, block);
        if (r == 0 && part == &b->expand)
            r = note_channels(part, fast_block_values(l->in, block), block);
        if (r == 0 && part == &b->project)
            r = note_channels(part, row_plane(l->in.width, block), block);
        if (window)
            b->ring_width = padded_width(l);
    }
    return r;
}

int fast_block_create(const struct fast_block_options *options, struct fast_block **ret_block)
{
    AUTO(fast_block_destroy) struct fast_block *b = calloc(1, sizeof(*b));
    if (!b)
        return -ENOMEM;
    b->rows = options->rows;
    b->sum = options->sum;
    int r = options->planar_input ? pack_stem(b, options) : pack_parts(b, options);
    if (r < 0)
        return r;
    *ret_block = b;
    b = NULL;
    return 0;
}

static void release_part(struct part *part)
{
    free(part->weights);
    free(part->bias);
    free(part->offsets);
}

void fast_block_destroy(struct fast_block **block)
{
    if (!*block)
        return;
    release_part(&(*block)->stem);
    release_part(&(*block)->expand);
    release_part(&(*block)->depthwise);
    release_part(&(*block)->project);
    free(*block);
    *block = NULL;
}

/* ---- rows ---- */

static size_t slot_values(const struct fast_block *b)
{
    if (b->stem.layer)
        return (size_t) PLANES * (size_t) b->ring_width;
    return (size_t) fast_blocks(b->depthwise.layer->filters, b->rows->block) *
           row_plane(b->ring_width, b->rows->block);
}

size_t fast_block_scratch_values(const struct fast_block *b)
{
    const struct darknet_layer *window = b->stem.layer ? b->stem.layer : b->depthwise.layer;
    if (!window)
        return 0;
    size_t values = (size_t) (window->size + 1) * slot_values(b);
    if (b->project.layer)
        values += (size_t) fast_blocks(window->filters, b->rows->block) *
                  row_plane(window->out.width, b->rows->block);
    return values;
}

/* What a clamp could not do, on each block's part of a row. */
static void activate_row(const struct part *part, float *row, size_t plane, int width, int block)
{
    if (part->after == DARKNET_LINEAR)
        return;
    for (int i = 0; i < fast_blocks(part->layer->filters, block); i++)
        fast_activate(row + (size_t) i * plane, row_plane(width, block), part->after);
}

static void run_pointwise(const struct fast_block *b, const struct part *part, const float *input,
                          int width, float *output, size_t output_plane, bool sum)
{
    struct fast_pointwise_row row = { .input = input,
                                      .offsets = part->offsets,
                                      .input_count = (size_t) part->layer->in.channels,
                                      .pixel_step = (size_t) b->rows->block,
                                      .width = width,
                                      .weights = part->weights,
                                      .bias = part->bias,
                                      .output_blocks =
                                          fast_blocks(part->layer->filters, b->rows->block),
                                      .output = output,
                                      .output_plane = output_plane,
                                      .clamp = part->clamp,
                                      .sum = sum };
    b->rows->pointwise(&row);
    activate_row(part, output, output_plane, width, b->rows->block);
}

/* One row of what the window looks at, into its slot. */
static void fill_slot(const struct fast_block *b, const float *input, int y, float *slot)
{
    const struct darknet_layer *l = b->depthwise.layer;
    int block = b->rows->block;
    size_t plane = row_plane(b->ring_width, block), row = row_plane(l->in.width, block);
    float *inside = slot + row_plane(l->padding, block);
    input += (size_t) y * row;
    if (b->expand.layer) {
        run_pointwise(b, &b->expand, input, l->in.width, inside, plane, false);
        return;
    }
    for (int i = 0; i < fast_blocks(l->in.channels, block); i++)
        memcpy(inside + (size_t) i * plane, input + (size_t) i * fast_block_values(l->in, block),
               row * sizeof(*input));
}

static void run_depthwise(const struct fast_block *b, const float *const *rows, float *output,
                          size_t output_plane)
{
    const struct part *part = &b->depthwise;
    const struct darknet_layer *l = part->layer;
    struct fast_depthwise_row row = { .rows = rows,
                                      .input_plane = row_plane(b->ring_width, b->rows->block),
                                      .blocks = fast_blocks(l->filters, b->rows->block),
                                      .size = l->size,
                                      .stride = l->stride,
                                      .width = l->out.width,
                                      .weights = part->weights,
                                      .bias = part->bias,
                                      .output = output,
                                      .output_plane = output_plane,
                                      .clamp = part->clamp };
    b->rows->depthwise(&row);
    activate_row(part, output, output_plane, l->out.width, b->rows->block);
}

/* The last row of the picture that the windows of an output row look at. */
static int last_row(const struct darknet_layer *l, int y)
{
    int last = y * l->stride - l->padding + l->size - 1;
    return last < l->in.height ? last : l->in.height - 1;
}

static void run_window(const struct fast_block *b, const float *input, float *output,
                       float *scratch)
{
    const struct darknet_layer *l = b->depthwise.layer;
    size_t slot = slot_values(b), output_row = row_plane(l->out.width, b->rows->block);
    size_t output_plane = output_row * (size_t) l->out.height;
    float *zero = scratch + (size_t) l->size * slot, *middle = zero + slot;
    const float *rows[DARKNET_WINDOW_MAX];
    memset(scratch, 0, (size_t) (l->size + 1) * slot * sizeof(*scratch));
    for (int y = 0, next = 0; y < l->out.height; y++, output += output_row) {
        for (; next <= last_row(l, y); next++)
            fill_slot(b, input, next, scratch + (size_t) (next % l->size) * slot);
        for (int k = 0; k < l->size; k++) {
            int row = y * l->stride - l->padding + k;
            bool inside = row >= 0 && row < l->in.height;
            rows[k] = inside ? scratch + (size_t) (row % l->size) * slot : zero;
        }
        if (!b->project.layer) {
            run_depthwise(b, rows, output, output_plane);
            continue;
        }
        run_depthwise(b, rows, middle, output_row);
        run_pointwise(b, &b->project, middle, l->out.width, output, output_plane, b->sum);
    }
}

/* ---- the first convolution ---- */

/* Planar rows side by side in a slot; a row outside of the picture is zero. */
static void fill_planar_slot(const struct fast_block *b, const float *input, int y, float *slot)
{
    const struct darknet_layer *l = b->stem.layer;
    size_t width = (size_t) l->in.width, plane = width * (size_t) l->in.height;
    for (int c = 0; c < PLANES; c++, slot += b->ring_width) {
        if (y < 0 || y >= l->in.height)
            memset(slot + l->padding, 0, width * sizeof(*slot));
        else
            memcpy(slot + l->padding, input + (size_t) c * plane + (size_t) y * width,
                   width * sizeof(*slot));
    }
}

static void run_stem(const struct fast_block *b, const float *input, float *output, float *scratch)
{
    const struct darknet_layer *l = b->stem.layer;
    size_t slot = slot_values(b), taps = (size_t) (PLANES * l->size * l->size);
    size_t output_row = row_plane(l->out.width, b->rows->block);
    struct fast_pointwise_row row = { .input = scratch,
                                      .input_count = taps,
                                      .pixel_step = (size_t) l->stride,
                                      .width = l->out.width,
                                      .weights = b->stem.weights,
                                      .bias = b->stem.bias,
                                      .output_blocks = fast_blocks(l->filters, b->rows->block),
                                      .output = output,
                                      .output_plane = output_row * (size_t) l->out.height,
                                      .clamp = b->stem.clamp };
    memset(scratch, 0, (size_t) l->size * slot * sizeof(*scratch));
    for (int y = 0, next = -l->padding; y < l->out.height; y++, row.output += output_row) {
        int first = y * l->stride - l->padding;
        for (; next < first + l->size; next++)
            fill_planar_slot(b, input, next,
                             scratch + (size_t) ((next + l->padding) % l->size) * slot);
        row.offsets = b->stem.offsets + (size_t) ((first + l->padding) % l->size) * taps;
        b->rows->pointwise(&row);
        activate_row(&b->stem, row.output, row.output_plane, l->out.width, b->rows->block);
    }
}

void fast_block_run(const struct fast_block *b, const float *input, float *output, float *scratch)
{
    if (b->stem.layer) {
        run_stem(b, input, output, scratch);
    } else if (b->depthwise.layer) {
        run_window(b, input, output, scratch);
    } else { /* the picture as one row */
        struct darknet_shape s = b->expand.layer->out;
        run_pointwise(b, &b->expand, input, s.width * s.height, output,
                      fast_block_values(s, b->rows->block), b->sum);
    }
}
