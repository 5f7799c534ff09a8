/*
 * world.c - a store that does not exist: people who walk, browse, queue and leave
 *
 * A step: people come, everybody thinks, the crowd moves, queues are served, who left is taken out.
 * Every person has a stream of chance of their own, so that one more of them changes the others
 * only by meeting them.
 */
#include "sim/world.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sim/arrivals.h"
#include "sim/crowd.h"
#include "sim/shopper.h"
#include "sim/shopper_walk.h"

/* What chance is for; see random_seed. */
enum { PURPOSE_PLACES = 0x776f726c64, PURPOSE_ARRIVALS, PURPOSE_PERSON };

/* Groups before a crowded entrance; who comes then goes elsewhere. */
#define WAITING_MAX 1000

/* Nobody appears nearer to others than this; members of a group may. */
#define APPEAR_FREE_M  0.6
#define APPEAR_TRIES   20
#define APPEAR_GROUP_M 2.5

/* A mannequin stands beside a shelf or wall and leaves a passage. */
#define MANNEQUIN_RADIUS_M 0.25
#define MANNEQUIN_NEAR_M   0.35
#define MANNEQUIN_FAR_M    0.7
#define MANNEQUIN_PASS_M   1.2
#define MANNEQUIN_ROOM_M   0.45
#define MANNEQUIN_DOOR_M   2.0
#define MANNEQUIN_TRIES    200000
#define MANNEQUIN_HEIGHT_M 1.8

struct world {
    const struct sim_config *config;
    uint64_t person_seed;
    struct clearance *clearance;
    struct paths *paths;
    struct places *places;
    struct crowd *crowd;
    struct queue *queues;
    struct arrivals arrivals;
    int *waiting; /* sizes of groups before the entrance; WAITING_MAX */
    size_t waiting_count;

    struct person *people; /* by id */
    size_t count, capacity;
    struct world_person *seen; /* copies for callers, and the crowd's walkers */
    struct walker *walkers;

    int64_t next_id, steps;
    size_t left; /* shoppers, in the last step */
};

static int grow_people(struct world *w, size_t more)
{
    if (w->count + more <= w->capacity)
        return 0;
    size_t capacity = 2 * (w->count + more);
    struct person *people = realloc(w->people, capacity * sizeof(*people));
    if (people)
        w->people = people;
    struct world_person *seen = realloc(w->seen, capacity * sizeof(*seen));
    if (seen)
        w->seen = seen;
    struct walker *walkers = realloc(w->walkers, capacity * sizeof(*walkers));
    if (walkers)
        w->walkers = walkers;
    if (!people || !seen || !walkers)
        return -ENOMEM;
    w->capacity = capacity;
    return 0;
}

static struct scene scene_of(const struct world *w)
{
    return (struct scene){ .config = w->config,
                           .clearance = w->clearance,
                           .paths = w->paths,
                           .places = w->places,
                           .queues = w->queues,
                           .people = w->people,
                           .people_count = w->count,
                           .step_s = w->config->step_ms / 1000.0 };
}

/* ---- new people ---- */

/* One more, with a body; room was made before. */
static struct person *add_person(struct world *w, enum person_kind kind, struct floor_m position)
{
    struct person *p = &w->people[w->count];
    *p = (struct person){ .seen = { .id = w->next_id, .kind = kind, .position = position } };
    p->random = random_stream(w->person_seed, (uint64_t) w->next_id++);
    p->check_from = p->towards = position;
    struct scene scene = scene_of(w);
    shopper_draw_body(&scene, p);
    w->count++;
    return p;
}

/* Who came together, first the leader: the last `size` people. */
static void make_group(struct world *w, size_t size)
{
    struct person *leader = &w->people[w->count - size];
    if (size == 1)
        return;
    for (size_t i = 0; i < size; i++) {
        struct person *p = leader + i;
        p->seen.group = leader->seen.id;
        if (i == 0)
            continue;
        p->leader = leader->seen.id;
        p->place = (int) i;
        p->intent = INTENT_FOLLOW;
        p->goal = leader->goal;
        leader->speed_m_s = fmin(leader->speed_m_s, p->speed_m_s); /* as slow as the slowest */
    }
}

