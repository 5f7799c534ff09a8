/*
 * fusion_state.c - all that a fusion program knows, as bytes
 */
#include "programs/fusion_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fusion/saved.h"
#include "programs/fusion_cameras.h"
#include "programs/fusion_losses.h"

#define STATE_VERSION 2
#define CAMERAS_MAX   4096
#define FLOORS_MAX    256

/* ---- saving ---- */

static void put_block(struct buffer *buffer, const void *bytes, size_t length)
{
    buffer_put_u64(buffer, length);
    buffer_put_bytes(buffer, bytes, length);
}

/* Nothing, when none has come. */
static int put_hello(const struct camera_hello *hello, struct buffer *buffer)
{
    void *bytes = NULL;
    size_t length = 0;
    int r = hello->boot_id ? camera_hello_pack(hello, &bytes, &length) : 0;
    if (r == 0)
        put_block(buffer, bytes, length);
    free(bytes);
    return r;
}

static int put_camera(const struct fusion_camera *camera, struct buffer *buffer)
{
    saved_put_text(buffer, camera->config->id);
    int r = put_hello(&camera->placed, buffer);
    if (r == 0)
        r = put_hello(&camera->hello, buffer);
    if (r < 0)
        return r;
    buffer_put_u64(buffer, camera->published_before);
    buffer_put_u64(buffer, camera->observations);
    buffer_put_u64(buffer, camera->losses.boot_id);
    for (int i = 0; i < CAMERA_LOSSES; i++) {
        buffer_put_u64(buffer, camera->losses.last[i]);
        buffer_put_u64(buffer, camera->losses.total[i]);
    }
    intake_save(camera->intake, buffer);
    clock_watch_save(&camera->clock, buffer);
    return 0;
}

static int put_floor(const struct fusion_floor *floor, struct buffer *buffer)
{
    struct buffer state = BUFFER_INIT;
    int r = fusion_save(floor->fusion, clock_mono_ns(), &state);
    saved_put_text(buffer, floor->config->id);
    if (r == 0)
        put_block(buffer, state.bytes, state.length);
    buffer_release(&state);
    return r;
}

/* Where the tracks of this run have come to in their file; -1: there is none. */
static int64_t tracks_offset(const struct fusion_loop *loop)
{
    return loop->tracks ? (int64_t) ftello(loop->tracks) : -1;
}

int fusion_state_save(const struct fusion_loop *loop, struct buffer *buffer)
{
    int r = 0;
    buffer_put_u32(buffer, STATE_VERSION);
    buffer_put_i64(buffer, loop->first_bucket_us);
    buffer_put_i64(buffer, loop->run_us);
    buffer_put_i64(buffer, tracks_offset(loop));
    buffer_put_u32(buffer, (uint32_t) loop->camera_count);
    for (size_t i = 0; r == 0 && i < loop->camera_count; i++)
        r = put_camera(&loop->cameras[i], buffer);
    buffer_put_u32(buffer, (uint32_t) loop->floor_count);
    for (size_t i = 0; r == 0 && i < loop->floor_count; i++)
        r = put_floor(&loop->floors[i], buffer);
    if (r == 0)
        r = fusion_losses_save(loop, buffer);
    return r < 0 ? r : buffer_result(buffer);
}

/* ---- restoring ---- */

/* Bytes inside the reader; NULL and failed when there are not so many. */
static const void *get_block(struct buffer_reader *reader, size_t *ret_length)
{
    *ret_length = buffer_get_count(reader, 1, reader->length);
    const void *bytes = reader->bytes + reader->at;
    if (reader->failed)
        return NULL;
    reader->at += *ret_length;
    return bytes;
}

static struct camera_losses get_camera_losses(struct buffer_reader *reader)
{
    struct camera_losses losses = { .boot_id = buffer_get_u64(reader) };
    for (int i = 0; i < CAMERA_LOSSES; i++) {
        losses.last[i] = buffer_get_u64(reader);
        losses.total[i] = buffer_get_u64(reader);
    }
    return losses;
}

