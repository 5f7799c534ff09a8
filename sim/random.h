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

/* What a stream is for; put into the upper bits of its number, so that kinds do not meet. */
enum random_purpose {
    RANDOM_PLACES = 1, /* of the world: which shelves are popular, mannequins */
    RANDOM_ARRIVALS,
    RANDOM_PERSON,
    RANDOM_CAMERA,
    RANDOM_SIGHT, /* one person before one camera */
};

/* Stream `number` of a purpose; the same three numbers give the same stream. */
void random_init(struct random *random, uint64_t seed, enum random_purpose purpose,
                 uint64_t number);

uint64_t random_next(struct random *random);

/* [0, 1), all 2^53 steps. */
static inline double random_unit(struct random *random)
{
    return (double) (random_next(random) >> 11) * 0x1p-53;
}

static inline double random_between(struct random *random, double low, double high)
{
    return low + (high - low) * random_unit(random);
}

static inline bool random_chance(struct random *random, double probability)
{
    return random_unit(random) < probability;
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
unsigned random_poisson(struct random *random, double mean);

/* Poisson under the condition of at least 1; parameter >= 0 (0: always 1). */
unsigned random_truncated_poisson(struct random *random, double parameter);

#endif
