/*
 * frame_queue.h - between the capture thread and the thread that takes frames
 *
 * A bounded ring, the state people ask for, and one eventfd that tells of both. A recording's
 * thread waits for room, so that nothing is dropped; a live thread never waits: the newest frame
 * takes the place of an older one.
 */
#ifndef FLOORFUSE_CAPTURE_FRAME_QUEUE_H
#define FLOORFUSE_CAPTURE_FRAME_QUEUE_H

#include <stdbool.h>

#include "capture/capture.h"

/* Enough that decoding goes on while one frame is being looked at. */
#define FRAME_QUEUE_RECORDING 2
#define FRAME_QUEUE_LIVE      1

struct frame_queue;

/* live: a queue of one where the newest frame wins. Returns 0, -errno. */
MUST_CHECK int frame_queue_create(bool live, struct frame_queue **ret_queue);
/* Both threads must be through with it; lets go of what nobody took. */
void frame_queue_destroy(struct frame_queue **queue);

/*
 * Put a frame, which becomes the queue's whatever happens. A recording waits for room.
 * Returns 0, or -ECANCELED after frame_queue_close.
 */
MUST_CHECK int frame_queue_put(struct frame_queue *queue, const struct frame *frame);

/* A waiting put gives up, and so does every later one. From any thread. */
void frame_queue_close(struct frame_queue *queue);

/* As capture_next and capture_fd. */
MUST_CHECK int frame_queue_take(struct frame_queue *queue, struct frame *ret_frame);
int frame_queue_fd(const struct frame_queue *queue);

/* Set the state; detail says why ("" when there is nothing to say). */
void frame_queue_set_state(struct frame_queue *queue, enum capture_state state, const char *detail);

/* Add to what the status counts. */
void frame_queue_count_decoded(struct frame_queue *queue, int64_t decode_ns);
void frame_queue_count_damaged(struct frame_queue *queue, uint64_t packets);
void frame_queue_count_reconnect(struct frame_queue *queue);

/* Set what the status says of clocks. */
struct live_clock;
void frame_queue_set_clock(struct frame_queue *queue, const struct live_clock *clock);

struct capture_status frame_queue_status(struct frame_queue *queue);

#endif
