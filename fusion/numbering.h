/*
 * numbering.h - how far the numbered messages of one camera are taken, and what is missing
 *
 * A camera numbers its frames from 0 at each start (a boot). This is a plain value: which number is
 * expected next, which boots are over, what was skipped, what was counted. It knows no time and
 * holds no message; the intake does (intake.h). Zeroed it is at the beginning.
 */
#ifndef FLOORFUSE_FUSION_NUMBERING_H
#define FLOORFUSE_FUSION_NUMBERING_H

#include "base/buffer.h"
#include "fusion/intake.h"

/* Boots before the present one whose stragglers are known as such. */
#define NUMBERING_PAST_BOOTS 64

/* What was skipped: after one frame, until another that was taken. */
struct numbering_gap {
    bool open;
    struct wire_position after, until;
};

struct numbering {
    uint64_t boot, next;        /* the number expected next; boot 0: nothing has come yet */
    struct wire_position taken; /* the last frame taken or passed over; boot 0: none */
    uint64_t past[NUMBERING_PAST_BOOTS]; /* boots that are over, the newest first; 0: none */
    uint64_t past_next;  /* the numbers of past[0] below are taken or counted as missed */
    uint64_t hello_next; /* of the last hello of this boot that was taken */
    int64_t hello_us;    /* when it was published, UTC us; INT64_MIN: none was */
    struct numbering_gap gap;
    struct intake_counts counts;
};

enum numbering_place {
    NUMBERING_BEHIND, /* taken already, or of a boot that is over */
    NUMBERING_NEXT,   /* nothing is missing before it */
    NUMBERING_AHEAD,
};

bool numbering_same_position(struct wire_position a, struct wire_position b);

/* A frame's own position; a hello stands before the frame it will be followed by. */
struct wire_position numbering_position_of(const struct message *message);

/* Where a frame or hello belongs. */
enum numbering_place numbering_place_of(const struct numbering *numbering,
                                        const struct message *message);

/*
 * A message is taken although numbers may be missing before it: they are counted.
 *   since_us  numbers of a boot that began before (UTC us, by its hello) are none of ours
 */
void numbering_take(struct numbering *numbering, const struct message *message, int64_t since_us);

/* Go on behind a position without what lies up to there. Nothing changes where that is behind us.
 *   is_missed  whether it counts as missed */
void numbering_pass_over(struct numbering *numbering, struct wire_position last, bool is_missed);

/* What lies before a position is skipped, and looked for later. */
void numbering_skip_to(struct numbering *numbering, struct wire_position until);

/* Whether a ring that begins with a frame holds all that follow the last one taken. */
bool numbering_is_kept(const struct numbering *numbering, struct wire_position oldest);

/* Whether a frame was taken, or belongs to what is over: it cannot be taken in order any more. */
bool numbering_is_behind(const struct numbering *numbering, struct wire_position frame);

/* The boot that was met first, as far as is remembered; 0: none was. */
uint64_t numbering_first_boot(const struct numbering *numbering);

/* Whether more was taken of the boot before a hello's than the camera knows of. */
bool numbering_knows_more(const struct numbering *numbering, const struct camera_hello *hello);

/* Whether a frame is one of those that were skipped. */
bool numbering_was_skipped(const struct numbering *numbering, struct wire_position frame);

void numbering_save(const struct numbering *numbering, struct buffer *buffer);
/* Returns 0, or -EBADMSG when the bytes are damaged; nothing has changed then. */
MUST_CHECK int numbering_restore(struct numbering *numbering, struct buffer_reader *reader);

#endif
