/*
 * cmd_plan.c - floorfuse plan: draw a floor's plan from its GeoJSON, to scale
 */
#include <stdio.h>

#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/drawing.h"
#include "programs/start.h"

int cmd_plan(int argc, char **argv)
{
    const char *config_path = NULL, *floor_id = NULL, *out = NULL;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's config", true },
        { "--floor", "ID", &floor_id, NULL, "which floor (default: the first)", false },
        { "--out", "FILE.png", &out, NULL, "where to (default: the floor's plan.png)", false },
    };
    const struct command_line line = {
        .program = "floorfuse plan",
        .purpose = "Draw a floor's GeoJSON as a plan, at the scale and origin its config gives.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config("floorfuse plan", config_path, &config) < 0)
        return EXIT_FAILED;
    struct error err = { "" };
    int r = draw_plan(config, floor_id, out, &err);
    if (r < 0)
        fprintf(stderr, "floorfuse plan: %s\n", err.text);
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}
