/*
 * fusion_recovery.c - going on after a crash, and going back when frames turn up late or buckets
 * were dropped
 */
#include "programs/fusion_recovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "programs/checkpoints.h"
#include "programs/fusion_cameras.h"
#include "programs/fusion_floors.h"
#include "programs/fusion_state.h"

/* Buckets of several floors end within a tick or two: one state for all of them. */
#define SAVE_DELAY_NS NS_PER_S

/* Going back again and again would leave no time for the present: after each the pause before the
 * next doubles, until there was none for a while. */
#define PAUSE_FIRST_NS NS_PER_S
#define PAUSE_LAST_NS  (60 * NS_PER_S)
#define CALM_NS        (300 * NS_PER_S)

/* A camera that is late all the time is not gone back for at each frame, and what cannot be had
 * does not keep states from being saved. */
#define REFUSAL_NS (10 * NS_PER_S)

/* So often the program goes back to the same frames of a camera. */
#define TRIES_MAX 2

/* What is settled of frames may still change for so long: tracks that end, zones that are left. */
#define SETTLED_AFTER_US (30 * US_PER_S)

/* Up to which capture time all floors have closed their ticks; the farthest counts, for frames
 * before it would be late there. INT64_MIN: none has. */
static int64_t closed_us(const struct fusion_loop *loop)
{
    int64_t latest_us = INT64_MIN;
    for (size_t i = 0; i < loop->floor_count; i++) {
        int64_t floor_us = fusion_closed_us(loop->floors[i].fusion);
        if (floor_us > latest_us)
            latest_us = floor_us;
    }
    return latest_us;
}

/* Of all cameras; NULL: nobody has recovered anything. */
static struct fusion_camera *earliest_recovered(struct fusion_loop *loop, int64_t *ret_capture_us)
{
    struct fusion_camera *earliest = NULL;
    for (size_t i = 0; i < loop->camera_count; i++) {
        int64_t capture_us;
        const struct fusion_camera *camera = &loop->cameras[i];
        if (!intake_recovered(camera->intake, &capture_us) || !fusion_camera_clock_is_known(camera))
            continue;
        capture_us += clock_watch_shift_us(&camera->clock, intake_position(camera->intake));
        if (!earliest || capture_us < *ret_capture_us)
            *ret_capture_us = capture_us;
        if (*ret_capture_us == capture_us)
            earliest = &loop->cameras[i];
    }
    return earliest;
}

/* ---- saving ---- */

static bool waits_to_go_back(const struct fusion_loop *loop)
{
    return loop->dropped_us != INT64_MAX;
}

void fusion_recovery_note_bucket(struct fusion_loop *loop)
{
    if (loop->checkpoints && loop->save_due_ns == INT64_MAX && !waits_to_go_back(loop))
        loop->save_due_ns = clock_mono_ns() + SAVE_DELAY_NS;
}

/* Without rings nothing could be taken again, and what is open now would be lost as well: of each
 * camera that has none all that it has sent since. */
static bool can_go_back(const struct fusion_loop *loop)
{
    if (!loop->checkpoints || loop->options->config->wire.ring_mb == 0)
        return false;
    for (size_t i = 0; i < loop->camera_count; i++) {
        const struct intake *intake = loop->cameras[i].intake;
        if (intake_counts(intake).received > 0 && !intake_has_ring(intake))
            return false;
    }
    return true;
}

void fusion_recovery_note_drop(struct fusion_loop *loop, int64_t start_us)
{
    char text[WALL_TEXT_SIZE];
    log_error("dropped a heat bucket: too many wait for the disk bucket=%s",
              clock_wall_format(start_us, text));
    if (!can_go_back(loop))
        return;
    if (start_us < loop->dropped_us)
        loop->dropped_us = start_us;
    loop->save_due_ns = INT64_MAX;
}

int64_t fusion_recovery_deadline_mono_ns(const struct fusion_loop *loop)
{
    return loop->save_due_ns;
}

int fusion_recovery_save(struct fusion_loop *loop)
{
    struct buffer state = BUFFER_INIT;
    struct checkpoint_file file;
    int64_t late_us;
    loop->save_due_ns = INT64_MAX;
    if (!loop->checkpoints || waits_to_go_back(loop) || earliest_recovered(loop, &late_us))
        return 0; /* from a state behind what is to be made again nobody would make it */
    int r = fusion_state_save(loop, &state);
    if (r == 0)
        r = checkpoints_add(loop->checkpoints, closed_us(loop), &state, &file);
    buffer_release(&state);
    if (r < 0)
        return r;
    if (storage_writer_put_file_take(loop->writer, file.path, &file.bytes.bytes,
                                     file.bytes.length) < 0)
        log_error("a state is not saved: out of memory");
    return 0;
}

int fusion_recovery_save_if_due(struct fusion_loop *loop)
{
    return clock_mono_ns() >= loop->save_due_ns ? fusion_recovery_save(loop) : 0;
}

/* ---- going back ---- */

