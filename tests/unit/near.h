/*
 * near.h - comparing doubles in tests: Debian's cmocka compares floats only
 */
#ifndef FLOORFUSE_TESTS_UNIT_NEAR_H
#define FLOORFUSE_TESTS_UNIT_NEAR_H

#include <math.h>

#include "testing.h"

/* NaN is near nothing. */
#define assert_near(actual, expected, tolerance)                                      \
    do {                                                                              \
        double actual_ = (actual), expected_ = (expected);                            \
        if (!(fabs(actual_ - expected_) <= (tolerance)))                              \
            fail_msg("%s is %.12g, not %.12g within %g", #actual, actual_, expected_, \
                     (double) (tolerance));                                           \
    } while (0)

#endif
