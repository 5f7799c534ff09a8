/*
 * arguments.c - command lines from one table
 */
#include "programs/arguments.h"

#include <stdio.h>
#include <string.h>

static void print_help(const struct command_line *line)
{
    printf("usage: %s [options]%s\n\n%s\n\noptions:\n", line->program, line->rest ? " ..." : "",
           line->purpose);
    for (size_t i = 0; i < line->argument_count; i++) {
        const struct argument *a = &line->arguments[i];
        char left[64];
        (void) snprintf(left, sizeof(left), "%s%s%s", a->name, a->value ? " " : "",
                        a->value ? a->value : "");
        printf("  %-24s %s%s\n", left, a->help, a->required ? " (required)" : "");
    }
    printf("  %-24s %s\n  %-24s %s\n", "--help", "print this", "--version", "print the version");
}

static const struct argument *find(const struct command_line *line, const char *name, size_t length)
{
    for (size_t i = 0; i < line->argument_count; i++) {
        const struct argument *a = &line->arguments[i];
        if (strlen(a->name) == length && strncmp(a->name, name, length) == 0)
            return a;
    }
    return NULL;
}

static bool usage(const struct command_line *line, const char *what, const char *about)
{
    fprintf(stderr, "%s: %s%s; see %s --help\n", line->program, what, about, line->program);
    return false;
}

/* One option at argv[*at]; moves *at past a value that stands alone. */
static bool parse_one(const struct command_line *line, int argc, char **argv, int *at)
{
    char *word = argv[*at];
    char *equals = strchr(word, '=');
    size_t length = equals ? (size_t) (equals - word) : strlen(word);
    const struct argument *a = find(line, word, length);
    if (!a)
        return usage(line, "unknown option ", word);
    if (!a->value) {
        if (equals)
            return usage(line, "no value goes with ", a->name);
        *a->flag = true;
        return true;
    }
    if (!equals && *at + 1 >= argc)
        return usage(line, "a value is missing after ", a->name);
    *a->string = equals ? equals + 1 : argv[++*at];
    return true;
}

static bool has_required(const struct command_line *line)
{
    for (size_t i = 0; i < line->argument_count; i++) {
        const struct argument *a = &line->arguments[i];
        if (a->required && !*a->string)
            return usage(line, "needed and not given: ", a->name);
    }
    return true;
}

bool arguments_parse(const struct command_line *line, int argc, char **argv, int *ret_exit)
{
    *ret_exit = EXIT_USAGE;
    for (int at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--help") == 0) {
            print_help(line);
            *ret_exit = EXIT_OK;
            return false;
        }
        if (strcmp(argv[at], "--version") == 0) {
            printf("%s %s\n", line->program, FLOORFUSE_VERSION);
            *ret_exit = EXIT_OK;
            return false;
        }
        bool ours = strncmp(argv[at], "--", 2) == 0;
        if (line->rest && (!ours || strcmp(argv[at], "--") == 0)) {
            *line->rest = argv + at + ours;
            break;
        }
        if (!ours)
            return usage(line, "unexpected argument ", argv[at]);
        if (!parse_one(line, argc, argv, &at))
            return false;
    }
    return has_required(line);
}
