/*
 * option.c - option tables over libconfig
 *
 * Two passes. The first walks the table and reads what the file has (or the default). The second
 * walks the file and names every key that no line of the table knows. Problems carry the line
 * libconfig gives and are sorted by it at the end, so that a person reads them in file order.
 */
#include "config/option.h"

#include <errno.h>
#include <libconfig.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/suggest.h"

/* A config of a store with a thousand cameras has about 300 kB. */
#define CONFIG_BYTES_MAX (4 * 1024 * 1024)

struct loading {
    const char *name; /* of the file, for sentences and for paths beside it */
    const struct option *options;
    size_t option_count;
    struct problems *problems;
};

void problems_add(struct problems *problems, const char *format, ...)
{
    char **grown = realloc(problems->sentences, (problems->count + 1) * sizeof(*grown));
    if (!grown)
        return;
    problems->sentences = grown;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&grown[problems->count], format, arguments) >= 0)
        problems->count++;
    va_end(arguments);
}

void problems_release(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        free(problems->sentences[i]);
    free(problems->sentences);
    *problems = (struct problems){ 0 };
}

/* ---- paths ---- */

/* The part of a path behind its list, "url" of "cameras[].url"; the path itself outside lists. */
static const char *tail_of(const char *path)
{
    const char *mark = strstr(path, "[].");
    return mark ? mark + 3 : path;
}

/* Whether the option is an item of the list at `list_path` ("cameras[]"). */
static bool belongs_to(const struct option *option, const char *list_path)
{
    size_t length = strlen(list_path);
    return strncmp(option->path, list_path, length) == 0 && option->path[length] == '.';
}

static bool is_item(const struct option *option)
{
    return strstr(option->path, "[].") != NULL;
}

static void *place_of(const struct option *option, void *values)
{
    return (char *) values + option->offset;
}

/* ---- sentences ---- */

static unsigned line_of(const config_setting_t *setting)
{
    return setting ? config_setting_source_line(setting) : 0;
}

static const char *type_text(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "a whole number";
    case CONFIG_TYPE_FLOAT:
        return "a number";
    case CONFIG_TYPE_STRING:
        return "a string";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    case CONFIG_TYPE_ARRAY:
        return "an array";
    case CONFIG_TYPE_LIST:
        return "a list";
    case CONFIG_TYPE_GROUP:
        return "a group";
    default:
        return "nothing";
    }
}

static void wrong_type(const struct loading *l, const struct option *option,
                       const config_setting_t *setting, const char *expected)
{
    problems_add(l->problems, "%s:%u: %s must be %s, not %s (%s)", l->name, line_of(setting),
                 option->path, expected, type_text(setting), option->help);
}

/* ---- values ---- */

static bool read_number(const config_setting_t *setting, double *ret)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
        *ret = config_setting_get_int(setting);
        return true;
    case CONFIG_TYPE_INT64:
        *ret = (double) config_setting_get_int64(setting);
        return true;
    case CONFIG_TYPE_FLOAT:
        *ret = config_setting_get_float(setting);
        return true;
    default:
        return false;
    }
}

static void load_number(const struct loading *l, const struct option *option,
                        const config_setting_t *setting, void *place)
{
    double value = option->default_number;
    bool whole = option->type == OPTION_INT;
    if (setting && (!read_number(setting, &value) ||
                    (whole && config_setting_type(setting) == CONFIG_TYPE_FLOAT))) {
        wrong_type(l, option, setting, whole ? "a whole number" : "a number");
        value = option->default_number;
    } else if (setting && !(value >= option->min && value <= option->max)) {
        problems_add(l->problems, "%s:%u: %s is %g but must be from %g to %g (%s)", l->name,
                     line_of(setting), option->path, value, option->min, option->max, option->help);
        value = option->default_number;
    }
    if (whole)
        *(int *) place = (int) value;
    else
        *(double *) place = value;
}

static void load_bool(const struct loading *l, const struct option *option,
                      const config_setting_t *setting, void *place)
{
    bool value = option->default_number != 0;
    if (setting && config_setting_type(setting) == CONFIG_TYPE_BOOL)
        value = config_setting_get_bool(setting);
    else if (setting)
        wrong_type(l, option, setting, "true or false");
    *(bool *) place = value;
}

