/*
 * shopper.c - what a person in the store wants next
 */
#include "sim/shopper.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/shopper_walk.h"

/* Adults: means of men and women of Germany (NCD-RisC, eLife 5, e13410, 2016; older people are
 * smaller than the 18-year-olds it reports), standard deviations as common in anthropometry. */
#define HEIGHT_MEN_M   1.77
#define HEIGHT_WOMEN_M 1.64
#define HEIGHT_SD_M    0.068
#define HEIGHT_MIN_M   1.4
#define HEIGHT_MAX_M   2.1
#define RADIUS_MIN_M   0.20 /* half the breadth of shoulders is 0.20..0.25 m */
#define RADIUS_MAX_M   0.25
#define SPEED_MIN_M_S  0.4
#define SPEED_SD_BOUND 2.5

/* Who browsed nearly always buys something. */
#define PAYS_CHANCE 0.9

/* Staff stay this much longer at one place than shoppers. */
#define STAFF_STAY 4.0

/* People shift from one foot to the other. */
#define SHIFT_MEAN_S  10.0
#define SHIFT_SD_M    0.12
#define SHIFT_REACH_M 1.3

#define ARRIVED_M 0.25

/* Where people stand before a shelf, along it and away from it. */
#define STAND_ALONG_M 0.9
#define STAND_OFF_M   0.25
#define STAND_TRIES   10
#define STAND_FREE_M  0.55 /* to the next one who stands */
#define STAND_ROOM_M  (BODY_CLEARANCE_M + 0.05)

/* Queues are joined by who sees the end from here. */
#define JOIN_M          4.0
#define JOIN_NEAR_M     1.0
#define HEAD_REACH_M    0.6
#define HEAD_PATIENCE_S 60.0

/* So much nearer to the head is before somebody. */
#define PASSED_M 0.5

/* A person ahead in the queue costs as much as this way. */
#define QUEUE_PERSON_M 15.0

struct person *scene_person(const struct scene *scene, int64_t id)
{
    size_t low = 0, high = scene->people_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (scene->people[middle].seen.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < scene->people_count && scene->people[low].seen.id == id;
    return found && !scene->people[low].gone ? &scene->people[low] : NULL;
}

/* ---- bodies and plans ---- */

static double bounded_normal(struct random *random, double bound)
{
    double n = random_normal(random);
    return fmin(fmax(n, -bound), bound);
}

void shopper_draw_body(const struct scene *scene, struct person *p)
{
    const struct sim_walking_config *walking = &scene->config->walking;
    double mean_m = random_chance(&p->random, 0.5) ? HEIGHT_MEN_M : HEIGHT_WOMEN_M, length = 0;
    p->seen.height_m = mean_m + HEIGHT_SD_M * random_normal(&p->random);
    p->seen.height_m = fmin(fmax(p->seen.height_m, HEIGHT_MIN_M), HEIGHT_MAX_M);
    p->seen.radius_m = random_between(&p->random, RADIUS_MIN_M, RADIUS_MAX_M);
    p->speed_m_s =
        walking->speed_m_s + walking->speed_sd_m_s * bounded_normal(&p->random, SPEED_SD_BOUND);
    p->speed_m_s = fmax(p->speed_m_s, fmin(SPEED_MIN_M_S, walking->speed_m_s));
    double numbers[ARRAY_LENGTH(p->seen.appearance)];
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        numbers[i] = random_normal(&p->random);
        length += numbers[i] * numbers[i];
    }
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        p->seen.appearance[i] = (float) (numbers[i] / sqrt(length));
    p->heading_x = 1;
    p->yielding = p->wall_share = p->pace = 1;
}

/* A spot by popularity. */
static size_t draw_spot(const struct scene *scene, struct random *random)
{
    const struct places *places = scene->places;
    double sum = 0;
    for (size_t i = 0; i < places->spot_count; i++)
        sum += places->spots[i].popularity;
    double rest = sum * random_uniform(random);
    for (size_t i = 0; i < places->spot_count; i++) {
        rest -= places->spots[i].popularity;
        if (rest < 0)
            return i;
    }
    return places->spot_count - 1;
}

static size_t stop_number(const struct scene *scene, struct person *p)
{
    double mean = scene->config->people.stops;
    bool through = mean == 0 && scene->places->entrance_count > 1;
    if (through)
        return 0;
    int count = random_poisson(&p->random, mean);
    return (size_t) fmin(fmax(count, 1), STOPS_MAX);
}

/* Nobody crosses the store for each item: always to the nearest that is left. */
static void sort_stops(const struct scene *scene, struct person *p, struct floor_m from)
{
    const struct spot *spots = scene->places->spots;
    for (size_t i = 0; i < p->stop_count; i++) {
        size_t best = i;
        for (size_t j = i + 1; j < p->stop_count; j++)
            if (floor_distance_m(from, spots[p->stops[j]].position) <
                floor_distance_m(from, spots[p->stops[best]].position))
                best = j;
        uint16_t spot = p->stops[best];
        p->stops[best] = p->stops[i];
        p->stops[i] = spot;
        from = spots[spot].position;
    }
}

