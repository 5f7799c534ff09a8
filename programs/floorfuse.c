/*
 * floorfuse.c - the one command a person types
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "programs/arguments.h"
#include "programs/commands.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

static const struct command commands[] = {
    { "up", cmd_up, "run a store: database, fusion, cameras; restart what dies" },
    { "stop", cmd_stop, "stop a running store" },
    { "reload", cmd_reload, "have the cameras of a running store read their calibrations again" },
    { "status", cmd_status, "how a running store is doing" },
    { "heatmap", cmd_heatmap, "draw heat or movement over the floor plan or a camera's still" },
    { "plan", cmd_plan, "draw a floor's plan from its GeoJSON, to scale" },
    { "detect", cmd_detect, "try a model on a video or a folder of pictures" },
    { "evaluate", cmd_evaluate, "how near tracks, or boxes, are to the truth" },
    { "replay", cmd_replay, "tracks from detections that were written down" },
    { "model", cmd_model, "networks that find people: list, fetch, look into, check" },
    { "calibrate", cmd_calibrate, "where a camera's pixels meet the floor: fit, judge, correct" },
    { "check", cmd_check, "check a config and say every problem it has" },
    { "migrate", cmd_migrate, "bring the database to this version's schema" },
    { "export", cmd_export, "a view of the database as CSV, however long it is" },
    { "hq", cmd_hq, "many stores, one headquarters: init, join, status, resync, leave" },
    { "keys", cmd_keys, "who may talk to fusion: init, add, remove, rotate, list" },
    { "psql", cmd_psql, "open the store's database in psql" },
    { "simulate", cmd_simulate, "simulate a store with people and cameras; the truth comes along" },
    { "demo", cmd_demo, "run a store of recordings once, from video to heat map" },
};

static void print_help(FILE *out)
{
    fprintf(out, "usage: floorfuse COMMAND [options]\n\n"
                 "Where people are on the floor, from the cameras a store already has.\n\n"
                 "commands:\n");
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    fprintf(out, "\nfloorfuse COMMAND --help tells more. Exit codes: 0, 1 (failed), 2 (usage).\n");
}

int main(int argc, char **argv)
{
    log_init("floorfuse", NULL);
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("floorfuse %s\n", FLOORFUSE_VERSION);
        return EXIT_OK;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "floorfuse: unknown command %s; see floorfuse --help\n", argv[1]);
    return EXIT_USAGE;
}
