/*
 * cmd_check.c - floorfuse check: say every problem of a config, not only the first
 *
 * Looks at what the config names, too: calibrations, plans, GeoJSON, models, recordings, keys.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "calib/calibration.h"
#include "capture/capture.h"
#include "detector/detector.h"
#include "metrics/metric_table.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/detector_setup.h"
#include "programs/floors.h"
#include "programs/start.h"
#include "wire/allow_list.h"

static void check_floor(const struct floor_config *floor, struct problems *problems)
{
    struct error err = { "" };
    AUTO(image_unref) struct image *plan = NULL;
    AUTO(floor_map_destroy) struct floor_map *map = NULL;
    if (floor_load_plan(floor, &plan, &err) < 0)
        problems_add(problems, "floor %s: %s", floor->id, err.text);
    else if (floor_load_map(floor, &map, &err) < 0)
        problems_add(problems, "floor %s: %s", floor->id, err.text);
}

static void check_model(const struct camera_config *camera, struct problems *problems)
{
    struct detector_options options = detector_setup(camera, NULL);
    AUTO(detector_destroy) struct detector *detector = NULL;
    struct error err = { "" };
    if (detector_create(&options, &detector, &err) < 0)
        problems_add(problems, "camera %s: %s", camera->id, err.text);
}

static void check_camera(const struct camera_config *camera, struct problems *problems)
{
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    (void) !calibration_load(camera->calibration, &calibration, problems); /* it adds its own */
    check_model(camera, problems);
    if (capture_is_recording(camera->url) && access(camera->url, R_OK) < 0)
        problems_add(problems, "camera %s: could not read %s: %s", camera->id, camera->url,
                     strerror(errno));
}

/* One file of the folder of keys, if it is there: a camera's machine has fewer than fusion's. */
static void check_key(const struct store_config *config, const char *id, struct problems *problems)
{
    struct error err = { "" };
    struct key_file key;
    char *path = key_file_path(config->wire.keys, id);
    if (path && file_exists(path) && key_file_load(path, KEY_SECRET, &key, &err) < 0)
        problems_add(problems, "%s", err.text);
    else if (path && file_exists(path))
        key_file_wipe(&key);
    free(path);
}

static void check_keys(const struct store_config *config, struct problems *problems)
{
    struct error err = { "" };
    AUTO(allow_list_release) struct allow_list list = { 0 };
    if (!store_config_is_sealed(config, config->wire.endpoint) &&
        !store_config_is_sealed(config, config->wire.replay) &&
        !store_config_is_sealed(config, config->wire.status))
        return;
    check_key(config, KEY_ID_FUSION, problems);
    check_key(config, KEY_ID_OPERATOR, problems);
    for (size_t i = 0; i < config->cameras.count; i++)
        check_key(config, store_config_cameras(config)[i].id, problems);
    int r = allow_list_load(config->wire.keys, &list, &err);
    if (r < 0 && r != -ENOENT)
        problems_add(problems, "%s", err.text);
}

static void check_everything(const struct store_config *config, struct problems *problems)
{
    for (size_t i = 0; i < config->floors.count; i++)
        check_floor(&store_config_floors(config)[i], problems);
    for (size_t i = 0; i < config->cameras.count; i++)
        check_camera(&store_config_cameras(config)[i], problems);
    check_keys(config, problems);
}

int cmd_check(int argc, char **argv)
{
    const char *config_path = NULL;
    bool dump = false, document = false, metrics = false;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's config", false },
        { "--dump-config", NULL, NULL, &dump, "print all settings in force", false },
        { "--options", NULL, NULL, &document, "print every option there is, as Markdown", false },
        { "--metrics", NULL, NULL, &metrics, "print every metric there is, as Markdown", false },
    };
    const struct command_line line = {
        .program = "floorfuse check",
        .purpose = "Check a config and all that it names, and say every problem.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    if (document) {
        store_config_document(stdout);
        return EXIT_OK;
    }
    if (metrics) {
        metric_table_document(stdout);
        return EXIT_OK;
    }
    if (!config_path) {
        fprintf(stderr, "floorfuse check: needed and not given: --config; see --help\n");
        return EXIT_USAGE;
    }
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (store_config_load(config_path, &config, &problems) == 0)
        check_everything(config, &problems);
    print_problems("floorfuse check", &problems);
    if (problems.count) {
        fprintf(stderr, "floorfuse check: %zu problem%s in %s\n", problems.count,
                problems.count == 1 ? "" : "s", config_path);
        return EXIT_FAILED;
    }
    if (dump)
        store_config_dump(config, stdout);
    else
        printf("%s is fine: %zu floors, %zu cameras\n", config_path, config->floors.count,
               config->cameras.count);
    return EXIT_OK;
}