/* boot_id 0: none. Release it. */
static int get_hello(struct buffer_reader *reader, struct camera_hello *ret_hello)
{
    size_t length;
    const void *bytes = get_block(reader, &length);
    *ret_hello = (struct camera_hello){ .boot_id = 0 };
    if (reader->failed)
        return -EBADMSG;
    return length > 0 && camera_hello_unpack(bytes, length, ret_hello, NULL) < 0 ? -EBADMSG : 0;
}

/* Of a camera as it was saved. */
struct saved_camera {
    char id[ID_SIZE];
    struct camera_hello placed, hello;
    uint64_t published_before, observations;
    struct camera_losses losses;
};

static void saved_camera_release(struct saved_camera *saved)
{
    camera_hello_release(&saved->placed);
    camera_hello_release(&saved->hello);
}

static int get_saved_camera(struct buffer_reader *reader, struct saved_camera *saved)
{
    saved_get_text(reader, saved->id, sizeof(saved->id));
    int r = get_hello(reader, &saved->placed);
    if (r == 0)
        r = get_hello(reader, &saved->hello);
    saved->published_before = buffer_get_u64(reader);
    saved->observations = buffer_get_u64(reader);
    saved->losses = get_camera_losses(reader);
    return r;
}

/* Steps that were learned since are better. */
static void take_clock(struct fusion_camera *camera, const struct clock_watch *clock)
{
    if (camera->clock.step_count > 0)
        return;
    memcpy(camera->clock.steps, clock->steps, sizeof(clock->steps));
    camera->clock.step_count = clock->step_count;
}

static int take_camera(struct fusion_camera *camera, const struct saved_camera *saved,
                       const struct clock_watch *clock)
{
    int r = saved->placed.boot_id ? fusion_camera_take_hello(camera, &saved->placed) : 0;
    if (r == 0 && saved->hello.boot_id)
        r = fusion_camera_take_hello(camera, &saved->hello);
    take_clock(camera, clock);
    camera->published_before = saved->published_before;
    camera->observations = saved->observations;
    camera->losses = saved->losses;
    return r;
}

/* A camera that the config no longer has is read and forgotten. */
static int get_camera(struct fusion_loop *loop, struct buffer_reader *reader, bool only_positions)
{
    AUTO(saved_camera_release) struct saved_camera saved = { "" };
    AUTO(intake_destroy) struct intake *nobodys = NULL;
    struct clock_watch clock;
    int r = get_saved_camera(reader, &saved);
    if (r < 0)
        return r;
    struct fusion_camera *camera = fusion_camera_find(loop, saved.id);
    if (!camera)
        r = intake_create(&(struct intake_options){ 0 }, &nobodys);
    if (r == 0)
        r = intake_restore(camera ? camera->intake : nobodys, reader);
    if (r == 0)
        r = clock_watch_restore(&clock, reader);
    if (r < 0 || !camera)
        return r;
    if (only_positions)
        intake_forget_missed(camera->intake); /* the fresh floors would count it again */
    return take_camera(camera, &saved, &clock);
}

static int get_floor(struct fusion_loop *loop, struct buffer_reader *reader, bool only_positions,
                     struct error *err)
{
    char id[ID_SIZE];
    size_t length;
    saved_get_text(reader, id, sizeof(id));
    const void *bytes = get_block(reader, &length);
    if (reader->failed)
        return -EBADMSG;
    for (size_t i = 0; i < loop->floor_count && !only_positions; i++)
        if (strcmp(loop->floors[i].config->id, id) == 0)
            return fusion_restore(loop->floors[i].fusion, clock_mono_ns(), bytes, length, err);
    return 0;
}