void shopper_draw_plan(const struct scene *scene, struct person *p, struct floor_m from)
{
    p->stop_count = stop_number(scene, p);
    p->stop = 0;
    for (size_t i = 0; i < p->stop_count; i++)
        p->stops[i] = (uint16_t) draw_spot(scene, &p->random);
    sort_stops(scene, p, from);
    p->pays = p->stop_count > 0 && random_chance(&p->random, PAYS_CHANCE);
}

/* ---- places to stand ---- */

static bool stands_there(const struct scene *scene, const struct person *except, struct floor_m p,
                         double radius_m)
{
    for (size_t i = 0; i < scene->people_count; i++) {
        const struct person *other = &scene->people[i];
        if (other == except || other->gone)
            continue;
        bool claims = other->has_anchor && floor_distance_m(other->anchor, p) < radius_m;
        bool is_there = other->seen.activity != ACTIVITY_WALKING &&
                        floor_distance_m(other->seen.position, p) < radius_m;
        if (claims || is_there)
            return true;
    }
    return false;
}

/* Around `centre`, along and away from the face; `centre` itself if all is taken. */
static struct floor_m draw_stand(const struct scene *scene, struct person *p,
                                 const struct spot *spot, struct floor_m centre, double along_m)
{
    struct floor_m room = centre; /* the last that had room */
    for (int i = 0; i < STAND_TRIES; i++) {
        double along = random_between(&p->random, -along_m, along_m);
        double off = random_between(&p->random, 0, STAND_OFF_M + 0.05 * i);
        struct floor_m stand = { centre.x - spot->face_y * along - spot->face_x * off,
                                 centre.y + spot->face_x * along - spot->face_y * off };
        if (spot->face_x == 0 && spot->face_y == 0)
            stand = (struct floor_m){ centre.x + along,
                                      centre.y + random_between(&p->random, -along_m, along_m) };
        if (!clearance_way_free(scene->clearance, spot->position, stand, STAND_ROOM_M))
            continue;
        if (!stands_there(scene, p, stand, STAND_FREE_M))
            return stand;
        room = stand;
    }
    return room;
}

struct floor_m shopper_place_at_spot(const struct scene *scene, struct person *p, size_t number)
{
    const struct spot *spot = &scene->places->spots[number];
    p->anchor = draw_stand(scene, p, spot, spot->position, STAND_ALONG_M);
    p->has_anchor = true;
    return p->anchor;
}

/* ---- what comes next ---- */

static double draw_stay_s(const struct scene *scene, struct person *p)
{
    const struct sim_people_config *people = &scene->config->people;
    double stay_s = random_log_normal(&p->random, people->browse_median_s, people->browse_spread);
    return p->seen.kind == PERSON_STAFF ? STAFF_STAY * stay_s : stay_s;
}

static void go_to_stop(const struct scene *scene, struct person *p)
{
    size_t spot = p->stops[p->stop];
    p->intent = INTENT_GO_TO_STOP;
    p->goal = scene->places->spots[spot].goal;
    (void) shopper_place_at_spot(scene, p, spot);
    p->think_s = 0;
}

static int nearest_exit(const struct scene *scene, struct person *p, size_t *ret_goal)
{
    const struct places *places = scene->places;
    double best_m = INFINITY;
    *ret_goal = places->entrances[0].goal;
    for (size_t i = 0; i < places->entrance_count; i++) {
        double length_m;
        int r = paths_length(scene->paths, places->entrances[i].goal, p->seen.position, &length_m);
        if (r < 0)
            return r;
        if (length_m < best_m) {
            best_m = length_m;
            *ret_goal = places->entrances[i].goal;
        }
    }
    return 0;
}

static int leave(const struct scene *scene, struct person *p)
{
    size_t count = scene->places->entrance_count;
    p->intent = INTENT_LEAVE;
    p->has_anchor = false;
    p->think_s = 0;
    if (p->stop_count > 0 || count == 1)
        return nearest_exit(scene, p, &p->goal);
    size_t other = (p->came_by + 1 + random_index(&p->random, count - 1)) % count;
    p->goal = scene->places->entrances[other].goal;
    return 0;
}

static size_t party_size(const struct scene *scene, const struct person *leader)
{
    size_t size = 1;
    const struct person *end = scene->people + scene->people_count;
    for (const struct person *p = leader + 1; p < end && p->leader == leader->seen.id; p++)
        size++;
    return size;
}

