/*
 * shopper.h - what a person in the store wants next
 *
 * Who leads a group has a plan: spots to browse at, a checkout, the way out; the others keep beside
 * the leader and look at the same shelf. Thinking decides a wanted velocity; the crowd (crowd.h)
 * decides what becomes of it. Private to the world.
 */
#ifndef FLOORFUSE_SIM_SHOPPER_H
#define FLOORFUSE_SIM_SHOPPER_H

#include "sim/places.h"
#include "sim/random.h"
#include "sim/world.h"

#define STOPS_MAX 64

enum intent {
    INTENT_GO_TO_STOP,
    INTENT_BROWSE,
    INTENT_GO_TO_QUEUE,
    INTENT_QUEUE,
    INTENT_LEAVE,
    INTENT_FOLLOW, /* the leader */
    INTENT_STAND,  /* mannequins */
};

struct person {
    struct world_person seen;
    struct random random;
    enum intent intent;
    double speed_m_s;
    double wanted_x_m_s, wanted_y_m_s;
    double yielding, wall_share; /* see struct walker */
    bool fresh;                  /* came this moment, already walking */
    bool gone;

    /* the plan */
    uint16_t stops[STOPS_MAX]; /* spots */
    size_t stop_count, stop;   /* `stop` is the present or next one */
    bool pays;
    size_t came_by;  /* entrance */
    size_t checkout; /* of the queue */
    size_t goal;     /* of the paths: where to now */

    /* walking */
    struct floor_m anchor;  /* where to stand, at a stop */
    struct floor_m towards; /* next point of the way */
    double think_s;         /* until the way is looked at again */
    double pace;            /* 0..1, leaders wait for their group */
    double heading_x, heading_y;
    struct floor_m check_from; /* progress: position at the last check */
    double check_s;
    int stuck; /* checks without progress */
    double detour_s;

    /* standing */
    double left_s; /* of the stay */

    /* in a group */
    int64_t leader; /* id; own or 0: nobody */
    int place;      /* in the formation, from 1 */
    bool has_anchor;
};

struct queue {
    int64_t ids[QUEUE_SLOTS_MAX];
    size_t count;
    bool serves;
    double left_s; /* of the service */
    double idle_s; /* the head does not come */
};

/* All that a person can look at. */
struct scene {
    const struct sim_config *config;
    const struct clearance *clearance;
    struct paths *paths;
    const struct places *places;
    struct queue *queues;  /* one a checkout */
    struct person *people; /* by id */
    size_t people_count;
    double step_s;
};

struct person *scene_person(const struct scene *scene, int64_t id);

/* A body and a speed; the id is set already. */
void shopper_draw_body(const struct scene *scene, struct person *person);

/* What to do from an entrance on; for those who lead. */
void shopper_draw_plan(const struct scene *scene, struct person *person, struct floor_m from);

/* Start on the plan, at an entrance. Returns 0 or -ENOMEM. */
MUST_CHECK int shopper_set_out(const struct scene *scene, struct person *person);

/* A place to stand at a spot; for people who are there from the start. */
struct floor_m shopper_place_at_spot(const struct scene *scene, struct person *person, size_t spot);

/* Start browsing at the present stop with only a part of the stay left. */
void shopper_begin_inside(const struct scene *scene, struct person *person);

/* Set the wanted velocity. Returns 0 or -ENOMEM. */
MUST_CHECK int shopper_think(const struct scene *scene, struct person *person);

/* Serve the heads of the queues; who is done goes on with the plan. Returns 0 or -ENOMEM. */
MUST_CHECK int shopper_serve_queues(const struct scene *scene);

#endif
