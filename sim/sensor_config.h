/*
 * sensor_config.h - what a simulation's config says about its cameras, their faults and the output
 *
 * Part of struct sim_config. SIM_SENSOR_OPTIONS has the lines of the option table; the defaults are
 * the "default noise" and docs/simulate.md gives the reason of each. Probabilities and rates never
 * depend on the frame rate: what lasts is given as a time.
 */
#ifndef FLOORFUSE_SIM_SENSOR_CONFIG_H
#define FLOORFUSE_SIM_SENSOR_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "config/option_lines.h"

/* A camera that does not exist. It hangs upright: no roll. */
struct sim_camera_config {
    char *id;
    char *calibration;             /* camera file with heights; NULL: the numbers below say it */
    struct number_list position_m; /* x y */
    double height_m;               /* above the floor */
    double yaw_deg;                /* where it looks: 0 along +x, 90 along +y */
    double tilt_deg;               /* of the optical axis below the horizon */
    double fov_deg;                /* horizontal field of view */
    struct number_list image;      /* width height, px; none: 1920 1080 */
    double fps;
    double phase_ms;           /* its frames come this much after the others' */
    double clock_offset_ms;    /* its clock is this much ahead, added to what chance gives */
    double clock_drift_ppm;    /* likewise, growing with time */
    struct number_list down_s; /* from to from to ..., s after the start: no frames */
};

/* How cameras and detectors err. */
struct sim_sensor_config {
    bool noise; /* false: everything below is off, only geometry remains */
    double edge_sd_px;
    double jitter_fraction; /* sd of a box edge, of the box's height */
    double jitter_s;        /* how long an edge errs the same way */
    double foot_bias_m;     /* feet are drawn this much too near */
    double recall;          /* of people in full view and large */
    double half_recall_px;  /* half of the people this tall are found */
    double half_recall_visible;
    double miss_s; /* how long a miss lasts */
    double false_per_frame;
    double false_places; /* mean number of places that keep being taken for a person */
    double false_place_recall;
    double merge_iou, merge_probability, merge_s;
    double double_probability;
    double clock_offset_sd_ms, clock_drift_sd_ppm;
    double drop_probability;
    double down_per_h, down_mean_s;
    double rotation_sd_deg, shift_sd_m; /* of the published calibration */
    bool heads;
    bool appearance;
    double appearance_sd; /* of each of the 8 numbers, in full view */
};

/* What is written besides observations: the ids and settings of the store.cfg. */
struct sim_output_config {
    char *store, *floor;
    char *endpoint;   /* NULL: the store config's default */
    double cell_m;    /* of the heat truth */
    int bucket_s;     /* of the heat truth; divides 900 */
    int heat_tick_ms; /* dwell is counted in steps of this */
};

/* What one line of the table cannot say. `name`, `lines`: the file, and where its keys stand. */
void sim_cameras_check(const struct option_list *cameras, const char *name,
                       const struct option_lines *lines, struct problems *problems);

/* One line an option reads best. */
/* clang-format off */
#define SIM_CAMERA_(member) offsetof(struct sim_camera_config, member)

/*
 * Lines of an option table.
 *   CAMERAS, SENSORS, OUTPUT  offsets of the option_list of cameras, the sim_sensor_config and the
 *                             sim_output_config in the struct that is loaded
 */
