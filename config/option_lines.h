/*
 * option_lines.h - where each key of a file stands, for checks that take more than one option
 *
 * One line of a table cannot say that ids are unique. Who checks that afterwards still wants to
 * name the line.
 */
#ifndef FLOORFUSE_CONFIG_OPTION_LINES_H
#define FLOORFUSE_CONFIG_OPTION_LINES_H

#include "config/option.h"

struct option_line {
    char *path; /* with positions: "cameras[2].roi"; the first is 0 */
    unsigned line;
};

/* Storage of the caller's, zeroed at first. */
struct option_lines {
    struct option_line *lines;
    size_t count, capacity;
};
void option_lines_release(struct option_lines *lines);

/* Returns 0 or -ENOMEM. */
MUST_CHECK int option_lines_add(struct option_lines *lines, const char *path, unsigned line);

/* The line of a key, else of the group or list it would stand in; 0 when there is none. */
unsigned option_lines_find(const struct option_lines *lines, const char *path);

/* options_load that also says where each key stands. */
MUST_CHECK int options_load_lines(const char *path, const struct option *options,
                                  size_t option_count, void *ret_values, struct problems *problems,
                                  struct option_lines *ret_lines);

/* "NAME:LINE: sentence", without the line when it is 0. */
void problems_add_at(struct problems *problems, const char *name, unsigned line, const char *format,
                     ...) PRINTF_FORMAT(4, 5);

/* Put the sentences from `first` on into the order of the lines they name in file `name`. */
void problems_sort(struct problems *problems, size_t first, const char *name);

/* A path as seen from the working folder, made absolute; links stay. NULL when out of memory. */
char *path_absolute(const char *path);

#endif
