/*
 * import_storage.h - the named numbers of an OpenCV FileStorage, from XML, YAML or JSON
 *
 * OpenCV writes one tree of names in three notations, and other tools write YAML that is nearly the
 * same (ROS, Kalibr). What matters of it is flat: names with numbers behind them. So a file becomes
 * a list of nodes in file order, wherever in the tree they stood. A matrix (rows, cols, data) is
 * one node; an unnamed list belongs to the name before it.
 *
 * Nothing is judged while reading: such files are full of things that are none of our business.
 * What is asked for is judged when it is asked for, by file and line.
 */
#ifndef FLOORFUSE_CALIB_IMPORT_STORAGE_H
#define FLOORFUSE_CALIB_IMPORT_STORAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Numbers of a node that are kept; what a camera needs is far fewer, board corners are more. */
#define STORAGE_VALUES_MAX 16
#define STORAGE_NAME_SIZE  64
#define STORAGE_NODES_MAX  4096

struct storage_node {
    char name[STORAGE_NAME_SIZE];
    unsigned line;
    double values[STORAGE_VALUES_MAX];
    size_t count;                 /* of all, also of those that are not kept */
    long rows, cols, channels;    /* 0: not given */
    unsigned word_line;           /* of the first word that is not a number; 0: none */
    char word[STORAGE_NAME_SIZE]; /* and the word */
};

struct storage {
    char *file; /* for sentences */
    struct storage_node *nodes;
    size_t count;
};

/*
 * Read XML when the first byte is "<", else YAML, of which JSON is a part.
 *   file         stands for the path in sentences
 *   ret_storage  zeroed by the caller; to be released in any case
 * Returns 0; -EINVAL with a sentence naming file and line; -ENOMEM.
 */
MUST_CHECK int storage_parse(const char *bytes, size_t length, const char *file,
                             struct storage *ret_storage, struct error *err);
void storage_release(struct storage *storage);

/*
 * The node that has one of several names. Case, "_" and "-" do not count.
 *   names   simplified (lower case, letters and digits), ended by NULL
 *   suffix  that may follow the name, e.g. the "1" of M1; "" for none
 *   ret     NULL when there is no such node
 * Returns 0; -EINVAL when there are several that differ.
 */
MUST_CHECK int storage_find(const struct storage *storage, const char *const *names,
                            const char *suffix, const struct storage_node **ret, struct error *err);

/* That all of a node's values are finite numbers and as many as its shape says. Returns 0 or
 * -EINVAL. */
MUST_CHECK int storage_check(const struct storage *storage, const struct storage_node *node,
                             struct error *err);

#endif
