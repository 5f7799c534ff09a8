/*
 * fusion_cameras.c - the cameras of the config, as the fusion program knows them
 */
#include "programs/fusion_cameras.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "calib/watch.h"
#include "programs/floors.h"

/* After a start or a return cameras may take so long to say the next piece of what was missed. */
#define CATCH_UP_PATIENCE_NS (5 * NS_PER_S)

/* Replays bring hours in a second. They wait while so many buckets wait for the disk, a quarter of
 * what may, or buckets would be dropped; but not for a full disk while nobody makes room on it. */
#define BUCKETS_TO_WAIT_FOR 16
#define DISK_PAUSE_NS       (10 * NS_PER_MS)

static struct fusion_floor *find_floor(struct fusion_loop *loop, const char *id)
{
    for (size_t i = 0; i < loop->floor_count; i++)
        if (strcmp(loop->floors[i].config->id, id) == 0)
            return &loop->floors[i];
    return NULL;
}

struct fusion_camera *fusion_camera_find(struct fusion_loop *loop, const char *id)
{
    for (size_t i = 0; i < loop->camera_count; i++)
        if (strcmp(loop->cameras[i].config->id, id) == 0)
            return &loop->cameras[i];
    return NULL;
}

/* The database keeps every version. */
static void keep_calibration(const struct fusion_camera *camera)
{
    const struct calibration *calibration = camera->calibration;
    const char *author = calibration_author(calibration), *note = calibration_note(calibration);
    const struct storage_calibration record = {
        .camera = camera->config->id,
        .version = calibration_version(calibration),
        .text = calibration_text(calibration),
        .author = author[0] ? author : NULL,
        .note = note[0] ? note : NULL,
        .valid_from_us = calibration_valid_from_us(calibration),
    };
    if (camera->loop->writer && storage_writer_put_calibration(camera->loop->writer, &record) < 0)
        log_error("the calibration of camera %s is not kept: too much waits for the disk",
                  camera->config->id);
}

static bool is_same_view(const struct fusion_camera *camera, const struct camera_hello *hello)
{
    return camera->calibration &&
           strcmp(hello->calibration_version, camera->hello.calibration_version) == 0 &&
           memcmp(&hello->view, &camera->hello.view, sizeof(hello->view)) == 0;
}

/* A new or changed calibration tells fusion what the camera can see. */
static int learn_view(struct fusion_camera *camera, const struct camera_hello *hello)
{
    if (is_same_view(camera, hello) || hello->width == 0)
        return 0;
    AUTO(problems_release) struct problems problems = { 0 };
    struct calibration *calibration = NULL;
    char name[ID_SIZE + 32];
    (void) snprintf(name, sizeof(name), "calibration of %s", hello->camera);
    int r = calibration_parse(hello->calibration_text, name, &calibration, &problems);
    if (r < 0) {
        log_error("%s; its observations are left out",
                  problems.count ? problems.sentences[0] : name);
        return r == -ENOMEM ? r : 0;
    }
    calibration_expect_people(calibration, people_of(camera->loop->options->config));
    calibration_destroy(&camera->calibration);
    camera->calibration = calibration;
    keep_calibration(camera);
    log_info("camera joined camera=%s floor=%s view=%gx%g calibration=%.12s", hello->camera,
             camera->config->floor, hello->view.right - hello->view.left,
             hello->view.bottom - hello->view.top, hello->calibration_version);
    const struct watch watch = watch_of(camera->config);
    return fusion_set_camera(camera->floor->fusion, camera->config->id, calibration, hello->view,
                             &watch, camera->config->foot_sd_px);
}

static const char *state_words(enum camera_state state)
{
    switch (state) {
    case CAMERA_STARTING:
        return "starting";
    case CAMERA_RUNNING:
        return "running";
    case CAMERA_LOST:
        return "without its stream";
    case CAMERA_ENDED:
        return "at the end of its recording";
    }
    return "in a state unknown";
}

static int keep_hello(struct fusion_camera *camera, const struct camera_hello *hello)
{
    char *text = strdup(hello->calibration_text ? hello->calibration_text : "");
    if (!text)
        return -ENOMEM;
    camera_hello_release(&camera->hello);
    camera->hello = *hello;
    camera->hello.calibration_text = text;
    return 0;
}

int fusion_camera_take_hello(struct fusion_camera *camera, const struct camera_hello *hello)
{
    int r = learn_view(camera, hello);
    if (r < 0)
        return r;
    if (camera->hello.boot_id && camera->hello.boot_id != hello->boot_id)
        camera->published_before += camera->hello.next_sequence;
    if (hello->state != camera->hello.state)
        log_info("camera is %s camera=%s %s", state_words(hello->state), hello->camera,
                 hello->detail);
    return keep_hello(camera, hello);
}

static int take_hello(struct fusion_camera *camera, const struct camera_hello *hello)
{
    int r = fusion_camera_take_hello(camera, hello);
    if (hello->state == CAMERA_ENDED || hello->state == CAMERA_LOST)
        fusion_camera_ended(camera->floor->fusion, camera->config->id);
    return r;
}

/* What is late or unknown is counted by fusion; late it is told, so that we can go back. */
static int take_frame(struct fusion_camera *camera, const struct observation_frame *frame)
{
    struct fusion *fusion = camera->floor->fusion;
    fusion_camera_missed(fusion, camera->config->id, intake_counts(camera->intake).missed);
    camera->observations += frame->observation_count;
    int r = fusion_push(fusion, frame, clock_mono_ns());
    return r == -ENOMEM || r == -ESTALE ? r : 0;
}

