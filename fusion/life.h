/*
 * life.h - how tracks begin, become people, turn out to be doubles, and end
 *
 * README.md tells it in words. All of it happens once a tick, after the frames.
 */
#ifndef FLOORFUSE_FUSION_LIFE_H
#define FLOORFUSE_FUSION_LIFE_H

#include "fusion/settings.h"
#include "fusion/track.h"

/* A person is seen in at least this many frames before they are believed. */
#define LIFE_CONFIRM_HITS 3

/* And in this share of the frames of the cameras that see them: detectors flicker on shelves and
 * reflections, but mostly find people. */
#define LIFE_CONFIRM_SHARE 0.4

/* Where a sighting is vaguer than this, m, it supports tracks but begins none: the camera does not
 * count as seeing that floor either (FOOTPRINT_MAX_SD_M). */
#define LIFE_BIRTH_SD_MAX_M 1.0

/* How fast somebody may be walking who is seen for the first time, m/s. */
#define LIFE_BIRTH_SPEED_SD_M_S 1.0

/* Two tracks that look like one for this long are one. */
#define LIFE_TWIN_US INT64_C(1000000)

/* Give a sighting to a track: the state moves, the support is noted. Returns 0 or -ENOMEM. */
MUST_CHECK int life_support(struct track *track, const struct sighting *sighting,
                            const struct fusion_settings *settings, struct arena *arena);

/*
 * Leftovers that are near a track which their camera has not found in this tick, and which another
 * camera supports, support it: two cameras that disagree a little must not make two people of one.
 *   leftovers  pointers, count of them; those that are used up are taken out
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int life_adopt(struct tracks *tracks, const struct sighting **leftovers, size_t *count,
                          const struct fusion_settings *settings, struct arena *arena);

/* The other leftovers are people nobody knew: joined across cameras, they begin tracks. */
MUST_CHECK int life_begin(struct tracks *tracks, const struct sighting *const *leftovers,
                          size_t count, const struct fusion_settings *settings,
                          struct arena *arena);

/* Find doubles and remove them; the older of two stays. Returns 0 or -ENOMEM. */
MUST_CHECK int life_merge(struct tracks *tracks, int64_t tick_us,
                          const struct fusion_settings *settings, struct arena *arena);

/* Whether a tentative track has become a person. */
bool life_is_due(const struct track *track, const struct fusion_settings *settings);

/* End what nobody has seen for too long. */
void life_end(struct tracks *tracks, int64_t tick_us, const struct fusion_settings *settings);

#endif