#define SIM_SENSOR_OPTIONS(CAMERAS, SENSORS, OUTPUT) \
    { "cameras[]", OPTION_LIST, (CAMERAS), sizeof(struct sim_camera_config), .min = 0, \
      .max = 1000, .help = "the cameras" }, \
    { "cameras[].id", OPTION_ID, SIM_CAMERA_(id), .required = true, .help = "unique" }, \
    { "cameras[].calibration", OPTION_PATH, SIM_CAMERA_(calibration), \
      .help = "camera file with heights, instead of position_m to image" }, \
    { "cameras[].position_m", OPTION_NUMBERS, SIM_CAMERA_(position_m), .min = 2, .max = 2, \
      .help = "where it hangs: x, y, floor m" }, \
    { "cameras[].height_m", OPTION_DOUBLE, SIM_CAMERA_(height_m), .default_number = 3, \
      .min = 0.5, .max = 100, .help = "how high it hangs, m" }, \
    { "cameras[].yaw_deg", OPTION_DOUBLE, SIM_CAMERA_(yaw_deg), .min = -360, .max = 360, \
      .help = "where it looks: 0 along +x, 90 along +y" }, \
    { "cameras[].tilt_deg", OPTION_DOUBLE, SIM_CAMERA_(tilt_deg), .default_number = 25, \
      .min = 1, .max = 90, .help = "of the optical axis below the horizon" }, \
    { "cameras[].fov_deg", OPTION_DOUBLE, SIM_CAMERA_(fov_deg), .default_number = 90, .min = 5, \
      .max = 150, .help = "horizontal field of view" }, \
    { "cameras[].image", OPTION_NUMBERS, SIM_CAMERA_(image), .min = 2, .max = 2, \
      .help = "width, height, px; default 1920, 1080" }, \
    { "cameras[].fps", OPTION_DOUBLE, SIM_CAMERA_(fps), .default_number = 10, .min = 0.1, \
      .max = 100, .help = "frames a second" }, \
    { "cameras[].phase_ms", OPTION_DOUBLE, SIM_CAMERA_(phase_ms), .min = 0, .max = 10000, \
      .help = "its frames come this much after those of the others, ms" }, \
    { "cameras[].clock_offset_ms", OPTION_DOUBLE, SIM_CAMERA_(clock_offset_ms), .min = -5000, \
      .max = 5000, .help = "its clock is this much ahead, beside what chance gives, ms" }, \
    { "cameras[].clock_drift_ppm", OPTION_DOUBLE, SIM_CAMERA_(clock_drift_ppm), .min = -1000, \
      .max = 1000, .help = "its clock gains this much, beside what chance gives, ppm" }, \
    { "cameras[].down_s", OPTION_NUMBERS, SIM_CAMERA_(down_s), .min = 2, .max = 2000, \
      .help = "from, to, from, to, ...: no frames then, s after the start" }, \
    { "sensors.noise", OPTION_BOOL, (SENSORS) + offsetof(struct sim_sensor_config, noise), \
      .default_number = 1, .help = "false: cameras that never err; only geometry remains" }, \
    SIM_SENSOR_NUMBER_(SENSORS, edge_sd_px, 1, 0, 100, \
      "standard deviation of each box edge, px, beside jitter_fraction") \
    SIM_SENSOR_NUMBER_(SENSORS, jitter_fraction, 0.035, 0, 0.5, \
      "standard deviation of each box edge, of the box's height") \
    SIM_SENSOR_NUMBER_(SENSORS, jitter_s, 0.3, 0, 60, "an edge errs the same way this long, s") \
    SIM_SENSOR_NUMBER_(SENSORS, foot_bias_m, 0.17, -1, 1, \
      "boxes end this much nearer to the camera than the body's axis, m") \
    SIM_SENSOR_NUMBER_(SENSORS, recall, 0.95, 0, 1, "of large people in full view") \
    SIM_SENSOR_NUMBER_(SENSORS, half_recall_px, 30, 0, 10000, \
      "people this tall in the picture are found half as often, px") \
    SIM_SENSOR_NUMBER_(SENSORS, half_recall_visible, 0.35, 0, 1, \
      "people of whom this fraction shows are found half as often") \
    SIM_SENSOR_NUMBER_(SENSORS, miss_s, 0.5, 0, 600, "correlation time of misses, s") \
    SIM_SENSOR_NUMBER_(SENSORS, false_per_frame, 0.05, 0, 100, \
      "boxes a frame around nothing, for one frame, anywhere") \
    SIM_SENSOR_NUMBER_(SENSORS, false_places, 0.5, 0, 100, \
      "mean number of places a camera that are taken for a person again and again") \
    SIM_SENSOR_NUMBER_(SENSORS, false_place_recall, 0.1, 0, 1, \
      "part of the time such a place is taken for a person") \
    SIM_SENSOR_NUMBER_(SENSORS, merge_iou, 0.5, 0, 1, \
      "boxes that overlap more may become one") \
    SIM_SENSOR_NUMBER_(SENSORS, merge_probability, 0.3, 0, 1, "how often they do") \
    SIM_SENSOR_NUMBER_(SENSORS, merge_s, 0.8, 0.01, 600, "how long they stay one, s") \
    SIM_SENSOR_NUMBER_(SENSORS, double_probability, 0.005, 0, 1, \
      "a second box around the upper body") \
    SIM_SENSOR_NUMBER_(SENSORS, clock_offset_sd_ms, 20, 0, 5000, \
      "between cameras, standard deviation, ms") \
    SIM_SENSOR_NUMBER_(SENSORS, clock_drift_sd_ppm, 0.5, 0, 1000, \
      "between cameras, standard deviation, ppm") \
    SIM_SENSOR_NUMBER_(SENSORS, drop_probability, 0.005, 0, 1, "frames that never come") \
    SIM_SENSOR_NUMBER_(SENSORS, down_per_h, 0, 0, 3600, "outages of a camera an hour") \
    SIM_SENSOR_NUMBER_(SENSORS, down_mean_s, 30, 0.1, 86400, "mean length of an outage, s") \
    SIM_SENSOR_NUMBER_(SENSORS, rotation_sd_deg, 0.1, 0, 45, \
      "error of the published calibration about each axis, standard deviation") \
    SIM_SENSOR_NUMBER_(SENSORS, shift_sd_m, 0.02, 0, 10, \
      "error of the published position along each axis, standard deviation, m") \
    { "sensors.heads", OPTION_BOOL, (SENSORS) + offsetof(struct sim_sensor_config, heads), \
      .help = "head boxes, too" }, \
    { "sensors.appearance", OPTION_BOOL, \
      (SENSORS) + offsetof(struct sim_sensor_config, appearance), \
      .help = "appearance vectors, too; they travel on the wire only" }, \
    SIM_SENSOR_NUMBER_(SENSORS, appearance_sd, 0.1, 0, 10, \
      "noise of each of the 8 numbers of a unit vector") \
    { "output.store", OPTION_ID, (OUTPUT) + offsetof(struct sim_output_config, store), \
      .default_string = "simulated", .help = "store.id of the store.cfg" }, \
    { "output.floor", OPTION_ID, (OUTPUT) + offsetof(struct sim_output_config, floor), \
      .default_string = "floor", .help = "id of its floor" }, \
    { "output.endpoint", OPTION_STRING, (OUTPUT) + offsetof(struct sim_output_config, endpoint), \
      .help = "its wire.endpoint, also for --publish; default: that of a store config" }, \
    { "output.cell_m", OPTION_DOUBLE, (OUTPUT) + offsetof(struct sim_output_config, cell_m), \
      .default_number = 0.25, .min = 0.05, .max = 5, .help = "edge of a heat cell, m" }, \
    { "output.bucket_s", OPTION_INT, (OUTPUT) + offsetof(struct sim_output_config, bucket_s), \
      .default_number = 60, .min = 1, .max = 900, .help = "length of a bucket, s; divides 900" }, \
    { "output.heat_tick_ms", OPTION_INT, \
      (OUTPUT) + offsetof(struct sim_output_config, heat_tick_ms), .default_number = 100, \
      .min = 10, .max = 1000, .help = "dwell is counted in steps of this, ms; divides 1000" }

#define SIM_SENSOR_NUMBER_(SENSORS, member, initial, low, high, words) \
    { "sensors." #member, OPTION_DOUBLE, (SENSORS) + offsetof(struct sim_sensor_config, member), \
      .default_number = (initial), .min = (low), .max = (high), .help = words },
/* clang-format on */

#endif
