/*
 * habits.h - what is learned of a camera while it runs: how it errs, and how often it misses
 *
 * Detector and calibration are never as good as they say. Three numbers are estimated on line from
 * people whom other cameras see at the same time, starting from what is known of detectors in
 * general:
 *   foot bias    a box ends at the near shoe, not under the body's axis, so feet are placed too
 *                near to the camera, along its ray;
 *   noise scale  how large the errors are against the covariances that were given;
 *   detection    the share of people found of those in plain sight.
 * The noise scale is for estimating positions only. Who is who is decided with the errors as they
 * were announced: a camera that has erred little so far may err more tomorrow.
 */
#ifndef FLOORFUSE_FUSION_HABITS_H
#define FLOORFUSE_FUSION_HABITS_H

#include <stdbool.h>

struct habits {
    double foot_bias_m, foot_bias_variance; /* away from the camera, m, m^2 */
    double noise_scale, noise_weight;       /* factor on covariances; how much is known */
    double detection, detection_weight;     /* probability; how much is known */
};

struct habits habits_of_unknown_camera(void);

/*
 * A foot of this camera lay along_m farther from the camera than the other cameras place the
 * person (negative: nearer), at this squared Mahalanobis distance (2 degrees of freedom).
 */
void habits_learn_position(struct habits *habits, double along_m, double mahalanobis2);

/* A person in plain sight was found, or not; weight 0..1 is how much of that is new. */
void habits_learn_detection(struct habits *habits, bool found, double weight);

#endif
