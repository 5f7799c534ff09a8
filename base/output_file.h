/*
 * output_file.h - a file written piece by piece that nobody sees half
 *
 * The pieces go to a file that has no name (where the file system knows no such files: a temporary
 * one, TARGET.PID.new) and takes the target's name when all is well. What is not a regular file
 * ("-" for the standard output, a pipe, /dev/null) cannot be replaced and is written to directly.
 */
#ifndef FLOORFUSE_BASE_OUTPUT_FILE_H
#define FLOORFUSE_BASE_OUTPUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

/* Storage the caller has; zeroed means: not open. */
struct output_file {
    FILE *stream;    /* where to write; errors may be left for output_file_commit to find */
    char *path;      /* the target */
    char *temporary; /* NULL: the target itself is written to */
    bool unnamed;    /* the temporary name is not taken yet */
};

/* Returns 0, or -errno with a sentence. */
MUST_CHECK int output_file_open(const char *path, struct output_file *ret_file, struct error *err);

/* Write what is buffered to the disk and give the file its name. It is closed in any case, and gone
 * on failure. Returns 0, or -errno with a sentence. */
MUST_CHECK int output_file_commit(struct output_file *file, struct error *err);

/* Close and leave nothing behind; of a file that is not open or committed: nothing. */
void output_file_abandon(struct output_file *file);

#endif
