/*
 * frame_origin.h - when a frame was told of, and what had looked at it
 *
 * Fusion does not go by it; it is counted in the bucket that counts the frame. All of it is from
 * the message, so that it is the same however late the message came.
 */
#ifndef FLOORFUSE_FUSION_FRAME_ORIGIN_H
#define FLOORFUSE_FUSION_FRAME_ORIGIN_H

#include "base/buffer.h"
#include "wire/message.h"

struct frame_origin {
    int64_t publish_us; /* UTC; 0: nobody says */
    char model[ID_SIZE];
    uint32_t model_width, model_height; /* network input, px; 0: it has none */
};

struct frame_origin frame_origin_of(const struct observation_frame *frame);

/* From capture to publishing, us; below 0 where clocks disagree. Times that are too far apart for a
 * number are as far apart as one can say. */
int64_t frame_origin_latency_us(const struct frame_origin *origin, int64_t capture_us);

/* Bytes at least. */
#define FRAME_ORIGIN_BYTES ((size_t) (8 + 8 + 4 + 4))

void frame_origin_save(const struct frame_origin *origin, struct buffer *buffer);
struct frame_origin frame_origin_restore(struct buffer_reader *reader);

#endif
