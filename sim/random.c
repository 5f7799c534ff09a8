/*
 * random.c - chance that can be repeated
 */
#include "sim/random.h"

#include <math.h>

/* Above this Knuth's product underflows slowly and costs much; the normal is within 1 %. */
#define POISSON_NORMAL_FROM 60.0

static uint64_t split_mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t random_seed(uint64_t seed, uint64_t purpose)
{
    uint64_t mixed = seed;
    mixed = split_mix(&mixed) ^ purpose;
    return split_mix(&mixed);
}

struct random random_stream(uint64_t seed, uint64_t number)
{
    struct random random;
    uint64_t mixed = random_seed(seed, number);
    for (int i = 0; i < 4; i++)
        random.state[i] = split_mix(&mixed);
    return random;
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t random_next(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

size_t random_index(struct random *random, size_t count)
{
    return (size_t) (random_uniform(random) * (double) count);
}

double random_normal(struct random *random)
{
    double u, v, s;
    do {
        u = 2 * random_uniform(random) - 1;
        v = 2 * random_uniform(random) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * log(s) / s);
}

double random_log_normal(struct random *random, double median, double spread)
{
    return median * exp(spread * random_normal(random));
}

double random_exponential(struct random *random)
{
    return -log1p(-random_uniform(random));
}

int random_poisson(struct random *random, double mean)
{
    if (mean > POISSON_NORMAL_FROM)
        return (int) fmax(0, round(mean + sqrt(mean) * random_normal(random)));
    double limit = exp(-mean), product = random_uniform(random);
    int count = 0;
    while (product > limit) {
        product *= random_uniform(random);
        count++;
    }
    return count;
}

int random_truncated_poisson(struct random *random, double parameter)
{
    /* Inversion: P(1) = p e^-p / (1 - e^-p), P(k + 1) = P(k) p / (k + 1). */
    double chance = parameter > 0 ? parameter / expm1(parameter) : 1;
    double left = random_uniform(random);
    int count = 1;
    while (left >= chance && count < 100) {
        left -= chance;
        chance *= parameter / ++count;
    }
    return count;
}
