/*
 * floorfuse_camera.c - one camera: pictures in, observations on the floor out
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "programs/arguments.h"
#include "programs/camera_loop.h"
#include "programs/start.h"

#define PROGRAM "floorfuse-camera"

static int parse_start(const char *text, int64_t *ret_us)
{
    struct error err;
    *ret_us = 0;
    if (!text || clock_wall_parse(text, ret_us, &err) == 0)
        return EXIT_OK;
    fprintf(stderr, PROGRAM ": --start: %s\n", err.text);
    return EXIT_USAGE;
}

static int run(const struct store_config *config, const char *camera_id,
               struct camera_loop_options *options)
{
    options->config = config;
    options->camera = store_config_camera(config, camera_id);
    if (!options->camera) {
        fprintf(stderr, PROGRAM ": %s has no camera \"%s\"; see its cameras list\n", config->path,
                camera_id);
        return EXIT_USAGE;
    }
    log_init(PROGRAM, options->camera->id);
    struct error err = { "" };
    int r = camera_loop_run(options, &err);
    if (r < 0)
        log_error("%s", err.text[0] ? err.text : strerror(-r));
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int main(int argc, char **argv)
{
    const char *config_path = NULL, *camera_id = NULL, *start = NULL;
    struct camera_loop_options options = { 0 };
    bool check_config = false;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's config", true },
        { "--camera", "ID", &camera_id, NULL, "which of its cameras", true },
        { "--csv", "FILE", &options.csv_path, NULL,
          "write frame,x,y,class,score of every box centre (x and y 0..1)", false },
        { "--no-publish", NULL, NULL, &options.no_publish, "only write the CSV file", false },
        { "--start", "TIME", &start, NULL,
          "UTC time of a recording's first frame, instead of the config's", false },
        { "--engine", "NAME", &options.engine, NULL,
          "detector engine, instead of the config's: auto, opencv, darknet, hog", false },
        { "--debug-still", "FILE", &options.still_path, NULL,
          "DEBUG: save one frame as PNG; it may show people", false },
        { "--check-config", NULL, NULL, &check_config, "check the config and stop", false },
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Detect people in one camera's picture, put them on the floor, publish them.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    (void) notify_init();
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    log_init(PROGRAM, NULL);
    exit_code = parse_start(start, &options.start_us);
    if (exit_code != EXIT_OK)
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config(PROGRAM, config_path, &config) < 0)
        return EXIT_FAILED;
    return check_config ? EXIT_OK : run(config, camera_id, &options);
}
