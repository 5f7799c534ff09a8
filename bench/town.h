/*
 * town.h - a store of any size, for measuring: people who walk, cameras that see some ten of them
 *
 * Not a simulator of shoppers: only the load is like a store's. Everything follows from the seed,
 * and all frames are made before the clock starts. Boxes have noise, a tenth of the people is
 * missed; nobody hides anybody.
 */
#ifndef FLOORFUSE_BENCH_TOWN_H
#define FLOORFUSE_BENCH_TOWN_H

#include "calib/calibration.h"
#include "floor/floor_map.h"
#include "fusion/observe.h"
#include "wire/message.h"

enum town_kind {
    TOWN_STORE, /* cameras under the ceiling; the floor and its people grow with their number */
    TOWN_HALL,  /* one hall, cameras far up in its corners; each sees everybody */
};

struct town_plan {
    enum town_kind kind;
    int cameras, people; /* people: of a hall; a store has as many as its cameras need */
    int rate_hz, rounds; /* frames of each camera per second, and in all */
    uint64_t seed;
};

struct town_camera {
    char name[ID_SIZE];
    struct calibration *calibration;
    struct box_px view;
};

struct town {
    struct floor_map *map;
    struct town_camera *cameras;
    int camera_count, rounds;
    size_t people;
    struct observation_frame *frames; /* [round][camera]; of one round by capture time */
    uint64_t observations;
};

/* How exactly boxes are drawn, px. */
#define TOWN_EDGE_SD_PX 3.0

/* 2026-01-01T00:00:00Z. */
#define TOWN_START_US INT64_C(1767225600000000)

/* Returns 0, -EINVAL for a plan without cameras, rounds or rate, -ENOMEM. */
MUST_CHECK int town_create(const struct town_plan *plan, struct town **ret_town);
void town_destroy(struct town **town);

#endif
