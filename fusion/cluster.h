/*
 * cluster.h - which sightings that belong to no track yet are one person
 *
 * Sightings of different frames that are near each other in metres and in standard deviations are
 * joined, nearest first, as long as the centres of the joined groups stay near and no group holds
 * two of one frame: what one camera shows as two people at once are two.
 */
#ifndef FLOORFUSE_FUSION_CLUSTER_H
#define FLOORFUSE_FUSION_CLUSTER_H

#include "fusion/track.h"

/*
 *   sightings   count pointers, in the order of frames
 *   ret_person  count entries: the index of the first sighting of the same person
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int cluster_sightings(const struct sighting *const *sightings, size_t count,
                                 double merge_m, double gate_sigma, struct arena *arena,
                                 uint32_t *ret_person);

#endif
