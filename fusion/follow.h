/*
 * follow.h - one tick of tracking: frames in, tracks moved, begun and ended
 */
#ifndef FLOORFUSE_FUSION_FOLLOW_H
#define FLOORFUSE_FUSION_FOLLOW_H

#include "fusion/align.h"
#include "fusion/evidence.h"
#include "fusion/seers.h"
#include "fusion/settings.h"
#include "fusion/track.h"

/* What was said in a tick, as evidence.h has it, but for the tracks; all of it lives in the arena.
 */
struct tick_traces {
    struct evidence_sighting *sightings;
    struct evidence_look *looks;
    const int64_t *look_us;
    size_t sighting_count, look_count;
};

/* All frames are matched this often, each time against what the other frames have said. */
#define FOLLOW_ROUNDS 3

/*
 *   frames       of the tick, by capture time and camera name, count of them
 *   duration_us  of the tick
 *   cameras      learn from it
 *   ret_confirmed  how many tracks have become people
 *   ret_traces     NULL: not wanted
 * Afterwards all tracks are at tick_us and their supports are those of this tick. Returns 0 or
 * -ENOMEM.
 */
MUST_CHECK int follow_tick(struct tracks *tracks, struct aligned_frame *const *frames, size_t count,
                           int64_t tick_us, int64_t duration_us,
                           const struct fusion_settings *settings, struct cameras *cameras,
                           const struct seers *seers, const struct ground *ground,
                           struct arena *arena, size_t *ret_confirmed,
                           struct tick_traces *ret_traces);

#endif
