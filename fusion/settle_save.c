/*
 * settle_save.c - settle's state as bytes, and back
 *
 * The moments of a history are those of ticks that wait, one after the other, so that only the
 * first one's place among them is written. What is read may be damaged: nothing of it is
 * believed that could lead outside an array, here or where cameras are looked up by it.
 */
#include <errno.h>

#include "fusion/saved.h"
#include "fusion/settle_state.h"

/* What one item takes at least, bytes. */
#define FRAME_BYTES   (4 + 4 + 8 + 8 + 1 + 8 + FRAME_ORIGIN_BYTES)
#define PAIR_BYTES    (4 + 4 + 8 + 8)
#define TICK_BYTES    (4 * 8)
#define MOMENT_BYTES  (1 + 1 + 4 + SAVED_KALMAN_BYTES)
#define HISTORY_BYTES (8 + 1 + 1 + 8 + SAVED_KALMAN_BYTES + 1 + 4 + SAVED_POINT_BYTES + 3 * 8)

SAVED_STRUCT_HAS_BYTES(struct settle_frame, 120);
SAVED_STRUCT_HAS_BYTES(struct settle_pair, 24);
SAVED_STRUCT_HAS_BYTES(struct moment, 128);
SAVED_STRUCT_HAS_BYTES(struct history, 200);
SAVED_STRUCT_HAS_BYTES(struct walker, 24);

static void put_frame(struct buffer *buffer, const struct settle_frame *frame)
{
    buffer_put_u32(buffer, (uint32_t) frame->camera);
    buffer_put_u32(buffer, frame->observations);
    buffer_put_u64(buffer, frame->boot_id);
    buffer_put_u64(buffer, frame->sequence);
    buffer_put_u8(buffer, frame->looking);
    buffer_put_i64(buffer, frame->capture_us);
    frame_origin_save(&frame->origin, buffer);
}

static void put_pair(struct buffer *buffer, const struct settle_pair *pair)
{
    buffer_put_u32(buffer, (uint32_t) pair->camera_a);
    buffer_put_u32(buffer, (uint32_t) pair->camera_b);
    buffer_put_double(buffer, pair->dx_m);
    buffer_put_double(buffer, pair->dy_m);
}

static void put_tick(struct buffer *buffer, const struct waiting *w)
{
    buffer_put_i64(buffer, w->tick_us);
    buffer_put_i64(buffer, w->duration_us);
    buffer_put_u64(buffer, w->frame_count);
    buffer_put_u64(buffer, w->pair_count);
    for (size_t i = 0; i < w->frame_count; i++)
        put_frame(buffer, &w->frames[i]);
    for (size_t i = 0; i < w->pair_count; i++)
        put_pair(buffer, &w->pairs[i]);
}

/* Which of the ticks that wait is that of the oldest moment; 0 when there is none. */
static size_t oldest_tick_of(const struct settle *s, const struct history *h)
{
    size_t tick = 0;
    if (h->ring.count > 0)
        while (settle_waiting_at(s, tick)->tick_us < history_moment_at(h, 0)->tick_us)
            tick++;
    return tick;
}

static void put_history(struct buffer *buffer, const struct settle *s, const struct history *h)
{
    buffer_put_u64(buffer, h->track);
    buffer_put_u8(buffer, h->confirmed);
    buffer_put_u8(buffer, h->ended);
    buffer_put_i64(buffer, h->seen_us);
    saved_put_kalman(buffer, &h->state);
    buffer_put_u8(buffer, h->walker.started);
    buffer_put_u32(buffer, h->walker.cell);
    saved_put_point(buffer, h->walker.anchor);
    buffer_put_u64(buffer, oldest_tick_of(s, h));
    buffer_put_u64(buffer, h->smoothed);
    buffer_put_u64(buffer, h->ring.count);
    for (size_t i = 0; i < h->ring.count; i++) {
        const struct moment *m = history_moment_at(h, i);
        buffer_put_u8(buffer, m->seen);
        buffer_put_u8(buffer, m->hidden);
        buffer_put_u32(buffer, m->cameras);
        saved_put_kalman(buffer, &m->state);
    }
}

void settle_save(const struct settle *s, struct buffer *buffer)
{
    buffer_put_i64(buffer, s->newest_us);
    buffer_put_u64(buffer, s->ring.count);
    for (size_t i = 0; i < s->ring.count; i++)
        put_tick(buffer, settle_waiting_at(s, i));
    buffer_put_u64(buffer, s->history_count);
    for (size_t i = 0; i < s->history_count; i++)
        put_history(buffer, s, &s->histories[i]);
}

static void get_frame(struct buffer_reader *reader, int camera_count,
                      struct settle_frame *ret_frame)
{
    ret_frame->camera = saved_get_camera(reader, camera_count);
    ret_frame->observations = buffer_get_u32(reader);
    ret_frame->boot_id = buffer_get_u64(reader);
    ret_frame->sequence = buffer_get_u64(reader);
    ret_frame->looking = saved_get_flag(reader);
    ret_frame->capture_us = saved_get_time_us(reader);
    ret_frame->origin = frame_origin_restore(reader);
}

