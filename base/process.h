/*
 * process.h - start other programs and wait for them
 */
#ifndef FLOORFUSE_BASE_PROCESS_H
#define FLOORFUSE_BASE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

struct process_options {
    const char *const *arguments;   /* argv, NULL at the end; [0] is looked up in PATH */
    const char *const *environment; /* "NAME=value" added to ours, NULL at the end; may be NULL */
    const char *folder;             /* working folder; NULL: ours */
    const char *user;               /* become this user and its group, for root only; NULL: stay */
    const char *output_path;        /* stdout and stderr go to the end of this file; NULL: ours */
    bool own_group;                 /* not in ours, so that Ctrl-C reaches only us */
    bool die_with_parent;           /* SIGTERM when the thread that started it ends */
};

/* Start a program with default signal handling and an empty signal mask. Returns 0 or -errno; a
 * program that cannot be executed is reported here, not by the child. */
MUST_CHECK int process_start(const struct process_options *options, pid_t *ret_pid,
                             struct error *err);

/*
 * Run a program to its end.
 *   ret_output  what it wrote to stdout and stderr is appended here; may be NULL: then it is ours
 *   ret_status  its exit code, or 128 + the signal that ended it
 */
MUST_CHECK int process_run(const struct process_options *options, struct text *ret_output,
                           int *ret_status, struct error *err);

/* Wait for one child at most timeout_ms. Returns 1 when it ended, 0 when time ran out, -errno. */
MUST_CHECK int process_wait(pid_t pid, int timeout_ms, int *ret_status);

#endif
