/* fast_rows_avx2.c - fast_rows.h for AVX2 with FMA; sixteen registers of eight floats */
#include <immintrin.h>

#include "detector/fast_rows_sets.h"

#define LANES                 8
#define NARROW_PIXELS         10
#define WIDE_PIXELS           6 /* 12 sums, 2 weights, 1 value */
#define LOAD(p)               _mm256_loadu_ps(p)
#define STORE(p, x)           _mm256_storeu_ps(p, x)
#define ONE(x)                _mm256_set1_ps(x)
#define MULTIPLY_ADD(a, b, c) _mm256_fmadd_ps(a, b, c)
#define MULTIPLY(a, b)        _mm256_mul_ps(a, b)
#define ADD(a, b)             _mm256_add_ps(a, b)
#define LARGER(a, b)          _mm256_max_ps(a, b)
#define SMALLER(a, b)         _mm256_min_ps(a, b)
typedef __m256 vector;

#include "detector/fast_rows_code.h"

const struct fast_rows fast_rows_avx2 = { "avx2", LANES, pointwise, depthwise };
