/*
 * fusion_state.h - what one floor's fusion is made of
 *
 * Private to fusion.c, fusion_tell.c and fusion_save.c.
 */
#ifndef FLOORFUSE_FUSION_FUSION_STATE_H
#define FLOORFUSE_FUSION_FUSION_STATE_H

#include "base/file.h"
#include "fusion/accumulate.h"
#include "fusion/fusion.h"
#include "fusion/ground.h"
#include "fusion/residual.h"
#include "fusion/seers.h"
#include "fusion/settings.h"
#include "fusion/settle.h"
#include "fusion/track.h"
#include "fusion/zones.h"

struct fusion {
    /* From the config and the map: */
    char store[ID_SIZE], floor[ID_SIZE];
    struct fusion_config config;
    struct heat_config heat;
    struct fusion_settings settings; /* config, in the units that the inside works in */
    struct fusion_sink sink;
    const struct floor_map *map; /* borrowed */
    struct grid grid;
    uint8_t *walkable; /* mask */
    struct height_field *obstacles;
    struct ground ground;
    char map_fingerprint[SHA256_TEXT_SIZE];

    /* What moves; fusion_save.c saves all of it. */
    struct cameras cameras;
    struct align *align;
    struct tracks tracks;
    struct settle *settle;
    struct accumulator *accumulator;
    struct zones *zones;
    struct residuals residuals; /* of the whole run */
    struct fusion_counts counts;

    /* Follows from the cameras, and is of one tick: */
    struct seers seers; /* of the cameras as they were when it was built */
    bool cameras_changed;
    struct arena *arena;
};

/* Open all that moves, empty, after the config, the map and the grid. What there is after a failure
 * is fusion_destroy's. Returns 0; -EINVAL with a sentence (places of the map); -ENOMEM. */
MUST_CHECK int fusion_open_moving(struct fusion *fusion, struct error *err);

#endif