static bool is_free(const struct world *w, struct floor_m place, double free_m)
{
    for (size_t i = 0; i < w->count; i++)
        if (floor_distance_m(w->people[i].seen.position, place) < free_m)
            return false;
    return true;
}

/* A free cell of an entrance, near `near` if that is given. */
static bool find_cell(struct world *w, const struct entrance *entrance, const struct floor_m *near,
                      struct floor_m *ret_place)
{
    for (int i = 0; i < APPEAR_TRIES; i++) {
        uint32_t cell = entrance->cells[random_index(&w->arrivals.random, entrance->cell_count)];
        struct floor_m place = grid_cell_centre(clearance_grid(w->clearance), cell);
        if (near && floor_distance_m(*near, place) > APPEAR_GROUP_M)
            continue;
        if (!is_free(w, place, APPEAR_FREE_M))
            continue;
        *ret_place = place;
        return true;
    }
    return false;
}

/* Any entrance that is no mere exit. */
static size_t draw_door(struct world *w)
{
    size_t number = random_index(&w->arrivals.random, w->places->way_in_count);
    for (size_t i = 0; i < w->places->entrance_count; i++)
        if (!w->places->entrances[i].only_out && number-- == 0)
            return i;
    return 0;
}

/* A group appears at an entrance. Returns 0, -EAGAIN when there was no room and nobody came, or
 * -ENOMEM. */
static int appear(struct world *w, int size)
{
    size_t before = w->count, door = draw_door(w);
    int64_t first_id = w->next_id;
    struct floor_m place, first = { 0, 0 };
    for (int i = 0; i < size; i++) {
        if (!find_cell(w, &w->places->entrances[door], i > 0 ? &first : NULL, &place)) {
            w->count = before;
            w->next_id = first_id;
            return -EAGAIN;
        }
        first = i == 0 ? place : first;
        struct person *p = add_person(w, PERSON_SHOPPER, place);
        p->came_by = door;
        p->fresh = true;
    }
    struct scene scene = scene_of(w);
    shopper_draw_plan(&scene, &w->people[before], first);
    make_group(w, (size_t) size);
    return shopper_set_out(&scene, &w->people[before]);
}

static int let_in(struct world *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->waiting_count; i++) {
        int size = w->waiting[i];
        int r = grow_people(w, (size_t) size);
        if (r == 0) /* nobody jumps the queue */
            r = kept > 0 ? -EAGAIN : appear(w, size);
        if (r == -EAGAIN)
            w->waiting[kept++] = size;
        else if (r < 0)
            return r;
    }
    w->waiting_count = kept;
    return 0;
}

static size_t shoppers(const struct world *w)
{
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++)
        count += w->people[i].seen.kind == PERSON_SHOPPER;
    for (size_t i = 0; i < w->waiting_count; i++)
        count += (size_t) w->waiting[i];
    return count;
}

static int arrive(struct world *w)
{
    const struct sim_people_config *config = &w->config->people;
    int groups = arrivals_step(&w->arrivals, config, world_time_us(w), w->config->step_ms / 1000.0,
                               shoppers(w), w->left);
    for (int i = 0; i < groups && w->waiting_count < WAITING_MAX; i++)
        w->waiting[w->waiting_count++] = arrivals_draw_group(&w->arrivals, config);
    return let_in(w);
}

/* ---- the first moment ---- */

/* A group that is already browsing, somewhere in the middle of its plan. */
static int put_inside(struct world *w, enum person_kind kind, int size)
{
    int r = grow_people(w, (size_t) size);
    if (r < 0)
        return r;
    size_t first = w->count;
    for (int i = 0; i < size; i++)
        (void) add_person(w, kind, (struct floor_m){ 0, 0 });
    struct scene scene = scene_of(w);
    struct person *leader = &w->people[first];
    size_t door = draw_door(w);
    leader->came_by = door;
    struct floor_m from =
        grid_cell_centre(clearance_grid(w->clearance), w->places->entrances[door].cells[0]);
    shopper_draw_plan(&scene, leader, from);
    if (leader->stop_count == 0) { /* passers-by: anywhere on their way */
        leader->stop_count = 1;
        leader->stops[0] = (uint16_t) random_index(&w->arrivals.random, w->places->spot_count);
    }
    leader->stop = random_index(&leader->random, leader->stop_count);
    shopper_begin_inside(&scene, leader);
    make_group(w, (size_t) size);
    for (int i = 0; i < size; i++) {
        struct person *p = leader + i;
        p->seen.position = shopper_place_at_spot(&scene, p, leader->stops[leader->stop]);
        p->check_from = p->towards = p->seen.position;
    }
    return 0;
}

