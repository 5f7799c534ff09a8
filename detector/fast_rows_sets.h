/* fast_rows_sets.h - the sets of fast_rows.h that are built for x86-64; only fast_rows.c asks */
#ifndef FLOORFUSE_DETECTOR_FAST_ROWS_SETS_H
#define FLOORFUSE_DETECTOR_FAST_ROWS_SETS_H

#include "detector/fast_rows.h"

extern const struct fast_rows fast_rows_avx2, fast_rows_avx512;

#endif
