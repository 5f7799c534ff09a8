/*
 * option.c - option tables over libconfig
 *
 * Two passes. The first walks the table and reads what the file has (or the default). The second
 * walks the file and names every key that no line of the table knows. Problems carry the line
 * libconfig gives and are sorted by it at the end, so that a person reads them in file order.
 */
#include "config/option.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/option_load.h"
#include "config/option_text.h"

/* A config of a store with a thousand cameras has about 300 kB. */
#define CONFIG_BYTES_MAX (1024 * 1024)

/* ---- sentences ---- */

void loading_problem(struct loading *l, unsigned line, const char *format, ...)
{
    if (++l->found > LOADING_PROBLEMS_MAX)
        return;
    char *sentence;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&sentence, format, arguments) < 0)
        sentence = NULL;
    va_end(arguments);
    if (!sentence)
        l->out_of_memory = true;
    else
        problems_add_at(l->problems, l->name, line, "%s", sentence);
    free(sentence);
}

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
        return "a number with a point";
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

static void wrong_type(struct loading *l, const struct option *option,
                       const config_setting_t *setting, const char *expected)
{
    loading_problem(l, line_of(setting), "%s must be %s, not %s (%s)", option->path, expected,
                    type_text(setting), option->help);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The unit that an option's name ends in, with a space before it; "" when it has none. */
static const char *unit_of(const struct option *option)
{
    static const struct {
        const char *end, *unit;
    } units[] = {
        { "_m_s2", " m/s^2" }, { "_m_s", " m/s" }, { "metres_per_pixel", " m/px" },
        { "_days", " days" },  { "_ms", " ms" },   { "_px", " px" },
        { "_hz", " Hz" },      { "_s", " s" },     { "_m", " m" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(units); i++)
        if (ends_with(option->path, units[i].end))
            return units[i].unit;
    return "";
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

/* The bounds of an int also where the table gives none that narrow. */
static bool within_bounds(const struct option *option, double value)
{
    if (option->type == OPTION_INT && !(value >= INT_MIN && value <= INT_MAX))
        return false;
    return isfinite(value) && value >= option->min && value <= option->max;
}

static void load_number(struct loading *l, const struct option *option,
                        const config_setting_t *setting, void *place)
{
    double value = option->default_number;
    bool whole = option->type == OPTION_INT;
    if (setting && (!read_number(setting, &value) ||
                    (whole && config_setting_type(setting) == CONFIG_TYPE_FLOAT))) {
        wrong_type(l, option, setting, whole ? "a whole number" : "a number");
        value = option->default_number;
    } else if (setting && !within_bounds(option, value)) {
        const char *unit = unit_of(option);
        loading_problem(l, line_of(setting), "%s is %.15g%s but must be from %.15g to %.15g%s (%s)",
                        option->path, value, unit, option->min, option->max, unit, option->help);
        value = option->default_number;
    }
    if (whole)
        *(int *) place = (int) value;
    else
        *(double *) place = value;
}

static void load_bool(struct loading *l, const struct option *option,
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

static bool string_fits(struct loading *l, const struct option *option,
                        const config_setting_t *setting, const char *text)
{
    if (option->type == OPTION_ID && !is_id(text)) {
        loading_problem(l, line_of(setting),
                        "%s is \"%s\" but an id has only a-z, 0-9 and -, at most %d of them",
                        option->path, text, ID_SIZE - 1);
        return false;
    }
    if (option->choices && !is_choice(option->choices, text)) {
        loading_problem(l, line_of(setting), "%s is \"%s\" but must be one of %s", option->path,
                        text, option->choices);
        return false;
    }
    if (text[0] == '\0' && (option->type == OPTION_PATH || option->required)) {
        loading_problem(l, line_of(setting), "%s must not be empty (%s)", option->path,
                        option->help);
        return false;
    }
    return true;
}

static void load_string(struct loading *l, const struct option *option,
                        const config_setting_t *setting, void *place)
{
    const char *text = option->default_string;
    if (setting && config_setting_type(setting) != CONFIG_TYPE_STRING)
        wrong_type(l, option, setting, "a string");
    else if (setting && string_fits(l, option, setting, config_setting_get_string(setting)))
        text = config_setting_get_string(setting);
    if (!text)
        return;
    char *copy = option->type == OPTION_PATH ? file_resolve(l->base, text) : strdup(text);
    if (!copy)
        l->out_of_memory = true;
    *(char **) place = copy;
}

static size_t count_numbers(const config_setting_t *setting)
{
    size_t count = 0;
    for (int i = 0; i < config_setting_length(setting); i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned) i);
        count += config_setting_is_aggregate(element) ? count_numbers(element) : 1;
    }
    return count;
}

/* Collect numbers out of arrays and lists, however they are nested; there is room for all. */
static bool collect_numbers(const config_setting_t *setting, struct number_list *numbers)
{
    for (int i = 0; i < config_setting_length(setting); i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned) i);
        double value;
        if (config_setting_is_group(element))
            return false;
        if (config_setting_is_aggregate(element)) {
            if (!collect_numbers(element, numbers))
                return false;
        } else if (read_number(element, &value) && isfinite(value)) {
            numbers->values[numbers->count++] = value;
        } else {
            return false;
        }
    }
    return true;
}

