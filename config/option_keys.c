/*
 * option_keys.c - keys that no line of the table knows, with the one that was meant
 */
#include "config/option_load.h"
#include "config/suggest.h"

/* Whether a path is an option, or a group or list that has some. */
static bool is_known(const struct loading *l, const char *path)
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

/* The key that an option has below `group` ("" is the file itself): "detector" of
 * "cameras[].detector.model" below "cameras[]". False when it is not below it. */
static bool key_below(const struct option *option, const char *group,
                      char ret_key[static OPTION_PATH_SIZE])
{
    size_t length = strlen(group);
    if (strncmp(option->path, group, length) != 0 || (length && option->path[length] != '.'))
        return false;
    const char *key = option->path + length + (length > 0);
    (void) snprintf(ret_key, OPTION_PATH_SIZE, "%.*s", (int) strcspn(key, ".["), key);
    return true;
}

/* A slip of the pen changes few letters of a long word and fewer of a short one. */
static size_t edits_allowed(const char *key)
{
    size_t length = strlen(key);
    return length < 4 ? 1 : length < 8 ? 2 : 3;
}

/* The nearest key of the same group. */
static bool suggest_sibling(const struct loading *l, const char *group, const char *key,
                            char ret_path[static 2 * OPTION_PATH_SIZE])
{
    char candidate[OPTION_PATH_SIZE];
    size_t best = edits_allowed(key) + 1;
    bool found = false;
    for (size_t i = 0; i < l->option_count; i++) {
        if (!key_below(&l->options[i], group, candidate))
            continue;
        size_t distance = suggest_distance(key, candidate, best);
        if (distance >= best)
            continue;
        best = distance;
        found = true;
        (void) snprintf(ret_path, 2 * OPTION_PATH_SIZE, "%s%s%s", group, group[0] ? "." : "",
                        candidate);
    }
    return found;
}

/* The nearest key of any other group; many are alike there, so a slip is one letter at most. */
static const char *suggest_elsewhere(const struct loading *l, const char *key)
{
    const char *near = NULL;
    for (size_t i = 0, best = 2; i < l->option_count && best > 0; i++) {
        const char *dot = strrchr(l->options[i].path, '.');
        size_t distance = dot ? suggest_distance(key, dot + 1, best) : best;
        if (distance < best && (distance == 0 || strlen(key) > 3)) {
            best = distance;
            near = l->options[i].path;
        }
    }
    return near;
}

static void report_unknown(struct loading *l, unsigned line, const char *group, const char *key)
{
    char near[2 * OPTION_PATH_SIZE];
    const char *suggestion = near;
    if (l->found >= LOADING_PROBLEMS_MAX) {
        l->found++; /* without the search, which is the dear part */
        return;
    }
    if (!suggest_sibling(l, group, key, near))
        suggestion = suggest_elsewhere(l, key);
    const char *dot = group[0] ? "." : "";
    if (suggestion)
        loading_problem(l, line, "unknown key %s%s%.60s; did you mean %s?", group, dot, key,
                        suggestion);
    else
        loading_problem(l, line, "unknown key %s%s%.60s; remove it or see the documented options",
                        group, dot, key);
}

/* Where a group is: as the table writes it ("cameras[]"), and in this file ("cameras[2]"). */
struct place {
    char path[OPTION_PATH_SIZE], position[OPTION_PATH_SIZE];
};

static void check_group(struct loading *l, const config_setting_t *group,
                        const struct place *place);

static struct place place_below(const struct place *place, const char *key)
{
    struct place below = *place;
    const char *dot = place->path[0] ? "." : "";
    size_t path = strlen(place->path), position = strlen(place->position);
    (void) snprintf(below.path + path, sizeof(below.path) - path, "%s%s", dot, key);
    (void) snprintf(below.position + position, sizeof(below.position) - position, "%s%s", dot, key);
    return below;
}

static void note_line(struct loading *l, const config_setting_t *setting, const struct place *place)
{
    if (l->lines &&
        option_lines_add(l->lines, place->position, config_setting_source_line(setting)) < 0)
        l->out_of_memory = true;
}

static void check_items(struct loading *l, const config_setting_t *list, const struct place *place)
{
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *item = config_setting_get_elem(list, (unsigned) i);
        struct place below = *place;
        size_t path = strlen(place->path), position = strlen(place->position);
        (void) snprintf(below.path + path, sizeof(below.path) - path, "[]");
        (void) snprintf(below.position + position, sizeof(below.position) - position, "[%d]", i);
        note_line(l, item, &below);
        if (config_setting_is_group(item))
            check_group(l, item, &below);
    }
}

static void check_key(struct loading *l, const config_setting_t *setting, const struct place *group)
{
    const char *key = config_setting_name(setting);
    unsigned line = config_setting_source_line(setting);
    struct place place = place_below(group, key);
    char list[OPTION_PATH_SIZE + 2];
    (void) snprintf(list, sizeof(list), "%s[]", place.path);
    if (strlen(key) >= OPTION_PATH_SIZE / 2 || !is_known(l, place.path)) {
        report_unknown(l, line, group->path, key);
        return;
    }
    note_line(l, setting, &place);
    if (is_option(l, list)) { /* that it is a list was checked by whoever read it */
        if (config_setting_is_list(setting))
            check_items(l, setting, &place);
    } else if (!is_option(l, place.path)) {
        if (config_setting_is_group(setting))
            check_group(l, setting, &place);
        else
            loading_problem(l, line, "%s must be a group, %s = { ... };", place.path, key);
    }
}

static void check_group(struct loading *l, const config_setting_t *group, const struct place *place)
{
    for (int i = 0; i < config_setting_length(group); i++)
        check_key(l, config_setting_get_elem(group, (unsigned) i), place);
}

void option_keys_check(struct loading *l, const config_setting_t *root)
{
    const struct place whole_file = { "", "" };
    check_group(l, root, &whole_file);
}