static bool is_id(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && length < ID_SIZE && text[length] == '\0';
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strncmp(at, text, length) == 0 && (at[length] == '|' || at[length] == '\0') &&
            length > 0)
            return true;
    return false;
}

static bool string_fits(const struct loading *l, const struct option *option,
                        const config_setting_t *setting, const char *text)
{
    if (option->type == OPTION_ID && !is_id(text)) {
        problems_add(l->problems,
                     "%s:%u: %s is \"%s\" but an id has only a-z, 0-9 and -, at most %d of them",
                     l->name, line_of(setting), option->path, text, ID_SIZE - 1);
        return false;
    }
    if (option->choices && !is_choice(option->choices, text)) {
        problems_add(l->problems, "%s:%u: %s is \"%s\" but must be one of %s", l->name,
                     line_of(setting), option->path, text, option->choices);
        return false;
    }
    return true;
}

static void load_string(const struct loading *l, const struct option *option,
                        const config_setting_t *setting, void *place)
{
    const char *text = option->default_string;
    if (setting && config_setting_type(setting) != CONFIG_TYPE_STRING)
        wrong_type(l, option, setting, "a string");
    else if (setting && string_fits(l, option, setting, config_setting_get_string(setting)))
        text = config_setting_get_string(setting);
    if (!text)
        return;
    *(char **) place = option->type == OPTION_PATH ? file_resolve(l->name, text) : strdup(text);
}

/* Collect numbers out of arrays and lists, however they are nested. */
static bool collect_numbers(const config_setting_t *setting, struct number_list *numbers)
{
    int length = config_setting_length(setting);
    for (int i = 0; i < length; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned) i);
        if (config_setting_is_aggregate(element)) {
            if (config_setting_is_group(element) || !collect_numbers(element, numbers))
                return false;
            continue;
        }
        double value;
        if (!read_number(element, &value) || !isfinite(value))
            return false;
        double *grown = realloc(numbers->values, (numbers->count + 1) * sizeof(*grown));
        if (!grown)
            return false;
        numbers->values = grown;
        numbers->values[numbers->count++] = value;
    }
    return true;
}

static void load_numbers(const struct loading *l, const struct option *option,
                         const config_setting_t *setting, void *place)
{
    struct number_list *numbers = place;
    if (!setting)
        return;
    bool list = config_setting_is_array(setting) || config_setting_is_list(setting);
    if (!list || !collect_numbers(setting, numbers)) {
        problems_add(l->problems, "%s:%u: %s must be finite numbers in brackets (%s)", l->name,
                     line_of(setting), option->path, option->help);
    } else if ((double) numbers->count < option->min || (double) numbers->count > option->max) {
        problems_add(l->problems, "%s:%u: %s has %zu numbers but needs %s%g (%s)", l->name,
                     line_of(setting), option->path, numbers->count,
                     option->min == option->max              ? ""
                     : (double) numbers->count < option->min ? "at least "
                                                             : "at most ",
                     (double) numbers->count < option->min ? option->min : option->max,
                     option->help);
    } else {
        return;
    }
    free(numbers->values);
    *numbers = (struct number_list){ 0 };
}

static void load_group(const struct loading *l, const char *list_path,
                       const config_setting_t *group, void *values);

static void load_list(const struct loading *l, const struct option *option,
                      const config_setting_t *setting, void *place)
{
    struct option_list *list = place;
    size_t count = 0;
    if (setting && !config_setting_is_list(setting))
        wrong_type(l, option, setting, "a list of groups, ( { ... }, { ... } )");
    else if (setting)
        count = (size_t) config_setting_length(setting);
    if (setting && ((double) count < option->min || (double) count > option->max))
        problems_add(l->problems, "%s:%u: %s has %zu entries but must have %g to %g", l->name,
                     line_of(setting), option->path, count, option->min, option->max);
    list->items = calloc(count ? count : 1, option->item_bytes);
    if (!list->items)
        return;
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(setting, (unsigned) i);
        if (config_setting_is_group(item))
            load_group(l, option->path, item, (char *) list->items + i * option->item_bytes);
        else
            wrong_type(l, option, item, "a list of groups, ( { ... }, { ... } )");
    }
}

