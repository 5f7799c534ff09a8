/*
 * backoff.h - how long to wait before the next try
 *
 * The ceiling doubles from 1 s to 30 s and the wait is drawn evenly from its upper half, so between
 * 0.5 s and 30 s. The draw keeps twenty cameras behind one switch from coming back in one instant.
 */
#ifndef FLOORFUSE_CAPTURE_BACKOFF_H
#define FLOORFUSE_CAPTURE_BACKOFF_H

#include <stdint.h>

#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 30000

struct backoff {
    uint64_t state;     /* of the random numbers; any value */
    int64_t ceiling_ms; /* of the next wait */
};

void backoff_init(struct backoff *backoff, uint64_t seed);

/* It went well for a while: start again with short waits. */
void backoff_clear(struct backoff *backoff);

/* The next wait, ms. */
int64_t backoff_next_ms(struct backoff *backoff);

#endif
