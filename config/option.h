/*
 * option.h - option tables: one line says what a setting is, and everything else follows
 *
 * A table describes a libconfig file: each option's path (unit in the name), type, bounds, default,
 * place in a C struct, and help. Loading, checking, --dump-config and the documentation read the
 * same table. An unknown key, a wrong type or a number out of bounds is a problem with file and
 * line; all problems are collected, so that a person mends a file once.
 */
#ifndef FLOORFUSE_CONFIG_OPTION_H
#define FLOORFUSE_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

enum option_type {
    OPTION_INT,          /* int */
    OPTION_DOUBLE,       /* double; integers are taken too */
    OPTION_BOOL,         /* bool */
    OPTION_STRING,       /* char *, owned by the struct */
    OPTION_ID,           /* char *, owned; [a-z0-9-]+, shorter than ID_SIZE */
    OPTION_PATH,         /* char *, owned; made absolute beside the file it stands in */
    OPTION_NUMBERS,      /* struct number_list; nested lists are read in reading order */
    OPTION_NUMBER_LISTS, /* struct number_lists: several of them, ( [ ... ], [ ... ] ) */
    OPTION_LIST, /* struct option_list of groups; the options below it have "path[]." paths */
};

/* Any number of doubles, e.g. a matrix or a polygon. */
struct number_list {
    double *values;
    size_t count; /* 0: not given */
};

/* Several, e.g. polygons. */
struct number_lists {
    struct number_list *items;
    size_t count;
};

/* The groups of a list, one struct each, item_bytes apart. */
struct option_list {
    void *items;
    size_t count;
};

struct option {
    const char *path; /* "fusion.gate_m", "cameras[]", "cameras[].url" */
    enum option_type type;
    size_t offset;     /* in the struct; for "x[].y" in the item's struct */
    size_t item_bytes; /* OPTION_LIST: bytes of one item */
    bool required;
    double default_number;      /* INT, DOUBLE, BOOL */
    const char *default_string; /* STRING, ID, PATH; NULL: stays NULL */
    double min, max; /* INT, DOUBLE: the value; NUMBERS: how many, of NUMBER_LISTS in each; LIST:
                        how many */
    const char *choices; /* STRING: "file|arrival"; NULL: any */
    bool reload;         /* SIGHUP may change it */
    const char *help;
};

/* Sentences about everything wrong with a file, in file order. */
struct problems {
    char **sentences;
    size_t count;
};
void problems_add(struct problems *problems, const char *format, ...) PRINTF_FORMAT(2, 3);
void problems_release(struct problems *problems);

/*
 * Read a file by its table.
 *   options      the table, option_count lines; a list's line stands before those of its items
 *   ret_values   the struct that the offsets belong to, zeroed by the caller; defaults are filled
 *                in even when there are problems; release with options_release
 *   problems     sentences "FILE:LINE: what is wrong; what to do" are added
 * Returns 0, -EINVAL when problems were added, or -errno of the file (one problem is added too).
 */
MUST_CHECK int options_load(const char *path, const struct option *options, size_t option_count,
                            void *ret_values, struct problems *problems);

/* The same for text in memory; `name` stands for the path in sentences. */
MUST_CHECK int options_parse(const char *text, const char *name, const struct option *options,
                             size_t option_count, void *ret_values, struct problems *problems);

/* Free what loading allocated inside the struct, lists included; zeroes them. */
void options_release(const struct option *options, size_t option_count, void *values);

/* Print the values in force, with their help, as a file that options_load takes. */
void options_dump(const struct option *options, size_t option_count, const void *values, FILE *out);

/* Print the table as Markdown: option, type, default, range, help. */
void options_document(const struct option *options, size_t option_count, FILE *out);

#endif
