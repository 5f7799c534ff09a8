/*
 * option_lines.c - where each key of a file stands
 */
#include "config/option_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void option_lines_release(struct option_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->lines[i].path);
    free(lines->lines);
    *lines = (struct option_lines){ 0 };
}

int option_lines_add(struct option_lines *lines, const char *path, unsigned line)
{
    if (lines->count == lines->capacity) {
        size_t capacity = lines->capacity ? 2 * lines->capacity : 64;
        struct option_line *grown = realloc(lines->lines, capacity * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        lines->lines = grown;
        lines->capacity = capacity;
    }
    char *copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    lines->lines[lines->count++] = (struct option_line){ .path = copy, .line = line };
    return 0;
}

static unsigned find_exactly(const struct option_lines *lines, const char *path, size_t length)
{
    for (size_t i = 0; i < lines->count; i++)
        if (strncmp(lines->lines[i].path, path, length) == 0 &&
            lines->lines[i].path[length] == '\0')
            return lines->lines[i].line;
    return 0;
}

unsigned option_lines_find(const struct option_lines *lines, const char *path)
{
    unsigned line = 0;
    for (size_t length = strlen(path); length > 0 && line == 0;) {
        line = find_exactly(lines, path, length);
        do { /* "cameras[2].roi", then "cameras[2]", then "cameras" */
            length--;
        } while (length > 0 && path[length] != '.' && path[length] != '[');
    }
    return line;
}

char *path_absolute(const char *path)
{
    if (path[0] == '/')
        return strdup(path);
    char *folder = getcwd(NULL, 0), *absolute = NULL;
    if (folder && asprintf(&absolute, "%s/%s", strcmp(folder, "/") ? folder : "", path) < 0)
        absolute = NULL;
    free(folder);
    return absolute;
}
