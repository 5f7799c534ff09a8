/*
 * stop.c - ask the capture thread to end, also while it waits or reads
 */
#include "capture/stop.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

int monotonic_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int code = pthread_condattr_init(&attributes);
    if (code != 0)
        return -code;
    code = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (code == 0)
        code = pthread_cond_init(condition, &attributes);
    (void) pthread_condattr_destroy(&attributes);
    return -code;
}

int stop_init(struct stop *stop)
{
    atomic_init(&stop->requested, false);
    int code = -pthread_mutex_init(&stop->mutex, NULL);
    if (code < 0)
        return code;
    code = monotonic_condition_init(&stop->turned);
    if (code < 0)
        (void) pthread_mutex_destroy(&stop->mutex);
    return code;
}

void stop_release(struct stop *stop)
{
    (void) pthread_cond_destroy(&stop->turned);
    (void) pthread_mutex_destroy(&stop->mutex);
}

void stop_request(struct stop *stop)
{
    (void) pthread_mutex_lock(&stop->mutex);
    atomic_store(&stop->requested, true);
    (void) pthread_cond_broadcast(&stop->turned);
    (void) pthread_mutex_unlock(&stop->mutex);
}

bool stop_requested(const struct stop *stop)
{
    return atomic_load(&stop->requested);
}

bool stop_wait_until(struct stop *stop, int64_t mono_ns)
{
    struct timespec until = {
        .tv_sec = (time_t) (mono_ns / NS_PER_S),
        .tv_nsec = (long) (mono_ns % NS_PER_S),
    };
    if (mono_ns <= clock_mono_ns())
        return stop_requested(stop);
    (void) pthread_mutex_lock(&stop->mutex);
    while (!stop_requested(stop) && clock_mono_ns() < mono_ns)
        (void) pthread_cond_timedwait(&stop->turned, &stop->mutex, &until);
    (void) pthread_mutex_unlock(&stop->mutex);
    return stop_requested(stop);
}
