/*
 * readiness.h - whether a store does its work, told from its status
 */
#ifndef FLOORFUSE_METRICS_READINESS_H
#define FLOORFUSE_METRICS_READINESS_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"

/* A loop that has not turned for so long hangs; it turns at least once a second. */
#define LOOP_SILENCE_MAX_S 10

/* Whether the loop turns. Returns 0, or -ETIMEDOUT with a sentence.
 *   age_ns  since it last did; negative: it never has */
MUST_CHECK int readiness_alive(int64_t age_ns, struct error *err);

/*
 * Whether observations are taken and kept: the loop turns, what it finishes goes to the database
 * or, while that is away, to a spool with room in it, and at least one camera is running. A store
 * without a database (--no-database) keeps nothing and is asked for no more.
 *   status  as in docs/summary.md; NULL: there is none yet
 * Returns 0, or -EAGAIN with one sentence that says what is missing.
 */
MUST_CHECK int readiness_ready(const json_t *status, int64_t age_ns, struct error *err);

#endif
