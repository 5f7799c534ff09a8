/*
 * checkpoints.h - saved states of a store in a folder, the newer the closer together
 *
 * Fusion saves its state at each bucket, to go on from it after a crash, and to go back to it when
 * frames turn up late. How far back that may be is not known before, so a few old ones are kept: of
 * the last two each one, before them every second, fourth, eighth and so on.
 *
 * A file is a header with a checksum and the state; it appears whole or not at all, and belongs to
 * us alone (0600), as there are places of people in it.
 */
#ifndef FLOORFUSE_PROGRAMS_CHECKPOINTS_H
#define FLOORFUSE_PROGRAMS_CHECKPOINTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct checkpoints; /* opaque */

struct checkpoint {
    uint64_t number;   /* from 1, never used again */
    int64_t closed_us; /* frames up to this capture time are settled in it; INT64_MIN: none are */
};

/*
 * Make the folder if need be and find what is in it; files that are damaged are passed over, and
 * those that a killed program left unfinished removed.
 *   keep_us  what is older than the newest by more than this goes
 * Returns 0, or -errno with a sentence.
 */
MUST_CHECK int checkpoints_open(const char *folder, int64_t keep_us,
                                struct checkpoints **ret_checkpoints, struct error *err);
void checkpoints_destroy(struct checkpoints **checkpoints);

/* All of them, the newest first; borrowed until the next call that adds or drops. */
size_t checkpoints_list(const struct checkpoints *checkpoints, const struct checkpoint **ret_list);

/*
 * The state of one. Returns 0 and the caller's *ret_state to free(); -ENOENT while its file is not
 * written yet; -EBADMSG when it is damaged; -errno; with a sentence.
 */
MUST_CHECK int checkpoints_read(const struct checkpoints *checkpoints, uint64_t number,
                                char **ret_state, size_t *ret_length, struct error *err);

/* A file to be written: by somebody else, in the order in which they were made. */
struct checkpoint_file {
    char path[512];
    struct buffer bytes; /* the caller's to release */
};

/* Number a state, make the file's bytes and drop what is no longer needed. Returns 0 or -ENOMEM. */
MUST_CHECK int checkpoints_add(struct checkpoints *checkpoints, int64_t closed_us,
                               const struct buffer *state, struct checkpoint_file *ret_file);

/* Forget those after a number, or that very one, and remove their files. */
void checkpoints_drop_after(struct checkpoints *checkpoints, uint64_t number);
void checkpoints_drop(struct checkpoints *checkpoints, uint64_t number);

#endif
