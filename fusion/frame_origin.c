/*
 * frame_origin.c - when a frame was told of, and what had looked at it
 */
#include "fusion/frame_origin.h"

#include <stdio.h>

#include "fusion/saved.h"

SAVED_STRUCT_HAS_BYTES(struct frame_origin, 8 + ID_SIZE + 8);

/* What stands behind the end of the name is zero, so that equal origins are equal bytes. */
struct frame_origin frame_origin_of(const struct observation_frame *frame)
{
    struct frame_origin origin = { .publish_us = frame->publish_us,
                                   .model_width = frame->model_width,
                                   .model_height = frame->model_height };
    (void) snprintf(origin.model, sizeof(origin.model), "%s", frame->model_id);
    return origin;
}

int64_t frame_origin_latency_us(const struct frame_origin *origin, int64_t capture_us)
{
    int64_t latency_us;
    if (__builtin_sub_overflow(origin->publish_us, capture_us, &latency_us))
        return origin->publish_us > capture_us ? INT64_MAX : INT64_MIN;
    return latency_us;
}

void frame_origin_save(const struct frame_origin *origin, struct buffer *buffer)
{
    buffer_put_i64(buffer, origin->publish_us);
    saved_put_text(buffer, origin->model);
    buffer_put_u32(buffer, origin->model_width);
    buffer_put_u32(buffer, origin->model_height);
}

struct frame_origin frame_origin_restore(struct buffer_reader *reader)
{
    struct frame_origin origin = { .publish_us = buffer_get_i64(reader) };
    saved_get_text(reader, origin.model, sizeof(origin.model));
    origin.model_width = buffer_get_u32(reader);
    origin.model_height = buffer_get_u32(reader);
    return origin;
}
