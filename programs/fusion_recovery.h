/*
 * fusion_recovery.h - going on after a crash, and going back when frames turn up late or buckets
 * were dropped
 *
 * All are the same: a saved state (checkpoints.h) is put in place of the present one and every
 * camera is asked for what it sent after the last frame that is in it. Buckets that are made anew
 * replace what was written, so a crash, a hole or a full disk changes no sum as long as the
 * cameras' rings reach back far enough.
 */
#ifndef FLOORFUSE_PROGRAMS_FUSION_RECOVERY_H
#define FLOORFUSE_PROGRAMS_FUSION_RECOVERY_H

#include "programs/fusion_loop.h"

/*
 * Open the folder of states and go on from the newest that fits. Floors, cameras and the writer are
 * open. Where settings or maps have changed, frames are taken again from before the bucket that was
 * open, and buckets before it are left as they are.
 * Returns 0, or a negative errno with a sentence.
 */
MUST_CHECK int fusion_recovery_open(struct fusion_loop *loop, struct error *err);
void fusion_recovery_close(struct fusion_loop *loop);

/* Go back if a camera has recovered what fusion had gone on without, or if the disk has room again
 * for buckets that were dropped. Returns 0 or a negative errno with a sentence. */
MUST_CHECK int fusion_recovery_go_back(struct fusion_loop *loop, struct error *err);

/* A bucket has ended: the state is to be saved soon. */
void fusion_recovery_note_bucket(struct fusion_loop *loop);

/*
 * A bucket was dropped, as too many wait for the disk. Until we have gone back no state is saved,
 * so all that there are are from before it; and whoever starts next makes it again, too. start_us
 * when it begins
 */
void fusion_recovery_note_drop(struct fusion_loop *loop, int64_t start_us);

/* Save the state if it is time to, or in any case. Not from inside a sink. Returns 0, -ENOMEM. */
MUST_CHECK int fusion_recovery_save_if_due(struct fusion_loop *loop);
MUST_CHECK int fusion_recovery_save(struct fusion_loop *loop);
int64_t fusion_recovery_deadline_mono_ns(const struct fusion_loop *loop);

#endif
