/*
 * shopper_walk.h - from an aim to a wanted velocity
 *
 * Along the way around shelves, beside the leader of a group, around a jam. Private to shopper.c.
 */
#ifndef FLOORFUSE_SIM_SHOPPER_WALK_H
#define FLOORFUSE_SIM_SHOPPER_WALK_H

#include "sim/shopper.h"

/* Along the way to the goal; who gets there while leaving is gone. Returns 0 or -ENOMEM. */
MUST_CHECK int shopper_walk(const struct scene *scene, struct person *person);

/* Likewise, and straight to the anchor once it is in sight. */
MUST_CHECK int shopper_walk_to_anchor(const struct scene *scene, struct person *person);

/* In the leader's formation. */
MUST_CHECK int shopper_walk_beside(const struct scene *scene, struct person *person,
                                   const struct person *leader);

/* In a queue: step up to the anchor. */
MUST_CHECK int shopper_keep_place(const struct scene *scene, struct person *person);

/* At the anchor, where others may push one a little. */
void shopper_stand(struct person *person);

/* Counts whether the person gets on. True when another aim should be taken. */
bool shopper_is_stuck_for_good(const struct scene *scene, struct person *person);

/* Does the person press past others sideways? */
bool shopper_squeezes(const struct person *person);

#endif
