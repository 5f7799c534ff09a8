/*
 * fusion_floors.h - the floors of the config, each with its fusion, and where results go
 */
#ifndef FLOORFUSE_PROGRAMS_FUSION_FLOORS_H
#define FLOORFUSE_PROGRAMS_FUSION_FLOORS_H

#include "floor/floor_map.h"
#include "fusion/fusion.h"
#include "programs/fusion_loop.h"

struct fusion_floor {
    const struct floor_config *config;
    struct floor_map *map;
    struct fusion *fusion;
    struct fusion_loop *loop;
};

/* Returns 0, or a negative errno with a sentence. */
MUST_CHECK int fusion_floors_open(struct fusion_loop *loop, struct error *err);
void fusion_floors_close(struct fusion_loop *loop);

/* Forget all that was seen and every camera's calibration. Returns as fusion_floors_open. */
MUST_CHECK int fusion_floors_reset(struct fusion_loop *loop, struct error *err);

#endif
