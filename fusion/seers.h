/*
 * seers.h - which cameras see a cell of the floor
 *
 * The footprints of all cameras turned round: for each cell, the cameras by name. Built anew when a
 * camera comes or changes, which is rare; asked for every track in every tick.
 */
#ifndef FLOORFUSE_FUSION_SEERS_H
#define FLOORFUSE_FUSION_SEERS_H

#include "fusion/cameras.h"

struct seers {
    struct grid grid;
    uint32_t *start;   /* of each cell: where its cameras begin; one more at the end */
    uint16_t *cameras; /* slots */
};

/* Returns 0 or -ENOMEM (what was there stays). */
MUST_CHECK int seers_build(struct seers *seers, const struct grid *grid,
                           const struct cameras *cameras);
void seers_release(struct seers *seers);

/* The cameras that see a place; none outside the grid. Returns how many. */
size_t seers_at(const struct seers *seers, struct floor_m place, const uint16_t **ret_cameras);

#endif
