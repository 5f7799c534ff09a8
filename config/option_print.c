/*
 * option_print.c - option tables as files and as documentation
 */
#include <string.h>

#include "config/option_load.h"

#define GROUP_MAX 64

static const char *key_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

/* "detector" of "cameras[].detector.model" within "cameras[]"; "" for a key of its own. */
static void group_of(const char *path, const char *list_path, char group[static GROUP_MAX])
{
    const char *tail = path + (list_path ? strlen(list_path) + 1 : 0);
    const char *dot = strrchr(tail, '.');
    (void) snprintf(group, GROUP_MAX, "%.*s", dot ? (int) (dot - tail) : 0, tail);
}

static void print_string(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void print_double(double value, FILE *out)
{
    char text[64];
    (void) snprintf(text, sizeof(text), "%.17g", value);
    for (int digits = 15; digits < 17; digits++) { /* as few digits as bring the value back */
        char shorter[64];
        double back;
        (void) snprintf(shorter, sizeof(shorter), "%.*g", digits, value);
        if (sscanf(shorter, "%lf", &back) == 1 && back == value) {
            memcpy(text, shorter, sizeof(text));
            break;
        }
    }
    fprintf(out, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

static void print_numbers(const struct number_list *numbers, FILE *out)
{
    fputc('[', out);
    for (size_t i = 0; i < numbers->count; i++) {
        if (i)
            fputs(", ", out);
        print_double(numbers->values[i], out);
    }
    fputc(']', out);
}

static void print_number_lists(const struct number_lists *lists, FILE *out)
{
    fputc('(', out);
    for (size_t i = 0; i < lists->count; i++) {
        if (i)
            fputs(", ", out);
        print_numbers(&lists->items[i], out);
    }
    fputc(')', out);
}

static bool is_given(const struct option *option, const void *place)
{
    const struct number_list *numbers = place;
    switch (option->type) {
    case OPTION_STRING:
    case OPTION_ID:
    case OPTION_PATH:
        return *(char *const *) place != NULL;
    case OPTION_NUMBERS:
        return numbers->count > 0;
    case OPTION_NUMBER_LISTS:
        return ((const struct number_lists *) place)->count > 0;
    case OPTION_LIST:
        return option->required || ((const struct option_list *) place)->count > 0;
    default:
        return true;
    }
}

static void print_value(const struct option *option, const void *place, FILE *out)
{
    switch (option->type) {
    case OPTION_INT:
        fprintf(out, "%d", *(const int *) place);
        break;
    case OPTION_DOUBLE:
        print_double(*(const double *) place, out);
        break;
    case OPTION_BOOL:
        fputs(*(const bool *) place ? "true" : "false", out);
        break;
    case OPTION_STRING:
    case OPTION_ID:
    case OPTION_PATH:
        print_string(*(char *const *) place, out);
        break;
    case OPTION_NUMBERS:
        print_numbers(place, out);
        break;
    case OPTION_NUMBER_LISTS:
        print_number_lists(place, out);
        break;
    case OPTION_LIST:
        break;
    }
}

struct printing {
    const struct option *options;
    size_t option_count;
    FILE *out;
};

/* indent: of the lines, in spaces */
static void print_group(const struct printing *p, const char *list_path, const void *values,
                        int indent);

static void print_list(const struct printing *p, const struct option *option,
                       const struct option_list *list, int indent)
{
    const char *key = key_of(option->path);
    fprintf(p->out, "%*s%.*s = (", indent, "", (int) strcspn(key, "["), key);
    for (size_t i = 0; i < list->count; i++) {
        fprintf(p->out, "%s\n%*s{\n", i ? "," : "", indent + 4, "");
        print_group(p, option->path, (const char *) list->items + i * option->item_bytes,
                    indent + 8);
        fprintf(p->out, "%*s}", indent + 4, "");
    }
    fprintf(p->out, "\n%*s);\n", indent, "");
}

static void print_option(const struct printing *p, const struct option *option, const void *place,
                         int indent)
{
    if (!is_given(option, place))
        return;
    if (option->type == OPTION_LIST) {
        print_list(p, option, place, indent);
        return;
    }
    fprintf(p->out, "%*s%s = ", indent, "", key_of(option->path));
    print_value(option, place, p->out);
    fprintf(p->out, "; # %s\n", option->help);
}

/* Options of one group stand together in the table, so a change of group closes the last one. */
static void print_group(const struct printing *p, const char *list_path, const void *values,
                        int indent)
{
    char open[GROUP_MAX] = "", group[GROUP_MAX];
    for (size_t i = 0; i < p->option_count; i++) {
        const struct option *option = &p->options[i];
        if (!option_within(option, list_path))
            continue;
        group_of(option->path, list_path, group);
        if (strcmp(group, open) != 0) {
            if (open[0])
                fprintf(p->out, "%*s};\n", indent, "");
            if (group[0])
                fprintf(p->out, "%*s%s = {\n", indent, "", group);
            memcpy(open, group, sizeof(open));
        }
        print_option(p, option, (const char *) values + option->offset, indent + (open[0] ? 4 : 0));
    }
    if (open[0])
        fprintf(p->out, "%*s};\n", indent, "");
}

void options_dump(const struct option *options, size_t option_count, const void *values, FILE *out)
{
    struct printing p = { .options = options, .option_count = option_count, .out = out };
    print_group(&p, NULL, values, 0);
}

static const char *type_name(enum option_type type)
{
    static const char *const names[] = {
        "whole number", "number",          "true/false",       "string",        "id",
        "path",         "list of numbers", "lists of numbers", "list of groups"
    };
    return names[type];
}

static void document_default(const struct option *option, FILE *out)
{
    bool text =
        option->type == OPTION_STRING || option->type == OPTION_ID || option->type == OPTION_PATH;
    bool aggregate = option->type == OPTION_NUMBERS || option->type == OPTION_NUMBER_LISTS ||
                     option->type == OPTION_LIST;
    if (option->required)
        fputs("required", out);
    else if (text && option->default_string)
        fprintf(out, "`\"%s\"`", option->default_string);
    else if (option->type == OPTION_BOOL)
        fputs(option->default_number != 0 ? "`true`" : "`false`", out);
    else if (!text && !aggregate)
        fprintf(out, "`%.15g`", option->default_number);
    else
        fputs("none", out);
}

static void document_bounds(const struct option *option, FILE *out)
{
    if (option->choices)
        for (const char *c = option->choices; *c; c++)
            fprintf(out, *c == '|' ? ", " : "%c", *c);
    else if (option->type == OPTION_INT || option->type == OPTION_DOUBLE)
        fprintf(out, "%.15g to %.15g", option->min, option->max);
    else if (option->type == OPTION_NUMBERS && option->min == option->max)
        fprintf(out, "%.15g numbers", option->min);
    else if (option->type == OPTION_NUMBERS || option->type == OPTION_LIST)
        fprintf(out, "%.15g to %.15g %s", option->min, option->max,
                option->type == OPTION_LIST ? "entries" : "numbers");
    else if (option->type == OPTION_NUMBER_LISTS)
        fprintf(out, "each %.15g to %.15g numbers", option->min, option->max);
}

void options_document(const struct option *options, size_t option_count, FILE *out)
{
    fputs("| option | type | default | range | what |\n|---|---|---|---|---|\n", out);
    for (size_t i = 0; i < option_count; i++) {
        fprintf(out, "| `%s` | %s | ", options[i].path, type_name(options[i].type));
        document_default(&options[i], out);
        fputs(" | ", out);
        document_bounds(&options[i], out);
        fprintf(out, " | %s%s |\n", options[i].help, options[i].reload ? " (SIGHUP)" : "");
    }
}
