/*
 * sim_config.c - the config of a simulation: a store, its people, its cameras
 *
 * The table is the truth: loading, checking, printing and the documentation follow it. Defaults of
 * people and walking are explained in sim/README.md.
 */
#include "sim/sim_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "config/option_lines.h"
#include "sim/plain_store.h"

/* As floor_map.c. */
#define FLOOR_BYTES_MAX ((size_t) 16 * 1024 * 1024)

#define HOURS_A_DAY    24
#define ARRIVALS_MAX_H 100000.0
#define S_PER_DAY      86400

#define SIM(member) offsetof(struct sim_config, member)

/* clang-format off: one line an option reads best */
static const struct option sim_options[] = {
    { "start", OPTION_STRING, SIM(start), .default_string = "2026-01-05T09:00Z",
      .help = "time of the first moment, ISO 8601" },
    { "duration_s", OPTION_DOUBLE, SIM(duration_s), .default_number = 600, .min = 1,
      .max = 366.0 * S_PER_DAY, .help = "how long the simulation goes, s" },
    { "step_ms", OPTION_INT, SIM(step_ms), .default_number = 100, .min = 10, .max = 200,
      .help = "people decide and move in steps of this, ms; divides 1000" },
    { "floor.geojson", OPTION_PATH, SIM(floor.geojson),
      .help = "the floor, see docs/floor.md; without it the numbers below make a plain store" },
    { "floor.length_m", OPTION_DOUBLE, SIM(floor.length_m), .default_number = 30, .min = 4,
      .max = 500, .help = "of the plain store, along x, m" },
    { "floor.width_m", OPTION_DOUBLE, SIM(floor.width_m), .default_number = 20, .min = 4,
      .max = 500, .help = "of the plain store, along y, m; the entrance is at y = 0" },
    { "floor.aisles", OPTION_INT, SIM(floor.aisles), .default_number = 5, .min = 0, .max = 100,
      .help = "aisles between rows of shelves; 0: an empty hall with an entrance at either end" },
    { "floor.checkouts", OPTION_INT, SIM(floor.checkouts), .default_number = 2, .min = 0, .max = 50,
      .help = "checkout lanes of the plain store" },
    { "floor.shelf_height_m", OPTION_DOUBLE, SIM(floor.shelf_height_m), .default_number = 1.8,
      .min = 0.1, .max = 10, .help = "of the plain store, m" },
    { "people.inside", OPTION_DOUBLE, SIM(people.inside), .min = 0, .max = 5000,
      .help = "shoppers at the start; as many stay on average, instead of arrivals_per_h" },
    { "people.arrivals_per_h", OPTION_NUMBERS, SIM(people.arrivals_per_h), .min = 1,
      .max = HOURS_A_DAY, .help = "shoppers an hour: one number, or 24 by the hour of day (UTC)" },
    { "people.staff", OPTION_INT, SIM(people.staff), .min = 0, .max = 1000,
      .help = "who work here all the time" },
    { "people.mannequins", OPTION_INT, SIM(people.mannequins), .min = 0, .max = 1000,
      .help = "figures that stand for ever; no people in the truth" },
    { "people.group_poisson", OPTION_DOUBLE, SIM(people.group_poisson), .default_number = 0.6,
      .min = 0, .max = 3,
      .help = "sizes of groups: Poisson of this parameter without the zero; 0: all alone" },
    { "people.stops", OPTION_DOUBLE, SIM(people.stops), .default_number = 12, .min = 0, .max = 60,
      .help =
          "mean number of places where a shopper browses; 0: walk through to another entrance" },
    { "people.browse_median_s", OPTION_DOUBLE, SIM(people.browse_median_s), .default_number = 20,
      .min = 0.1, .max = 3600, .help = "at one place; log-normal, s" },
    { "people.browse_spread", OPTION_DOUBLE, SIM(people.browse_spread), .default_number = 0.9,
      .min = 0, .max = 3, .help = "standard deviation of its logarithm" },
    { "people.service_median_s", OPTION_DOUBLE, SIM(people.service_median_s), .default_number = 40,
      .min = 0.1, .max = 3600, .help = "at the head of a checkout's queue; log-normal, s" },
    { "people.service_spread", OPTION_DOUBLE, SIM(people.service_spread), .default_number = 0.5,
      .min = 0, .max = 3, .help = "standard deviation of its logarithm" },
    { "walking.speed_m_s", OPTION_DOUBLE, SIM(walking.speed_m_s), .default_number = 1.16,
      .min = 0.2, .max = 3, .help = "mean of the speeds that people want, m/s" },
    { "walking.speed_sd_m_s", OPTION_DOUBLE, SIM(walking.speed_sd_m_s), .default_number = 0.22,
      .min = 0, .max = 1, .help = "their standard deviation, m/s" },
    { "walking.group_spacing_m", OPTION_DOUBLE, SIM(walking.group_spacing_m), .default_number = 0.7,
      .min = 0.4, .max = 1.5, .help = "between people who walk side by side, m" },
    SIM_SENSOR_OPTIONS(SIM(cameras), SIM(sensors), SIM(output)),
};
/* clang-format on */

#define OPTION_COUNT ARRAY_LENGTH(sim_options)

void sim_config_destroy(struct sim_config **config)
{
    if (!*config)
        return;
    options_release(sim_options, OPTION_COUNT, *config);
    free((*config)->path);
    free(*config);
    *config = NULL;
}

