/*
 * people.h - which observations of a frame are people, one each
 */
#ifndef FLOORFUSE_FUSION_PEOPLE_H
#define FLOORFUSE_FUSION_PEOPLE_H

#include "fusion/align.h"

/*
 * Copy a frame, leaving out what is not a person of its own: numbers that are not finite or not of
 * this world, heads that belong to a body (which hears what they say, see joint.h), and the lowest
 * scores beyond ALIGN_PEOPLE_MAX.
 * What they look like goes with them, at unit length.
 *   people_height_m  of people on average, see joint.h
 *   ret_copy  the caller's to free()
 *   counts    observations_dropped is raised by those that were bad or too many,
 *             appearances_ignored by vectors that say nothing
 *   joints    of this camera, raised by each pair of head and body
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int people_copy_frame(int camera, const struct observation_frame *frame,
                                 double people_height_m, struct align_counts *counts,
                                 struct joint_counts *joints, struct aligned_frame **ret_copy);

/* Whether an observation's numbers are finite and of this world. */
bool people_observation_is_usable(const struct observation *observation);

/* Bytes of such a copy. */
size_t people_frame_bytes(size_t observations, size_t appearance_length);

#endif
