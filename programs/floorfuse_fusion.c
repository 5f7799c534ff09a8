/*
 * floorfuse_fusion.c - one store: the observations of all cameras in, facts in PostgreSQL out
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/notify.h"
#include "programs/arguments.h"
#include "programs/fusion_loop.h"
#include "programs/start.h"

#define PROGRAM "floorfuse-fusion"

int main(int argc, char **argv)
{
    const char *config_path = NULL;
    struct fusion_loop_options options = { 0 };
    bool check_config = false;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's config", true },
        { "--summary", "FILE", &options.summary_path, NULL, "write a JSON summary at the end",
          false },
        { "--tracks", "FILE", &options.tracks_path, NULL, "write every track at every tick as CSV",
          false },
        { "--until-ended", NULL, NULL, &options.until_ended,
          "end when every camera's recording is over", false },
        { "--no-database", NULL, NULL, &options.no_database, "keep no facts", false },
        { "--check-config", NULL, NULL, &check_config, "check the config and stop", false },
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Fuse the observations of a store's cameras and keep heat facts in PostgreSQL.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    log_init(PROGRAM, NULL);
    (void) notify_init();
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config(PROGRAM, config_path, &config) < 0)
        return EXIT_FAILED;
    if (check_config)
        return EXIT_OK;
    options.config = config;
    struct error err = { "" };
    int r = fusion_loop_run(&options, &err);
    if (r < 0)
        log_error("%s", err.text[0] ? err.text : strerror(-r));
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}
