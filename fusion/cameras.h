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

/* What a camera could see before it was calibrated anew. Ticks are counted some seconds after their
 * frames came, so this is still what counts until the last of those frames has been counted. */
struct past_sight {
    struct past_sight *next; /* what it could see after that, and before now */
    char calibration_version[SHA256_TEXT_BYTES];
    uint8_t *footprint; /* owned */
    int64_t until_us;   /* capture time of the last frame that was placed so */
};

struct camera {
    char name[ID_SIZE];
    char calibration_version[SHA256_TEXT_BYTES];
    char fingerprint[SHA256_TEXT_BYTES]; /* of all that decides what it can see: fingerprint.h */
    uint8_t *footprint;                  /* mask of the grid; owned */
    struct viewpoint view;
    struct habits habits;
    struct past_sight *past; /* oldest first; NULL: what counts is what it sees now; owned */
    int64_t pushed_us;       /* latest capture time of its frames; INT64_MIN: none yet */
    /* Capture time of its last frame that shows that it is looking, as of the ticks that have
     * closed, and of those that have settled; INT64_MIN: none yet. */
    int64_t closed_look_us, settled_look_us;
    int64_t missed_total, missed_told; /* frames lost on the way; how many of them are in buckets */
    /* Of the open bucket: */
    int64_t frames, observations;
    uint64_t boot_id, last_sequence;
    char model[ID_SIZE]; /* that looked at the latest frame; "": none yet */
    uint32_t model_width, model_height;
    struct latency_sketch latency;
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

/* Past sights of a camera that are kept at most: of calibrations within seconds. */
#define PAST_SIGHTS_MAX 16

/* The camera is about to be told of another sight: what it has now counts for the frames that it
 * has sent, and is put away. Its footprint is NULL then. Returns 0 or -ENOMEM. */
MUST_CHECK int camera_put_sight_away(struct camera *camera);

/* Append a past sight; *footprint becomes the camera's, on success only, and NULL. Returns 0 or
 * -ENOMEM. */
MUST_CHECK int camera_add_past(struct camera *camera, const char *version, int64_t until_us,
                               uint8_t **footprint);

/* What cameras see now is what counts. */
void cameras_forget_past(struct cameras *cameras);

/* What the camera could see in the ticks that are being counted: borrowed until the next frame. */
const char *camera_counted_version(const struct camera *camera);
const uint8_t *camera_counted_footprint(const struct camera *camera);

/* A picture that is held to be wrong shows nothing, so nobody looked. */
static inline bool frame_shows_look(const struct aligned_frame *frame)
{
    return !(frame->flags & FRAME_PICTURE_SUSPICIOUS);
}

/* Note a frame of a tick that has settled, for the open bucket; they come in order of capture time.
 * The first one that was placed by a new calibration makes that the one that counts. */
void cameras_note_frame(struct cameras *cameras, const struct settle_frame *frame);

/* The bucket has been handed out: what is of the open bucket begins anew. */
void cameras_begin_bucket(struct cameras *cameras);

/* Which cameras are looking at a settled tick: a frame within valid_us before it. */
struct camera_set cameras_looking(const struct cameras *cameras, int64_t tick_us, int64_t valid_us);

/* Whether any camera is looking at a tick that is about to close. */
bool cameras_any_looking(const struct cameras *cameras, int64_t tick_us, int64_t valid_us);

/* Append who the cameras are, what has been learned of them and their past sights, by slot; what
 * they can see now is known from their calibrations.
 *   mask_bytes  of a footprint
 * Out of memory is told by buffer_result. */
void cameras_save(const struct cameras *cameras, uint32_t mask_bytes, struct buffer *buffer);

/*
 * Read what cameras_save wrote.
 *   present       the cameras that have been named; each saved one has to be among them
 *   latest_us     the last closed tick; what has happened later is damage
 *   mask_bytes    of a footprint
 *   ret_cameras   zeroes; the saved cameras in their slots, then those that are new, with what
 *                 present owns borrowed, except for past sights, which are its own. After a failure
 *                 it is good for nothing but cameras_forget_past.
 * Returns how many were saved; -EINVAL: one of them is not present, or sees something else now;
 * -EBADMSG: the bytes are damaged; -ENOMEM.
 */
MUST_CHECK int cameras_restore(const struct cameras *present, struct buffer_reader *reader,
                               int64_t latest_us, uint32_t mask_bytes, struct cameras *ret_cameras,
                               struct error *err);

#endif
