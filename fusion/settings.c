/*
 * settings.c - the fusion settings in the units that the inside works in
 */
#include "fusion/settings.h"

#include <math.h>

#include "base/clock.h"

/* How long a person keeps an acceleration: turns a standard deviation into a spectral density. */
#define ACCELERATION_TIME_S 1.0

/* No camera knows a position better than this, m: keeps matrices regular if the config says 0. */
#define POSITION_SD_MIN_M 0.01

struct fusion_settings fusion_settings_from(const struct fusion_config *config)
{
    double position_sd_m = fmax(config->position_sd_m, POSITION_SD_MIN_M);
    double acceleration = config->acceleration_sd_m_s2;
    return (struct fusion_settings){
        .tick_us = config->tick_ms * US_PER_MS,
        .frame_valid_us = config->frame_valid_ms * US_PER_MS,
        .max_gap_us = config->max_gap_ms * US_PER_MS,
        .gate_sigma = config->gate_sigma,
        .position_variance_m2 = position_sd_m * position_sd_m,
        .noise_m2_s3 = acceleration * acceleration * ACCELERATION_TIME_S,
        .max_speed_m_s = config->max_speed_m_s,
        .merge_m = config->merge_m,
        .person_height_m = config->people.height_m,
        .person_height_variance = config->people.height_sd_m * config->people.height_sd_m,
    };
}
