/*
 * confine.h - give up for good what a process will not need
 *
 * A decoder is a hundred thousand lines that read bytes from a camera that somebody may have taken
 * over. Who finds a hole in one must find nothing behind it: no program to start, no file to read
 * or change but those that the caller names, no socket but those of a client, no other process to
 * reach.
 *   no_new_privs    nothing it executed could gain rights
 *   not dumpable    no core file with pictures in it, and no debugger of the same user
 *   capabilities    none
 *   Landlock        files and folders as named, where the kernel has it (5.13 and later)
 *   seccomp         an allow-list of system calls; the others fail with EPERM, and those with which
 *                   glibc tries something newer than it has to with ENOSYS, so that it goes on
 *
 * A call that is refused fails, it does not kill: a library that tries something new after an
 * update must not silence a camera, and who took over the process gains as little by trying twice.
 * There must be one thread yet: the ones made later are confined as it is, earlier ones would not
 * be. Built with a sanitizer, what its leak checker needs stays allowed: a tracer of its own.
 */
#ifndef FLOORFUSE_PROGRAMS_CONFINE_H
#define FLOORFUSE_PROGRAMS_CONFINE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

struct confine_options {
    /* Paths, NULL at the end; folders with all below them. What is not there is left out. */
    const char *const *readable;
    const char *const *writable; /* files are made, changed and removed in them */
    bool video_devices;          /* V4L2's ioctls */
};

/*
 * Each part as far as the kernel has it.
 *   ret_words  what is in force is appended, as key=value for the log
 * Returns 0 when all of it is in force, 1 when the kernel lacks some, -errno with a sentence when
 * something failed that should not have: the process is in between then and had better end.
 */
MUST_CHECK int confine_process(const struct confine_options *options, struct text *ret_words,
                               struct error *err);

#endif
