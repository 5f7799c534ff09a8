/*
 * align.h - frames of many cameras, put in order and cut into ticks of capture time
 *
 * Ticks end at UTC multiples of their length; tick T holds capture times in (T - length, T]. A tick
 * is complete when no camera that is waited for can still send a frame into it. README.md has the
 * rules in words. With a length of 0 there is a tick at each capture time of the input, and no
 * other.
 */
#ifndef FLOORFUSE_FUSION_ALIGN_H
#define FLOORFUSE_FUSION_ALIGN_H

#include <math.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "fusion/frame_origin.h"
#include "fusion/joint.h"

struct align; /* opaque */

/* A buffered frame: what fusion needs of an observation_frame. */
struct aligned_frame {
    struct aligned_frame *next; /* align's */
    int camera;                 /* slot, 0 .. HEAT_CAMERAS_MAX - 1 */
    int64_t capture_us;
    uint64_t boot_id, sequence;
    struct frame_origin origin;
    uint32_t flags;           /* enum frame_flag */
    size_t observation_count; /* people: a head that belongs to a body of the frame is left out */
    /* What the people look like: a row each, of unit length, or NaN first where it is not known.
     * In the frame's own memory, behind the observations; NULL and 0: nobody says. */
    const float *appearance;
    uint32_t appearance_length;
    uint64_t appearance_model; /* appearance_model_of() */
    struct observation observations[];
};

/* What an observation looks like: appearance_length numbers, or NULL when that is not known. */
static inline const float *aligned_frame_appearance(const struct aligned_frame *frame, size_t i)
{
    const float *row = frame->appearance ? &frame->appearance[i * frame->appearance_length] : NULL;
    return row && !isnan(row[0]) ? row : NULL;
}

/* Frames that wait for other cameras hold at most this much; beyond it ticks close without waiting,
 * so that a recording that is far ahead of the others stays bounded. About 400,000 frames. */
#define ALIGN_BYTES_MAX ((size_t) 256 * 1024 * 1024)

/* People taken from one frame at most; the highest scores stay. No store camera shows more. */
#define ALIGN_PEOPLE_MAX 512

/* A frame this far ahead of the others is a wrong clock, until so many in a row say the same. */
#define ALIGN_JUMP_US     (INT64_C(24) * 3600 * 1000000)
#define ALIGN_JUMP_FRAMES 10

/* A camera whose clock is this far behind the ticks is not waited for; its frames are late. */
#define ALIGN_BEHIND_US (INT64_C(10) * 1000000)

/* Years 1684 .. 2255: differences and sums of times in between cannot overflow. */
#define ALIGN_CAPTURE_MAX_US INT64_C(9000000000000000)

struct align_counts {
    uint64_t late;                 /* frames: their tick was closed */
    uint64_t implausible;          /* frames: more than a day ahead of the others */
    uint64_t observations_dropped; /* not finite, or beyond ALIGN_PEOPLE_MAX */
    uint64_t appearances_ignored;  /* vectors that are not finite, or all 0 */
};

/* people_height_m: of people on average, see joint.h. Returns 0 or -ENOMEM. */
MUST_CHECK int align_create(int tick_ms, int lateness_ms, double people_height_m,
                            struct align **ret_align);
void align_destroy(struct align **align);

/* A camera is known now: the first tick waits for it, at most lateness_ms. */
void align_know_camera(struct align *align, int camera);

/* No more frames for now: it is not waited for until it sends one. */
void align_camera_ended(struct align *align, int camera);

/* Frames that a camera sent earlier are being fetched: however long that takes, no tick that they
 * may belong to is closed (but see ALIGN_BYTES_MAX). It is for the caller to end this. */
void align_camera_catching_up(struct align *align, int camera, bool catching_up);

/* Take a frame; it is copied. Returns 0; -ESTALE: its tick is closed; -EDOM: its time is not to be
 * believed (both counted); -ENOMEM. */
MUST_CHECK int align_push(struct align *align, int camera, const struct observation_frame *frame,
                          int64_t arrival_mono_ns);

/*
 * Whether a tick may be closed, and which.
 *   idle        nothing changes until the next frame: go on at its tick, leave out those between
 *   no_waiting  take every camera as it is (the end of all input)
 */
bool align_next(struct align *align, int64_t now_mono_ns, bool idle, bool no_waiting,
                int64_t *ret_tick_us);

/*
 * Close a tick that align_next named and hand out its frames.
 *   name_rank   of each slot: its place in the order of camera names
 *   ret_frames  by capture time, camera name, boot, sequence; borrowed until the next take
 * Returns how many, or -ENOMEM (nothing is closed then).
 */
MUST_CHECK int64_t align_take(struct align *align, int64_t tick_us, const int name_rank[static 1],
                              struct aligned_frame *const **ret_frames);

/* Whether a tick has been closed. */
bool align_has_closed(const struct align *align);

/* The end of the tick after the last closed one, the next microsecond when the input makes the
 * ticks; INT64_MIN before the first. */
int64_t align_following_tick_us(const struct align *align);

/* When the next tick stops waiting; INT64_MAX: there is nothing to close; INT64_MIN: at once. */
int64_t align_deadline_mono_ns(struct align *align, bool idle);

struct align_counts align_counts(const struct align *align);

/* What the heads and bodies of a camera say of each other. */
struct joint_counts align_joints(const struct align *align, int camera);

/*
 * Append the frames that wait and what is known of the cameras' clocks. Times of arrival are saved
 * as how long before now they were. Out of memory is told by buffer_result.
 */
void align_save(const struct align *align, int64_t now_mono_ns, struct buffer *buffer);

/*
 * Read what align_save wrote into a fresh align; the lengths of ticks and waiting stay those of
 * align_create. After a failure it is good for nothing but align_destroy.
 *   camera_count  of slots; more of them are damage
 * Returns 0, -EBADMSG if the bytes are damaged, -ENOMEM.
 */
MUST_CHECK int align_restore(struct align *align, struct buffer_reader *reader, int camera_count,
                             int64_t now_mono_ns);

/* The tick that holds a capture time: the smallest multiple of tick_us that is not below it. */
int64_t align_tick_of(int64_t capture_us, int64_t tick_us);

#endif
