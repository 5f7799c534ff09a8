/*
 * resize_rows.c - see resize_rows.h
 *
 * Each loop is written once, plainly enough for a compiler to vectorise, and compiled twice: for
 * any processor and for one with AVX2. Only the picking of columns needs help: two neighbours are
 * loaded at once, and four pairs parted into lows and highs.
 */
#include "detector/resize_rows.h"

#include <stdbool.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

INLINE void blend(const uint8_t *restrict low, const uint8_t *restrict high, float weight,
                  size_t count, float *restrict ret_row)
{
    for (size_t i = 0; i < count; i++) {
        float a = (float) low[i], b = (float) high[i];
        ret_row[i] = a + (b - a) * weight;
    }
}

INLINE float pick(const float *row, uint32_t low, float weight, size_t step)
{
    const float *at = row + low * step;
    return at[0] + (at[step] - at[0]) * weight;
}

INLINE void pick_rgb(const float *restrict row, const struct columns *columns, uint32_t width,
                     float *restrict red, float *restrict green, float *restrict blue)
{
    const float scale = 1.0f / 255.0f;
    for (uint32_t x = 0; x < width; x++) {
        uint32_t low = columns->low[x];
        float weight = columns->weight[x];
        red[x] = pick(row, low, weight, 3) * scale;
        green[x] = pick(row + 1, low, weight, 3) * scale;
        blue[x] = pick(row + 2, low, weight, 3) * scale;
    }
}

INLINE float unit(float value)
{
    float low = value > 0.0f ? value : 0.0f;
    return low < 1.0f ? low : 1.0f;
}

struct yuv_rows {
    const float *y, *u, *v;
    const struct columns *brightness, *chroma;
    const struct row_matrix *matrix;
    float *red, *green, *blue;
};

INLINE void pick_yuv_one(const struct yuv_rows *r, uint32_t x)
{
    const struct row_matrix *m = r->matrix;
    uint32_t at = r->chroma->low[x];
    float weight = r->chroma->weight[x];
    float y = pick(r->y, r->brightness->low[x], r->brightness->weight[x], 1) * m->y_scale;
    float u = pick(r->u, at, weight, 1), v = pick(r->v, at, weight, 1);
    r->red[x] = unit(y + m->red_of_v * v + m->red_bias);
    r->green[x] = unit(y + m->green_of_u * u + m->green_of_v * v + m->green_bias);
    r->blue[x] = unit(y + m->blue_of_u * u + m->blue_bias);
}

#ifdef __SSE2__
/* Two neighbours of each of four columns, blended. */
INLINE __m128 pick_four(const float *row, const struct columns *columns, uint32_t x)
{
    const uint32_t *low = columns->low + x;
    __m128 ab = _mm_setzero_ps(), cd = _mm_setzero_ps();
    ab = _mm_loadl_pi(ab, (const __m64 *) (row + low[0]));
    ab = _mm_loadh_pi(ab, (const __m64 *) (row + low[1]));
    cd = _mm_loadl_pi(cd, (const __m64 *) (row + low[2]));
    cd = _mm_loadh_pi(cd, (const __m64 *) (row + low[3]));
    __m128 lows = _mm_shuffle_ps(ab, cd, _MM_SHUFFLE(2, 0, 2, 0));
    __m128 highs = _mm_shuffle_ps(ab, cd, _MM_SHUFFLE(3, 1, 3, 1));
    return lows + (highs - lows) * _mm_loadu_ps(columns->weight + x);
}

INLINE void store_unit(float *to, __m128 value)
{
    _mm_storeu_ps(to, _mm_min_ps(_mm_max_ps(value, _mm_setzero_ps()), _mm_set1_ps(1)));
}

INLINE uint32_t pick_yuv_fours(const struct yuv_rows *r, uint32_t width)
{
    const struct row_matrix *m = r->matrix;
    uint32_t x = 0;
    for (; x + 4 <= width; x += 4) {
        __m128 y = pick_four(r->y, r->brightness, x) * _mm_set1_ps(m->y_scale);
        __m128 u = pick_four(r->u, r->chroma, x), v = pick_four(r->v, r->chroma, x);
        store_unit(r->red + x, y + _mm_set1_ps(m->red_of_v) * v + _mm_set1_ps(m->red_bias));
        store_unit(r->green + x, y + _mm_set1_ps(m->green_of_u) * u +
                                     _mm_set1_ps(m->green_of_v) * v + _mm_set1_ps(m->green_bias));
        store_unit(r->blue + x, y + _mm_set1_ps(m->blue_of_u) * u + _mm_set1_ps(m->blue_bias));
    }
    return x;
}
#else
INLINE uint32_t pick_yuv_fours(const struct yuv_rows *r, uint32_t width)
{
    (void) r;
    (void) width;
    return 0;
}
#endif

INLINE void pick_yuv(const struct yuv_rows *r, uint32_t width)
{
    for (uint32_t x = pick_yuv_fours(r, width); x < width; x++)
        pick_yuv_one(r, x);
}

/* The three loops for one kind of processor. */
#define METHODS(kind, attribute)                                                                 \
    attribute static void blend_##kind(const uint8_t *low, const uint8_t *high, float weight,    \
                                       size_t count, float *ret_row)                             \
    {                                                                                            \
        blend(low, high, weight, count, ret_row);                                                \
    }                                                                                            \
    attribute static void pick_rgb_##kind(const float *row, const struct columns *columns,       \
                                          uint32_t width, float *red, float *green, float *blue) \
    {                                                                                            \
        pick_rgb(row, columns, width, red, green, blue);                                         \
    }                                                                                            \
    attribute static void pick_yuv_##kind(                                                       \
        const float *y_row, const float *u_row, const float *v_row,                              \
        const struct columns *brightness, const struct columns *chroma,                          \
        const struct row_matrix *matrix, uint32_t width, float *red, float *green, float *blue)  \
    {                                                                                            \
        const struct yuv_rows rows = { y_row,  u_row, v_row, brightness, chroma,                 \
                                       matrix, red,   green, blue };                             \
        pick_yuv(&rows, width);                                                                  \
    }                                                                                            \
    static const struct row_methods methods_##kind = { blend_##kind, pick_rgb_##kind,            \
                                                       pick_yuv_##kind };

METHODS(plain, )

#ifdef __x86_64__
METHODS(avx2, __attribute__((target("avx2,fma"))))

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

const struct row_methods *row_methods_plain(void)
{
    return &methods_plain;
}

const struct row_methods *row_methods(void)
{
#ifdef __x86_64__
    if (has_avx2())
        return &methods_avx2;
#endif
    return &methods_plain;
}
