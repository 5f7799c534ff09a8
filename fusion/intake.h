/*
 * intake.h - the messages of one camera, in order and each once, whatever happened on the way
 *
 * A camera numbers its frames and keeps the last ones in a ring (wire/ring.h). What arrives live
 * may have holes: ZeroMQ drops, lines break, programs are killed. An intake takes what comes in
 * order and keeps what came too early, until a replay has filled the hole before it or patience is
 * over.
 *
 *   in order       the next number of the same boot, or the first of the next boot when nothing is
 *                  missing of the one before
 *   a hole         anything else that is ahead: it waits, and the camera is asked for what follows
 *                  the last message that was taken
 *   patience over  what waited is taken; the hole is remembered and asked for again and again. When
 *                  it is filled after all, that is too late to be put in order: intake_recovered()
 *                  says so, and whoever can go back in time does
 *   lost           the camera has it no longer, or never had: counted
 *
 * No sockets and no clock: monotonic times come from the caller.
 */
#ifndef FLOORFUSE_FUSION_INTAKE_H
#define FLOORFUSE_FUSION_INTAKE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "wire/replay_desk.h"

struct intake; /* opaque */

struct intake_options {
    int64_t patience_ns;          /* how long messages wait for a hole before them */
    int64_t catch_up_patience_ns; /* the same while catching up, counted from the last replay */
    int64_t promise_ns;           /* what a hello says of the ring holds for so long */
    int64_t since_us;             /* what was published before is none of ours: it is passed over */
    /*
     * Take a message in order; it stays the intake's. May return -ESTALE: it came too late, though
     * in order (then it counts as recovered when the camera can replay it). Other negative codes
     * end the call that led here.
     */
    int (*take)(void *context, const struct message *message);
    void *context;
};

struct intake_counts {
    uint64_t received;   /* frames taken */
    uint64_t missed;     /* frames that were numbered and not taken: lost, or not found yet */
    uint64_t replayed;   /* frames taken from replays */
    uint64_t duplicates; /* frames that came once more */
    uint64_t boots;
};

MUST_CHECK int intake_create(const struct intake_options *options, struct intake **ret_intake);
void intake_destroy(struct intake **intake);

/*
 * A frame or hello has come; *message is taken over and becomes MESSAGE_NONE.
 * Returns 0, -ENOMEM, or what take returned.
 */
MUST_CHECK int intake_live(struct intake *intake, struct message *message, int64_t now_mono_ns);

/* A camera has answered. The replay stays the caller's. Returns as intake_live. */
MUST_CHECK int intake_replay(struct intake *intake, struct replay *replay, int64_t now_mono_ns);

/* Time has passed: take what has waited too long. Returns as intake_live. */
MUST_CHECK int intake_advance(struct intake *intake, int64_t now_mono_ns);

/* When intake_advance or intake_wants_replay may have something to do; INT64_MAX: never. */
int64_t intake_deadline_mono_ns(const struct intake *intake);

/*
 * Whether the camera should be asked now, and after which message. Tell what became of it:
 * intake_asked when the request is on its way, intake_not_asked when it could not be sent (it is
 * tried again a little later).
 */
bool intake_wants_replay(const struct intake *intake, int64_t now_mono_ns,
                         struct wire_position *ret_after);
void intake_asked(struct intake *intake, int64_t now_mono_ns);
void intake_not_asked(struct intake *intake, int64_t now_mono_ns);

/* What was published before is none of ours, UTC us; 0: all of it is. */
int64_t intake_since_us(const struct intake *intake);

/*
 * From now on nothing is taken until the camera has said that there is no more, or patience is
 * over: after a start, or a return to an earlier state.
 */
void intake_catch_up(struct intake *intake, int64_t now_mono_ns);
bool intake_is_catching_up(const struct intake *intake);

/* It is on purpose that the camera is not asked now, but a little later: patience begins anew. */
void intake_wait(struct intake *intake, int64_t now_mono_ns);

/* Whether the camera has said that it keeps messages, or shown it. */
bool intake_has_ring(const struct intake *intake);

/*
 * Whether it can be gone back from here to a past state of the same intake without loss.
 * Returns 0; -EAGAIN when what was recovered could not be taken in order from there, -ESTALE when
 * the camera's ring does not surely hold all that was taken since.
 */
MUST_CHECK int intake_can_return(const struct intake *present, const struct intake *past,
                                 int64_t now_mono_ns);

/*
 * Whether something that had been given up can be had after all, and of what capture time the first
 * of it is. Frames that come late in order are among it. After going back to a state before that
 * time (intake_restore, intake_catch_up) it is taken in order; where nobody can, intake_give_up
 * counts it as lost for good.
 */
bool intake_recovered(const struct intake *intake, int64_t *ret_capture_us);
void intake_give_up(struct intake *intake);

/* Nobody can go back now: a hole is found again when the camera is asked next; frames that came
 * late in order are gone. */
void intake_postpone(struct intake *intake);

/* Count what is missed from 0 again: what was is counted where nobody goes on from. */
void intake_forget_missed(struct intake *intake);

struct intake_counts intake_counts(const struct intake *intake);

/* The last message taken; boot 0: none yet. */
struct wire_position intake_position(const struct intake *intake);

/*
 * Append where the intake stands: position, boots, hole, counts; not what waits, which a replay
 * brings again. Restoring puts it in place and forgets what waits; what the camera has said of its
 * ring meanwhile stays, as it is not part of the state.
 * intake_restore returns 0, or -EBADMSG when the bytes are damaged; nothing has changed then.
 */
void intake_save(const struct intake *intake, struct buffer *buffer);
MUST_CHECK int intake_restore(struct intake *intake, struct buffer_reader *reader);

#endif