/* The queue that costs least, among those with room; none: SIZE_MAX. */
static size_t best_queue(const struct scene *scene, const struct person *p, size_t party)
{
    size_t best = SIZE_MAX;
    double best_m = INFINITY;
    for (size_t i = 0; i < scene->places->checkout_count; i++) {
        const struct checkout *checkout = &scene->places->checkouts[i];
        size_t count = scene->queues[i].count;
        double cost_m = floor_distance_m(p->seen.position, checkout->slots[0]) +
                        QUEUE_PERSON_M * (double) count;
        if (count + party <= checkout->slot_count && cost_m < best_m) {
            best = i;
            best_m = cost_m;
        }
    }
    return best;
}

/* All queues are full: look around somewhere else, then try again. */
static int linger(const struct scene *scene, struct person *p, size_t party)
{
    bool ever = false;
    for (size_t i = 0; i < scene->places->checkout_count; i++)
        ever = ever || party <= scene->places->checkouts[i].slot_count;
    if (!ever)
        return leave(scene, p);
    p->stop = p->stop_count < STOPS_MAX ? p->stop_count++ : STOPS_MAX - 1;
    p->stops[p->stop] = (uint16_t) draw_spot(scene, &p->random);
    go_to_stop(scene, p);
    return 0;
}

static int go_to_queue(const struct scene *scene, struct person *p)
{
    size_t party = party_size(scene, p), queue = best_queue(scene, p, party);
    if (queue == SIZE_MAX)
        return linger(scene, p, party);
    p->intent = INTENT_GO_TO_QUEUE;
    p->checkout = queue;
    p->goal = scene->places->checkouts[queue].goal;
    p->has_anchor = false;
    p->think_s = 0;
    return 0;
}

/* The plan's next line. */
static int go_on(const struct scene *scene, struct person *p)
{
    if (p->seen.kind == PERSON_STAFF) {
        p->stops[0] = (uint16_t) draw_spot(scene, &p->random);
        p->stop = 0;
        go_to_stop(scene, p);
        return 0;
    }
    if (p->stop < p->stop_count) {
        go_to_stop(scene, p);
        return 0;
    }
    if (p->pays && scene->places->checkout_count > 0)
        return go_to_queue(scene, p);
    return leave(scene, p);
}

int shopper_set_out(const struct scene *scene, struct person *p)
{
    return go_on(scene, p);
}

void shopper_begin_inside(const struct scene *scene, struct person *p)
{
    p->intent = INTENT_BROWSE;
    p->goal = scene->places->spots[p->stops[p->stop]].goal;
    p->left_s = random_uniform(&p->random) * draw_stay_s(scene, p);
}

/* ---- queues ---- */

static void join_queue(const struct scene *scene, struct person *leader, size_t party)
{
    struct queue *queue = &scene->queues[leader->checkout];
    for (size_t i = 0; i < party; i++) {
        struct person *p = leader + i;
        p->intent = INTENT_QUEUE;
        p->checkout = leader->checkout;
        p->has_anchor = false;
        p->think_s = 0;
        queue->ids[queue->count++] = p->seen.id;
    }
}

static int approach_queue(const struct scene *scene, struct person *p)
{
    const struct checkout *checkout = &scene->places->checkouts[p->checkout];
    size_t count = scene->queues[p->checkout].count, party = party_size(scene, p);
    if (count + party > checkout->slot_count)
        return go_to_queue(scene, p); /* others were faster */
    struct floor_m tail = checkout->slots[count];
    double distance_m = floor_distance_m(p->seen.position, tail);
    if (distance_m < JOIN_NEAR_M ||
        (distance_m < JOIN_M &&
         clearance_way_free(scene->clearance, p->seen.position, tail, BODY_CLEARANCE_M)))
        join_queue(scene, p, party);
    return 0;
}

static void wait_in_queue(const struct scene *scene, struct person *p)
{
    const struct queue *queue = &scene->queues[p->checkout];
    size_t place = 0;
    while (place + 1 < queue->count && queue->ids[place] != p->seen.id)
        place++;
    p->anchor = scene->places->checkouts[p->checkout].slots[place];
}

/* The first of the queue and who belongs to them go on. */
static int dismiss_head(const struct scene *scene, struct queue *queue)
{
    struct person *head = scene_person(scene, queue->ids[0]);
    size_t party = head ? party_size(scene, head) : 1;
    for (size_t i = 1; head && i < party; i++)
        head[i].intent = INTENT_FOLLOW;
    queue->count -= party;
    memmove(queue->ids, queue->ids + party, queue->count * sizeof(*queue->ids));
    queue->serves = false;
    queue->idle_s = 0;
    return head ? leave(scene, head) : 0;
}

