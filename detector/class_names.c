/* class_names.c - see class_names.h */
#include "detector/class_names.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

#define NAMES_BYTES_MAX ((size_t) 1 << 20)

enum detection_class class_of_name(const char *name)
{
    static const char *const persons[] = { "person", "people", "pedestrian", "human", "body" };
    for (size_t i = 0; i < ARRAY_LENGTH(persons); i++) {
        if (strcasecmp(name, persons[i]) == 0)
            return DETECTION_PERSON;
    }
    return strcasecmp(name, "head") == 0 ? DETECTION_HEAD : CLASS_IGNORED;
}

static char *trim(char *line)
{
    while (isspace((unsigned char) *line))
        line++;
    size_t length = strlen(line);
    while (length > 0 && isspace((unsigned char) line[length - 1]))
        length--;
    line[length] = '\0';
    return line;
}

/* Fill at most count classes. Returns how many names there are. */
static int classify(char *text, int count, enum detection_class *classes)
{
    int names = 0;
    for (char *line; (line = strsep(&text, "\n"));) {
        line = trim(line);
        if (!*line)
            continue;
        if (names < count)
            classes[names] = class_of_name(line);
        names++;
    }
    return names;
}

static int check(const char *path, int names, int count, const enum detection_class *classes,
                 struct error *err)
{
    if (names != count)
        return error_set(err, -EINVAL, "%s: has %d names where the network has %d classes", path,
                         names, count);
    for (int i = 0; i < count; i++) {
        if (classes[i] != CLASS_IGNORED)
            return 0;
    }
    return error_set(err, -EINVAL,
                     "%s: names no class that we look for (person, people, pedestrian, human, "
                     "body, head)",
                     path);
}

int class_names_count(const char *names)
{
    int count = 0;
    for (const char *line = names; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *word = line + strspn(line, " \t\r\v\f"); /* what trim() takes away */
        count += *word != '\n' && *word != '\0';
    }
    return count;
}

int class_names_load(const char *path, int count, enum detection_class **ret_classes,
                     struct error *err)
{
    char *text;
    size_t length;
    int r = file_read(path, NAMES_BYTES_MAX, &text, &length, err);
    if (r < 0)
        return r;
    r = class_names_parse(text, path, count, ret_classes, err);
    free(text);
    return r;
}

int class_names_parse(const char *names, const char *what, int count,
                      enum detection_class **ret_classes, struct error *err)
{
    char *text = strdup(names);
    enum detection_class *classes = calloc((size_t) count + 1, sizeof(*classes));
    int r = text && classes ? check(what, classify(text, count, classes), count, classes, err)
                            : -ENOMEM;
    free(text);
    if (r < 0) {
        free(classes);
        return r;
    }
    *ret_classes = classes;
    return 0;
}

static bool is_names_file(const char *name)
{
    size_t length = strlen(name);
    return length > 6 && strcmp(name + length - 6, ".names") == 0;
}

/* Remember the first; a second is an error. */
static int look_through(DIR *folder, const char *model, char **ret_path, struct error *err)
{
    char *found = NULL;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!is_names_file(entry->d_name))
            continue;
        if (found) {
            free(found);
            return error_set(err, -EINVAL,
                             "%s: several .names files lie beside it; say which in detector.names",
                             model);
        }
        found = file_resolve(model, entry->d_name);
        if (!found)
            return -ENOMEM;
    }
    if (!found)
        return error_set(err, -ENOENT,
                         "%s: no .names file lies beside it; give one in detector.names", model);
    *ret_path = found;
    return 0;
}

/* "dir/name.names" of "dir/name.cfg", when it is there; NULL: it is not. Returns 0 or -ENOMEM. */
static int find_namesake(const char *model, char **ret_path)
{
    const char *dot = strrchr(model, '.');
    size_t stem = dot && !strchr(dot, '/') ? (size_t) (dot - model) : strlen(model);
    *ret_path = NULL;
    if (asprintf(ret_path, "%.*s.names", (int) stem, model) < 0)
        return -ENOMEM;
    if (!file_exists(*ret_path)) {
        free(*ret_path);
        *ret_path = NULL;
    }
    return 0;
}

int class_names_find(const char *model, char **ret_path, struct error *err)
{
    int found = find_namesake(model, ret_path);
    if (found < 0 || *ret_path)
        return found;
    char *folder_path = file_resolve(model, ".");
    if (!folder_path)
        return -ENOMEM;
    DIR *folder = opendir(folder_path);
    int r = folder ? 0 : error_set(err, -errno, "%s: %s", folder_path, strerror(errno));
    free(folder_path);
    if (r < 0)
        return r;
    r = look_through(folder, model, ret_path, err);
    (void) closedir(folder);
    return r;
}