static void get_pair(struct buffer_reader *reader, int camera_count, struct settle_pair *ret_pair)
{
    ret_pair->camera_a = saved_get_camera(reader, camera_count);
    ret_pair->camera_b = saved_get_camera(reader, camera_count);
    ret_pair->dx_m = saved_get_finite(reader);
    ret_pair->dy_m = saved_get_finite(reader);
}

/* These return 0 or -ENOMEM; of damage the reader tells. */
static int get_tick(struct settle *s, struct buffer_reader *reader, int camera_count)
{
    int64_t tick_us = saved_get_time_us(reader), duration_us = saved_get_time_us(reader);
    size_t frames = buffer_get_count(reader, FRAME_BYTES, SAVED_ITEMS_MAX);
    size_t pairs = buffer_get_count(reader, PAIR_BYTES, SAVED_ITEMS_MAX);
    if (tick_us <= s->newest_us || duration_us < 0)
        buffer_reader_fail(reader);
    struct waiting *w = settle_reserve_tick(s, frames, pairs);
    if (!w)
        return -ENOMEM;
    w->tick_us = s->newest_us = tick_us;
    w->duration_us = duration_us;
    for (size_t i = 0; i < frames; i++)
        get_frame(reader, camera_count, &w->frames[i]);
    for (size_t i = 0; i < pairs; i++)
        get_pair(reader, camera_count, &w->pairs[i]);
    s->ring.count++;
    return 0;
}

static int get_ticks(struct settle *s, struct buffer_reader *reader, int camera_count)
{
    int64_t newest_us = saved_get_time_or_never_us(reader);
    size_t count = buffer_get_count(reader, TICK_BYTES, SAVED_ITEMS_MAX);
    for (size_t i = 0; i < count && !reader->failed; i++)
        if (get_tick(s, reader, camera_count) < 0)
            return -ENOMEM;
    if (s->ring.count > 0 && s->newest_us != newest_us)
        buffer_reader_fail(reader);
    s->newest_us = newest_us;
    return 0;
}

static int get_moments(const struct settle *s, struct buffer_reader *reader, size_t first_tick,
                       size_t count, struct history *h)
{
    for (size_t i = 0; i < count; i++) {
        if (history_reserve_moment(h) < 0)
            return -ENOMEM;
        struct moment *m = history_moment_at(h, h->ring.count++);
        m->tick_us = settle_waiting_at(s, first_tick + i)->tick_us;
        m->seen = saved_get_flag(reader);
        m->hidden = saved_get_flag(reader);
        m->cameras = buffer_get_u32(reader);
        m->state = saved_get_kalman(reader);
    }
    return 0;
}

/* Whether a history may have these moments: one in every tick from its first sighting, or the
 * oldest tick, to its end or the newest tick. */
static bool may_have_moments(const struct settle *s, const struct history *h, uint64_t first_tick,
                             size_t count)
{
    size_t ticks = s->ring.count;
    if (h->seen_us == SETTLE_NEVER_US)
        return count == 0 && first_tick == 0;
    if (h->seen_us > s->newest_us || first_tick > ticks || count > ticks - first_tick)
        return false;
    if (count == 0)
        return first_tick == 0 && (h->ended || ticks == 0);
    return (first_tick + count < ticks) == h->ended;
}

static int get_history(struct settle *s, struct buffer_reader *reader, struct history *h)
{
    h->confirmed = saved_get_flag(reader);
    h->ended = saved_get_flag(reader);
    h->seen_us = saved_get_time_or_never_us(reader);
    h->state = saved_get_kalman(reader);
    h->walker.started = saved_get_flag(reader);
    h->walker.cell = buffer_get_u32(reader);
    h->walker.anchor = saved_get_point(reader);
    uint64_t first_tick = buffer_get_u64(reader);
    h->smoothed = buffer_get_u64(reader);
    size_t count = buffer_get_count(reader, MOMENT_BYTES, SAVED_ITEMS_MAX);
    if (h->smoothed > count || !may_have_moments(s, h, first_tick, count))
        buffer_reader_fail(reader);
    return reader->failed ? 0 : get_moments(s, reader, first_tick, count, h);
}

static int get_histories(struct settle *s, struct buffer_reader *reader)
{
    size_t count = buffer_get_count(reader, HISTORY_BYTES, SAVED_ITEMS_MAX);
    uint64_t before = 0;
    for (size_t i = 0; i < count && !reader->failed; i++) {
        uint64_t track = buffer_get_u64(reader);
        if (track <= before)
            buffer_reader_fail(reader);
        before = track;
        if (settle_reserve_histories(s, i + 1) < 0)
            return -ENOMEM;
        history_begin(&s->histories[s->history_count++], track);
        if (get_history(s, reader, &s->histories[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

int settle_restore(struct settle *s, struct buffer_reader *reader, int camera_count)
{
    AUTO(settle_destroy) struct settle *fresh = NULL;
    int r = settle_create(s->lag_us, s->noise_m2_s3, &fresh);
    if (r == 0)
        r = get_ticks(fresh, reader, camera_count);
    if (r == 0)
        r = get_histories(fresh, reader);
    if (r == 0)
        r = buffer_reader_result(reader);
    if (r < 0)
        return r;
    struct settle before = *s;
    *s = *fresh;
    *fresh = before;
    return 0;
}
