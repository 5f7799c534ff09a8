/* fast_rows_avx512.c - fast_rows.h for AVX-512; thirty-two registers of sixteen floats */
#include <immintrin.h>

#include "detector/fast_rows_sets.h"

#define LANES                 16
#define NARROW_PIXELS         16
#define WIDE_PIXELS           10 /* 20 sums, 2 weights; values are broadcast as operands */
#define LOAD(p)               _mm512_loadu_ps(p)
#define STORE(p, x)           _mm512_storeu_ps(p, x)
#define ONE(x)                _mm512_set1_ps(x)
#define MULTIPLY_ADD(a, b, c) _mm512_fmadd_ps(a, b, c)
#define MULTIPLY(a, b)        _mm512_mul_ps(a, b)
#define ADD(a, b)             _mm512_add_ps(a, b)
#define LARGER(a, b)          _mm512_max_ps(a, b)
#define SMALLER(a, b)         _mm512_min_ps(a, b)
typedef __m512 vector;

#include "detector/fast_rows_code.h"

const struct fast_rows fast_rows_avx512 = { "avx512", LANES, pointwise, depthwise };
