/*
 * sim_config.h - the config of a simulation: a store, its people, its cameras
 *
 * A libconfig file, by the same kind of option table as a store's (config/option.h). etc/sim/ has
 * commented examples. The world reads `floor`, `people` and `walking`, the cameras read the rest.
 */
#ifndef FLOORFUSE_SIM_SIM_CONFIG_H
#define FLOORFUSE_SIM_SIM_CONFIG_H

#include <stdint.h>
#include <stdio.h>

#include "config/option.h"
#include "floor/floor_map.h"
#include "sim/sensor_config.h"

/* The floor: a file, or a plain store made from numbers (sim/plain_store.h). */
struct sim_floor_config {
    char *geojson; /* path; NULL: made from the numbers below */
    double length_m, width_m;
    int aisles; /* between rows of shelves along y; 0: an empty hall */
    int checkouts;
    double shelf_height_m;
};

struct sim_people_config {
    double inside; /* so many shoppers at the start, and about as many always; 0: none */
    struct number_list arrivals_per_h; /* shoppers: one number, or 24 by the hour of the day, UTC */
    int staff, mannequins;
    double group_poisson; /* size of a group: zero-truncated Poisson of this parameter */
    double stops;         /* mean number of places where a shopper browses; 0: walk through */
    double browse_median_s, browse_spread;   /* log-normal; spread: sd of the logarithm */
    double service_median_s, service_spread; /* at a checkout */
};

struct sim_walking_config {
    double speed_m_s, speed_sd_m_s; /* wanted, normal distribution over people */
    double group_spacing_m;         /* between people who walk side by side */
};

struct sim_config {
    char *path;  /* the file itself; NULL when parsed from text */
    char *start; /* as written; see start_us */
    int64_t start_us;
    double duration_s;
    int step_ms;
    struct sim_floor_config floor;
    struct sim_people_config people;
    struct sim_walking_config walking;
    struct option_list cameras; /* of struct sim_camera_config */
    struct sim_sensor_config sensors;
    struct sim_output_config output;
};

/*
 * Load and check, across options too.
 *   ret_config  the caller's, to destroy; set only when the return value is 0
 *   problems    sentences about everything found
 * Returns 0, -EINVAL, -errno of the file, -ENOMEM.
 */
MUST_CHECK int sim_config_load(const char *path, struct sim_config **ret_config,
                               struct problems *problems);

/* The same from text; `name` stands for the path in sentences, which name no lines. */
MUST_CHECK int sim_config_parse(const char *text, const char *name, struct sim_config **ret_config,
                                struct problems *problems);
void sim_config_destroy(struct sim_config **config);

void sim_config_dump(const struct sim_config *config, FILE *out);

/* Print every option as Markdown. */
void sim_config_document(FILE *out);

/*
 * The floor as GeoJSON text: the file's bytes, or the plain store's.
 *   ret_text  the caller's to free()
 * Returns 0, -errno of the file with a sentence, -ENOMEM.
 */
MUST_CHECK int sim_config_floor_text(const struct sim_config *config, char **ret_text,
                                     size_t *ret_length, struct error *err);

/* The floor as a map; the caller's. Returns 0 or what floor_map_parse returns. */
MUST_CHECK int sim_config_floor_map(const struct sim_config *config, struct floor_map **ret_map,
                                    struct error *err);

static inline const struct sim_camera_config *sim_config_cameras(const struct sim_config *config)
{
    return config->cameras.items;
}

#endif
