/*
 * belief.h - how sure it is that a track is a person: hits and misses of those who could see
 *
 * Log odds. A camera that finds the person raises them by ln(P_D / P_F), one that looks at the
 * place and finds nobody lowers them by ln((1 - P_D) / (1 - P_F)), where P_D is the probability
 * that it finds a person of whom it can see that much, and P_F that some box lies there by chance.
 * A camera that cannot see the place says nothing. So one camera is enough where only one can see,
 * and not where three others see an empty floor. What a camera says twice within MEMORY_S is
 * mostly the same thing said again and counts for little: a false box flickers for a while, a
 * person is missed for a while, at any frame rate.
 * Source: the sequential probability ratio of track scores (Reid, IEEE TAC 24(6), 1979; Blackman &
 * Popoli, Design and Analysis of Modern Tracking Systems, 1999, section 6.2).
 */
#ifndef FLOORFUSE_FUSION_BELIEF_H
#define FLOORFUSE_FUSION_BELIEF_H

#include "fusion/looks.h"

/* A box where nobody was known is seldom a new person: 1 in 55. */
#define BELIEF_AT_BIRTH (-4.0)
/* At an entrance of the map it is one more often: 1 in 8. */
#define BELIEF_AT_A_DOOR (-2.0)

/* 95 in 100: a person. */
#define BELIEF_CONFIRMED 3.0

/* Less than 73 in 100, after it has been more than 95: not there any more. */
#define BELIEF_LOST 1.0

/* 98 in 100: surer than this one never becomes, so that leaving is noticed in time. */
#define BELIEF_MAX 4.0

/* Misses and false boxes of one camera last about this long, s. */
#define BELIEF_MEMORY_S 0.5

/* Weigh what the cameras saw of each track in this tick, and learn from it how often each camera
 * finds people. */
void belief_weigh(struct tracks *tracks, const struct looks *looks, const struct tick_cameras *tick,
                  struct cameras *cameras);

#endif
