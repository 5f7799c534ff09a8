/*
 * follow.h - one tick of tracking: frames in, tracks moved, begun and ended
 */
#ifndef FLOORFUSE_FUSION_FOLLOW_H
#define FLOORFUSE_FUSION_FOLLOW_H

#include "fusion/align.h"
#include "fusion/settings.h"
#include "fusion/track.h"

/*
 * Take the frames of a tick in their order.
 *   frames   as align_take hands them out
 *   tick_us  its end; all states are of this time afterwards
 *   arena    supports of tracks lie there until the next reset
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int follow_tick(struct tracks *tracks, struct aligned_frame *const *frames, size_t count,
                           int64_t tick_us, const struct fusion_settings *settings,
                           struct arena *arena);

#endif
