/*
 * stop.h - ask the capture thread to end, also while it waits or reads
 *
 * The flag is read without a lock from inside libavformat's blocking calls; the condition wakes the
 * waits that are our own (pace, retry).
 */
#ifndef FLOORFUSE_CAPTURE_STOP_H
#define FLOORFUSE_CAPTURE_STOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

struct stop {
    atomic_bool requested;
    pthread_mutex_t mutex;
    pthread_cond_t turned; /* measures by the monotonic clock */
};

/* A condition variable whose timed waits go by the monotonic clock. Returns 0 or -errno. */
MUST_CHECK int monotonic_condition_init(pthread_cond_t *condition);

MUST_CHECK int stop_init(struct stop *stop); /* 0 or -errno */
void stop_release(struct stop *stop);

/* From any thread, for good. */
void stop_request(struct stop *stop);
bool stop_requested(const struct stop *stop);

/* Wait until a time of the monotonic clock; true at once when a stop is requested. */
bool stop_wait_until(struct stop *stop, int64_t mono_ns);

#endif
