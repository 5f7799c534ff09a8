/*
 * backoff.c - how long to wait before the next try
 */
#include "capture/backoff.h"

/* SplitMix64: Steele, Lea & Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void backoff_init(struct backoff *backoff, uint64_t seed)
{
    backoff->state = seed;
    backoff_clear(backoff);
}

void backoff_clear(struct backoff *backoff)
{
    backoff->ceiling_ms = 2 * BACKOFF_MIN_MS;
}

int64_t backoff_next_ms(struct backoff *backoff)
{
    int64_t half_ms = backoff->ceiling_ms / 2;
    int64_t extra_ms = (int64_t) (random_next(&backoff->state) % (uint64_t) (half_ms + 1));
    backoff->ceiling_ms *= 2;
    if (backoff->ceiling_ms > BACKOFF_MAX_MS)
        backoff->ceiling_ms = BACKOFF_MAX_MS;
    return half_ms + extra_ms;
}
