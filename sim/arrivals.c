/*
 * arrivals.c - when the next people come
 */
#include "sim/arrivals.h"

#include <math.h>

#include "base/clock.h"

#define S_PER_H     3600
#define HOURS_A_DAY 24

/* Keeping a number inside: who leaves is replaced, and a difference closes in this time. */
#define CLOSE_GAP_S  120.0
#define LEAVING_OF_S 300.0

/* First guess of a stay: to a stop, and in and out. */
#define WAY_TO_STOP_S 15.0
#define WAY_IN_OUT_S  60.0

static double stay_guess_s(const struct sim_people_config *c)
{
    double browse_s = c->browse_median_s * exp(c->browse_spread * c->browse_spread / 2);
    return WAY_IN_OUT_S + c->stops * (browse_s + WAY_TO_STOP_S);
}

void arrivals_init(struct arrivals *a, const struct sim_people_config *config, uint64_t seed)
{
    *a = (struct arrivals){ .random = random_stream(seed, 0),
                            .leaving_per_s = config->inside / stay_guess_s(config) };
}

int arrivals_draw_group(struct arrivals *a, const struct sim_people_config *config)
{
    return random_truncated_poisson(&a->random, config->group_poisson);
}

static double mean_group(double parameter)
{
    return parameter > 0 ? parameter / -expm1(-parameter) : 1;
}

static double rate_by_hour(const struct number_list *hours, int64_t time_us)
{
    int64_t hour = time_us / (S_PER_H * US_PER_S) % HOURS_A_DAY;
    if (hours->count == 0)
        return 0;
    return hours->values[hours->count == 1 ? 0 : (size_t) hour] / S_PER_H;
}

int arrivals_step(struct arrivals *a, const struct sim_people_config *config, int64_t time_us,
                  double step_s, size_t inside, size_t left)
{
    double rate = rate_by_hour(&config->arrivals_per_h, time_us);
    if (config->inside > 0) {
        double keep = exp(-step_s / LEAVING_OF_S);
        a->leaving_per_s = keep * a->leaving_per_s + (1 - keep) * (double) left / step_s;
        rate = fmax(0, a->leaving_per_s + (config->inside - (double) inside) / CLOSE_GAP_S);
    }
    return random_poisson(&a->random, rate * step_s / mean_group(config->group_poisson));
}
