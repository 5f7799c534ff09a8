/*
 * option_load.h - what the parts of loading an option table share; for sources of this folder
 */
#ifndef FLOORFUSE_CONFIG_OPTION_LOAD_H
#define FLOORFUSE_CONFIG_OPTION_LOAD_H

#include <libconfig.h>
#include <string.h>

#include "config/option.h"
#include "config/option_lines.h"

/* Room for "cameras[].detector.threshold" and its like. */
#define OPTION_PATH_SIZE 128

struct loading {
    const char *name; /* of the file, in sentences */
    const char *base; /* the file that paths are beside */
    const struct option *options;
    size_t option_count;
    struct problems *problems;
    struct option_lines *lines; /* NULL: not wanted */
    size_t found;               /* problems of this file so far */
    bool out_of_memory;
};

/* Nobody reads more; a hostile file must not cost more than a wrong one. */
#define LOADING_PROBLEMS_MAX 100

/* One more problem of this file, kept while there are fewer than the bound. `line` 0: unknown. */
void loading_problem(struct loading *l, unsigned line, const char *format, ...) PRINTF_FORMAT(3, 4);

/* The part of a path behind its list, "url" of "cameras[].url"; the path itself outside lists. */
static inline const char *option_tail(const struct option *option)
{
    const char *mark = strstr(option->path, "[].");
    return mark ? mark + 3 : option->path;
}

/* Whether an option is read from a group of the list at `list_path` ("cameras[]"); NULL: from the
 * file's outermost level. */
static inline bool option_within(const struct option *option, const char *list_path)
{
    if (!list_path)
        return strstr(option->path, "[].") == NULL;
    size_t length = strlen(list_path);
    return strncmp(option->path, list_path, length) == 0 && option->path[length] == '.';
}

/* Name every key of the file that no line of the table knows, and every group that is none; note
 * the lines of the others. */
void option_keys_check(struct loading *l, const config_setting_t *root);

#endif
