/*
 * fusion_tell.h - what one floor's fusion tells its sinks of a tick
 *
 * Private to fusion.c. Each returns 0 or -ENOMEM, and does nothing where nobody listens.
 */
#ifndef FLOORFUSE_FUSION_FUSION_TELL_H
#define FLOORFUSE_FUSION_FUSION_TELL_H

#include "fusion/follow.h"
#include "fusion/fusion_state.h"

/* A tick that has just closed. */
MUST_CHECK int fusion_tell_tick(struct fusion *fusion, int64_t tick_us);

/* What the cameras said in it. */
MUST_CHECK int fusion_tell_evidence(struct fusion *fusion, int64_t tick_us, int64_t duration_us,
                                    const struct tick_traces *traces);

/* A tick that has settled. */
MUST_CHECK int fusion_tell_settled(struct fusion *fusion, const struct settled_tick *tick);

#endif
