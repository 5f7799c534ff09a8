/*
 * align_save.c - align's state as bytes, and back
 *
 * Frames that were handed out are over; those that wait are saved with their people. The heap and
 * the camera that holds back the next tick follow from the queues.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "fusion/align_state.h"
#include "fusion/people.h"
#include "fusion/saved.h"

/* What one item takes at least, bytes. */
#define OBSERVATION_BYTES \
    (4 + 4 + SAVED_POINT_BYTES + SAVED_COVARIANCE_BYTES + (size_t) 4 * 8 + 4 + 4 + 4)
#define FRAME_BYTES ((size_t) (8 + 8 + 8 + FRAME_ORIGIN_BYTES + 4 + 4 + 8 + 8))
#define QUEUE_BYTES ((size_t) (1 + 1 + 1 + 8 + 8 + 4 + 8 + 8 + 8 + 8))

SAVED_STRUCT_HAS_BYTES(struct observation, 96);
SAVED_STRUCT_HAS_BYTES(struct aligned_frame, 160);
SAVED_STRUCT_HAS_BYTES(struct queue, 72);
SAVED_STRUCT_HAS_BYTES(struct joint_counts, 24);
SAVED_STRUCT_HAS_BYTES(struct align_counts, 32);

static void put_observation(struct buffer *buffer, const struct observation *o)
{
    buffer_put_u32(buffer, (uint32_t) o->object_class);
    saved_put_float(buffer, o->score);
    saved_put_point(buffer, o->floor);
    saved_put_covariance(buffer, o->covariance);
    buffer_put_double(buffer, o->box.left);
    buffer_put_double(buffer, o->box.top);
    buffer_put_double(buffer, o->box.right);
    buffer_put_double(buffer, o->box.bottom);
    saved_put_float(buffer, o->height_m);
    buffer_put_u32(buffer, o->reasons);
    buffer_put_u32(buffer, (uint32_t) o->body_index);
}

static void put_frame(struct buffer *buffer, const struct aligned_frame *frame)
{
    buffer_put_i64(buffer, frame->capture_us);
    buffer_put_u64(buffer, frame->boot_id);
    buffer_put_u64(buffer, frame->sequence);
    frame_origin_save(&frame->origin, buffer);
    buffer_put_u32(buffer, frame->flags);
    buffer_put_u32(buffer, frame->appearance_length);
    buffer_put_u64(buffer, frame->appearance_model);
    buffer_put_u64(buffer, frame->observation_count);
    for (size_t i = 0; i < frame->observation_count; i++)
        put_observation(buffer, &frame->observations[i]);
    for (size_t i = 0; i < frame->observation_count * frame->appearance_length; i++)
        saved_put_float(buffer, frame->appearance[i]);
}

/* Of what has not come yet, an age of 0. */
static void put_arrival_ns(struct buffer *buffer, bool heard, int64_t mono_ns, int64_t now_mono_ns)
{
    saved_put_age_ns(buffer, heard ? mono_ns : now_mono_ns, now_mono_ns);
}

static void put_queue(struct buffer *buffer, const struct queue *q, int64_t now_mono_ns)
{
    uint64_t frames = 0;
    for (const struct aligned_frame *frame = q->head; frame; frame = frame->next)
        frames++;
    saved_put_flag(buffer, q->known);
    saved_put_flag(buffer, q->heard);
    saved_put_flag(buffer, q->ended);
    buffer_put_i64(buffer, q->current_us);
    put_arrival_ns(buffer, q->heard, q->progress_mono_ns, now_mono_ns);
    buffer_put_u32(buffer, (uint32_t) q->astray);
    buffer_put_u64(buffer, q->joints.pairs);
    buffer_put_u64(buffer, q->joints.beyond_three_sigma);
    buffer_put_i64(buffer, q->joints.squares_milli);
    buffer_put_u64(buffer, frames);
    for (const struct aligned_frame *frame = q->head; frame; frame = frame->next)
        put_frame(buffer, frame);
}

void align_save(const struct align *align, int64_t now_mono_ns, struct buffer *buffer)
{
    saved_put_flag(buffer, align->started);
    buffer_put_i64(buffer, align->closed_us);
    saved_put_flag(buffer, align->heard);
    put_arrival_ns(buffer, align->heard, align->first_arrival_mono_ns, now_mono_ns);
    buffer_put_u64(buffer, align->counts.late);
    buffer_put_u64(buffer, align->counts.implausible);
    buffer_put_u64(buffer, align->counts.observations_dropped);
    buffer_put_u64(buffer, align->counts.appearances_ignored);
    buffer_put_u64(buffer, (uint64_t) align->camera_end);
    for (int i = 0; i < align->camera_end; i++)
        put_queue(buffer, &align->queues[i], now_mono_ns);
}

static void get_observation(struct buffer_reader *reader, struct observation *ret_observation)
{
    struct observation o = { .object_class = (enum observation_class) buffer_get_u32(reader) };
    o.score = saved_get_float(reader);
    o.floor = saved_get_point(reader);
    o.covariance = saved_get_covariance(reader);
    o.box.left = buffer_get_double(reader);
    o.box.top = buffer_get_double(reader);
    o.box.right = buffer_get_double(reader);
    o.box.bottom = buffer_get_double(reader);
    o.height_m = saved_get_float(reader);
    o.reasons = buffer_get_u32(reader);
    o.body_index = (int32_t) buffer_get_u32(reader);
    if (!people_observation_is_usable(&o))
        buffer_reader_fail(reader);
    *ret_observation = o;
}

