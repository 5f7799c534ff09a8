/*
 * fuzz_sim_config.c - any text as the config of a simulation; what loads must load again from its
 * dump, and its plain store must be a floor
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct sim_config *parse(const char *text)
{
    struct problems problems = { 0 };
    struct sim_config *config = NULL;
    if (sim_config_parse(text, "fuzz.cfg", &config, &problems) < 0)
        config = NULL;
    problems_release(&problems);
    return config;
}

static void parse_dump_of(const struct sim_config *config)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return;
    sim_config_dump(config, out);
    (void) fclose(out);
    struct sim_config *again = parse(text);
    if (!again)
        abort();
    sim_config_destroy(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = strndup((const char *) bytes, length);
    struct sim_config *config = text ? parse(text) : NULL;
    struct floor_map *map = NULL;
    struct error err;
    if (config) {
        parse_dump_of(config);
        /* a path in it is no file of ours */
        if (!config->floor.geojson && sim_config_floor_map(config, &map, &err) == -EINVAL)
            abort();
        floor_map_destroy(&map);
    }
    sim_config_destroy(&config);
    free(text);
    return 0;
}