static void wrong_count(struct loading *l, const struct option *option,
                        const config_setting_t *setting, size_t count)
{
    bool few = (double) count < option->min;
    const char *bound = option->min >= option->max ? "" : few ? "at least " : "at most ";
    loading_problem(l, line_of(setting), "%s has %zu numbers but needs %s%.15g (%s)", option->path,
                    count, bound, few ? option->min : option->max, option->help);
}

static void load_numbers(struct loading *l, const struct option *option,
                         const config_setting_t *setting, void *place)
{
    struct number_list numbers = { 0 };
    if (!setting)
        return;
    if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
        wrong_type(l, option, setting, "numbers in brackets");
        return;
    }
    size_t count = count_numbers(setting);
    if ((double) count < option->min || (double) count > option->max) {
        wrong_count(l, option, setting, count);
        return;
    }
    numbers.values = calloc(count ? count : 1, sizeof(*numbers.values));
    if (!numbers.values) {
        l->out_of_memory = true;
    } else if (!collect_numbers(setting, &numbers)) {
        loading_problem(l, line_of(setting), "%s must have nothing but finite numbers (%s)",
                        option->path, option->help);
        free(numbers.values);
    } else {
        *(struct number_list *) place = numbers;
    }
}

/* Each of the lists as load_numbers has it. */
static void load_number_lists(struct loading *l, const struct option *option,
                              const config_setting_t *setting, void *place)
{
    struct number_lists *lists = place;
    if (!setting)
        return;
    if (!config_setting_is_list(setting)) {
        wrong_type(l, option, setting, "a list of numbers in brackets, ( [ ... ], [ ... ] )");
        return;
    }
    size_t count = (size_t) config_setting_length(setting);
    lists->items = calloc(count ? count : 1, sizeof(*lists->items));
    if (!lists->items) {
        l->out_of_memory = true;
        return;
    }
    lists->count = count;
    for (size_t i = 0; i < count; i++)
        load_numbers(l, option, config_setting_get_elem(setting, (unsigned) i), &lists->items[i]);
}

static void release_number_lists(struct number_lists *lists)
{
    for (size_t i = 0; i < lists->count; i++)
        free(lists->items[i].values);
    free(lists->items);
    *lists = (struct number_lists){ 0 };
}

static void load_group(struct loading *l, const char *list_path, const config_setting_t *group,
                       void *values);

/* How many items of a list to load: none when there is no list or it is too long. */
static size_t check_list(struct loading *l, const struct option *option,
                         const config_setting_t *setting)
{
    if (!setting)
        return 0;
    if (!config_setting_is_list(setting)) {
        wrong_type(l, option, setting, "a list of groups, ( { ... }, { ... } )");
        return 0;
    }
    size_t count = (size_t) config_setting_length(setting);
    if ((double) count >= option->min && (double) count <= option->max)
        return count;
    loading_problem(l, line_of(setting), "%s has %zu entries but must have %.15g to %.15g (%s)",
                    option->path, count, option->min, option->max, option->help);
    return (double) count > option->max ? 0 : count;
}

static void load_list(struct loading *l, const struct option *option,
                      const config_setting_t *setting, void *place)
{
    struct option_list *list = place;
    size_t count = check_list(l, option, setting);
    if (count == 0)
        return;
    list->items = calloc(count, option->item_bytes);
    if (!list->items) {
        l->out_of_memory = true;
        return;
    }
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(setting, (unsigned) i);
        bool group = config_setting_is_group(item);
        if (!group)
            wrong_type(l, option, item, "a list of groups, ( { ... }, { ... } )");
        load_group(l, option->path, group ? item : NULL,
                   (char *) list->items + i * option->item_bytes);
    }
}

static void load_one(struct loading *l, const struct option *option,
                     const config_setting_t *setting, void *values)
{
    void *place = (char *) values + option->offset;
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
    case OPTION_NUMBER_LISTS:
        load_number_lists(l, option, setting, place);
        break;
    case OPTION_LIST:
        load_list(l, option, setting, place);
        break;
    }
}

/* The first `length` letters of a tail as a setting; "cameras[]" is looked up as "cameras". */
static const config_setting_t *look_up(const config_setting_t *group, const char *tail,
                                       size_t length)
{
    char key[OPTION_PATH_SIZE];
    if (!group || length == 0 || length >= sizeof(key))
        return group;
    (void) snprintf(key, sizeof(key), "%.*s", (int) length, tail);
    key[strcspn(key, "[")] = '\0';
    return config_setting_lookup((config_setting_t *) group, key); /* which does not change it */
}

