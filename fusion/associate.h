/*
 * associate.h - which of the people a frame shows are which tracks
 *
 * A pair is possible inside the gate: a Mahalanobis distance of at most gate_sigma, and no farther
 * than a person can be. What hangs together through possible pairs is solved at once and optimally:
 * one track for a sighting, one sighting for a track, the least sum of -2 log likelihood, where
 * leaving a sighting alone costs as much as a pair at the edge of the gate.
 */
#ifndef FLOORFUSE_FUSION_ASSOCIATE_H
#define FLOORFUSE_FUSION_ASSOCIATE_H

#include "fusion/near.h"
#include "fusion/track.h"

/* Farther than this from where a track is expected nobody is looked for, however vague it is. */
#define ASSOCIATE_REACH_M 3.0

#define ASSOCIATE_NONE SIZE_MAX

/*
 *   sightings   of one frame, count of them
 *   near        over positions of the tracks, at a time not after the frame's by more than a tick
 *   ret_track   count entries: index of the track, or ASSOCIATE_NONE
 * Returns 0 or -ENOMEM. Changes no track.
 */
MUST_CHECK int associate_frame(const struct sighting *sightings, size_t count,
                               const struct tracks *tracks, struct near *near, double gate_sigma,
                               double noise_m2_s3, struct arena *arena, size_t *ret_track);

#endif