static void load_one(const struct loading *l, const struct option *option,
                     const config_setting_t *setting, void *values)
{
    void *place = place_of(option, values);
    switch (option->type) {
    case OPTION_INT:
    case OPTION_DOUBLE:
        load_number(l, option, setting, place);
        break;
    case OPTION_BOOL:
        load_bool(l, option, setting, place);
        break;
    case OPTION_STRING:
    case OPTION_ID:
    case OPTION_PATH:
        load_string(l, option, setting, place);
        break;
    case OPTION_NUMBERS:
        load_numbers(l, option, setting, place);
        break;
    case OPTION_LIST:
        load_list(l, option, setting, place);
        break;
    }
}

/* "cameras[]" is looked up as "cameras". */
static const config_setting_t *look_up(const config_setting_t *group, const char *tail)
{
    char key[128];
    size_t length = strcspn(tail, "[");
    if (length >= sizeof(key))
        return NULL;
    memcpy(key, tail, length);
    key[length] = '\0';
    return config_setting_lookup((config_setting_t *) group, key);
}

/* Load the options of one group: the root (list_path NULL) or an item of a list. */
static void load_group(const struct loading *l, const char *list_path,
                       const config_setting_t *group, void *values)
{
    for (size_t i = 0; i < l->option_count; i++) {
        const struct option *option = &l->options[i];
        if (list_path ? !belongs_to(option, list_path) : is_item(option))
            continue;
        const config_setting_t *setting = group ? look_up(group, tail_of(option->path)) : NULL;
        if (!setting && option->required && group)
            problems_add(l->problems, "%s:%u: %s is missing (%s)", l->name, line_of(group),
                         option->path, option->help);
        load_one(l, option, setting, values);
    }
}

/* ---- unknown keys ---- */

/* Whether a path is an option or the beginning of one. */
static bool known_path(const struct loading *l, const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < l->option_count; i++) {
        const char *known = l->options[i].path;
        if (strncmp(known, path, length) == 0 &&
            (known[length] == '\0' || known[length] == '.' || known[length] == '['))
            return true;
    }
    return false;
}

static bool is_option(const struct loading *l, const char *path)
{
    for (size_t i = 0; i < l->option_count; i++)
        if (strcmp(l->options[i].path, path) == 0)
            return true;
    return false;
}

static void report_unknown(const struct loading *l, const config_setting_t *setting,
                           const char *path)
{
    const char *near = NULL;
    size_t best = 4; /* farther than three letters is no suggestion */
    for (size_t i = 0; i < l->option_count; i++) {
        size_t distance = suggest_distance(path, l->options[i].path, best);
        if (distance < best) {
            best = distance;
            near = l->options[i].path;
        }
    }
    problems_add(l->problems, "%s:%u: unknown key %s%s%s%s", l->name, line_of(setting), path,
                 near ? "; did you mean " : "; see docs/configuration.md", near ? near : "",
                 near ? "?" : "");
}

static void check_keys(const struct loading *l, const config_setting_t *group, const char *prefix)
{
    int length = config_setting_length(group);
    for (int i = 0; i < length; i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned) i);
        char path[256];
        (void) snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] ? "." : "",
                        config_setting_name(setting));
        if (!known_path(l, path)) {
            report_unknown(l, setting, path);
            continue;
        }
        if (config_setting_is_group(setting)) {
            check_keys(l, setting, path);
            continue;
        }
        size_t used = strlen(path);
        (void) snprintf(path + used, sizeof(path) - used, "[]");
        if (!config_setting_is_list(setting) || !is_option(l, path))
            continue;
        for (int item = 0; item < config_setting_length(setting); item++) {
            const config_setting_t *g = config_setting_get_elem(setting, (unsigned) item);
            if (config_setting_is_group(g))
                check_keys(l, g, path);
        }
    }
}

/* ---- loading ---- */

