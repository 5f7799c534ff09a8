/* fast_rows.c - see fast_rows.h */
#include "detector/fast_rows.h"

#include <string.h>

#include "detector/fast_rows_sets.h"

const struct fast_rows *fast_rows_named(const char *name)
{
#if FLOORFUSE_HAVE_FAST_ROWS
    if (strcmp(name, "avx512") == 0 && __builtin_cpu_supports("avx512f"))
        return &fast_rows_avx512;
    if (strcmp(name, "avx2") == 0 && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma"))
        return &fast_rows_avx2;
#endif
    (void) name;
    return NULL;
}

const struct fast_rows *fast_rows_choose(void)
{
    const struct fast_rows *widest = fast_rows_named("avx512");
    return widest ? widest : fast_rows_named("avx2");
}
