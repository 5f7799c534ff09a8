/*
 * settle_save.c - settle's state as bytes, and back
 *
 * The moments of a history are those of ticks that wait, one after the other, so that only the
 * first one's place among them is written. What is read may be damaged: nothing of it is
 * believed that could lead outside an array, here or where cameras are looked up by it.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>

#include "fusion/settle_state.h"

/* What one item takes at least, bytes. */
#define KALMAN_NUMBERS 14
#define FRAME_BYTES    (4 + 4 + 8 + 8 + 1 + 8)
#define PAIR_BYTES     (4 + 4 + 8 + 8)
#define TICK_BYTES     (4 * 8)
#define MOMENT_BYTES   (1 + 1 + 4 + KALMAN_NUMBERS * 8)
#define HISTORY_BYTES  (8 + 1 + 1 + 8 + KALMAN_NUMBERS * 8 + 1 + 4 + 2 * 8 + 3 * 8)

/* More of anything than there is in any store. */
#define ITEMS_MAX ((size_t) 1 << 24)

/* Farther from 1970 than any time, 36,000 years; differences of such times do not overflow. */
#define TIME_US_MAX (INT64_MAX / 8)

static void put_kalman(struct buffer *buffer, const struct kalman *k)
{
    const double numbers[KALMAN_NUMBERS] = {
        k->position.x,           k->position.y,           k->velocity_x_m_s,
        k->velocity_y_m_s,       k->position_variance.xx, k->position_variance.xy,
        k->position_variance.yy, k->cross[0][0],          k->cross[0][1],
        k->cross[1][0],          k->cross[1][1],          k->velocity_variance.xx,
        k->velocity_variance.xy, k->velocity_variance.yy,
    };
    for (size_t i = 0; i < KALMAN_NUMBERS; i++)
        buffer_put_double(buffer, numbers[i]);
}

static void put_frame(struct buffer *buffer, const struct settle_frame *frame)
{
    buffer_put_u32(buffer, (uint32_t) frame->camera);
    buffer_put_u32(buffer, frame->observations);
    buffer_put_u64(buffer, frame->boot_id);
    buffer_put_u64(buffer, frame->sequence);
    buffer_put_u8(buffer, frame->looking);
    buffer_put_i64(buffer, frame->capture_us);
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
    put_kalman(buffer, &h->state);
    buffer_put_u8(buffer, h->walker.started);
    buffer_put_u32(buffer, h->walker.cell);
    buffer_put_double(buffer, h->walker.anchor.x);
    buffer_put_double(buffer, h->walker.anchor.y);
    buffer_put_u64(buffer, oldest_tick_of(s, h));
    buffer_put_u64(buffer, h->smoothed);
    buffer_put_u64(buffer, h->ring.count);
    for (size_t i = 0; i < h->ring.count; i++) {
        const struct moment *m = history_moment_at(h, i);
        buffer_put_u8(buffer, m->seen);
        buffer_put_u8(buffer, m->hidden);
        buffer_put_u32(buffer, m->cameras);
        put_kalman(buffer, &m->state);
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

static bool get_flag(struct buffer_reader *reader)
{
    uint8_t value = buffer_get_u8(reader);
    if (value > 1)
        buffer_reader_fail(reader);
    return value == 1;
}

static double get_finite(struct buffer_reader *reader)
{
    double value = buffer_get_double(reader);
    if (!isfinite(value))
        buffer_reader_fail(reader);
    return value;
}

static int64_t get_time_or_never_us(struct buffer_reader *reader)
{
    int64_t value = buffer_get_i64(reader);
    if (value != SETTLE_NEVER_US && (value > TIME_US_MAX || value < -TIME_US_MAX))
        buffer_reader_fail(reader);
    return value;
}

static int64_t get_time_us(struct buffer_reader *reader)
{
    int64_t value = get_time_or_never_us(reader);
    if (value == SETTLE_NEVER_US)
        buffer_reader_fail(reader);
    return value;
}

static int get_camera(struct buffer_reader *reader, int camera_count)
{
    uint32_t value = buffer_get_u32(reader);
    if (value >= (uint32_t) camera_count)
        buffer_reader_fail(reader);
    return (int) (value & INT_MAX);
}

static struct kalman get_kalman(struct buffer_reader *reader)
{
    double n[KALMAN_NUMBERS];
    for (size_t i = 0; i < KALMAN_NUMBERS; i++)
        n[i] = get_finite(reader);
    return (struct kalman){ .position = { n[0], n[1] },
                            .velocity_x_m_s = n[2],
                            .velocity_y_m_s = n[3],
                            .position_variance = { n[4], n[5], n[6] },
                            .cross = { { n[7], n[8] }, { n[9], n[10] } },
                            .velocity_variance = { n[11], n[12], n[13] } };
}

static void get_frame(struct buffer_reader *reader, int camera_count,
                      struct settle_frame *ret_frame)
{
    ret_frame->camera = get_camera(reader, camera_count);
    ret_frame->observations = buffer_get_u32(reader);
    ret_frame->boot_id = buffer_get_u64(reader);
    ret_frame->sequence = buffer_get_u64(reader);
    ret_frame->looking = get_flag(reader);
    ret_frame->capture_us = get_time_us(reader);
}

static void get_pair(struct buffer_reader *reader, int camera_count, struct settle_pair *ret_pair)
{
    ret_pair->camera_a = get_camera(reader, camera_count);
    ret_pair->camera_b = get_camera(reader, camera_count);
    ret_pair->dx_m = get_finite(reader);
    ret_pair->dy_m = get_finite(reader);
}

/* These return 0 or -ENOMEM; of damage the reader tells. */
static int get_tick(struct settle *s, struct buffer_reader *reader, int camera_count)
{
    int64_t tick_us = get_time_us(reader), duration_us = get_time_us(reader);
    size_t frames = buffer_get_count(reader, FRAME_BYTES, ITEMS_MAX);
    size_t pairs = buffer_get_count(reader, PAIR_BYTES, ITEMS_MAX);
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
    int64_t newest_us = get_time_or_never_us(reader);
    size_t count = buffer_get_count(reader, TICK_BYTES, ITEMS_MAX);
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
        m->seen = get_flag(reader);
        m->hidden = get_flag(reader);
        m->cameras = buffer_get_u32(reader);
        m->state = get_kalman(reader);
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
    h->confirmed = get_flag(reader);
    h->ended = get_flag(reader);
    h->seen_us = get_time_or_never_us(reader);
    h->state = get_kalman(reader);
    h->walker.started = get_flag(reader);
    h->walker.cell = buffer_get_u32(reader);
    h->walker.anchor.x = get_finite(reader);
    h->walker.anchor.y = get_finite(reader);
    uint64_t first_tick = buffer_get_u64(reader);
    h->smoothed = buffer_get_u64(reader);
    size_t count = buffer_get_count(reader, MOMENT_BYTES, ITEMS_MAX);
    if (h->smoothed > count || !may_have_moments(s, h, first_tick, count))
        buffer_reader_fail(reader);
    return reader->failed ? 0 : get_moments(s, reader, first_tick, count, h);
}

static int get_histories(struct settle *s, struct buffer_reader *reader)
{
    size_t count = buffer_get_count(reader, HISTORY_BYTES, ITEMS_MAX);
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
