/*
 * cmd_status.c - floorfuse status: how a running store is doing
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/seal.h"
#include "programs/start.h"
#include "wire/status.h"

#define STATUS_TIMEOUT_MS 3000

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static long long number_of(const json_t *o, const char *key)
{
    return (long long) json_integer_value(json_object_get(o, key));
}

static void print_cameras(const json_t *cameras)
{
    printf("%-16s %-12s %10s %8s %12s %8s  %s\n", "camera", "state", "frames", "missed",
           "observations", "ms/frame", "");
    size_t i;
    json_t *c;
    json_array_foreach(cameras, i, c)
        printf("%-16s %-12s %10lld %8lld %12lld %8.1f  %s\n", text_of(c, "camera"),
               text_of(c, "state"), number_of(c, "frames_received"), number_of(c, "frames_missed"),
               number_of(c, "observations"),
               json_number_value(json_object_get(c, "detect_ms_per_frame")), text_of(c, "detail"));
}

/* Whether the heads and bodies that a camera finds put people in the same places. */
static void print_heads(const json_t *cameras)
{
    size_t i;
    json_t *c;
    json_array_foreach(cameras, i, c)
    {
        const json_t *heads = json_object_get(c, "head_body");
        if (!json_is_object(heads))
            continue;
        double square = json_number_value(json_object_get(heads, "mean_square_sigmas"));
        double beyond = json_number_value(json_object_get(heads, "beyond_3_sigma"));
        printf("camera %s: %lld bodies with a head, on average %.1f squared sigmas apart (2 when "
               "all is well), %.1f %% beyond 3 sigmas\n",
               text_of(c, "camera"), number_of(heads, "pairs"), square, 100 * beyond);
    }
}

static void print_floors(const json_t *floors)
{
    size_t i;
    json_t *f;
    json_array_foreach(floors, i, f) printf(
        "floor %s: %lld tracks, %.1f people on average, %.0f person-seconds, %.1f of %.1f m2 "
        "walkable floor seen by no camera\n",
        text_of(f, "floor"), number_of(f, "tracks"),
        json_number_value(json_object_get(f, "people_per_tick_mean")),
        json_number_value(json_object_get(f, "dwell_s")),
        json_number_value(json_object_get(f, "walkable_unseen_m2")),
        json_number_value(json_object_get(f, "walkable_m2")));
}

/* One line for each count that is not 0. */
static void print_losses(const json_t *losses)
{
    bool is_first = true;
    size_t i;
    json_t *l;
    json_array_foreach(losses, i, l)
    {
        const char *camera = text_of(l, "camera");
        if (number_of(l, "count") == 0)
            continue;
        if (is_first)
            printf("lost, refused or dropped:\n");
        is_first = false;
        printf("  %-16s %-10s %-20s %12lld %s\n", camera[0] ? camera : "-", text_of(l, "source"),
               text_of(l, "reason"), number_of(l, "count"), text_of(l, "unit"));
    }
}

static int print_status(const char *text)
{
    json_error_t problem;
    json_t *o = json_loads(text, 0, &problem);
    if (!o) {
        fprintf(stderr, "floorfuse status: fusion's answer is not JSON: %s\n", problem.text);
        return EXIT_FAILED;
    }
    printf("store %s\n", text_of(o, "store"));
    print_cameras(json_object_get(o, "cameras"));
    print_heads(json_object_get(o, "cameras"));
    print_floors(json_object_get(o, "floors"));
    const json_t *database = json_object_get(o, "database");
    if (json_is_object(database))
        printf("database: %lld buckets written, %lld waiting, %lld dropped %s\n",
               number_of(database, "buckets_written"), number_of(database, "buckets_waiting"),
               number_of(database, "buckets_dropped"), text_of(database, "last_error"));
    print_losses(json_object_get(o, "losses"));
    json_decref(o);
    return EXIT_OK;
}

int cmd_status(int argc, char **argv)
{
    const char *config_path = NULL;
    bool as_json = false;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's config", true },
        { "--json", NULL, NULL, &as_json, "print everything as JSON", false },
    };
    const struct command_line line = {
        .program = "floorfuse status",
        .purpose = "Say how a running store is doing: cameras, floors, database.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config("floorfuse status", config_path, &config) < 0)
        return EXIT_FAILED;
    char *text = NULL;
    struct error err = { "" };
    AUTO(client_keys_release) struct client_keys keys = { 0 };
    if (seal_load_keys(config, KEY_ID_OPERATOR, &keys, &err) < 0) {
        fprintf(stderr, "floorfuse status: %s\n", err.text);
        return EXIT_FAILED;
    }
    if (status_request_sealed(config->wire.status, seal_of(config, &keys, config->wire.status),
                              STATUS_TIMEOUT_MS, &text, &err) < 0) {
        fprintf(stderr, "floorfuse status: store %s does not answer: %s\n", config->store.id,
                err.text);
        return EXIT_FAILED;
    }
    exit_code = as_json ? (puts(text) < 0 ? EXIT_FAILED : EXIT_OK) : print_status(text);
    free(text);
    return exit_code;
}
