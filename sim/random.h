/*
 * random.h - chance that can be repeated
 *
 * One stream a purpose: a person, a camera, the arrivals. Streams never share numbers, so adding a
 * camera changes nobody's way. xoshiro256** (Blackman & Vigna, ACM TOMS 47, 2021), its state filled
 * by splitmix64 as its authors advise.
 */
#ifndef FLOORFUSE_SIM_RANDOM_H
#define FLOORFUSE_SIM_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A plain value; a copy repeats the numbers. */
struct random {
    uint64_t state[4];
};

/* Stream `number` of a seed; the same two numbers give the same stream. */
struct random random_stream(uint64_t seed, uint64_t number);

/* A seed of its own for each purpose, so that their streams do not meet. */
uint64_t random_seed(uint64_t seed, uint64_t purpose);

uint64_t random_next(struct random *random);

/* [0, 1), all 2^53 steps. */
static inline double random_uniform(struct random *random)
{
    return (double) (random_next(random) >> 11) * 0x1p-53;
}

static inline double random_between(struct random *random, double low, double high)
{
    return low + (high - low) * random_uniform(random);
}

static inline bool random_chance(struct random *random, double probability)
{
    return random_uniform(random) < probability;
}

/* [0, count); count > 0. */
size_t random_index(struct random *random, size_t count);

/* Mean 0, standard deviation 1: polar method of Marsaglia, the second number thrown away so that
 * the state is all there is. */
double random_normal(struct random *random);

/* exp(N(log median, spread^2)). */
double random_log_normal(struct random *random, double median, double spread);

/* Mean 1. */
double random_exponential(struct random *random);

/* Poisson; mean >= 0 (Knuth for small means, the normal approximation above 60). */
int random_poisson(struct random *random, double mean);

/* Poisson under the condition of at least 1; parameter >= 0 (0: always 1). */
int random_truncated_poisson(struct random *random, double parameter);

#endif