/* Tracks written after the state was saved are written again. */
static void cut_tracks(const struct fusion_loop *loop, int64_t run_us, int64_t offset)
{
    if (!loop->tracks || run_us != loop->run_us || offset < 0)
        return;
    (void) fflush(loop->tracks);
    if (ftruncate(fileno(loop->tracks), offset) < 0 || fseeko(loop->tracks, offset, SEEK_SET) < 0)
        log_error("%s has some tracks twice: %s", loop->options->tracks_path, strerror(errno));
}

/* What stands before the cameras. */
struct state_head {
    int64_t first_bucket_us, run_us, tracks_offset;
    uint32_t cameras;
};

static int get_head(struct buffer_reader *reader, struct state_head *ret)
{
    if (buffer_get_u32(reader) != STATE_VERSION)
        return -EBADMSG;
    ret->first_bucket_us = saved_get_time_or_never_us(reader);
    ret->run_us = saved_get_time_us(reader);
    ret->tracks_offset = buffer_get_i64(reader);
    ret->cameras = buffer_get_u32(reader);
    return reader->failed || ret->cameras > CAMERAS_MAX ? -EBADMSG : 0;
}

static int get_state(struct fusion_loop *loop, struct buffer_reader *reader, bool only_positions,
                     struct error *err)
{
    struct state_head head;
    int r = get_head(reader, &head);
    for (uint32_t i = 0; r == 0 && i < head.cameras; i++)
        r = get_camera(loop, reader, only_positions);
    uint32_t floors = buffer_get_u32(reader);
    if (r == 0 && (reader->failed || floors > FLOORS_MAX))
        r = -EBADMSG;
    for (uint32_t i = 0; r == 0 && i < floors; i++)
        r = get_floor(loop, reader, only_positions, err);
    if (r == 0)
        r = fusion_losses_restore(loop, reader);
    if (r < 0)
        return r;
    loop->first_bucket_us = head.first_bucket_us;
    cut_tracks(loop, head.run_us, head.tracks_offset);
    return buffer_reader_result(reader);
}

int fusion_state_restore(struct fusion_loop *loop, const void *bytes, size_t length,
                         bool only_positions, struct error *err)
{
    struct buffer_reader reader = buffer_reader_of(bytes, length);
    err->text[0] = '\0';
    int r = get_state(loop, &reader, only_positions, err);
    if (r < 0 || only_positions)
        fusion_losses_begin(loop); /* floors have not counted what was told of */
    if (r < 0 && !err->text[0])
        return error_set(err, r, "the saved state cannot be read: %s",
                         r == -EBADMSG ? "it is damaged" : strerror(-r));
    return r;
}

static int judge_camera(struct fusion_loop *loop, struct buffer_reader *reader, struct error *err)
{
    AUTO(saved_camera_release) struct saved_camera saved = { "" };
    AUTO(intake_destroy) struct intake *past = NULL;
    struct clock_watch clock;
    int r = get_saved_camera(reader, &saved);
    if (r == 0)
        r = intake_create(&(struct intake_options){ 0 }, &past);
    if (r == 0)
        r = intake_restore(past, reader);
    if (r == 0)
        r = clock_watch_restore(&clock, reader);
    if (r < 0)
        return r;
    const struct fusion_camera *camera = fusion_camera_find(loop, saved.id);
    r = camera ? intake_can_return(camera->intake, past, clock_mono_ns()) : 0;
    if (r == -EAGAIN)
        return error_set(err, r, "what was recovered of camera %s is over in the state", saved.id);
    if (r == -ESTALE)
        return error_set(err, r, "camera %s does not surely keep what it has sent since then",
                         saved.id);
    return r;
}

int fusion_state_can_return(struct fusion_loop *loop, const void *bytes, size_t length,
                            struct error *err)
{
    struct buffer_reader reader = buffer_reader_of(bytes, length);
    struct state_head head;
    int r = get_head(&reader, &head);
    for (uint32_t i = 0; r == 0 && i < head.cameras; i++)
        r = judge_camera(loop, &reader, err);
    return r == -EBADMSG ? error_set(err, r, "the saved state cannot be read: it is damaged") : r;
}
