/*
 * arguments.c - command lines from one table
 */
#include "programs/arguments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/number.h"

/* Longer words are not numbers. */
#define NUMBER_WORD_SIZE 256

static void print_help(const struct command_line *line)
{
    const char *operand = line->operands.value;
    printf("usage: %s [options]%s%s%s\n\n%s\n\noptions:\n", line->program, operand ? " " : "",
           operand      ? operand
           : line->rest ? " ..."
                        : "",
           line->operands.most > 1 ? " ..." : "", line->purpose);
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

/* The numbers of one word, added to those found; false when something else is in it, or too many.
 */
static bool parse_word(const struct argument *a, const char *word, size_t *found)
{
    char copy[NUMBER_WORD_SIZE], *rest = copy;
    if ((size_t) snprintf(copy, sizeof(copy), "%s", word) >= sizeof(copy))
        return false;
    for (char *part; (part = strsep(&rest, " ,x"));) {
        if (!*part)
            continue;
        if (*found == a->numbers.count || !number_parse(part, &a->numbers.values[*found]))
            return false;
        double value = a->numbers.values[(*found)++];
        if (!(value >= a->numbers.low && value <= a->numbers.high) ||
            (a->numbers.whole && value != floor(value)))
            return false;
    }
    return true;
}

static bool refuse_numbers(const struct command_line *line, const struct argument *a,
                           const char *word)
{
    fprintf(stderr, "%s: %s \"%s\": give %zu %snumber%s (%s) from %g to %g; see %s --help\n",
            line->program, a->name, word, a->numbers.count, a->numbers.whole ? "whole " : "",
            a->numbers.count == 1 ? "" : "s", a->value, a->numbers.low, a->numbers.high,
            line->program);
    return false;
}

/* Numbers in the word after "=" or in as many words after the option as it takes; moves *at. */
static bool parse_numbers(const struct command_line *line, const struct argument *a,
                          const char *after_equals, int argc, char **argv, int *at)
{
    size_t found = 0;
    if (after_equals && !parse_word(a, after_equals, &found))
        return refuse_numbers(line, a, after_equals);
    while (!after_equals && found < a->numbers.count && *at + 1 < argc &&
           strncmp(argv[*at + 1], "--", 2) != 0)
        if (!parse_word(a, argv[++*at], &found))
            return refuse_numbers(line, a, argv[*at]);
    return found == a->numbers.count || refuse_numbers(line, a, argv[*at]);
}

/* One option at argv[*at]; moves *at past what belongs to it. */
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
    if (a->numbers.values)
        return parse_numbers(line, a, equals ? equals + 1 : NULL, argc, argv, at);
    if (!equals && *at + 1 >= argc)
        return usage(line, "a value is missing after ", a->name);
    const char *value = equals ? equals + 1 : argv[++*at];
    if (!a->list.strings)
        *a->string = value;
    else if (*a->list.count == a->list.most)
        return usage(line, "given too often: ", a->name);
    else
        a->list.strings[(*a->list.count)++] = value;
    return true;
}

/* A required option is looked for on the command line, because numbers have no value of absence. */
static bool is_given(const struct argument *a, int argc, char **argv)
{
    size_t length = strlen(a->name);
    if (a->list.strings)
        return *a->list.count > 0;
    if (!a->numbers.values)
        return *a->string != NULL;
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], a->name, length) == 0 &&
            (argv[i][length] == '\0' || argv[i][length] == '='))
            return true;
    return false;
}

static bool has_required(const struct command_line *line, int argc, char **argv)
{
    for (size_t i = 0; i < line->argument_count; i++) {
        const struct argument *a = &line->arguments[i];
        if (a->required && !is_given(a, argc, argv))
            return usage(line, "needed and not given: ", a->name);
    }
    if (line->operands.required && *line->operands.count == 0)
        return usage(line, "needed and not given: ", line->operands.value);
    return true;
}

static bool add_operand(const struct command_line *line, const char *word)
{
    if (!line->operands.strings || *line->operands.count == line->operands.most)
        return usage(line, "unexpected argument ", word);
    line->operands.strings[(*line->operands.count)++] = word;
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
        if (ours ? !parse_one(line, argc, argv, &at) : !add_operand(line, argv[at]))
            return false;
    }
    return has_required(line, argc, argv);
}