static int by_line(const void *a, const void *b)
{
    const char *text_a = *(char *const *) a, *text_b = *(char *const *) b;
    const char *at_a = strchr(text_a, ':'), *at_b = strchr(text_b, ':');
    long line_a = at_a ? strtol(at_a + 1, NULL, 10) : 0,
         line_b = at_b ? strtol(at_b + 1, NULL, 10) : 0;
    return line_a != line_b ? (line_a > line_b) - (line_a < line_b) : strcmp(text_a, text_b);
}

/* libconfig would open what @include names, and text may come from the wire: it is not allowed. */
static bool has_include(const char *text, long *ret_line)
{
    *ret_line = 1;
    for (const char *at = text; at; (*ret_line)++) {
        at += strspn(at, " \t\r");
        if (strncmp(at, "@include", 8) == 0)
            return true;
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return false;
}

static int parse_text(const char *text, const char *name, config_t *config,
                      struct problems *problems)
{
    long line;
    if (has_include(text, &line)) {
        problems_add(problems, "%s:%ld: @include is not allowed; put everything into one file",
                     name, line);
        return -EINVAL;
    }
    if (config_read_string(config, text) != CONFIG_TRUE) {
        problems_add(problems, "%s:%d: %s", name, config_error_line(config),
                     config_error_text(config));
        return -EINVAL;
    }
    return 0;
}

int options_parse(const char *text, const char *name, const struct option *options,
                  size_t option_count, void *ret_values, struct problems *problems)
{
    struct loading l = {
        .name = name, .options = options, .option_count = option_count, .problems = problems
    };
    size_t before = problems->count;
    config_t config;
    config_init(&config);
    config_set_auto_convert(&config, CONFIG_FALSE);
    int r = parse_text(text, name, &config, problems);
    const config_setting_t *root = r == 0 ? config_root_setting(&config) : NULL;
    load_group(&l, NULL, root, ret_values);
    if (root)
        check_keys(&l, root, "");
    config_destroy(&config);
    if (problems->count > before)
        qsort(problems->sentences + before, problems->count - before, sizeof(char *), by_line);
    return problems->count > before ? -EINVAL : 0;
}

int options_load(const char *path, const struct option *options, size_t option_count,
                 void *ret_values, struct problems *problems)
{
    struct error err = { "" };
    char *text;
    size_t length;
    int r = file_read(path, CONFIG_BYTES_MAX, &text, &length, &err);
    if (r < 0) {
        problems_add(problems, "%s", err.text);
        return r;
    }
    if (strlen(text) != length) {
        problems_add(problems, "%s:1: this is not a text file", path);
        r = -EINVAL;
    } else {
        r = options_parse(text, path, options, option_count, ret_values, problems);
    }
    free(text);
    return r;
}

/* ---- releasing ---- */

static void release_group(const struct option *options, size_t option_count, const char *list_path,
                          void *values);

static void release_one(const struct option *options, size_t option_count,
                        const struct option *option, void *place)
{
    struct number_list *numbers = place;
    struct option_list *list = place;
    switch (option->type) {
    case OPTION_STRING:
    case OPTION_ID:
    case OPTION_PATH:
        free(*(char **) place);
        *(char **) place = NULL;
        break;
    case OPTION_NUMBERS:
        free(numbers->values);
        *numbers = (struct number_list){ 0 };
        break;
    case OPTION_LIST:
        for (size_t i = 0; i < list->count; i++)
            release_group(options, option_count, option->path,
                          (char *) list->items + i * option->item_bytes);
        free(list->items);
        *list = (struct option_list){ 0 };
        break;
    case OPTION_INT:
    case OPTION_DOUBLE:
    case OPTION_BOOL:
        break;
    }
}

static void release_group(const struct option *options, size_t option_count, const char *list_path,
                          void *values)
{
    for (size_t i = 0; i < option_count; i++)
        if (list_path ? belongs_to(&options[i], list_path) : !is_item(&options[i]))
            release_one(options, option_count, &options[i], place_of(&options[i], values));
}

void options_release(const struct option *options, size_t option_count, void *values)
{
    release_group(options, option_count, NULL, values);
}