static int fill(struct world *w)
{
    const struct sim_people_config *config = &w->config->people;
    int r = 0;
    for (int i = 0; r == 0 && i < config->staff; i++)
        r = put_inside(w, PERSON_STAFF, 1);
    for (int left = (int) config->inside; r == 0 && left > 0;) {
        int size = arrivals_draw_group(&w->arrivals, config);
        size = size < left ? size : left;
        left -= size;
        r = put_inside(w, PERSON_SHOPPER, size);
    }
    return r;
}

/* ---- mannequins ---- */

static double door_distance_m(const struct floor_map *map, struct floor_m p)
{
    double least = INFINITY;
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *f = &map->features[i];
        bool keep_free = f->kind == FEATURE_ENTRANCE ||
                         (f->kind == FEATURE_ZONE && strncmp(f->id, "checkout", 8) == 0);
        double x = fmax(fmax(f->low.x - p.x, p.x - f->high.x), 0);
        double y = fmax(fmax(f->low.y - p.y, p.y - f->high.y), 0);
        if (keep_free)
            least = fmin(least, hypot(x, y));
    }
    return least;
}

/* Beside something, with room to pass on the other side. */
static bool suits_mannequin(const struct world *w, const struct floor_map *map, struct floor_m p)
{
    double x, y, room_m = clearance_gradient(w->clearance, p, &x, &y), length = hypot(x, y);
    if (room_m < MANNEQUIN_NEAR_M || room_m > MANNEQUIN_FAR_M || length < 0.5)
        return false;
    struct floor_m passage = { p.x + MANNEQUIN_PASS_M * x / length,
                               p.y + MANNEQUIN_PASS_M * y / length };
    return clearance_at(w->clearance, passage) >= MANNEQUIN_ROOM_M &&
           door_distance_m(map, p) >= MANNEQUIN_DOOR_M;
}

static int put_mannequin(struct world *w, const struct floor_map *map, struct random *random,
                         struct error *err)
{
    const struct grid *grid = clearance_grid(w->clearance);
    int r = grow_people(w, 1);
    if (r < 0)
        return error_set(err, r, "out of memory");
    for (int i = 0; i < MANNEQUIN_TRIES; i++) {
        struct floor_m place =
            grid_cell_centre(grid, (uint32_t) random_index(random, grid_cells(grid)));
        if (!suits_mannequin(w, map, place))
            continue;
        clearance_add_disc(w->clearance, place, MANNEQUIN_RADIUS_M);
        struct person *p = add_person(w, PERSON_MANNEQUIN, place);
        p->intent = INTENT_STAND;
        p->seen.activity = ACTIVITY_STANDING;
        p->seen.height_m = MANNEQUIN_HEIGHT_M;
        return 0;
    }
    return error_set(err, -EINVAL,
                     "there is no room for %d mannequins beside shelves and walls; take fewer",
                     w->config->people.mannequins);
}

/* Before ways are planned: they lead around mannequins. */
static int put_mannequins(struct world *w, const struct floor_map *map, struct random *random,
                          struct error *err)
{
    int r = 0;
    for (int i = 0; r == 0 && i < w->config->people.mannequins; i++)
        r = put_mannequin(w, map, random, err);
    return r;
}

/* ---- life of the world ---- */

static void show(struct world *w)
{
    for (size_t i = 0; i < w->count; i++)
        w->seen[i] = w->people[i].seen;
}

void world_destroy(struct world **world)
{
    struct world *w = *world;
    if (!w)
        return;
    crowd_destroy(&w->crowd);
    places_destroy(&w->places);
    paths_destroy(&w->paths);
    clearance_destroy(&w->clearance);
    free(w->queues);
    free(w->waiting);
    free(w->people);
    free(w->seen);
    free(w->walkers);
    free(w);
    *world = NULL;
}

