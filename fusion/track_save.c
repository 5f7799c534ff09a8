/*
 * track_save.c - the tracks as bytes, and back
 *
 * What a track knows of one tick only is found anew in the next and not saved.
 */
#include <errno.h>

#include "fusion/saved.h"
#include "fusion/track.h"

/* What one item takes at least, bytes. */
#define WATCHER_BYTES ((size_t) (4 + 8))
#define RIVAL_BYTES   ((size_t) (8 + 8 + 8))
#define TRACK_BYTES                                                                    \
    (8 + 1 + SAVED_KALMAN_BYTES + (size_t) 3 * 8 + (size_t) 3 * 8 + 8 + /* watchers */ \
     TRACK_RIVALS_MAX * RIVAL_BYTES + 8)

SAVED_STRUCT_HAS_BYTES(struct track, 608);
SAVED_STRUCT_HAS_BYTES(struct watcher, 16);
SAVED_STRUCT_HAS_BYTES(struct rival, 24);

static void put_track(struct buffer *buffer, const struct track *track)
{
    buffer_put_u64(buffer, track->number);
    buffer_put_u8(buffer, (uint8_t) track->phase);
    saved_put_kalman(buffer, &track->state);
    buffer_put_i64(buffer, track->state_us);
    buffer_put_i64(buffer, track->born_us);
    buffer_put_i64(buffer, track->seen_us);
    buffer_put_double(buffer, track->belief);
    buffer_put_double(buffer, track->height_m);
    buffer_put_double(buffer, track->height_variance);
    buffer_put_u64(buffer, (uint64_t) track->watcher_count);
    for (int i = 0; i < track->watcher_count; i++) {
        buffer_put_u32(buffer, (uint32_t) track->watchers[i].camera);
        buffer_put_i64(buffer, track->watchers[i].look_us);
    }
    for (int i = 0; i < TRACK_RIVALS_MAX; i++) {
        buffer_put_u64(buffer, track->rivals[i].number);
        buffer_put_double(buffer, track->rivals[i].odds);
        buffer_put_i64(buffer, track->rivals[i].met_us);
    }
    buffer_put_double(buffer, track->unproved_misses);
}

void tracks_save(const struct tracks *tracks, struct buffer *buffer)
{
    buffer_put_u64(buffer, tracks->last_number);
    buffer_put_u64(buffer, tracks->count);
    for (size_t i = 0; i < tracks->count; i++)
        put_track(buffer, &tracks->items[i]);
}

static enum track_phase get_phase(struct buffer_reader *reader)
{
    uint8_t value = buffer_get_u8(reader);
    if (value > PHASE_LOST)
        buffer_reader_fail(reader);
    return (enum track_phase) value;
}

static void get_watchers(struct buffer_reader *reader, int camera_count, int64_t now_us,
                         struct track *track)
{
    size_t count = buffer_get_count(reader, WATCHER_BYTES, TRACK_WATCHERS_MAX);
    for (size_t i = 0; i < count; i++) {
        track->watchers[i].camera = saved_get_camera(reader, camera_count);
        track->watchers[i].look_us = saved_get_time_until_us(reader, now_us);
    }
    track->watcher_count = (int) count;
}

static void get_rivals(struct buffer_reader *reader, int64_t now_us, struct track *track)
{
    for (int i = 0; i < TRACK_RIVALS_MAX; i++) {
        track->rivals[i].number = buffer_get_u64(reader);
        track->rivals[i].odds = saved_get_finite(reader);
        bool is_one = track->rivals[i].number != 0;
        track->rivals[i].met_us =
            saved_get_time_until_us(reader, is_one ? now_us : SAVED_TIME_US_MAX);
    }
}

static void get_track(struct buffer_reader *reader, int camera_count, int64_t now_us,
                      struct track *track)
{
    track->phase = get_phase(reader);
    track->state = saved_get_kalman(reader);
    track->state_us = saved_get_time_until_us(reader, now_us);
    track->born_us = saved_get_time_until_us(reader, now_us);
    track->seen_us = saved_get_time_until_us(reader, now_us);
    track->belief = saved_get_finite(reader);
    track->height_m = saved_get_finite(reader);
    track->height_variance = saved_get_finite(reader);
    get_watchers(reader, camera_count, now_us, track);
    get_rivals(reader, now_us, track);
    track->unproved_misses = saved_get_finite(reader);
    if (!covariance2_valid(track->state.position_variance))
        buffer_reader_fail(reader);
}

int tracks_restore(struct tracks *tracks, struct buffer_reader *reader, int camera_count,
                   int64_t now_us)
{
    uint64_t last_number = (uint64_t) saved_get_sum(reader), before = 0;
    size_t count = buffer_get_count(reader, TRACK_BYTES, TRACKS_MAX);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        uint64_t number = buffer_get_u64(reader);
        struct track *track = tracks_add(tracks);
        if (!track)
            return -ENOMEM;
        if (number <= before || number > last_number)
            buffer_reader_fail(reader);
        track->number = before = number;
        get_track(reader, camera_count, now_us, track);
    }
    tracks->last_number = last_number;
    return buffer_reader_result(reader);
}
