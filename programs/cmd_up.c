/*
 * cmd_up.c - floorfuse up: run a store
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/notify.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/start.h"
#include "programs/supervisor.h"

int cmd_up(int argc, char **argv)
{
    const char *config_path = NULL;
    struct supervisor_options options = { 0 };
    bool check_config = false;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's config", true },
        { "--engine", "NAME", &options.engine, NULL,
          "detector engine of all cameras, instead of the config's", false },
        { "--summary", "FILE", &options.summary_path, NULL, "write a JSON summary at the end",
          false },
        { "--tracks", "FILE", &options.tracks_path, NULL, "write tracks as CSV", false },
        { "--until-ended", NULL, NULL, &options.until_ended,
          "end when every camera's recording is over", false },
        { "--repeat", NULL, NULL, &options.repeat, "play recordings again and again", false },
        { "--check-config", NULL, NULL, &check_config, "check the config and stop", false },
    };
    const struct command_line line = {
        .program = "floorfuse up",
        .purpose = "Run a store: its database, fusion and cameras. Ctrl-C stops it cleanly.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config("floorfuse up", config_path, &config) < 0)
        return EXIT_FAILED;
    if (check_config)
        return EXIT_OK;
    (void) notify_init();
    options.config = config;
    struct error err = { "" };
    int r = supervisor_run(&options, &err);
    if (r < 0)
        log_error("%s", err.text[0] ? err.text : strerror(-r));
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int cmd_stop(int argc, char **argv)
{
    const char *config_path = NULL;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's config", true },
    };
    const struct command_line line = {
        .program = "floorfuse stop",
        .purpose = "Stop a running store and wait until it has stopped.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config("floorfuse stop", config_path, &config) < 0)
        return EXIT_FAILED;
    struct error err = { "" };
    if (supervisor_stop(config, &err) < 0) {
        fprintf(stderr, "floorfuse stop: %s\n", err.text);
        return EXIT_FAILED;
    }
    printf("stopped store %s\n", config->store.id);
    return EXIT_OK;
}

int cmd_reload(int argc, char **argv)
{
    const char *config_path = NULL;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's config", true },
    };
    const struct command_line line = {
        .program = "floorfuse reload",
        .purpose =
            "Have the cameras of a running store read their camera files again, between two\n"
            "frames. A file that is no good changes nothing; the log says so.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config("floorfuse reload", config_path, &config) < 0)
        return EXIT_FAILED;
    struct error err = { "" };
    if (supervisor_reload(config, &err) < 0) {
        fprintf(stderr, "floorfuse reload: %s\n", err.text);
        return EXIT_FAILED;
    }
    printf("the cameras of store %s read their calibrations again\n", config->store.id);
    return EXIT_OK;
}
