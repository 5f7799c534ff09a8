/*
 * habits.c - what is learned of a camera while it runs
 */
#include "fusion/habits.h"

#include <math.h>

/* Half a foot's length plus what a shoe sticks out of the body's shadow: some 10 cm, give or take
 * as much, as boxes are drawn tighter or looser. */
#define FOOT_BIAS_M    0.10
#define FOOT_BIAS_SD_M 0.10
/* The learned value never becomes so sure that it could not follow a change. */
#define FOOT_BIAS_SD_MIN_M 0.01
/* One residual has a standard deviation of some 0.2 m, and a person stays in the same pose for a
 * dozen frames: together they tell as much as one observation with this variance, m^2. */
#define RESIDUAL_VARIANCE_M2 0.5
#define RESIDUAL_MAX_M       0.5

/* Observations that the starting values are worth, and at which the memory is full. */
#define NOISE_WEIGHT          100
#define NOISE_WEIGHT_MAX      2000
#define NOISE_SCALE_MIN       0.25
#define MAHALANOBIS2_HALF_MAX 6

/* Detectors of today find some 85 % of people in plain sight. */
#define DETECTION            0.85
#define DETECTION_WEIGHT     30
#define DETECTION_WEIGHT_MAX 1000
#define DETECTION_MIN        0.3
#define DETECTION_MAX        0.98

struct habits habits_of_unknown_camera(void)
{
    return (struct habits){ .foot_bias_m = FOOT_BIAS_M,
                            .foot_bias_variance = FOOT_BIAS_SD_M * FOOT_BIAS_SD_M,
                            .noise_scale = 1,
                            .noise_weight = NOISE_WEIGHT,
                            .detection = DETECTION,
                            .detection_weight = DETECTION_WEIGHT };
}

void habits_learn_position(struct habits *habits, double along_m, double mahalanobis2)
{
    double gain = habits->foot_bias_variance / (habits->foot_bias_variance + RESIDUAL_VARIANCE_M2);
    habits->foot_bias_m -= gain * fmax(-RESIDUAL_MAX_M, fmin(RESIDUAL_MAX_M, along_m));
    habits->foot_bias_variance =
        fmax(FOOT_BIAS_SD_MIN_M * FOOT_BIAS_SD_MIN_M, (1 - gain) * habits->foot_bias_variance);

    /* The expectation of half the squared distance is 1 when the covariances are right. */
    double excess = fmin(MAHALANOBIS2_HALF_MAX, mahalanobis2 / 2) - 1;
    habits->noise_weight = fmin(NOISE_WEIGHT_MAX, habits->noise_weight + 1);
    habits->noise_scale *= 1 + excess / habits->noise_weight;
    habits->noise_scale = fmax(NOISE_SCALE_MIN, fmin(1, habits->noise_scale));
}

void habits_learn_detection(struct habits *habits, bool found, double weight)
{
    habits->detection_weight = fmin(DETECTION_WEIGHT_MAX, habits->detection_weight + weight);
    habits->detection += weight * ((found ? 1 : 0) - habits->detection) / habits->detection_weight;
    habits->detection = fmax(DETECTION_MIN, fmin(DETECTION_MAX, habits->detection));
}
