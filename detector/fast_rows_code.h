/*
 * fast_rows_code.h - the kernels of fast_rows.h for one kind of vector
 *
 * Included by one source for each, which is compiled for that processor and defines:
 *   LANES          floats of a vector
 *   NARROW_PIXELS  pixels whose sums of one block fit into the registers, up to 16
 *   WIDE_PIXELS    pixels whose sums of two blocks fit, up to that
 *   vector, LOAD, STORE, ONE (a float everywhere), MULTIPLY_ADD (a * b + c), MULTIPLY, ADD,
 *   LARGER, SMALLER
 * Sums are variables with names and no array: only then every compiler keeps them in registers.
 */
#include <math.h>

#define INLINE static inline __attribute__((always_inline))

/* Up to sixteen pixels at once; those beyond the constant `pixels` vanish when it is compiled. */
#define FIRST_EIGHT(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define LAST_EIGHT(DO)  DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
#define EACH_PIXEL(DO)  FIRST_EIGHT(DO) LAST_EIGHT(DO)

#define DECLARE(i) vector a##i = first_bias, b##i = second_bias;
#define TAP(i)                                        \
    if (pixels > i) {                                 \
        vector value = ONE(at[i * step]);             \
        a##i = MULTIPLY_ADD(value, first, a##i);      \
        if (two)                                      \
            b##i = MULTIPLY_ADD(value, second, b##i); \
    }
#define GATHER(i)                                \
    if (pixels > i)                              \
        a##i = ADD(a##i, LOAD(out + i * LANES)); \
    if (pixels > i && two)                       \
        b##i = ADD(b##i, LOAD(out + row->output_plane + i * LANES));
#define BEND(i)                                     \
    if (pixels > i)                                 \
        a##i = LARGER(a##i, MULTIPLY(slope, a##i)); \
    if (pixels > i && two)                          \
        b##i = LARGER(b##i, MULTIPLY(slope, b##i));
#define BOUND(i)                     \
    if (pixels > i)                  \
        a##i = SMALLER(a##i, limit); \
    if (pixels > i && two)           \
        b##i = SMALLER(b##i, limit);
#define FINISH(i)                     \
    if (pixels > i)                   \
        STORE(out + i * LANES, a##i); \
    if (pixels > i && two)            \
        STORE(out + row->output_plane + i * LANES, b##i);

/* Thin layers have few weights for each of their sums, so what comes behind the sums counts: most
 * layers need no limit, and the last of a bottleneck not even a slope. */
#define CLAMP(row)                                  \
    if (row->clamp.slope != 1) {                    \
        const vector slope = ONE(row->clamp.slope); \
        EACH_PIXEL(BEND)                            \
    }                                               \
    if (row->clamp.limit < INFINITY) {              \
        const vector limit = ONE(row->clamp.limit); \
        EACH_PIXEL(BOUND)                           \
    }

/* One or two blocks of filters at some pixels. */
INLINE void pointwise_tile(const struct fast_pointwise_row *row, int block, size_t x,
                           const int pixels, const bool two)
{
    const size_t step = row->pixel_step, count = row->input_count;
    const float *weights = row->weights + (size_t) block * count * LANES;
    const float *bias = row->bias + (size_t) block * LANES;
    const vector first_bias = LOAD(bias), second_bias = LOAD(bias + (two ? LANES : 0));
    EACH_PIXEL(DECLARE)
    for (size_t k = 0; k < count; k++) {
        const float *at = row->input + x * step + row->offsets[k];
        const vector first = LOAD(weights + k * LANES);
        const vector second = LOAD(weights + (two ? count + k : k) * LANES);
        EACH_PIXEL(TAP)
    }
    float *out = row->output + (size_t) block * row->output_plane + x * LANES;
    if (row->sum) {
        EACH_PIXEL(GATHER)
    }
    CLAMP(row)
    EACH_PIXEL(FINISH)
}

#define TILE(i)                                           \
    case i + 1:                                           \
        if (i + 1 <= (two ? WIDE_PIXELS : NARROW_PIXELS)) \
            pointwise_tile(row, block, x, i + 1, two);    \
        break;

/* Tiles of about the same size: a last one of one pixel would only wait for its own sums. */
INLINE void pointwise_blocks(const struct fast_pointwise_row *row, int block, const bool two)
{
    int most = two ? WIDE_PIXELS : NARROW_PIXELS, left = row->width;
    size_t x = 0;
    for (int tiles = (left + most - 1) / most; tiles > 0; tiles--) {
        int pixels = (left + tiles - 1) / tiles;
        switch (pixels) {
            EACH_PIXEL(TILE)
        }
        x += (size_t) pixels;
        left -= pixels;
    }
}

static void pointwise(const struct fast_pointwise_row *row)
{
    int block = 0;
    for (; block + 2 <= row->output_blocks; block += 2)
        pointwise_blocks(row, block, true);
    if (block < row->output_blocks)
        pointwise_blocks(row, block, false);
}

#define DEPTHWISE_TAP(i) \
    if (pixels > i)      \
        a##i = MULTIPLY_ADD(LOAD(in + (size_t) (i * stride) * LANES), weight, a##i);
INLINE void depthwise_tile(const struct fast_depthwise_row *row, int block, int x, const int pixels,
                           const int size, const int stride)
{
    const float *weights = row->weights + (size_t) block * (size_t) (size * size) * LANES;
    const size_t start = (size_t) block * row->input_plane + (size_t) (x * stride) * LANES;
    const vector first_bias = LOAD(row->bias + (size_t) block * LANES), second_bias = first_bias;
    const bool two = false;
    EACH_PIXEL(DECLARE)
    for (int y = 0; y < size; y++) {
        const float *in = row->rows[y] + start;
        for (int k = 0; k < size; k++, in += LANES, weights += LANES) {
            const vector weight = LOAD(weights);
            EACH_PIXEL(DEPTHWISE_TAP)
        }
    }
    float *out = row->output + (size_t) block * row->output_plane + (size_t) x * LANES;
    CLAMP(row)
    EACH_PIXEL(FINISH)
}

#define DEPTHWISE_TILE(i)                                   \
    case i + 1:                                             \
        depthwise_tile(row, block, x, i + 1, size, stride); \
        break;

INLINE void depthwise_block(const struct fast_depthwise_row *row, int block, const int size,
                            const int stride)
{
    int x = 0;
    for (int tiles = (row->width + NARROW_PIXELS - 1) / NARROW_PIXELS; tiles > 0; tiles--) {
        int pixels = (row->width - x + tiles - 1) / tiles;
        switch (pixels) {
            EACH_PIXEL(DEPTHWISE_TILE)
        }
        x += pixels;
    }
}

/* The shapes that networks have get code of their own. */
static void depthwise(const struct fast_depthwise_row *row)
{
    for (int block = 0; block < row->blocks; block++) {
        if (row->size == 3 && row->stride == 1)
            depthwise_block(row, block, 3, 1);
        else if (row->size == 3 && row->stride == 2)
            depthwise_block(row, block, 3, 2);
        else if (row->size == 5 && row->stride == 1)
            depthwise_block(row, block, 5, 1);
        else
            depthwise_block(row, block, row->size, row->stride);
    }
}
