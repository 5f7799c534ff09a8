/*
 * chance.h - numbers by chance that are the same in every run, so that a failure can be repeated
 */
#ifndef FLOORFUSE_TESTS_UNIT_CHANCE_H
#define FLOORFUSE_TESTS_UNIT_CHANCE_H

#include <stdint.h>

/* Start from any seed but 0. */
struct chance {
    uint64_t state;
};

/* Marsaglia, Xorshift RNGs, 2003, with Vigna's multiplier: xorshift64*. */
static inline double chance_between(struct chance *chance, double low, double high)
{
    chance->state ^= chance->state >> 12;
    chance->state ^= chance->state << 25;
    chance->state ^= chance->state >> 27;
    uint64_t x = chance->state * UINT64_C(0x2545F4914F6CDD1D);
    return low + (high - low) * (double) (x >> 11) / 0x1p53;
}

#endif
