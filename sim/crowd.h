/*
 * crowd.h - bodies that want to go somewhere and push each other aside
 *
 * The social force model: who walks is driven to a wanted velocity, repelled by others along the
 * ellipses of Helbing & Molnar (Phys. Rev. E 51, 4282, 1995) and by what stands on the floor. What
 * forces cannot promise is enforced afterwards: bodies do not overlap, nobody enters a shelf.
 */
#ifndef FLOORFUSE_SIM_CROWD_H
#define FLOORFUSE_SIM_CROWD_H

#include "sim/clearance.h"

/* Nobody feels people farther away. */
#define FORCE_REACH_M 2.0

struct walker {
    struct floor_m position;
    double velocity_x_m_s, velocity_y_m_s;
    double wanted_x_m_s, wanted_y_m_s;
    double radius_m;
    double yielding;   /* 0..1: how much people and walls push; 1 a walker, less who stands */
    double wall_share; /* 0..1: of the push of walls that is felt; less who reaches into a shelf */
    int64_t group;     /* 0: alone; people of a group let each other come nearer */
    bool squeezes;     /* gets past others sideways, as people do who are stuck */
};

/* What one walker does to another, m/s^2. Source: Helbing & Molnar 1995, equations 3, 4 and 8. */
void crowd_repulsion(const struct walker *walker, const struct walker *other, double *ret_x,
                     double *ret_y);

struct crowd; /* opaque; working memory of a floor */

/* The clearance is borrowed as long as the crowd lives. Returns 0 or -ENOMEM. */
MUST_CHECK int crowd_create(const struct clearance *clearance, struct crowd **ret_crowd);
void crowd_destroy(struct crowd **crowd);

/* Move all by step_s. Walkers must stand where clearance_at is BODY_CLEARANCE_M at least; they will
 * afterwards. Returns 0 or -ENOMEM. */
MUST_CHECK int crowd_step(struct crowd *crowd, struct walker *walkers, size_t count, double step_s);

#endif
