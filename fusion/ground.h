/*
 * ground.h - where people can stand
 *
 * The walkable floor and a little more, since calibrations and maps are no better than that. What
 * looks like feet elsewhere is not.
 */
#ifndef FLOORFUSE_FUSION_GROUND_H
#define FLOORFUSE_FUSION_GROUND_H

#include "floor/floor_map.h"

/* So far beside the walkable floor people are still believed, m. */
#define GROUND_MARGIN_M 0.5

struct ground {
    struct grid grid;
    uint8_t *mask;  /* cells of which some point within GROUND_MARGIN_M is walkable; owned */
    uint8_t *doors; /* cells within GROUND_DOOR_M of an entrance; owned; NULL: the map has none */
};

/* So near to an entrance people come in, m: a step or two. */
#define GROUND_DOOR_M 2.0

/*
 *   walkable  mask of the grid's cells
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int ground_init(struct ground *ground, const struct grid *grid, const uint8_t *walkable);

/* Learn where the entrances of a map are. Returns 0 or -ENOMEM. */
MUST_CHECK int ground_add_doors(struct ground *ground, const struct floor_map *map);
void ground_release(struct ground *ground);

/* Whether somebody can stand there. Outside the grid nobody can, but for the margin. */
bool ground_can_stand(const struct ground *ground, struct floor_m place);

/* Whether people come in there. */
bool ground_is_door(const struct ground *ground, struct floor_m place);

#endif