static int serve(const struct scene *scene, struct queue *queue, struct floor_m head_slot)
{
    struct person *head = scene_person(scene, queue->ids[0]);
    if (!queue->serves && head && floor_distance_m(head->seen.position, head_slot) < HEAD_REACH_M) {
        const struct sim_people_config *people = &scene->config->people;
        queue->serves = true;
        queue->left_s =
            random_log_normal(&head->random, people->service_median_s, people->service_spread);
    }
    if (queue->serves)
        queue->left_s -= scene->step_s;
    else
        queue->idle_s += scene->step_s;
    bool done = queue->serves && queue->left_s <= 0;
    return done || queue->idle_s > HEAD_PATIENCE_S ? dismiss_head(scene, queue) : 0;
}

int shopper_serve_queues(const struct scene *scene)
{
    for (size_t i = 0; i < scene->places->checkout_count; i++) {
        int r = scene->queues[i].count == 0
                    ? 0
                    : serve(scene, &scene->queues[i], scene->places->checkouts[i].slots[0]);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- thinking ---- */

static void shift_feet(const struct scene *scene, struct person *p)
{
    if (!random_chance(&p->random, scene->step_s / SHIFT_MEAN_S))
        return;
    struct floor_m stand = { p->anchor.x + SHIFT_SD_M * random_normal(&p->random),
                             p->anchor.y + SHIFT_SD_M * random_normal(&p->random) };
    if (floor_distance_m(stand, p->seen.position) < SHIFT_REACH_M &&
        clearance_way_free(scene->clearance, p->anchor, stand, STAND_ROOM_M) &&
        !stands_there(scene, p, stand, STAND_FREE_M))
        p->anchor = stand;
}

static int browse(const struct scene *scene, struct person *p)
{
    p->left_s -= scene->step_s;
    if (p->left_s <= 0) {
        p->stop++;
        p->has_anchor = false;
        return go_on(scene, p);
    }
    shift_feet(scene, p);
    shopper_stand(p);
    return 0;
}

static int go_browsing(const struct scene *scene, struct person *p)
{
    double distance_m = floor_distance_m(p->seen.position, p->anchor);
    if (distance_m < ARRIVED_M) {
        p->intent = INTENT_BROWSE;
        p->left_s = draw_stay_s(scene, p);
        shopper_stand(p);
        return 0;
    }
    return shopper_walk_to_anchor(scene, p);
}

/* Beside the leader, who looks at a shelf. */
static int follow_standing(const struct scene *scene, struct person *p, const struct person *leader)
{
    const struct spot *spot = &scene->places->spots[leader->stops[leader->stop]];
    p->goal = leader->goal;
    if (!p->has_anchor) {
        double spacing_m = scene->config->walking.group_spacing_m;
        p->anchor = draw_stand(scene, p, spot, leader->anchor, spacing_m * (1 + p->place));
        p->has_anchor = true;
        p->think_s = 0;
    }
    if (floor_distance_m(p->seen.position, p->anchor) >= ARRIVED_M)
        return shopper_walk_to_anchor(scene, p);
    shift_feet(scene, p);
    shopper_stand(p);
    return 0;
}

static int follow(const struct scene *scene, struct person *p)
{
    const struct person *leader = scene_person(scene, p->leader);
    if (!leader) {
        p->stop_count = 1; /* who came with others leaves by the nearest way */
        return leave(scene, p);
    }
    if (leader->intent == INTENT_BROWSE)
        return follow_standing(scene, p, leader);
    p->has_anchor = false;
    p->goal = leader->goal;
    return shopper_walk_beside(scene, p, leader);
}

/* Stuck for good: another aim may be easier. */
static int give_up(const struct scene *scene, struct person *p)
{
    p->stuck = 0;
    if (p->intent == INTENT_GO_TO_STOP) {
        p->stop++;
        return go_on(scene, p);
    }
    if (p->intent == INTENT_GO_TO_QUEUE)
        return go_to_queue(scene, p);
    return 0;
}

static int think_of(const struct scene *scene, struct person *p)
{
    switch (p->intent) {
    case INTENT_GO_TO_STOP:
        return go_browsing(scene, p);
    case INTENT_BROWSE:
        return browse(scene, p);
    case INTENT_GO_TO_QUEUE: {
        int r = approach_queue(scene, p);
        return r < 0 || p->intent != INTENT_GO_TO_QUEUE ? r : shopper_walk(scene, p);
    }
    case INTENT_QUEUE:
        wait_in_queue(scene, p);
        return shopper_keep_place(scene, p);
    case INTENT_LEAVE:
        return shopper_walk(scene, p);
    case INTENT_FOLLOW:
        return follow(scene, p);
    case INTENT_STAND:
        break;
    }
    return 0;
}

int shopper_think(const struct scene *scene, struct person *p)
{
    int r = shopper_is_stuck_for_good(scene, p) ? give_up(scene, p) : 0;
    return r < 0 ? r : think_of(scene, p);
}
