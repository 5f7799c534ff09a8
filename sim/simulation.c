/*
 * simulation.c - a simulated store and its cameras, moment by moment
 *
 * Cameras with wrong clocks look at different times. The world goes ahead as far as the farthest of
 * them needs, and a short history of its steps is kept for the others.
 */
#include "sim/simulation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Somebody during one step of the world: from where to where. */
struct actor {
    int64_t id;
    size_t slot;
    enum person_kind kind;
    struct floor_m from;
    double dx_m, dy_m;
    double height_m, radius_m;
    float appearance[SIM_APPEARANCE];
};

/* One step, [from_us, to_us). */
struct step {
    int64_t from_us, to_us;
    struct actor *actors; /* by id */
    size_t count, capacity;
};

struct simulation {
    const struct sim_config *config;
    struct world *world;
    struct height_field *field;
    struct sensor **sensors;
    size_t sensor_count;
    struct step *steps; /* oldest first; the last has begun and not ended */
    size_t step_count, step_capacity;
    size_t *free_slots; /* room for all slots there are */
    size_t free_count, slot_count;
    int64_t next_us, previous_us; /* moments: of a simulation without cameras; the last one */
    struct sensor_target *targets;
    struct simulated_person *people, *present; /* as asked for; at the present moment */
    size_t people_capacity;
    struct simulated_frame *frames;
};

static size_t take_slot(struct simulation *s)
{
    return s->free_count ? s->free_slots[--s->free_count] : s->slot_count++;
}

/* Room for everybody in every list. */
static int reserve_people(struct simulation *s, size_t count)
{
    if (count <= s->people_capacity)
        return 0;
    size_t room = 2 * count;
    struct sensor_target *targets = realloc(s->targets, room * sizeof(*targets));
    if (targets)
        s->targets = targets;
    struct simulated_person *people = realloc(s->people, room * sizeof(*people));
    if (people)
        s->people = people;
    struct simulated_person *present = realloc(s->present, room * sizeof(*present));
    if (present)
        s->present = present;
    /* A slot is new only while all others belong to people of this step or the one before. */
    size_t *slots = realloc(s->free_slots, room * sizeof(*slots));
    if (slots)
        s->free_slots = slots;
    if (!targets || !people || !present || !slots)
        return -ENOMEM;
    s->people_capacity = room;
    return 0;
}