static int64_t get_capture_us(struct buffer_reader *reader)
{
    int64_t value = saved_get_time_until_us(reader, ALIGN_CAPTURE_MAX_US);
    if (value < -ALIGN_CAPTURE_MAX_US)
        buffer_reader_fail(reader);
    return value;
}

/* Rows of unit length, or NaN first. */
static void get_appearance(struct buffer_reader *reader, struct aligned_frame *frame)
{
    float *rows = (float *) &frame->observations[frame->observation_count];
    frame->appearance = frame->appearance_length ? rows : NULL;
    for (size_t i = 0; i < frame->observation_count * frame->appearance_length; i++) {
        rows[i] = saved_get_float(reader);
        if (fabsf(rows[i]) > 1.001f || (isnan(rows[i]) && i % frame->appearance_length != 0))
            buffer_reader_fail(reader);
    }
}

/* These return 0 or -ENOMEM; of damage the reader tells. */
static int get_frame(struct align *align, int camera, struct buffer_reader *reader)
{
    struct queue *q = &align->queues[camera];
    struct aligned_frame header = { .camera = camera, .capture_us = get_capture_us(reader) };
    header.boot_id = buffer_get_u64(reader);
    header.sequence = buffer_get_u64(reader);
    header.origin = frame_origin_restore(reader);
    header.flags = buffer_get_u32(reader);
    header.appearance_length = buffer_get_u32(reader);
    header.appearance_model = buffer_get_u64(reader);
    if (header.appearance_length > MESSAGE_APPEARANCE_MAX)
        buffer_reader_fail(reader);
    header.observation_count = buffer_get_count(
        reader, OBSERVATION_BYTES + header.appearance_length * sizeof(float), ALIGN_PEOPLE_MAX);
    if ((align->started && header.capture_us <= align->closed_us) ||
        (q->tail && align_goes_before(&header, q->tail)))
        buffer_reader_fail(reader);
    if (reader->failed)
        return 0;
    size_t length = header.appearance_length;
    struct aligned_frame *frame = malloc(people_frame_bytes(header.observation_count, length));
    if (!frame)
        return -ENOMEM;
    *frame = header;
    for (size_t i = 0; i < frame->observation_count; i++)
        get_observation(reader, &frame->observations[i]);
    get_appearance(reader, frame);
    align_enqueue(align, q, frame);
    return 0;
}

static int64_t get_arrival_ns(struct buffer_reader *reader, bool heard, int64_t now_mono_ns)
{
    int64_t mono_ns = saved_get_age_ns(reader, now_mono_ns);
    if (!heard && mono_ns != now_mono_ns)
        buffer_reader_fail(reader);
    return heard ? mono_ns : 0;
}

static int get_queue(struct align *align, int camera, struct buffer_reader *reader,
                     int64_t now_mono_ns)
{
    struct queue *q = &align->queues[camera];
    q->known = saved_get_flag(reader);
    q->heard = saved_get_flag(reader);
    q->ended = saved_get_flag(reader);
    q->current_us = get_capture_us(reader);
    q->progress_mono_ns = get_arrival_ns(reader, q->heard, now_mono_ns);
    uint32_t astray = buffer_get_u32(reader);
    q->joints.pairs = buffer_get_u64(reader);
    q->joints.beyond_three_sigma = buffer_get_u64(reader);
    q->joints.squares_milli = saved_get_sum(reader);
    size_t frames = buffer_get_count(reader, FRAME_BYTES, SAVED_ITEMS_MAX);
    if (astray > ALIGN_JUMP_FRAMES || (frames > 0 && !q->heard))
        buffer_reader_fail(reader);
    q->astray = (int) astray;
    for (size_t i = 0; i < frames && !reader->failed; i++)
        if (get_frame(align, camera, reader) < 0)
            return -ENOMEM;
    return 0;
}

/* The end of the last closed tick, as far as there is one. */
static void get_progress(struct align *align, struct buffer_reader *reader)
{
    align->started = saved_get_flag(reader);
    align->closed_us = saved_get_time_us(reader);
    if (align->started ? align_tick_of(align->closed_us, align->tick_us) != align->closed_us
                       : align->closed_us != 0)
        buffer_reader_fail(reader);
}

int align_restore(struct align *align, struct buffer_reader *reader, int camera_count,
                  int64_t now_mono_ns)
{
    get_progress(align, reader);
    align->heard = saved_get_flag(reader);
    align->first_arrival_mono_ns = get_arrival_ns(reader, align->heard, now_mono_ns);
    align->counts.late = buffer_get_u64(reader);
    align->counts.implausible = buffer_get_u64(reader);
    align->counts.observations_dropped = buffer_get_u64(reader);
    align->counts.appearances_ignored = buffer_get_u64(reader);
    size_t cameras = buffer_get_count(reader, QUEUE_BYTES, (size_t) camera_count);
    align->camera_end = (int) cameras;
    for (size_t i = 0; i < cameras && !reader->failed; i++)
        if (get_queue(align, (int) i, reader, now_mono_ns) < 0)
            return -ENOMEM;
    return buffer_reader_result(reader);
}
