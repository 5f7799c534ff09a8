/*
 * settings.h - the fusion settings in the units that the inside works in
 */
#ifndef FLOORFUSE_FUSION_SETTINGS_H
#define FLOORFUSE_FUSION_SETTINGS_H

#include <stdint.h>

#include "config/store_config.h"

struct fusion_settings {
    int64_t tick_us; /* 0: a tick at each time of the input */
    int64_t frame_valid_us, max_gap_us;
    double gate_sigma;
    double position_variance_m2;
    double noise_m2_s3; /* spectral density of a person's acceleration */
    double max_speed_m_s, merge_m;
    double person_height_m, person_height_variance; /* of people nothing is known of */
};

struct fusion_settings fusion_settings_from(const struct fusion_config *config);

#endif
