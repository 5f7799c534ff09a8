/*
 * arguments.h - command lines: one table parses, checks and prints the help
 *
 * Options are written --name VALUE or --name=VALUE, numbers also --name A B, --name=A,B or
 * --name=AxB. --help and --version are always there. What does not start with -- is an operand.
 */
#ifndef FLOORFUSE_PROGRAMS_ARGUMENTS_H
#define FLOORFUSE_PROGRAMS_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

struct argument {
    const char *name;    /* "--config" */
    const char *value;   /* what the value is called in the help, "FILE"; NULL: a flag */
    const char **string; /* where the value goes; borrowed from argv */
    bool *flag;          /* where a flag goes */
    const char *help;
    bool required;
    /* Where numbers go instead; left alone when the option is not given. */
    struct {
        double *values; /* count of them; NULL: the option takes none */
        size_t count;
        double low, high; /* each is finite and within */
        bool whole;
    } numbers;
    /* Where the values of an option go that may be given several times; NULL: once, to string. */
    struct {
        const char **strings; /* the first *count of `most` are filled; borrowed from argv */
        size_t most, *count;
    } list;
};

struct command_line {
    const char *program; /* "floorfuse heatmap" */
    const char *purpose; /* one sentence */
    const struct argument *arguments;
    size_t argument_count;
    /* Everything after the options, for programs that hand it on; NULL: none are taken. */
    char ***rest;
    /* Else operands, which may stand between options; `value` is what the help calls one. */
    struct {
        const char *value;
        const char **strings; /* the first *count of `most` are filled; borrowed from argv */
        size_t most, *count;
        bool required; /* at least one */
    } operands;
};

/* Exit codes of every program. */
#define EXIT_OK     0
#define EXIT_FAILED 1
#define EXIT_USAGE  2

/*
 * Parse argv[1 ..]. Returns true to go on; false when the program is done: then *ret_exit is
 * EXIT_OK (help or version was printed) or EXIT_USAGE (a sentence and a pointer to --help were
 * printed).
 */
MUST_CHECK bool arguments_parse(const struct command_line *line, int argc, char **argv,
                                int *ret_exit);

#endif
