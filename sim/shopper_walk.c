/*
 * shopper_walk.c - from an aim to a wanted velocity
 */
#include "sim/shopper_walk.h"

#include <errno.h>
#include <math.h>

/* The way is looked at again this often. */
#define THINK_S 0.4

/* Nobody cuts a corner just as the one before did. */
#define STRAY_M 0.35

/* Straight to where one wants to stand from here on. */
#define SEES_ANCHOR_M 4.0

/* Slowing down before the place to stand. */
#define SLOW_WITHIN_M 0.6

/* Near a shelf that one wants to reach into, its push counts this much. */
#define REACHING_M    1.0
#define REACHING_WALL 0.2

/* Who stands gives way this much, and steps back to the place within this time. */
#define STANDING_YIELDS 0.3
#define STEP_BACK_S     0.5
#define STEP_BACK_M_S   0.4

/* Who is this near to the place in the queue stands in it. */
#define IN_LINE_M 1.5

/* Formation: time in which a gap is closed, rows behind the first, and who is lost. */
#define CATCH_UP_S     0.8
#define CATCH_UP_SPEED 1.4
#define ROW_M          0.9
#define LOST_M         4.0
#define WAIT_FROM_M    2.5 /* the leader slows down */
#define WAIT_PACE      0.35
#define HEADING_S      0.6 /* how fast a group turns */

/* Progress: this far within this time, else one tries something. */
#define CHECK_S        3.0
#define PROGRESS_M     0.5
#define DETOUR_S       1.2
#define DETOUR_MIN_M   0.6
#define DETOUR_MAX_M   1.6
#define DETOUR_TRIES   8
#define SQUEEZES_FROM  2
#define GIVES_UP_AFTER 8

static void want(struct person *p, struct floor_m towards, double speed_m_s)
{
    double x = towards.x - p->seen.position.x, y = towards.y - p->seen.position.y;
    double length = hypot(x, y);
    p->wanted_x_m_s = length > 0 ? speed_m_s * x / length : 0;
    p->wanted_y_m_s = length > 0 ? speed_m_s * y / length : 0;
    p->seen.activity = ACTIVITY_WALKING;
    p->yielding = p->wall_share = 1;
}

static void update_heading(struct person *p, double step_s)
{
    double keep = exp(-step_s / HEADING_S);
    double speed = hypot(p->seen.velocity_x_m_s, p->seen.velocity_y_m_s);
    if (speed < 0.2)
        return;
    p->heading_x = keep * p->heading_x + (1 - keep) * p->seen.velocity_x_m_s / speed;
    p->heading_y = keep * p->heading_y + (1 - keep) * p->seen.velocity_y_m_s / speed;
}

/* Leaders wait for those who lag behind. */
static double pace_of(const struct scene *scene, const struct person *leader)
{
    const struct person *end = scene->people + scene->people_count;
    for (const struct person *p = leader + 1; p < end && p->leader == leader->seen.id; p++)
        if (!p->gone && floor_distance_m(p->seen.position, leader->seen.position) > WAIT_FROM_M)
            return WAIT_PACE;
    return 1;
}

static bool time_to_think(const struct scene *scene, struct person *p)
{
    p->think_s -= scene->step_s;
    if (p->detour_s > 0) {
        p->detour_s -= scene->step_s;
        return false;
    }
    if (p->think_s > 0)
        return false;
    p->think_s = THINK_S * random_between(&p->random, 0.8, 1.2); /* not all in one step */
    return true;
}

static bool sees(const struct scene *scene, const struct person *p, struct floor_m place)
{
    return clearance_way_free(scene->clearance, p->seen.position, place, BODY_CLEARANCE_M);
}

static void stray(const struct scene *scene, struct person *p)
{
    struct floor_m near = { p->towards.x + random_between(&p->random, -STRAY_M, STRAY_M),
                            p->towards.y + random_between(&p->random, -STRAY_M, STRAY_M) };
    if (floor_distance_m(p->seen.position, near) > 2 * STRAY_M && sees(scene, p, near))
        p->towards = near;
}

int shopper_walk(const struct scene *scene, struct person *p)
{
    if (time_to_think(scene, p)) {
        int r = paths_towards(scene->paths, p->goal, p->seen.position, &p->towards);
        if (r == -ENOMEM)
            return r;
        if (r == 1 && p->intent == INTENT_LEAVE)
            p->gone = true;
        if (r == 0)
            stray(scene, p);
        p->pace = pace_of(scene, p);
    }
    update_heading(p, scene->step_s);
    want(p, p->towards, p->pace * p->speed_m_s);
    return 0;
}

int shopper_walk_to_anchor(const struct scene *scene, struct person *p)
{
    double distance_m = floor_distance_m(p->seen.position, p->anchor);
    if (distance_m > SEES_ANCHOR_M || p->detour_s > 0 || !sees(scene, p, p->anchor))
        return shopper_walk(scene, p);
    update_heading(p, scene->step_s);
    want(p, p->anchor, p->speed_m_s * fmin(1, fmax(distance_m / SLOW_WITHIN_M, 0.3)));
    if (distance_m < REACHING_M)
        p->wall_share = REACHING_WALL;
    return 0;
}

