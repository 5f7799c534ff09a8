/*
 * simulation.h - a simulated store and its cameras, moment by moment
 *
 * What `floorfuse simulate` writes to files, for callers that want it in memory: benches, sweeps,
 * tests. Moments are the stamps at which at least one camera takes a frame, in order, without end;
 * the caller stops. The same config, map and seed give the same moments, bit for bit.
 */
#ifndef FLOORFUSE_SIM_SIMULATION_H
#define FLOORFUSE_SIM_SIMULATION_H

#include "sim/sensor.h"
#include "sim/world.h"

struct simulation; /* opaque */

struct simulation_options {
    const struct sim_config *config; /* borrowed as long as the simulation lives */
    const struct floor_map *map;     /* likewise */
    uint64_t seed;
    double fps; /* of all cameras; 0: each camera's own */
};

/* Asked between moments by those who run a whole simulation; `asked` may be NULL. */
struct stop {
    void *context;
    bool (*asked)(void *context);
};

static inline bool stop_asked(struct stop stop)
{
    return stop.asked && stop.asked(stop.context);
}

/* A person as they truly are; mannequins are none. */
struct simulated_person {
    int64_t id;
    enum person_kind kind;
    struct floor_m position;
};

struct simulated_frame {
    bool due; /* false: this camera takes no frame at this moment */
    struct sensor_picture picture;
};

/* Everything is borrowed until the next moment. */
struct moment {
    int64_t time_us;                       /* UTC; the stamp of its frames */
    const struct simulated_person *people; /* by id: the truth at time_us */
    size_t people_count;
    const struct simulated_frame *frames; /* one a camera, in the config's order */
    size_t frame_count;
};

/* Returns 0; -EINVAL with a sentence (see world_create, sensor_create); -ENOMEM. */
MUST_CHECK int simulation_create(const struct simulation_options *options,
                                 struct simulation **ret_simulation, struct error *err);
void simulation_destroy(struct simulation **simulation);

/* Go to the next moment. Without cameras it comes after the world's step. Returns 0 or -ENOMEM. */
MUST_CHECK int simulation_next(struct simulation *simulation, struct moment *ret_moment);

/*
 * The truth at a time after the moment before the present one, up to the present one: between the
 * world's steps people walk straight. Borrowed until asked again, or the next moment. Returns 0 or
 * -ENOMEM.
 */
MUST_CHECK int simulation_people_at(struct simulation *simulation, int64_t time_us,
                                    const struct simulated_person **ret_people, size_t *ret_count);

size_t simulation_camera_count(const struct simulation *simulation);
const struct sensor *simulation_camera(const struct simulation *simulation, size_t index);

#endif
