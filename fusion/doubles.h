/*
 * doubles.h - whether two tracks near each other are two people, or one person twice
 *
 * Cameras that could see both of two people mostly find both; two tracks of one person are found in
 * turns, never together, but for a detector that draws a box twice. Each younger track keeps log
 * odds for "we are two" against the older ones near it, and is united with an older one when they
 * fall low enough. Whoever was born beside somebody begins with doubts; two who came from apart are
 * two. Closer than bodies can be for long they are one.
 */
#ifndef FLOORFUSE_FUSION_DOUBLES_H
#define FLOORFUSE_FUSION_DOUBLES_H

#include "fusion/looks.h"
#include "fusion/settings.h"

/*
 * Weigh all pairs and unite those that are one person. The older number lives on.
 *   duration_us  of the tick
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int doubles_unite(struct tracks *tracks, const struct looks *looks,
                             const struct cameras *cameras, int64_t tick_us, int64_t duration_us,
                             const struct fusion_settings *settings, struct arena *arena);

/* Whether a track may be the double of a confirmed older one, for all that is known. */
bool doubles_suspects(const struct track *track, const struct tracks *tracks, int64_t tick_us);

#endif
