/*
 * cmd_migrate.c - floorfuse migrate: bring the database to this version's schema
 */
#include <stdio.h>
#include <string.h>

#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/start.h"
#include "programs/store_database.h"
#include "storage/migrate.h"
#include "storage/migrations.h"

/* The first line of each file is "-- NNNN_name.sql: what it does"; a test holds them to it. */
static void print_migration(const struct migration *migration)
{
    const char *words = migration->sql + strlen("-- ");
    printf("%.*s\n", (int) strcspn(words, "\n"), words);
}

/* The embedded database comes into being when it is first opened; looking must not make it. */
static bool is_made(const struct store_config *config)
{
    return strcmp(config->database.mode, "embedded") != 0 || cluster_is_made(config);
}

static int tell(const struct store_config *config, struct error *err)
{
    AUTO(store_database_close) struct store_database database = { 0 };
    int version = 0;
    if (is_made(config)) {
        int r = store_database_open(config, &database, err);
        if (r == 0)
            r = storage_read_version(database.conninfo, &version, err);
        if (r < 0)
            return r;
    }
    for (int i = version; i < migration_count; i++)
        print_migration(&migrations[i]);
    printf("would apply %d migrations; the schema is at version %d\n", migration_count - version,
           version);
    return 0;
}

static int migrate(const struct store_config *config, struct error *err)
{
    AUTO(store_database_close) struct store_database database;
    int applied = 0, version = 0;
    int r = store_database_open(config, &database, err);
    if (r == 0)
        r = storage_migrate(database.conninfo, &applied, &version, err);
    if (r == 0)
        printf("applied %d migrations; the schema is at version %d\n", applied, version);
    return r;
}

int cmd_migrate(int argc, char **argv)
{
    const char *config_path = NULL;
    bool dry_run = false;
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's or headquarters' config", true },
        { "--dry-run", NULL, NULL, &dry_run, "say what would be applied, and change nothing",
          false },
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
    struct error err = { "" };
    int r = dry_run ? tell(config, &err) : migrate(config, &err);
    if (r < 0)
        fprintf(stderr, "floorfuse migrate: %s\n", err.text);
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}