/* In order and once: see intake.h. */
static int take(void *context, const struct message *message)
{
    return message->kind == MESSAGE_FRAME ? take_frame(context, &message->frame)
                                          : take_hello(context, &message->hello);
}

static int open_camera(struct fusion_loop *loop, struct fusion_camera *camera, int64_t since_us)
{
    const struct intake_options options = {
        .patience_ns = loop->options->config->fusion.lateness_ms * NS_PER_MS / 2,
        .catch_up_patience_ns = CATCH_UP_PATIENCE_NS,
        .since_us = since_us,
        .take = take,
        .context = camera,
    };
    camera->loop = loop;
    camera->floor = find_floor(loop, camera->config->floor);
    return intake_create(&options, &camera->intake);
}

int fusion_cameras_open(struct fusion_loop *loop, int64_t since_us, struct error *err)
{
    const struct store_config *config = loop->options->config;
    loop->camera_count = config->cameras.count;
    loop->cameras = calloc(loop->camera_count + 1, sizeof(*loop->cameras));
    int r = loop->cameras ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < loop->camera_count; i++) {
        loop->cameras[i].config = &store_config_cameras(config)[i];
        r = open_camera(loop, &loop->cameras[i], since_us);
    }
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

void fusion_cameras_close(struct fusion_loop *loop)
{
    for (size_t i = 0; loop->cameras && i < loop->camera_count; i++) {
        intake_destroy(&loop->cameras[i].intake);
        calibration_destroy(&loop->cameras[i].calibration);
        camera_hello_release(&loop->cameras[i].hello);
    }
    free(loop->cameras);
    loop->cameras = NULL;
}

static void note_latencies(struct fusion_camera *camera, const struct observation_frame *frame)
{
    int64_t now_ns = clock_mono_ns();
    recent_latency_add(&camera->publish, frame->publish_us - frame->capture_us, now_ns);
    recent_latency_add(&camera->receive, clock_wall_us() - frame->publish_us, now_ns);
}

static int take_live(struct fusion_camera *camera, struct message *message)
{
    if (message->kind == MESSAGE_FRAME)
        note_latencies(camera, &message->frame);
    return intake_live(camera->intake, message, clock_mono_ns());
}

int fusion_cameras_live(struct fusion_loop *loop, struct message *message)
{
    const char *id = message->kind == MESSAGE_FRAME   ? message->frame.camera
                     : message->kind == MESSAGE_HELLO ? message->hello.camera
                                                      : message->health.camera;
    struct fusion_camera *camera = fusion_camera_find(loop, id);
    int r = 0;
    if (!camera)
        loop->strangers++;
    else if (message->kind == MESSAGE_HEALTH)
        camera->health = message->health;
    else
        r = take_live(camera, message);
    message_release(message);
    return r;
}

/* ---- what was missed ---- */

static int take_replays(struct fusion_loop *loop)
{
    struct replay replay;
    int r;
    while ((r = replay_desk_receive(loop->replays, &replay)) == 1) {
        struct fusion_camera *camera = fusion_camera_find(loop, replay.camera);
        if (camera)
            r = intake_replay(camera->intake, &replay, clock_mono_ns());
        replay_release(&replay);
        if (r < 0)
            return r;
    }
    return r;
}

static bool disk_is_behind(const struct fusion_loop *loop)
{
    if (!loop->writer)
        return false;
    const struct storage_writer_counts counts = storage_writer_counts(loop->writer);
    bool gets_better = !counts.disk_error[0] || !counts.last_error[0];
    return counts.queued >= BUCKETS_TO_WAIT_FOR && gets_better;
}

static int ask(struct fusion_loop *loop, struct fusion_camera *camera)
{
    struct wire_position after;
    if (clock_mono_ns() < loop->ask_after_ns ||
        !intake_wants_replay(camera->intake, clock_mono_ns(), &after))
        return 0;
    if (disk_is_behind(loop)) {
        loop->ask_after_ns = clock_mono_ns() + DISK_PAUSE_NS;
        return 0;
    }
    int r = replay_desk_ask(loop->replays, camera->config->id, after);
    if (r == 0)
        intake_asked(camera->intake, clock_mono_ns());
    else
        intake_not_asked(camera->intake, clock_mono_ns());
    return r == -EHOSTUNREACH || r == -EAGAIN ? 0 : r;
}

int fusion_cameras_replay(struct fusion_loop *loop)
{
    int r = take_replays(loop);
    for (size_t i = 0; r == 0 && i < loop->camera_count; i++) {
        struct fusion_camera *camera = &loop->cameras[i];
        r = intake_advance(camera->intake, clock_mono_ns());
        if (r == 0)
            r = ask(loop, camera);
        fusion_camera_catching_up(camera->floor->fusion, camera->config->id,
                                  intake_is_catching_up(camera->intake));
    }
    return r;
}

int64_t fusion_cameras_deadline_mono_ns(const struct fusion_loop *loop)
{
    int64_t until_ns = INT64_MAX;
    for (size_t i = 0; i < loop->camera_count; i++) {
        int64_t due_ns = intake_deadline_mono_ns(loop->cameras[i].intake);
        if (due_ns < until_ns)
            until_ns = due_ns;
    }
    return until_ns > loop->ask_after_ns ? until_ns : loop->ask_after_ns;
}

void fusion_cameras_catch_up(struct fusion_loop *loop)
{
    for (size_t i = 0; i < loop->camera_count; i++)
        intake_catch_up(loop->cameras[i].intake, clock_mono_ns());
}