/* Beside the leader, right and left in turn, up to three in a row; rows behind it. */
static struct floor_m place_beside(const struct scene *scene, const struct person *p,
                                   const struct person *leader)
{
    double spacing_m = scene->config->walking.group_spacing_m;
    int row = p->place / 3, column = p->place % 3;
    double side = column == 0 ? 0 : column == 1 ? spacing_m : -spacing_m, back = ROW_M * row;
    double length = fmax(hypot(leader->heading_x, leader->heading_y), 1e-3);
    double x = leader->heading_x / length, y = leader->heading_y / length;
    struct floor_m at = leader->seen.position;
    return (struct floor_m){ at.x - back * x + side * y, at.y - back * y - side * x };
}

/* Where there is no room beside, one goes behind. */
static struct floor_m place_behind(const struct person *p, const struct person *leader)
{
    double length = fmax(hypot(leader->heading_x, leader->heading_y), 1e-3);
    double back = ROW_M * p->place / length;
    return (struct floor_m){ leader->seen.position.x - back * leader->heading_x,
                             leader->seen.position.y - back * leader->heading_y };
}

int shopper_walk_beside(const struct scene *scene, struct person *p, const struct person *leader)
{
    struct floor_m at = leader->seen.position, place = place_beside(scene, p, leader);
    if (clearance_at(scene->clearance, place) < PATH_CLEARANCE_M ||
        !clearance_way_free(scene->clearance, at, place, BODY_CLEARANCE_M))
        place = place_behind(p, leader);
    if (floor_distance_m(p->seen.position, at) > LOST_M || p->detour_s > 0 ||
        !sees(scene, p, place)) {
        int r = shopper_walk(scene, p);
        p->wanted_x_m_s *= CATCH_UP_SPEED;
        p->wanted_y_m_s *= CATCH_UP_SPEED;
        return r;
    }
    double x = leader->seen.velocity_x_m_s + (place.x - p->seen.position.x) / CATCH_UP_S;
    double y = leader->seen.velocity_y_m_s + (place.y - p->seen.position.y) / CATCH_UP_S;
    double speed_m_s = fmin(hypot(x, y), CATCH_UP_SPEED * p->speed_m_s);
    update_heading(p, scene->step_s);
    want(p, (struct floor_m){ p->seen.position.x + x, p->seen.position.y + y }, speed_m_s);
    return 0;
}

void shopper_stand(struct person *p)
{
    double distance_m = floor_distance_m(p->seen.position, p->anchor);
    want(p, p->anchor, fmin(distance_m / STEP_BACK_S, STEP_BACK_M_S));
    p->seen.activity = p->seen.kind == PERSON_STAFF ? ACTIVITY_STANDING : ACTIVITY_BROWSING;
    p->yielding = STANDING_YIELDS;
    p->wall_share = 0;
    p->stuck = 0;
}

int shopper_keep_place(const struct scene *scene, struct person *p)
{
    double distance_m = floor_distance_m(p->seen.position, p->anchor);
    if (distance_m > SEES_ANCHOR_M || !sees(scene, p, p->anchor))
        return shopper_walk(scene, p);
    want(p, p->anchor, fmin(distance_m / STEP_BACK_S, p->speed_m_s));
    if (distance_m > IN_LINE_M)
        return 0; /* on the way to the end of the queue */
    p->seen.activity = ACTIVITY_QUEUEING;
    p->yielding = STANDING_YIELDS;
    p->wall_share = REACHING_WALL;
    return 0;
}

/* ---- jams ---- */

static void take_detour(const struct scene *scene, struct person *p)
{
    for (int i = 0; i < DETOUR_TRIES; i++) {
        double angle = random_between(&p->random, 0, 2 * M_PI);
        double far_m = random_between(&p->random, DETOUR_MIN_M, DETOUR_MAX_M);
        struct floor_m place = { p->seen.position.x + far_m * cos(angle),
                                 p->seen.position.y + far_m * sin(angle) };
        if (!sees(scene, p, place))
            continue;
        p->towards = place;
        p->detour_s = DETOUR_S;
        p->think_s = 0;
        return;
    }
}

bool shopper_squeezes(const struct person *p)
{
    return p->stuck >= SQUEEZES_FROM;
}

bool shopper_is_stuck_for_good(const struct scene *scene, struct person *p)
{
    p->check_s += scene->step_s;
    if (p->check_s < CHECK_S)
        return false;
    bool walks = p->seen.activity == ACTIVITY_WALKING &&
                 hypot(p->wanted_x_m_s, p->wanted_y_m_s) > PROGRESS_M / CHECK_S;
    bool moved = floor_distance_m(p->seen.position, p->check_from) > PROGRESS_M;
    p->check_s = 0;
    p->check_from = p->seen.position;
    p->stuck = walks && !moved ? p->stuck + 1 : 0;
    if (p->stuck > 0)
        take_detour(scene, p);
    return p->stuck >= GIVES_UP_AFTER;
}
