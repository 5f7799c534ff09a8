/*
 * confine_calls.h - the system calls of a confined process
 */
#ifndef FLOORFUSE_PROGRAMS_CONFINE_CALLS_H
#define FLOORFUSE_PROGRAMS_CONFINE_CALLS_H

#include <stdbool.h>

#include "base/error.h"

/*
 * From now on only these; PR_SET_NO_NEW_PRIVS must be set.
 *   video_devices  V4L2's ioctls too
 *   ret_count      how many are allowed
 * Returns 0; -ENOMEM; -errno when the kernel has no seccomp, or who started us does not let us use
 * it; each with a sentence.
 */
MUST_CHECK int confine_calls(bool video_devices, int *ret_count, struct error *err);

#endif
