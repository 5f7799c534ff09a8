/*
 * cmd_calibrate.c - floorfuse calibrate: where a camera's pixels meet the floor
 */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "programs/arguments.h"
#include "programs/calibrate.h"
#include "programs/commands.h"

static const struct action {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} actions[] = {
    { "pick", calibrate_pick, "mark points in a page of their own" },
    { "fit", calibrate_fit, "from pairs of a picture point and a floor point" },
    { "import", calibrate_import, "from OpenCV, Tsai, WILDTRACK or matrix files" },
    { "auto", calibrate_auto, "from people who walk past" },
    { "check", calibrate_check, "what a camera file is worth, place by place" },
    { "signature", calibrate_signature, "what its picture is like, and whether it still is" },
    { "adopt", calibrate_adopt, "take a proposed correction as a new version" },
    { "history", calibrate_history, "the versions of a camera file" },
};

static int help(FILE *out, int exit_code)
{
    fprintf(out, "usage: floorfuse calibrate ACTION [options]\n\nactions:\n");
    for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
        fprintf(out, "  %-10s %s\n", actions[i].name, actions[i].help);
    fprintf(out,
            "\nfloorfuse calibrate ACTION --help tells more; docs/calibration.md tells how.\n");
    return exit_code;
}

int cmd_calibrate(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--help") == 0)
        return help(stdout, EXIT_OK);
    for (size_t i = 0; argc >= 2 && i < ARRAY_LENGTH(actions); i++)
        if (strcmp(argv[1], actions[i].name) == 0)
            return actions[i].run(argc - 1, argv + 1);
    return help(stderr, EXIT_USAGE);
}
