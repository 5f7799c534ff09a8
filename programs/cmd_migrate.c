/*
 * cmd_migrate.c - floorfuse migrate: bring the database to this version's schema
 */
#include <stdio.h>

#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/start.h"
#include "programs/store_database.h"
#include "storage/migrate.h"

int cmd_migrate(int argc, char **argv)
{
    const char *config_path = NULL;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's or headquarters' config", true },
    };
    const struct command_line line = {
        .program = "floorfuse migrate",
        .purpose = "Apply the schema migrations that the store's database does not have yet.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_chain_config("floorfuse migrate", config_path, &config) < 0)
        return EXIT_FAILED;
    AUTO(store_database_close) struct store_database database;
    struct error err = { "" };
    int applied = 0, version = 0;
    int r = store_database_open(config, &database, &err);
    if (r == 0)
        r = storage_migrate(database.conninfo, &applied, &version, &err);
    if (r < 0) {
        fprintf(stderr, "floorfuse migrate: %s\n", err.text);
        return EXIT_FAILED;
    }
    printf("applied %d migrations; the schema is at version %d\n", applied, version);
    return EXIT_OK;
}
