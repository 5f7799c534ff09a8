/*
 * sensor.h - one simulated camera: when it takes a picture, and what its detector says is in it
 *
 * Its numbers come from streams of its own, seeded by the run and the camera's id: neither other
 * cameras nor their order change them. A wrong clock shows in what a picture shows: the frame
 * stamped T was really taken at sensor_true_us(T), and people stand where they were then.
 */
#ifndef FLOORFUSE_SIM_SENSOR_H
#define FLOORFUSE_SIM_SENSOR_H

#include "sim/sensor_detect.h"

struct sensor; /* opaque */

/* Somebody of whom something can be seen. */
struct sensor_seen {
    int64_t id;
    bool mannequin;
    float visible; /* part of the body that shows, 0..1 */
    bool foot, head;
};

/* A frame. The arrays are borrowed until the camera looks again. */
struct sensor_picture {
    bool taken; /* false: the frame was lost or the camera was down */
    const struct sensor_box *boxes;
    size_t box_count;
    const struct sensor_seen *seen; /* what is true about it; nearest first */
    size_t seen_count;
};

/*
 *   camera, config  borrowed
 *   field           borrowed: what stands in the way
 *   low, high       the floor's rectangle
 *   start_us        of the simulation
 *   fps             frames a second; 0: the camera's own
 * Returns 0; -EINVAL with a sentence; -ENOMEM.
 */
MUST_CHECK int sensor_create(const struct sim_camera_config *camera,
                             const struct sim_sensor_config *config,
                             const struct height_field *field, struct floor_m low,
                             struct floor_m high, int64_t start_us, double fps, uint64_t seed,
                             struct sensor **ret_sensor, struct error *err);
void sensor_destroy(struct sensor **sensor);

const char *sensor_id(const struct sensor *sensor);
const struct calibration *sensor_calibration(const struct sensor *sensor); /* what is believed */
const struct view *sensor_view(const struct sensor *sensor);               /* what is true */

/* The stamp of its next frame. */
int64_t sensor_next_us(const struct sensor *sensor);

/* When a frame stamped so is really taken. */
int64_t sensor_true_us(const struct sensor *sensor, int64_t stamp_us);

/*
 * Take the next frame.
 *   targets  everybody in the store at sensor_true_us(sensor_next_us())
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int sensor_look(struct sensor *sensor, const struct sensor_target *targets, size_t count,
                           struct sensor_picture *ret_picture);

#endif
