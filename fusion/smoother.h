/*
 * smoother.h - what is believed of a past state once the next one is known better
 *
 * One step back of the Rauch-Tung-Striebel smoother for the model of kalman.h. Run from the newest
 * state to the oldest it gives, at each time, the best estimate from all observations before and
 * after. Source: Rauch, Tung & Striebel, AIAA Journal 3(8), 1965.
 */
#ifndef FLOORFUSE_FUSION_SMOOTHER_H
#define FLOORFUSE_FUSION_SMOOTHER_H

#include "fusion/kalman.h"

/*
 * The state at a time, now that the next one is known better.
 *   filtered     the state after its own observation
 *   next         the smoothed state dt_s >= 0 later; the newest one's is its filtered state
 *   noise_m2_s3  as in kalman_predict; 0: next, moved back
 * The covariance is symmetric, and positive definite as long as those of the arguments are.
 */
struct kalman smoother_step_back(struct kalman filtered, struct kalman next, double dt_s,
                                 double noise_m2_s3);

#endif
