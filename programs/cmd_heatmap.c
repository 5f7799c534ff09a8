/*
 * cmd_heatmap.c - floorfuse heatmap: heat or movement as a picture or a table
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/drawing.h"
#include "programs/start.h"
#include "programs/store_database.h"

struct heatmap_words {
    const char *config_path, *store, *from, *to, *layer;
};

static int parse_time(const char *text, int64_t otherwise, int64_t *ret_us)
{
    struct error err;
    *ret_us = otherwise;
    if (!text || clock_wall_parse(text, ret_us, &err) == 0)
        return EXIT_OK;
    fprintf(stderr, "floorfuse heatmap: %s\n", err.text);
    return EXIT_USAGE;
}

static int parse_layer(const char *text, enum heat_layer *ret_layer)
{
    static const char *const names[] = { "dwell", "passes", "movement" };
    *ret_layer = HEAT_LAYER_DWELL;
    if (!text)
        return EXIT_OK;
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *ret_layer = (enum heat_layer) i;
            return EXIT_OK;
        }
    fprintf(stderr, "floorfuse heatmap: no layer \"%s\"; there are dwell, passes, movement\n",
            text);
    return EXIT_USAGE;
}

static int parse_words(const struct heatmap_words *words, struct heat_request *request)
{
    int code = parse_time(words->from, INT64_MIN, &request->from_us);
    if (code == EXIT_OK)
        code = parse_time(words->to, INT64_MAX, &request->to_us);
    if (code == EXIT_OK)
        code = parse_layer(words->layer, &request->layer);
    if (code == EXIT_OK && !request->png && !request->csv) {
        fprintf(stderr, "floorfuse heatmap: nothing to do; give --out FILE.png or --csv FILE\n");
        code = EXIT_USAGE;
    }
    if (code == EXIT_OK && request->from_us >= request->to_us) {
        fprintf(stderr, "floorfuse heatmap: --from must be before --to\n");
        code = EXIT_USAGE;
    }
    return code;
}

static int draw(const struct store_config *config, const struct heat_request *request)
{
    AUTO(store_database_close) struct store_database database;
    struct error err = { "" };
    int r = store_database_open(config, &database, &err);
    if (r == 0)
        r = draw_heat(config, database.conninfo, request, &err);
    if (r < 0)
        fprintf(stderr, "floorfuse heatmap: %s\n", err.text);
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int cmd_heatmap(int argc, char **argv)
{
    struct heatmap_words words = { 0 };
    struct heat_request request = { 0 };
    const struct argument arguments[] = {
        { "--config", "FILE", &words.config_path, NULL, "the store's config", true },
        { "--store", "S", &words.store, NULL, "must be the config's store, if given", false },
        { "--floor", "F", &request.floor_id, NULL, "which floor (default: the first)", false },
        { "--from", "TIME", &words.from, NULL, "e.g. 2026-11-23T09:00Z (default: all)", false },
        { "--to", "TIME", &words.to, NULL, "the first moment no longer counted", false },
        { "--out", "FILE.png", &request.png, NULL, "the picture", false },
        { "--csv", "FILE", &request.csv, NULL, "the numbers, one row a cell", false },
        { "--layer", "NAME", &words.layer, NULL, "dwell (default), passes or movement", false },
        { "--over-camera", "ID", &request.over_camera, NULL,
          "draw over this camera's still instead of the plan", false },
        { "--still", "FILE.png", &request.still, NULL, "the still, if the config names none",
          false },
    };
    const struct command_line line = {
        .program = "floorfuse heatmap",
        .purpose = "Draw where people were, or how they moved, over the floor plan or a camera's "
                   "still.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    exit_code = parse_words(&words, &request);
    if (exit_code != EXIT_OK)
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config("floorfuse heatmap", words.config_path, &config) < 0)
        return EXIT_FAILED;
    if (words.store && strcmp(words.store, config->store.id) != 0) {
        fprintf(stderr, "floorfuse heatmap: %s is the config of store %s, not %s\n",
                words.config_path, config->store.id, words.store);
        return EXIT_FAILED;
    }
    return draw(config, &request);
}
