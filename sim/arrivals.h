/*
 * arrivals.h - when the next people come
 *
 * By the hour of the day, or so that about as many as wanted are inside. Private to the world.
 */
#ifndef FLOORFUSE_SIM_ARRIVALS_H
#define FLOORFUSE_SIM_ARRIVALS_H

#include <stdint.h>

#include "sim/random.h"
#include "sim/sim_config.h"

/* A plain value. */
struct arrivals {
    struct random random;
    double leaving_per_s; /* mean of the last minutes */
};

void arrivals_init(struct arrivals *arrivals, const struct sim_people_config *config,
                   uint64_t seed);

/* Size of one group. */
int arrivals_draw_group(struct arrivals *arrivals, const struct sim_people_config *config);

/*
 * How many groups come in this step.
 *   inside  shoppers in the store or waiting before it
 *   left    shoppers who left in the step before
 */
int arrivals_step(struct arrivals *arrivals, const struct sim_people_config *config,
                  int64_t time_us, double step_s, size_t inside, size_t left);

#endif
