/*
 * life.h - how tracks begin, become people, are lost, turn up again, and end
 *
 * README.md tells it in words. All of it happens once a tick, after the frames.
 */
#ifndef FLOORFUSE_FUSION_LIFE_H
#define FLOORFUSE_FUSION_LIFE_H

#include "fusion/ground.h"
#include "fusion/settings.h"
#include "fusion/track.h"

/* Where a sighting is vaguer than this, m, it supports tracks but begins none: the camera does not
 * count as seeing that floor either (FOOTPRINT_MAX_SD_M). */
#define LIFE_BIRTH_SD_MAX_M 1.0

/* How fast somebody may be walking who is seen for the first time, m/s. */
#define LIFE_BIRTH_SPEED_SD_M_S 1.0

/* Who walks out of every camera's sight is lost after this long: another who comes in there is
 * somebody else. */
#define LIFE_OUT_OF_SIGHT_US INT64_C(1000000)

/* A lost person is remembered this long after they were last seen, and taken for the one who turns
 * up this near to where they would be. */
#define LIFE_REMEMBERED_US INT64_C(3000000)
#define LIFE_REVIVE_M      1.0
#define LIFE_REVIVE_SIGMA  3.0

/* Whoever is not believed and not seen for this long was nothing: one frame of a slow camera. */
#define LIFE_TENTATIVE_US INT64_C(1000000)

/*
 * Sightings that belong to no track are people nobody knew: joined across cameras, they begin
 * tracks, or are taken for somebody who was lost there.
 *   leftovers  pointers, count of them
 *   ground     where doors are: new people are likelier there
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int life_begin(struct tracks *tracks, const struct sighting *const *leftovers,
                          size_t count, const struct ground *ground,
                          const struct fusion_settings *settings, struct arena *arena);

/* Confirm those who are believed now. Returns how many. */
size_t life_confirm(struct tracks *tracks, int64_t tick_us);

/* Lose and end what is not believed any more, or has not been seen for too long. */
void life_end(struct tracks *tracks, int64_t tick_us, const struct fusion_settings *settings);

#endif
