/*
 * cmd_export.c - floorfuse export: a view of the store's database as CSV
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/output_file.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/start.h"
#include "programs/store_database.h"
#include "storage/export.h"

struct export_words {
    const char *config_path, *from, *to, *csv;
    bool list;
};

static int usage(const char *sentence)
{
    fprintf(stderr, "floorfuse export: %s\n", sentence);
    return EXIT_USAGE;
}

static int parse_time(const char *text, int64_t otherwise, int64_t *ret_us)
{
    struct error err;
    *ret_us = otherwise;
    return !text || clock_wall_parse(text, ret_us, &err) == 0 ? EXIT_OK : usage(err.text);
}

static int parse_words(const struct export_words *words, struct export_request *request)
{
    int code = parse_time(words->from, INT64_MIN, &request->from_us);
    if (code == EXIT_OK)
        code = parse_time(words->to, INT64_MAX, &request->to_us);
    if (code != EXIT_OK)
        return code;
    if (words->list)
        return words->csv ? usage("--list and --csv do not go together") : EXIT_OK;
    if (!request->view)
        return usage("which view? give --view, or --list to see those there are");
    if (!words->csv)
        return usage("nothing to do; give --csv FILE, - for the standard output");
    if (request->from_us >= request->to_us)
        return usage("--from must be before --to");
    return EXIT_OK;
}

static void print_name(void *unused, const char *name, const char *comment)
{
    (void) unused;
    printf("%-24s %s\n", name, comment);
}

static int list(const char *conninfo, const char *view, struct error *err)
{
    int r = storage_export_list(conninfo, view, print_name, NULL, err);
    return r == 0 && fflush(stdout) != 0 ? error_set(err, -errno, "could not write the list") : r;
}

static int write_csv(const char *conninfo, const struct export_request *request, const char *path,
                     struct error *err)
{
    AUTO(output_file_abandon) struct output_file file = { 0 };
    int64_t rows = 0;
    int r = output_file_open(path, &file, err);
    if (r == 0)
        r = storage_export_csv(conninfo, request, file.stream, &rows, err);
    if (r == 0)
        r = output_file_commit(&file, err);
    if (r == 0 && rows == 0)
        fprintf(stderr, "floorfuse export: %s has no rows that fit; only the header was written\n",
                request->view);
    return r;
}

static int export(const struct export_words *words, const struct export_request *request)
{
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config("floorfuse export", words->config_path, &config) < 0)
        return EXIT_FAILED;
    AUTO(store_database_close) struct store_database database;
    struct error err = { "" };
    int r = store_database_open(config, &database, &err);
    if (r == 0)
        r = words->list ? list(database.conninfo, request->view, &err)
                        : write_csv(database.conninfo, request, words->csv, &err);
    if (r < 0 && r != -EPIPE) /* head(1) has had enough, and needs no words */
        fprintf(stderr, "floorfuse export: %s\n", err.text);
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int cmd_export(int argc, char **argv)
{
    struct export_words words = { 0 };
    struct export_request request = { 0 };
    const struct argument arguments[] = {
        { "--config", "FILE", &words.config_path, NULL, "the store's config", true },
        { "--view", "VIEW", &request.view, NULL, "e.g. v_heat_cell", false },
        { "--csv", "FILE", &words.csv, NULL, "where the rows go; - for the standard output",
          false },
        { "--from", "TIME", &words.from, NULL, "e.g. 2026-11-23T09:00Z (default: all)", false },
        { "--to", "TIME", &words.to, NULL, "the first moment no longer wanted", false },
        { "--store", "S", &request.store, NULL,
          "one store, CHAIN/STORE where two chains have it (default: all)", false },
        { "--columns", "A,B,C", &request.columns, NULL, "in this order (default: all)", false },
        { "--list", NULL, NULL, &words.list,
          "say which views there are, or which columns --view has", false },
    };
    const struct command_line line = {
        .program = "floorfuse export",
        .purpose = "Write a view of the store's database as CSV, however long it is.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    exit_code = parse_words(&words, &request);
    if (exit_code != EXIT_OK)
        return exit_code;
    /* A reader that goes away must not keep us from stopping a database that we started. */
    (void) signal(SIGPIPE, SIG_IGN);
    return export(&words, &request);
}
