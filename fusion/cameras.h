/*
 * cameras.h - the cameras of one floor: who they are, what they can see, what came from them
 *
 * A camera keeps its slot (its bit in camera sets) as long as the program runs; its rank by name
 * changes when others join. Inside fusion/ everything goes by slots, and results go by names.
 */
#ifndef FLOORFUSE_FUSION_CAMERAS_H
#define FLOORFUSE_FUSION_CAMERAS_H

#include <stdbool.h>

#include "fusion/align.h"
#include "fusion/habits.h"
#include "fusion/settle.h"
#include "fusion/viewpoint.h"
#include "heat/heat_bucket.h"

struct camera {
    char name[ID_SIZE];
    char calibration_version[SHA256_TEXT_BYTES];
    char fingerprint[SHA256_TEXT_BYTES]; /* of all that decides what it can see: fingerprint.h */
    uint8_t *footprint;                  /* mask of the grid; owned */
    struct viewpoint view;
    struct habits habits;
    /* Capture time of its last frame that shows that it is looking, as of the ticks that have
     * closed, and of those that have settled; INT64_MIN: none yet. */
    int64_t closed_look_us, settled_look_us;
    int64_t missed_total, missed_told; /* frames lost on the way; how many of them are in buckets */
    /* Of the open bucket: */
    int64_t frames, observations;
    uint64_t boot_id, last_sequence;
};

struct cameras {
    struct camera items[HEAT_CAMERAS_MAX]; /* by slot */
    int count;
    int rank[HEAT_CAMERAS_MAX];             /* of each slot: its place by name */
    int by_rank[HEAT_CAMERAS_MAX];          /* of each place by name: the slot */
    uint16_t by_hash[2 * HEAT_CAMERAS_MAX]; /* slot + 1 near the hash of its name; 0: free */
};

void cameras_release(struct cameras *cameras);

/* The slot of a name, or -ENOENT. */
int cameras_find(const struct cameras *cameras, const char *name);

/* Find or add. Returns the slot, or -ENOSPC. */
MUST_CHECK int cameras_add(struct cameras *cameras, const char *name);

/* A picture that is held to be wrong shows nothing, so nobody looked. */
static inline bool frame_shows_look(const struct aligned_frame *frame)
{
    return !(frame->flags & FRAME_PICTURE_SUSPICIOUS);
}

/* Note a frame of a tick that has settled, for the open bucket. */
void cameras_note_frame(struct cameras *cameras, const struct settle_frame *frame);

/* Which cameras are looking at a settled tick: a frame within valid_us before it. */
struct camera_set cameras_looking(const struct cameras *cameras, int64_t tick_us, int64_t valid_us);

/* Whether any camera is looking at a tick that is about to close. */
bool cameras_any_looking(const struct cameras *cameras, int64_t tick_us, int64_t valid_us);

/* Append who the cameras are and what has been learned of them, by slot; what they can see is known
 * from their calibrations. Out of memory is told by buffer_result. */
void cameras_save(const struct cameras *cameras, struct buffer *buffer);

/*
 * Read what cameras_save wrote.
 *   present       the cameras that have been named; each saved one has to be among them
 *   latest_us     the last closed tick; what has happened later is damage
 *   ret_cameras   zeroes; the saved cameras in their slots, then those that are new, with what
 *                 present owns borrowed. After a failure it is good for nothing.
 * Returns how many were saved; -EINVAL: one of them is not present, or sees something else now;
 * -EBADMSG: the bytes are damaged.
 */
MUST_CHECK int cameras_restore(const struct cameras *present, struct buffer_reader *reader,
                               int64_t latest_us, struct cameras *ret_cameras, struct error *err);

#endif
