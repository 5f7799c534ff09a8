/*
 * ring.h - the last messages of one camera, on disk, for who missed them
 *
 * A camera program appends each frame before it publishes it, so whatever is lost on the way, or
 * with the program, can be asked for again. It also appends the hellos without which the frames
 * that follow could not be placed. What is in the ring is an ordered log across all boots of the
 * program: it is read from a position on, never by ranges of numbers.
 *
 * The folder holds files ("segments") of a sixteenth of the bound, at most 16 MiB; when the ring is
 * full or too old, its oldest segment goes. The last hello is repeated at the head of each segment,
 * so that what is left after that can still be placed.
 *
 * Nothing is flushed to the disk by itself: a program that is killed loses nothing, as the kernel
 * has the bytes; a machine that loses power loses the frames of its last seconds (as long as the
 * kernel keeps them back, about 30 s). What such an end leaves half written is cut off when the
 * ring is opened; a record that is damaged in the middle is passed over.
 */
#ifndef FLOORFUSE_WIRE_RING_H
#define FLOORFUSE_WIRE_RING_H

#include "wire/ring_record.h"

struct ring; /* opaque; stays in the thread that made it */

struct ring_options {
    const char *folder; /* made if need be, mode 0700 */
    uint64_t bytes_max; /* of all its files; more than 0 */
    int64_t age_us;     /* how much older than the newest message the oldest may be, about */
};

struct ring_counts {
    uint64_t segments, bytes;  /* now */
    uint64_t dropped_segments; /* since it was opened */
    /* found when it was opened: places in the middle that are no records, and bytes of an
     * unfinished end that was cut off */
    uint64_t damaged, torn_bytes;
};

/* Where reading goes on; { 0 } is the oldest message. Stays good while the ring is written to: what
 * is dropped meanwhile is passed over. */
struct ring_place {
    uint64_t segment, offset;
};

/*
 * Open the ring for this program alone, and look through all of it.
 * Returns 0; -EBUSY when another program has it open; -EFBIG, -EINVAL for files there that are not
 * ours; -EINVAL, -ENOMEM, -errno; with a sentence.
 */
MUST_CHECK int ring_open(const struct ring_options *options, struct ring **ret_ring,
                         struct error *err);
void ring_close(struct ring **ring); /* sets *ring to NULL; NULL inside is fine */

/*
 * Append a message, dropping what is too old or too much. Frames of one boot come with rising
 * numbers. Returns 0; -EMSGSIZE for one larger than the ring; -ENOSPC or another -errno: then the
 * ring is as it was before, and can be appended to again.
 */
MUST_CHECK int ring_append(struct ring *ring, const struct ring_record *record);

/* The newest frame that was ever appended, of this boot or an earlier one. Returns whether there is
 * one. */
bool ring_newest(const struct ring *ring, struct wire_position *ret_at);

/* The oldest frame that stays for another sixteenth of the bytes and of the time that the ring may
 * hold, and after which none was lost on its way into it; what comes before it may be gone any
 * moment.
 *   now_us  UTC
 * Returns whether there is one. */
bool ring_oldest(const struct ring *ring, int64_t now_us, struct wire_position *ret_at);

/* The bytes of that frame; borrowed until the next call. Returns 1; 0 if there is none (any more);
 * -errno. */
MUST_CHECK int ring_read_newest(struct ring *ring, struct ring_record *ret_record);

/*
 * Find what follows a position.
 *   after      the last frame that was taken; boot_id 0: begin with the oldest message
 *   ret_place  where it follows
 * Returns 1 when the ring holds that very frame (or boot_id was 0); 0 when not: the place is then
 * that of the first message that is known to follow, or of the oldest; -errno.
 */
MUST_CHECK int ring_find(struct ring *ring, struct wire_position after,
                         struct ring_place *ret_place);

/* Move a place over segments all of whose messages were published before a time, UTC us; the newest
 * segment stays. */
void ring_pass_before(const struct ring *ring, int64_t published_us, struct ring_place *place);

/* Read the next message and move on. Its bytes are borrowed until the next call. Returns 1; 0 at
 * the end; -errno. */
MUST_CHECK int ring_read(struct ring *ring, struct ring_place *place,
                         struct ring_record *ret_record);

struct ring_counts ring_counts(const struct ring *ring);

#endif