/* Put a state in place, or the present one again. -ENOTRECOVERABLE: neither. */
static int restore_or_stay(struct fusion_loop *loop, const char *state, size_t length,
                           bool only_positions, const struct buffer *before, struct error *err)
{
    struct error why = { "" };
    int r = fusion_state_restore(loop, state, length, only_positions, err);
    if (r == 0)
        return 0;
    if (fusion_state_restore(loop, before->bytes, before->length, false, &why) < 0)
        return error_set(err, -ENOTRECOVERABLE, "could not return to the present state: %s",
                         why.text);
    fusion_cameras_catch_up(loop); /* what waited for a hole is dropped */
    return r;
}

/* Which state. */
struct wanted {
    int64_t before_us;   /* nothing after this capture time is settled in it */
    bool without_loss;   /* and all that came since can be taken again, in order */
    bool only_positions; /* see fusion_state_restore */
};

static int judge_and_restore(struct fusion_loop *loop, const struct wanted *wanted,
                             const char *state, size_t length, struct error *err)
{
    struct buffer before = BUFFER_INIT;
    int r = wanted->without_loss ? fusion_state_can_return(loop, state, length, err) : 0;
    if (r == 0)
        r = fusion_state_save(loop, &before);
    if (r == 0)
        r = restore_or_stay(loop, state, length, wanted->only_positions, &before, err);
    buffer_release(&before);
    return r;
}

static int read_and_restore(struct fusion_loop *loop, uint64_t number, const struct wanted *wanted,
                            struct error *err)
{
    char *state;
    size_t length;
    int r = checkpoints_read(loop->checkpoints, number, &state, &length, err);
    if (r < 0)
        return r;
    r = judge_and_restore(loop, wanted, state, length, err);
    free(state);
    return r;
}

/* The newest that is wanted and good. *ret_number is 0 when there is none. Returns 0, or
 * -ENOTRECOVERABLE with a sentence. */
static int restore_newest(struct fusion_loop *loop, const struct wanted *wanted,
                          uint64_t *ret_number, struct error *ret_err)
{
    const struct checkpoint *list;
    size_t count = checkpoints_list(loop->checkpoints, &list);
    int64_t future_us = clock_wall_us() + 86400 * US_PER_S;
    *ret_number = 0;
    for (size_t i = 0; i < count; i++) {
        struct error err = { "" };
        if (list[i].closed_us >= wanted->before_us || list[i].closed_us > future_us)
            continue; /* a clock that was wrong took ticks into the future: not again */
        int r = read_and_restore(loop, list[i].number, wanted, &err);
        if (r == 0) {
            *ret_number = list[i].number;
            return 0;
        }
        if (r == -ENOTRECOVERABLE)
            return error_set(ret_err, r, "%s", err.text);
        if (r != -ENOENT && r != -EAGAIN)
            log_warning_limited(60, "%s", err.text);
        if (r == -ESTALE)
            return 0; /* older ones are farther still */
    }
    return 0;
}

static void pause_before_next(struct fusion_loop *loop, int64_t now_ns)
{
    bool calm = now_ns - loop->went_back_ns > CALM_NS;
    int64_t pause_ns = calm || loop->back_pause_ns == 0 ? PAUSE_FIRST_NS : 2 * loop->back_pause_ns;
    loop->back_pause_ns = pause_ns > PAUSE_LAST_NS ? PAUSE_LAST_NS : pause_ns;
    loop->went_back_ns = now_ns;
}

