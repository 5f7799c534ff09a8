/*
 * sensor_detect.h - the detector of one simulated camera: what it draws around whom, and where it
 * errs
 *
 * It draws the visible part of a body, as trained detectors do. Errors last: a person who is missed
 * is missed for a while, and an edge that is too low stays too low for a while. What lasts is given
 * in seconds, so that a camera with twice the frames does not err twice as often.
 */
#ifndef FLOORFUSE_SIM_SENSOR_DETECT_H
#define FLOORFUSE_SIM_SENSOR_DETECT_H

#include "sim/sensor_view.h"
#include "wire/message.h"

#define SIM_APPEARANCE 8

/* Somebody who is in the store, at the time of the picture. */
struct sensor_target {
    int64_t id;
    size_t slot;    /* a small number that nobody else has while they are in the store */
    bool mannequin; /* looks like a person and is none */
    struct body body;
    const float *appearance; /* SIM_APPEARANCE numbers */
};

/* A target in the picture. */
struct sight {
    const struct sensor_target *target;
    struct silhouette body;
    double lowest_px;  /* shelves hide everything below this row; INFINITY: nothing */
    uint64_t visible;  /* of BODY_MASK */
    uint32_t overlaps; /* the index of the nearer sight whose box this one's box hides most in */
    float overlap_iou; /* 0: nobody */
};

/* One box of the detector. */
struct sensor_box {
    int64_t id; /* the true person; 0: nobody, or a mannequin */
    enum observation_class object_class;
    float score;
    struct box_px box;
    float appearance[SIM_APPEARANCE]; /* filled when the config asks for it */
};

struct sensor_boxes {
    struct sensor_box *items; /* owned by the detector, valid until it looks again */
    size_t count;
};

struct sensor_detector; /* opaque */

/*
 *   config     borrowed; `noise` false makes it draw what is visible and large enough, exactly
 *   view       borrowed
 *   low, high  the floor's rectangle: where false boxes are
 *   seed       of this camera
 */
MUST_CHECK int sensor_detector_create(const struct sim_sensor_config *config,
                                      const struct view *view, struct floor_m low,
                                      struct floor_m high, uint64_t seed,
                                      struct sensor_detector **ret_detector);
void sensor_detector_destroy(struct sensor_detector **detector);

/*
 * Look at a picture.
 *   time_us  of the picture; never goes back
 *   sights   nearest first
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int sensor_detector_look(struct sensor_detector *detector, int64_t time_us,
                                    const struct sight *sights, size_t count,
                                    struct sensor_boxes *ret_boxes);

/* How probably a person is found who is this tall in the picture and of whom this part shows. */
double sensor_recall(const struct sim_sensor_config *config, double height_px, double visible);

#endif
