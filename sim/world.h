/*
 * world.h - a store that does not exist: people who walk, browse, queue and leave
 *
 * The world advances in fixed steps and knows nothing of cameras. The same seed, config and floor
 * give the same people at the same places, bit for bit. Walking is the social force model
 * (Helbing & Molnar, Phys. Rev. E 51, 1995) towards waypoints of a shortest path around shelves and
 * walls.
 */
#ifndef FLOORFUSE_SIM_WORLD_H
#define FLOORFUSE_SIM_WORLD_H

#include "base/error.h"
#include "floor/floor_map.h"
#include "sim/sim_config.h"

struct world; /* opaque */

enum person_kind {
    PERSON_SHOPPER,
    PERSON_STAFF,
    PERSON_MANNEQUIN, /* stands for ever; is no person in the truth, but cameras see it */
};

enum person_activity {
    ACTIVITY_WALKING,
    ACTIVITY_BROWSING, /* in front of a shelf */
    ACTIVITY_QUEUEING,
    ACTIVITY_STANDING, /* staff at a post, mannequins */
};

struct world_person {
    int64_t id; /* from 1, never used twice */
    enum person_kind kind;
    enum person_activity activity;
    int64_t group;           /* people who came together share it; 0: alone */
    struct floor_m position; /* of the body's axis, m */
    double velocity_x_m_s, velocity_y_m_s;
    double height_m;     /* of the crown of the head */
    double radius_m;     /* of the body seen from above */
    float appearance[8]; /* what a re-identification network might say; unit length */
};

/*
 *   config, map  borrowed as long as the world lives
 *   seed         every number of it is a different day
 * Returns 0, -EINVAL with a sentence (no entrance, nobody can walk from the entrance anywhere, the
 * floor is too large, no room for the mannequins), -ENOMEM.
 */
MUST_CHECK int world_create(const struct sim_config *config, const struct floor_map *map,
                            uint64_t seed, struct world **ret_world, struct error *err);
void world_destroy(struct world **world);

/* Go on by config->step_ms. Returns 0 or -ENOMEM. */
MUST_CHECK int world_step(struct world *world);

/* The time of the present state, us UTC: config->start_us + steps. */
int64_t world_time_us(const struct world *world);

/* Everybody who is in the store now, by id; borrowed until the next step. */
const struct world_person *world_people(const struct world *world, size_t *ret_count);

#endif
