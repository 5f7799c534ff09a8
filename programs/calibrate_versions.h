/*
 * calibrate_versions.h - the versions of a camera file that are kept beside it
 *
 * left.cfg is the one in use; left.5de34e20.cfg an earlier one, named by the first digits of its
 * version. Nothing is ever taken away.
 */
#ifndef FLOORFUSE_PROGRAMS_CALIBRATE_VERSIONS_H
#define FLOORFUSE_PROGRAMS_CALIBRATE_VERSIONS_H

#include "calib/camera_file.h"

/*
 * Put a new camera file in the place of the old one, which is kept beside it first. Whoever reads
 * meanwhile sees one or the other, whole.
 *   old_text, new_text  of the files
 *   kept_path           where the old one is now; the caller's to release
 * The kept file has the date of the old one. Returns 0; -EEXIST when something else lies where it
 * would be kept; another negative errno; with a sentence. The file in use is as it was then.
 */
MUST_CHECK int versions_replace(const char *path, const char *old_text, const char *new_text,
                                struct text *kept_path, struct error *err);

/* One version of a camera file. */
struct version {
    char *path;
    char sha256[65];
    int64_t changed_us; /* when the file was written, UTC */
    struct camera_file file;
    bool in_use;
};

struct versions {
    struct version *items;
    size_t count;
};

/* All versions of a camera file: the one in use first, then the others, newest first. Files that
 * are no camera files are left out. Returns 0, or a negative errno with a sentence. */
MUST_CHECK int versions_list(const char *path, struct versions *ret_versions, struct error *err);
void versions_release(struct versions *versions);

#endif
