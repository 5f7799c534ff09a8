/*
 * cmd_psql.c - floorfuse psql: the store's database in psql, without knowing where it listens
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/process.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/start.h"
#include "programs/store_database.h"

#define PSQL_ARGUMENTS_MAX 64

static int run_psql(const char *conninfo, char **rest)
{
    const char *arguments[PSQL_ARGUMENTS_MAX + 4] = { "psql", "-d", conninfo };
    size_t n = 3;
    for (; rest && *rest && n < PSQL_ARGUMENTS_MAX; rest++)
        arguments[n++] = *rest;
    struct process_options options = { .arguments = arguments };
    struct error err = { "" };
    int status = EXIT_FAILED;
    if (process_run(&options, NULL, &status, &err) < 0)
        fprintf(stderr, "floorfuse psql: %s\n", err.text);
    return status;
}

int cmd_psql(int argc, char **argv)
{
    const char *config_path = NULL;
    char **rest = NULL;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's or headquarters' config", true },
    };
    const struct command_line line = {
        .program = "floorfuse psql",
        .purpose = "Open the store's database in psql; what follows -- goes to psql. The embedded "
                   "database is\nstarted for the time if it is not running.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
        .rest = &rest,
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_chain_config("floorfuse psql", config_path, &config) < 0)
        return EXIT_FAILED;
    AUTO(store_database_close) struct store_database database;
    struct error err = { "" };
    if (store_database_open(config, &database, &err) < 0) {
        fprintf(stderr, "floorfuse psql: %s\n", err.text);
        return EXIT_FAILED;
    }
    return run_psql(database.conninfo, rest);
}