/* Said where the innermost group starts that the option should be in. */
static void report_missing(struct loading *l, const struct option *option,
                           const config_setting_t *group)
{
    const char *tail = option_tail(option), *dot = strrchr(tail, '.');
    const config_setting_t *inner = look_up(group, tail, dot ? (size_t) (dot - tail) : 0);
    if (inner && !config_setting_is_group(inner))
        return; /* said already: it must be a group */
    loading_problem(l, line_of(inner ? inner : group), "%s is missing (%s)", option->path,
                    option->help);
}

/* Load the options of one group: the whole file (list_path NULL) or an item of a list. Without a
 * group all get their defaults. */
static void load_group(struct loading *l, const char *list_path, const config_setting_t *group,
                       void *values)
{
    for (size_t i = 0; i < l->option_count; i++) {
        const struct option *option = &l->options[i];
        if (!option_within(option, list_path))
            continue;
        const char *tail = option_tail(option);
        const config_setting_t *setting = group ? look_up(group, tail, strlen(tail)) : NULL;
        if (!setting && option->required && group)
            report_missing(l, option, group);
        load_one(l, option, setting, values);
    }
}

/* ---- loading ---- */

/* What to do about an error that libconfig found. */
static const char *remedy_of(const char *error)
{
    if (strcmp(error, "syntax error") == 0)
        return "; look for a missing ; , = \" or bracket here or on the line before";
    if (strcmp(error, "duplicate setting name") == 0)
        return "; a key may stand only once in a group";
    if (strcmp(error, "mismatched element type in array") == 0)
        return "; write ( ) for values of different types";
    return "";
}

static bool parse_text(struct loading *l, const char *text, config_t *config)
{
    unsigned line = option_text_include(text);
    if (line) {
        loading_problem(l, line, "@include is not allowed; put everything into one file");
        return false;
    }
    struct text mended AUTO(text_release) = TEXT_INIT;
    const char *problem = option_text_mend(text, &mended, &line);
    if (problem) {
        loading_problem(l, line, "%s", problem);
        return false;
    }
    if (mended.failed) {
        l->out_of_memory = true;
        return false;
    }
    if (config_read_string(config, mended.bytes) == CONFIG_TRUE)
        return true;
    const char *error = config_error_text(config) ? config_error_text(config) : "cannot be read";
    loading_problem(l, (unsigned) config_error_line(config), "%s%s", error, remedy_of(error));
    return false;
}

/* Read `text` (NULL: defaults only) and leave the problems in file order. */
static int load_text(struct loading *l, const char *text, void *ret_values)
{
    size_t before = l->problems->count;
    config_t config;
    config_init(&config);
    bool parsed = text && parse_text(l, text, &config);
    const config_setting_t *root = parsed ? config_root_setting(&config) : NULL;
    load_group(l, NULL, root, ret_values);
    if (root)
        option_keys_check(l, root);
    config_destroy(&config);
    problems_sort(l->problems, before, l->name);
    if (l->found > LOADING_PROBLEMS_MAX)
        problems_add(l->problems, "%s: %zu more problems are not shown; mend these first", l->name,
                     l->found - LOADING_PROBLEMS_MAX);
    return l->out_of_memory ? -ENOMEM : l->found ? -EINVAL : 0;
}

int options_parse(const char *text, const char *name, const struct option *options,
                  size_t option_count, void *ret_values, struct problems *problems)
{
    struct loading l = { .name = name,
                         .base = name,
                         .options = options,
                         .option_count = option_count,
                         .problems = problems };
    if (strlen(text) > CONFIG_BYTES_MAX) {
        loading_problem(&l, 0, "is larger than the %d bytes allowed", CONFIG_BYTES_MAX);
        text = NULL;
    }
    return load_text(&l, text, ret_values);
}

int options_load_lines(const char *path, const struct option *options, size_t option_count,
                       void *ret_values, struct problems *problems, struct option_lines *ret_lines)
{
    struct error err = { "" };
    char *text = NULL, *base = path_absolute(path);
    size_t length;
    struct loading l = { .name = path,
                         .base = base ? base : path,
                         .options = options,
                         .option_count = option_count,
                         .problems = problems,
                         .lines = ret_lines,
                         .out_of_memory = !base };
    int r = file_read(path, CONFIG_BYTES_MAX, &text, &length, &err);
    if (r < 0) {
        problems_add(problems, "%s", err.text);
        (void) load_text(&l, NULL, ret_values);
    } else if (memchr(text, '\0', length)) {
        loading_problem(&l, 0, "this is not a text file");
        r = load_text(&l, NULL, ret_values);
    } else {
        r = load_text(&l, text, ret_values);
    }
    free(text);
    free(base);
    return r;
}

int options_load(const char *path, const struct option *options, size_t option_count,
                 void *ret_values, struct problems *problems)
{
    return options_load_lines(path, options, option_count, ret_values, problems, NULL);
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
    case OPTION_NUMBER_LISTS:
        release_number_lists(place);
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
        if (option_within(&options[i], list_path))
            release_one(options, option_count, &options[i], (char *) values + options[i].offset);
}

void options_release(const struct option *options, size_t option_count, void *values)
{
    release_group(options, option_count, NULL, values);
}