void sim_config_dump(const struct sim_config *config, FILE *out)
{
    options_dump(sim_options, OPTION_COUNT, config, out);
}

void sim_config_document(FILE *out)
{
    options_document(sim_options, OPTION_COUNT, out);
}

/* ---- what one line of the table cannot say ---- */

struct check {
    const char *name;
    const struct option_lines *lines;
    struct problems *problems;
};

static unsigned line_of(const struct check *c, const char *key)
{
    return option_lines_find(c->lines, key);
}

static void check_times(const struct check *c, struct sim_config *config)
{
    struct error err;
    if (config->start && clock_wall_parse(config->start, &config->start_us, &err) < 0)
        problems_add_at(c->problems, c->name, line_of(c, "start"), "start: %s", err.text);
    if (1000 % config->step_ms)
        problems_add_at(c->problems, c->name, line_of(c, "step_ms"),
                        "step_ms is %d ms but must divide 1000 ms, e.g. 100 or 50",
                        config->step_ms);
    if (900 % config->output.bucket_s)
        problems_add_at(c->problems, c->name, line_of(c, "output.bucket_s"),
                        "output.bucket_s is %d s but must divide 900 s, e.g. 60 or 300",
                        config->output.bucket_s);
    if (1000 % config->output.heat_tick_ms)
        problems_add_at(c->problems, c->name, line_of(c, "output.heat_tick_ms"),
                        "output.heat_tick_ms is %d ms but must divide 1000 ms, e.g. 100",
                        config->output.heat_tick_ms);
}

static void check_arrivals(const struct check *c, const struct sim_config *config)
{
    const char *key = "people.arrivals_per_h";
    const struct number_list *hours = &config->people.arrivals_per_h;
    if (hours->count != 0 && hours->count != 1 && hours->count != HOURS_A_DAY)
        problems_add_at(c->problems, c->name, line_of(c, key),
                        "%s has %zu numbers but must have 1, or 24: one for each hour of the day",
                        key, hours->count);
    for (size_t i = 0; i < hours->count; i++)
        if (!(hours->values[i] >= 0 && hours->values[i] <= ARRIVALS_MAX_H)) {
            problems_add_at(c->problems, c->name, line_of(c, key),
                            "%s: %g shoppers an hour cannot be; write 0 to %g", key,
                            hours->values[i], ARRIVALS_MAX_H);
            break;
        }
    if (hours->count != 0 && config->people.inside > 0)
        problems_add_at(c->problems, c->name, line_of(c, key),
                        "people.inside and people.arrivals_per_h contradict each other; leave one "
                        "of them out");
}

static void check_floor(const struct check *c, const struct sim_config *config)
{
    struct error err;
    if (!config->floor.geojson && plain_store_check(&config->floor, &err) < 0)
        problems_add_at(c->problems, c->name, line_of(c, "floor"), "floor: %s", err.text);
}

static int check_config(struct sim_config *config, const struct check *c, size_t first)
{
    if (c->lines->count == 0 && c->problems->count > first)
        return -EINVAL; /* it was no config; every other sentence would follow from that */
    check_times(c, config);
    check_arrivals(c, config);
    check_floor(c, config);
    sim_cameras_check(&config->cameras, c->name, c->lines, c->problems);
    problems_sort(c->problems, first, c->name);
    return c->problems->count > first ? -EINVAL : 0;
}

int sim_config_load(const char *path, struct sim_config **ret_config, struct problems *problems)
{
    AUTO(sim_config_destroy) struct sim_config *config = calloc(1, sizeof(*config));
    AUTO(option_lines_release) struct option_lines lines = { 0 };
    if (!config || !(config->path = path_absolute(path)))
        return -ENOMEM;
    size_t first = problems->count;
    int r = options_load_lines(path, sim_options, OPTION_COUNT, config, problems, &lines);
    if (r == 0 || r == -EINVAL) {
        const struct check check = { path, &lines, problems };
        int checked = check_config(config, &check, first);
        r = checked < 0 ? checked : r;
    }
    if (r < 0)
        return r;
    *ret_config = config;
    config = NULL;
    return 0;
}

int sim_config_parse(const char *text, const char *name, struct sim_config **ret_config,
                     struct problems *problems)
{
    AUTO(sim_config_destroy) struct sim_config *config = calloc(1, sizeof(*config));
    const struct option_lines no_lines = { 0 };
    const struct check check = { name, &no_lines, problems };
    if (!config)
        return -ENOMEM;
    size_t first = problems->count;
    int r = options_parse(text, name, sim_options, OPTION_COUNT, config, problems);
    if (r == 0)
        r = check_config(config, &check, first);
    if (r < 0)
        return r;
    *ret_config = config;
    config = NULL;
    return 0;
}

/* ---- the floor ---- */

int sim_config_floor_text(const struct sim_config *config, char **ret_text, size_t *ret_length,
                          struct error *err)
{
    if (config->floor.geojson)
        return file_read(config->floor.geojson, FLOOR_BYTES_MAX, ret_text, ret_length, err);
    return plain_store_geojson(&config->floor, ret_text, ret_length, err);
}

int sim_config_floor_map(const struct sim_config *config, struct floor_map **ret_map,
                         struct error *err)
{
    char *text;
    size_t length;
    int r = sim_config_floor_text(config, &text, &length, err);
    if (r < 0)
        return r;
    const char *name = config->floor.geojson ? config->floor.geojson : "plain store";
    r = floor_map_parse(text, length, name, ret_map, err);
    free(text);
    return r;
}