static int build(struct world *w, const struct floor_map *map, uint64_t seed, struct error *err)
{
    struct random random = random_stream(random_seed(seed, PURPOSE_PLACES), 0);
    int r = clearance_create(map, &w->clearance, err);
    if (r == 0)
        r = put_mannequins(w, map, &random, err);
    if (r < 0)
        return r;
    if (paths_create(w->clearance, &w->paths) < 0 || crowd_create(w->clearance, &w->crowd) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    r = places_create(map, w->clearance, w->paths, &random, &w->places, err);
    if (r < 0)
        return r;
    w->queues = calloc(w->places->checkout_count + 1, sizeof(*w->queues));
    w->waiting = calloc(WAITING_MAX, sizeof(*w->waiting));
    if (!w->queues || !w->waiting || fill(w) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    return 0;
}

int world_create(const struct sim_config *config, const struct floor_map *map, uint64_t seed,
                 struct world **ret_world, struct error *err)
{
    AUTO(world_destroy) struct world *w = calloc(1, sizeof(*w));
    if (!w)
        return error_set(err, -ENOMEM, "out of memory");
    w->config = config;
    w->next_id = 1;
    w->person_seed = random_seed(seed, PURPOSE_PERSON);
    arrivals_init(&w->arrivals, &config->people, random_seed(seed, PURPOSE_ARRIVALS));
    int r = build(w, map, seed, err);
    if (r < 0)
        return r;
    if (grow_people(w, 1) < 0) /* so that there is something to show, even if it is nobody */
        return error_set(err, -ENOMEM, "out of memory");
    show(w);
    *ret_world = w;
    w = NULL;
    return 0;
}

/* ---- a step ---- */

static int think(struct world *w)
{
    struct scene scene = scene_of(w);
    for (size_t i = 0; i < w->count; i++) {
        struct person *p = &w->people[i];
        int r = shopper_think(&scene, p);
        if (r < 0)
            return r;
        if (p->fresh) {
            p->seen.velocity_x_m_s = p->wanted_x_m_s;
            p->seen.velocity_y_m_s = p->wanted_y_m_s;
            p->fresh = false;
        }
    }
    return shopper_serve_queues(&scene);
}

static struct walker walker_of(const struct person *p)
{
    return (struct walker){ .position = p->seen.position,
                            .velocity_x_m_s = p->seen.velocity_x_m_s,
                            .velocity_y_m_s = p->seen.velocity_y_m_s,
                            .wanted_x_m_s = p->wanted_x_m_s,
                            .wanted_y_m_s = p->wanted_y_m_s,
                            .radius_m = p->seen.radius_m,
                            .yielding = p->yielding,
                            .wall_share = p->wall_share,
                            .group = p->seen.group,
                            .squeezes = shopper_squeezes(p) };
}

/* Mannequins stand first in the list and are part of the floor. */
static int move_crowd(struct world *w)
{
    size_t still = (size_t) w->config->people.mannequins, moving = w->count - still;
    for (size_t i = 0; i < moving; i++)
        w->walkers[i] = walker_of(&w->people[still + i]);
    int r = crowd_step(w->crowd, w->walkers, moving, w->config->step_ms / 1000.0);
    for (size_t i = 0; r == 0 && i < moving; i++) {
        struct world_person *seen = &w->people[still + i].seen;
        seen->position = w->walkers[i].position;
        seen->velocity_x_m_s = w->walkers[i].velocity_x_m_s;
        seen->velocity_y_m_s = w->walkers[i].velocity_y_m_s;
    }
    return r;
}

static void remove_gone(struct world *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++)
        if (!w->people[i].gone)
            w->people[kept++] = w->people[i];
    w->left = w->count - kept;
    w->count = kept;
}

int world_step(struct world *w)
{
    int r = arrive(w);
    if (r == 0)
        r = think(w);
    if (r == 0)
        r = move_crowd(w);
    if (r < 0)
        return r;
    remove_gone(w);
    w->steps++;
    show(w);
    return 0;
}

int64_t world_time_us(const struct world *w)
{
    return w->config->start_us + w->steps * w->config->step_ms * US_PER_MS;
}

const struct world_person *world_people(const struct world *w, size_t *ret_count)
{
    *ret_count = w->count;
    return w->seen;
}
