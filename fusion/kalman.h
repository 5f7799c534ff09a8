/*
 * kalman.h - where one person is and how fast they walk, with covariances
 *
 * State: position (m) and velocity (m/s) on the floor. Model: constant velocity, disturbed by white
 * noise acceleration. The noise is that of continuous time, so that one long step and many short
 * ones give the same state: how often a camera looks does not change what is believed between
 * looks. Source: Bar-Shalom, Li & Kirubarajan, Estimation with Applications to Tracking and
 * Navigation, 2001, section 6.2.2 (model) and 5.2 (filter).
 */
#ifndef FLOORFUSE_FUSION_KALMAN_H
#define FLOORFUSE_FUSION_KALMAN_H

#include "geom/point.h"

struct kalman {
    struct floor_m position;               /* m */
    double velocity_x_m_s, velocity_y_m_s; /* m/s */
    struct covariance2 position_variance;  /* m^2 */
    double cross[2][2];                    /* position row, velocity column, m^2/s */
    struct covariance2 velocity_variance;  /* m^2/s^2 */
};

/* A person first seen at a point: standing, give or take velocity_sd_m_s. */
struct kalman kalman_start(struct floor_m position, struct covariance2 covariance,
                           double velocity_sd_m_s);

/* The state dt_s >= 0 later; noise_m2_s3 is the spectral density of the acceleration, m^2/s^3. */
struct kalman kalman_predict(struct kalman state, double dt_s, double noise_m2_s3);

/* The state after an observation of the position; covariance is the observation's, m^2, positive
 * definite. */
struct kalman kalman_update(struct kalman state, struct floor_m observed,
                            struct covariance2 covariance);

/* Shorten the velocity to at most max_m_s. */
struct kalman kalman_limit_speed(struct kalman state, double max_m_s);

#endif
