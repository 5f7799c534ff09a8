/*
 * consensus.h - what several independent opinions of one position amount to
 *
 * In information form opinions are added and taken out again, in any number: the position that all
 * others agree on is the sum without one's own. Source: Bar-Shalom, Li & Kirubarajan, Estimation
 * with Applications to Tracking and Navigation, 2001, section 7.2 (information filter).
 */
#ifndef FLOORFUSE_FUSION_CONSENSUS_H
#define FLOORFUSE_FUSION_CONSENSUS_H

#include "geom/point.h"

struct consensus {
    struct covariance2 information; /* 1/m^2; the inverse of the covariance */
    double x, y;                    /* information times position, 1/m */
};

static inline void consensus_weigh(struct consensus *c, struct floor_m at,
                                   struct covariance2 covariance, double sign)
{
    struct covariance2 i = covariance2_inverse(covariance);
    c->information.xx += sign * i.xx;
    c->information.xy += sign * i.xy;
    c->information.yy += sign * i.yy;
    c->x += sign * (i.xx * at.x + i.xy * at.y);
    c->y += sign * (i.xy * at.x + i.yy * at.y);
}

static inline void consensus_add(struct consensus *c, struct floor_m at,
                                 struct covariance2 covariance)
{
    consensus_weigh(c, at, covariance, 1);
}

static inline void consensus_take_out(struct consensus *c, struct floor_m at,
                                      struct covariance2 covariance)
{
    consensus_weigh(c, at, covariance, -1);
}

/* The common position; the caller has made sure that there is at least one opinion. */
static inline struct floor_m consensus_position(const struct consensus *c,
                                                struct covariance2 *ret_covariance)
{
    struct covariance2 v = covariance2_inverse(c->information);
    *ret_covariance = v;
    return (struct floor_m){ v.xx * c->x + v.xy * c->y, v.xy * c->x + v.yy * c->y };
}

#endif