static int reserve_actors(struct step *step, size_t count)
{
    if (count <= step->capacity)
        return 0;
    struct actor *grown = realloc(step->actors, 2 * count * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    step->actors = grown;
    step->capacity = 2 * count;
    return 0;
}

/* Begin a step with the world's present people. Slots follow from `before`, NULL at first. */
static int begin_step(struct simulation *s, struct step *step, const struct step *before)
{
    size_t count;
    const struct world_person *people = world_people(s->world, &count);
    int r = reserve_actors(step, count);
    if (r == 0)
        r = reserve_people(s, count + (before ? before->count : 0));
    if (r < 0)
        return r;
    step->from_us = world_time_us(s->world);
    step->to_us = INT64_MAX;
    step->count = count;
    size_t old = 0, old_count = before ? before->count : 0;
    for (size_t i = 0; i < count; i++) {
        const struct world_person *p = &people[i];
        struct actor *a = &step->actors[i];
        for (; old < old_count && before->actors[old].id < p->id; old++)
            s->free_slots[s->free_count++] = before->actors[old].slot;
        bool stays = old < old_count && before->actors[old].id == p->id;
        *a = (struct actor){ .id = p->id,
                             .slot = stays ? before->actors[old++].slot : take_slot(s),
                             .kind = p->kind,
                             .from = p->position,
                             .dx_m = p->velocity_x_m_s, /* a speed until the step ends */
                             .dy_m = p->velocity_y_m_s,
                             .height_m = p->height_m,
                             .radius_m = p->radius_m };
        memcpy(a->appearance, p->appearance, sizeof(a->appearance));
    }
    for (; old < old_count; old++)
        s->free_slots[s->free_count++] = before->actors[old].slot;
    return 0;
}

/* The step is over: where everybody went. Who left the store walks on as before. */
static void end_step(struct step *step, const struct world *world)
{
    size_t count, at = 0;
    const struct world_person *people = world_people(world, &count);
    step->to_us = world_time_us(world);
    double length_s = (double) (step->to_us - step->from_us) / US_PER_S;
    for (size_t i = 0; i < step->count; i++) {
        struct actor *a = &step->actors[i];
        while (at < count && people[at].id < a->id)
            at++;
        if (at < count && people[at].id == a->id) {
            a->dx_m = people[at].position.x - a->from.x;
            a->dy_m = people[at].position.y - a->from.y;
        } else {
            a->dx_m *= length_s;
            a->dy_m *= length_s;
        }
    }
}

/* One more step at the end of the history, unfilled; its memory may be an old one's. */
static int append_step(struct simulation *s)
{
    if (s->step_count < s->step_capacity) {
        s->step_count++;
        return 0;
    }
    size_t capacity = s->step_capacity ? 2 * s->step_capacity : 8;
    struct step *grown = realloc(s->steps, capacity * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    memset(grown + s->step_capacity, 0, (capacity - s->step_capacity) * sizeof(*grown));
    s->steps = grown;
    s->step_capacity = capacity;
    s->step_count++;
    return 0;
}

static int advance_world(struct simulation *s)
{
    int r = world_step(s->world);
    if (r < 0)
        return r;
    end_step(&s->steps[s->step_count - 1], s->world);
    r = append_step(s);
    return r < 0 ? r : begin_step(s, &s->steps[s->step_count - 1], &s->steps[s->step_count - 2]);
}

/* Forget the steps that ended by then; their memory moves to the end. */
static void forget_before(struct simulation *s, int64_t time_us)
{
    size_t over = 0;
    while (over + 1 < s->step_count && s->steps[over].to_us <= time_us)
        over++;
    while (over > 0) {
        struct step old = s->steps[0];
        memmove(s->steps, s->steps + 1, (s->step_capacity - 1) * sizeof(*s->steps));
        s->steps[s->step_capacity - 1] = old;
        s->step_count--;
        over--;
    }
}

/* The step that holds a time; the world goes on until there is one that has ended. */
static int step_at(struct simulation *s, int64_t time_us, const struct step **ret_step)
{
    while (s->steps[s->step_count - 1].from_us <= time_us) {
        int r = advance_world(s);
        if (r < 0)
            return r;
    }
    size_t at = s->step_count - 1;
    while (at > 0 && s->steps[at].from_us > time_us)
        at--;
    *ret_step = &s->steps[at];
    return 0;
}

static struct floor_m position_at(const struct step *step, const struct actor *a, int64_t time_us)
{
    double part = (double) (time_us - step->from_us) / (double) (step->to_us - step->from_us);
    if (part < 0)
        part = 0; /* before the beginning people stand */
    return (struct floor_m){ a->from.x + part * a->dx_m, a->from.y + part * a->dy_m };
}

static size_t list_people(const struct step *step, int64_t time_us, struct simulated_person *people)
{
    size_t count = 0;
    for (size_t i = 0; i < step->count; i++) {
        const struct actor *a = &step->actors[i];
        if (a->kind == PERSON_MANNEQUIN)
            continue;
        people[count++] = (struct simulated_person){ .id = a->id,
                                                     .kind = a->kind,
                                                     .position = position_at(step, a, time_us) };
    }
    return count;
}

int simulation_people_at(struct simulation *s, int64_t time_us,
                         const struct simulated_person **ret_people, size_t *ret_count)
{
    const struct step *step;
    int r = step_at(s, time_us, &step);
    if (r < 0)
        return r;
    *ret_count = list_people(step, time_us, s->people);
    *ret_people = s->people;
    return 0;
}

/* Everybody as one camera finds them at its own time. */
static int look(struct simulation *s, struct sensor *sensor, struct sensor_picture *ret_picture)
{
    int64_t true_us = sensor_true_us(sensor, sensor_next_us(sensor));
    const struct step *step;
    int r = step_at(s, true_us, &step);
    if (r < 0)
        return r;
    for (size_t i = 0; i < step->count; i++) {
        const struct actor *a = &step->actors[i];
        s->targets[i] = (struct sensor_target){
            .id = a->id,
            .slot = a->slot,
            .mannequin = a->kind == PERSON_MANNEQUIN,
            .body = { position_at(step, a, true_us), a->height_m, a->radius_m },
            .appearance = a->appearance,
        };
    }
    return sensor_look(sensor, s->targets, step->count, ret_picture);
}

static int64_t next_moment(const struct simulation *s)
{
    int64_t next_us = s->sensor_count ? INT64_MAX : s->next_us;
    for (size_t i = 0; i < s->sensor_count; i++)
        if (sensor_next_us(s->sensors[i]) < next_us)
            next_us = sensor_next_us(s->sensors[i]);
    return next_us;
}

/* What nobody will ask for any more. */
static void forget(struct simulation *s, int64_t time_us)
{
    int64_t oldest_us = s->previous_us;
    for (size_t i = 0; i < s->sensor_count; i++) {
        int64_t true_us = sensor_true_us(s->sensors[i], time_us);
        if (true_us < oldest_us)
            oldest_us = true_us;
    }
    forget_before(s, oldest_us);
}

int simulation_next(struct simulation *s, struct moment *ret_moment)
{
    int64_t time_us = next_moment(s);
    forget(s, time_us);
    for (size_t i = 0; i < s->sensor_count; i++) {
        s->frames[i] = (struct simulated_frame){ .due = sensor_next_us(s->sensors[i]) == time_us };
        int r = s->frames[i].due ? look(s, s->sensors[i], &s->frames[i].picture) : 0;
        if (r < 0)
            return r;
    }
    const struct step *step;
    int r = step_at(s, time_us, &step);
    if (r < 0)
        return r;
    *ret_moment = (struct moment){ .time_us = time_us,
                                   .people_count = list_people(step, time_us, s->present),
                                   .people = s->present,
                                   .frames = s->frames,
                                   .frame_count = s->sensor_count };
    s->previous_us = time_us;
    s->next_us = time_us + s->config->step_ms * US_PER_MS;
    return 0;
}

static int open_sensors(struct simulation *s, const struct simulation_options *options,
                        struct error *err)
{
    const struct option_list *cameras = &options->config->cameras;
    const struct sim_camera_config *items = cameras->items;
    struct floor_m low, high;
    floor_map_bounds(options->map, &low, &high);
    s->sensors = calloc(cameras->count + 1, sizeof(struct sensor *));
    s->frames = calloc(cameras->count + 1, sizeof(*s->frames));
    if (!s->sensors || !s->frames)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < cameras->count; i++) {
        int r = sensor_create(&items[i], &options->config->sensors, s->field, low, high,
                              world_time_us(s->world), options->fps, options->seed, &s->sensors[i],
                              err);
        if (r < 0)
            return r;
        s->sensor_count++;
    }
    return 0;
}

int simulation_create(const struct simulation_options *options, struct simulation **ret_simulation,
                      struct error *err)
{
    AUTO(simulation_destroy) struct simulation *s = calloc(1, sizeof(*s));
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    s->config = options->config;
    int r = world_create(options->config, options->map, options->seed, &s->world, err);
    if (r < 0)
        return r;
    s->next_us = s->previous_us = world_time_us(s->world);
    r = height_field_create(options->map, &s->field);
    if (r == 0)
        r = append_step(s);
    if (r == 0)
        r = begin_step(s, &s->steps[0], NULL);
    if (r < 0)
        return error_set(err, r, "could not begin a simulation: %s", strerror(-r));
    r = open_sensors(s, options, err);
    if (r < 0)
        return r;
    *ret_simulation = s;
    s = NULL;
    return 0;
}

void simulation_destroy(struct simulation **simulation)
{
    struct simulation *s = *simulation;
    if (!s)
        return;
    for (size_t i = 0; i < s->sensor_count; i++)
        sensor_destroy(&s->sensors[i]);
    for (size_t i = 0; i < s->step_capacity; i++)
        free(s->steps[i].actors);
    free(s->steps);
    free(s->sensors);
    free(s->frames);
    free(s->targets);
    free(s->people);
    free(s->present);
    free(s->free_slots);
    height_field_destroy(&s->field);
    world_destroy(&s->world);
    free(s);
    *simulation = NULL;
}

size_t simulation_camera_count(const struct simulation *simulation)
{
    return simulation->sensor_count;
}

const struct sensor *simulation_camera(const struct simulation *simulation, size_t index)
{
    return simulation->sensors[index];
}
