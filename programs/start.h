/*
 * start.h - what every program does first: config, signals, telling people what is wrong
 */
#ifndef FLOORFUSE_PROGRAMS_START_H
#define FLOORFUSE_PROGRAMS_START_H

#include "config/store_config.h"

/* Print every problem on stderr, one a line. */
void print_problems(const char *program, const struct problems *problems);

/* Load the config and print everything that is wrong with it. Returns 0 or a negative errno. */
MUST_CHECK int load_config(const char *program, const char *path, struct store_config **ret_config);

/* The same for commands that only need the database, so that a headquarters' config will do. */
MUST_CHECK int load_chain_config(const char *program, const char *path,
                                 struct store_config **ret_config);

/* The same for floorfuse keys, which makes the keys that a config may need. */
MUST_CHECK int load_keyless_config(const char *program, const char *path,
                                   struct store_config **ret_config);

/* The same, or the defaults when there is no path: for tools that need no store. */
MUST_CHECK int load_config_or_defaults(const char *program, const char *path,
                                       struct store_config **ret_config);

/*
 * Block SIGINT, SIGTERM, SIGHUP and SIGCHLD in this thread and those it makes later, ignore
 * SIGPIPE, and return a signalfd for the blocked ones; -errno.
 */
MUST_CHECK int signals_open(void);

/* The next signal waiting in the signalfd, 0 when there is none. */
int signals_next(int fd);

/* The path of another program of ours, beside this one; the caller's to free(). */
char *sibling_program(const char *name);

#endif
