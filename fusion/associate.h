/*
 * associate.h - which of the people a frame shows are which tracks
 *
 * A pair is possible inside the gate. What hangs together through possible pairs is solved at once
 * and optimally: one track for a sighting, one sighting for a track, the least sum of -2 log
 * likelihood, where leaving a sighting alone costs as much as a pair at the edge of the gate.
 */
#ifndef FLOORFUSE_FUSION_ASSOCIATE_H
#define FLOORFUSE_FUSION_ASSOCIATE_H

#include "fusion/near.h"
#include "fusion/sighting.h"

/* Farther than this from where a track is expected nobody is looked for, however vague it is. */
#define ASSOCIATE_REACH_M 3.0

#define ASSOCIATE_NONE UINT32_MAX

struct match {
    uint32_t track; /* index, or ASSOCIATE_NONE */
    enum reading reading;
};

/*
 *   sightings    of one frame, count of them
 *   predictions  of the tracks, track_count of them, by index
 *   near         over positions of the tracks
 *   ret_matches  count entries
 *   ret_contested  whether anything had more than one way to be matched
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int associate_frame(const struct sighting *sightings, size_t count,
                               const struct prediction *predictions, size_t track_count,
                               struct near *near, double gate_sigma, struct arena *arena,
                               struct match *ret_matches, bool *ret_contested);

#endif