/* A state is in place again. What was dropped after it is made again like all else. */
static int go_on_from(struct fusion_loop *loop, uint64_t number, int64_t kept_before_us,
                      struct error *err)
{
    loop->times_back++;
    loop->dropped_us = INT64_MAX;
    loop->kept_before_us = kept_before_us;
    pause_before_next(loop, clock_mono_ns());
    checkpoints_drop_after(loop->checkpoints, number);
    fusion_cameras_catch_up(loop);
    int r = fusion_recovery_save(loop); /* in place of those that may still be written */
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

/* Whether it is worth going back for this once more: what did not help twice does not. */
static bool is_worth_it(struct fusion_camera *camera, int64_t capture_us)
{
    if (capture_us > camera->back_capture_us)
        camera->back_tries = 0;
    camera->back_capture_us = capture_us;
    return camera->back_tries++ < TRIES_MAX;
}

static int go_back_for_frames(struct fusion_loop *loop, struct fusion_camera *camera,
                              int64_t capture_us, struct error *err)
{
    uint64_t number = 0;
    char text[WALL_TEXT_SIZE];
    clock_wall_format(capture_us, text);
    const struct wanted wanted = { .before_us = capture_us, .without_loss = true };
    int r = loop->checkpoints && is_worth_it(camera, capture_us)
                ? restore_newest(loop, &wanted, &number, err)
                : 0;
    if (r < 0)
        return r;
    if (number == 0) {
        if (loop->checkpoints)
            log_warning_limited(60,
                                "frames came too late: there is no saved state to take them from "
                                "camera=%s capture=%s",
                                camera->config->id, text);
        camera->refused_until_ns = clock_mono_ns() + REFUSAL_NS;
        intake_give_up(camera->intake);
        fusion_recovery_note_bucket(loop); /* nothing is in the way of saving now */
        return 0;
    }
    log_info("going back to take frames that came late camera=%s capture=%s", camera->config->id,
             text);
    return go_on_from(loop, number, INT64_MIN, err);
}

/* Every state is from before the first bucket that was dropped. Buckets before that one are kept,
 * and should the rings no longer reach back so far it is better not to make them again. */
static int go_back_for_buckets(struct fusion_loop *loop, struct error *err)
{
    int64_t dropped_us = loop->dropped_us;
    uint64_t number;
    char text[WALL_TEXT_SIZE];
    clock_wall_format(dropped_us, text);
    const struct wanted any = { .before_us = INT64_MAX };
    int r = restore_newest(loop, &any, &number, err);
    if (r < 0)
        return r;
    if (number == 0) {
        loop->dropped_us = INT64_MAX;
        log_error("what was dropped is lost: there is no saved state from before it bucket=%s",
                  text);
        return 0;
    }
    log_info("going back to make buckets again that were dropped bucket=%s", text);
    return go_on_from(loop, number, dropped_us, err);
}

/* Shortly after a camera could not be gone back for, it cannot again. */
static void postpone_refused(struct fusion_loop *loop)
{
    for (size_t i = 0; i < loop->camera_count; i++) {
        int64_t capture_us;
        struct fusion_camera *camera = &loop->cameras[i];
        if (intake_recovered(camera->intake, &capture_us) &&
            clock_mono_ns() < camera->refused_until_ns)
            intake_postpone(camera->intake);
    }
}

/* The disk takes buckets, and all that waited for it in memory is there. */
static bool has_room_again(const struct fusion_loop *loop)
{
    const struct storage_writer_counts counts = storage_writer_counts(loop->writer);
    return counts.queued == 0 && !counts.disk_error[0];
}

int fusion_recovery_go_back(struct fusion_loop *loop, struct error *err)
{
    int64_t capture_us = 0;
    postpone_refused(loop);
    if (clock_mono_ns() - loop->went_back_ns < loop->back_pause_ns)
        return 0;
    struct fusion_camera *camera = earliest_recovered(loop, &capture_us);
    if (camera)
        return go_back_for_frames(loop, camera, capture_us, err);
    if (waits_to_go_back(loop) && has_room_again(loop))
        return go_back_for_buckets(loop, err);
    return 0;
}

/* ---- at the start ---- */

/*
 * The states were made with other settings: what they hold cannot be gone on with, but the frames
 * since a while before the open bucket can be taken again.
 */
static int begin_afresh(struct fusion_loop *loop, int64_t newest_us, struct error *err)
{
    int bucket_s = loop->options->config->heat.bucket_s;
    int64_t first_us = heat_bucket_start_us(newest_us, bucket_s);
    char text[WALL_TEXT_SIZE];
    uint64_t number;
    int r = fusion_floors_reset(loop, err);
    if (r < 0)
        return r;
    struct wanted wanted = { .before_us = first_us - SETTLED_AFTER_US, .only_positions = true };
    r = restore_newest(loop, &wanted, &number, err);
    if (r == 0 && number == 0) {
        first_us += bucket_s * US_PER_S; /* this one cannot be whole */
        wanted.before_us = INT64_MAX;
        r = restore_newest(loop, &wanted, &number, err);
    }
    if (r < 0)
        return r;
    loop->first_bucket_us = first_us;
    log_warning("tracks begin afresh; the first bucket that is made anew begins at %s",
                clock_wall_format(first_us, text));
    return 0;
}

static int go_on(struct fusion_loop *loop, struct error *err)
{
    const struct checkpoint *list;
    size_t count = checkpoints_list(loop->checkpoints, &list);
    int64_t newest_us = count > 0 ? list[0].closed_us : INT64_MIN;
    uint64_t number;
    char text[WALL_TEXT_SIZE];
    const struct wanted any = { .before_us = INT64_MAX };
    int r = restore_newest(loop, &any, &number, err);
    if (r < 0)
        return r;
    if (number == 0 && newest_us != INT64_MIN)
        r = begin_afresh(loop, newest_us, err);
    if (r < 0)
        return r;
    if (number != 0) {
        checkpoints_drop_after(loop->checkpoints, number);
        (void) checkpoints_list(loop->checkpoints, &list);
        log_info("going on where the state was saved capture=%s",
                 clock_wall_format(list[0].closed_us, text));
    }
    fusion_cameras_catch_up(loop);
    r = fusion_recovery_save(loop);
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

int fusion_recovery_open(struct fusion_loop *loop, struct error *err)
{
    const struct store_config *config = loop->options->config;
    char folder[512];
    loop->save_due_ns = INT64_MAX;
    if (loop->options->until_ended || !loop->writer)
        return 0; /* recordings can be played again */
    (void) snprintf(folder, sizeof(folder), "%s/checkpoints", config->state_dir);
    int r = checkpoints_open(folder, config->wire.ring_minutes * 60 * US_PER_S, &loop->checkpoints,
                             err);
    return r < 0 ? r : go_on(loop, err);
}

void fusion_recovery_close(struct fusion_loop *loop)
{
    checkpoints_destroy(&loop->checkpoints);
}
