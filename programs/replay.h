/*
 * replay.h - fusion of detections that were written down: no sockets, no database, no clock
 *
 * The result depends on the files only.
 */
#ifndef FLOORFUSE_PROGRAMS_REPLAY_H
#define FLOORFUSE_PROGRAMS_REPLAY_H

#include "config/store_config.h"

/* All is borrowed. Paths of files: "-" is the standard input or output. */
struct replay_options {
    /* Settings; floors and cameras too, unless there is a camera table. From a file, or defaults.
     */
    const struct store_config *config;
    const char *observations, *out;
    const char *out_detections; /* NULL: nowhere */
    const char *events;         /* NULL: nowhere */
    const char *cameras;        /* camera table; NULL: the config's cameras */
    uint32_t width, height;     /* px, of the table's pictures */
    const char *floor;          /* NULL: the first of the config */
    int tick_ms;                /* 0: a tick at each time of the input */
    struct number_list roi;     /* rectangle or polygon, floor m; empty: everywhere */
};

/*
 * Replay, write the outputs, and say in one line on stderr what was read and what was left out.
 *   name  of the program, in front of that line
 * Returns 0, or a negative errno with a sentence; then no output has changed.
 */
MUST_CHECK int replay_run(const struct replay_options *options, const char *name,
                          struct error *err);

#endif
