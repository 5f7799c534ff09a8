/*
 * confine_files.h - the files of a confined process, by Landlock
 */
#ifndef FLOORFUSE_PROGRAMS_CONFINE_FILES_H
#define FLOORFUSE_PROGRAMS_CONFINE_FILES_H

#include "base/error.h"

/*
 * From now on only these and what is below them; PR_SET_NO_NEW_PRIVS must be set.
 *   readable, writable  as in confine.h
 *   ret_version         of the kernel's Landlock
 * Returns 0; -EOPNOTSUPP when the kernel has none, or it is switched off; -errno; each with a
 * sentence.
 */
MUST_CHECK int confine_files(const char *const *readable, const char *const *writable,
                             int *ret_version, struct error *err);

#endif
