/*
 * fusion_cameras.c - the cameras of the config, as the fusion program knows them
 */
#include "programs/fusion_cameras.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "calib/watch.h"
#include "programs/floors.h"

/* After a start or a return cameras may take so long to say the next piece of what was missed. */
#define CATCH_UP_PATIENCE_NS (5 * NS_PER_S)

/* How far one camera's replays run ahead of another's. */
#define AHEAD_MOST_US (120 * US_PER_S)

/* A hello promises what stays for another sixteenth of the ring's time (wire/ring.h). */
#define RING_SIXTEENTHS 16

/* Of whom nothing is known yet, ticks wait only so long. */
#define EXPECT_NS (10 * NS_PER_S)

/* A live frame is not of a time that has not been. It would take all ticks there. */
#define FUTURE_US (600 * US_PER_S)

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
           strcmp(hello->calibration_version, camera->placed.calibration_version) == 0 &&
           memcmp(&hello->view, &camera->placed.view, sizeof(hello->view)) == 0;
}

/* In place of another. */
static int copy_hello(const struct camera_hello *hello, struct camera_hello *into)
{
    char *text = strdup(hello->calibration_text ? hello->calibration_text : "");
    if (!text)
        return -ENOMEM;
    camera_hello_release(into);
    *into = *hello;
    into->calibration_text = text;
    return 0;
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
    r = copy_hello(hello, &camera->placed);
    if (r < 0)
        return r;
    const struct watch watch = watch_of(camera->config);
    return fusion_set_camera(camera->floor->fusion, camera->config->id, calibration, hello->view,
                             &watch, camera->config->foot_sd_px);
}

int fusion_camera_take_hello(struct fusion_camera *camera, const struct camera_hello *hello)
{
    int r = learn_view(camera, hello);
    if (r < 0)
        return r;
    if (camera->hello.boot_id && camera->hello.boot_id != hello->boot_id)
        camera->published_before += camera->hello.next_sequence;
    if (hello->state != camera->hello.state)
        log_info("camera is %s camera=%s %s", camera_state_words(hello->state), hello->camera,
                 hello->detail);
    return copy_hello(hello, &camera->hello);
}

static int take_hello(struct fusion_camera *camera, const struct camera_hello *hello)
{
    int r = fusion_camera_take_hello(camera, hello);
    if (hello->state == CAMERA_ENDED || hello->state == CAMERA_LOST)
        fusion_camera_ended(camera->floor->fusion, camera->config->id);
    return r;
}

/* A frame whose times are by the clock that counts; the content is borrowed. Recordings have the
 * times that they were given. */
static struct observation_frame with_right_times(const struct fusion_camera *camera,
                                                 const struct observation_frame *frame)
{
    struct observation_frame right = *frame;
    const struct wire_position at = { frame->boot_id, frame->sequence };
    int64_t shift_us =
        frame->clock_source == CLOCK_SOURCE_FILE ? 0 : clock_watch_shift_us(&camera->clock, at);
    right.capture_us += shift_us;
    right.receive_us += shift_us;
    right.publish_us += shift_us;
    return right;
}

/* What is late or unknown is counted by fusion; late it is told, so that we can go back. */
static int take_frame(struct fusion_camera *camera, const struct observation_frame *frame)
{
    struct fusion *fusion = camera->floor->fusion;
    const struct observation_frame right = with_right_times(camera, frame);
    if (right.clock_source != CLOCK_SOURCE_FILE && right.capture_us > clock_wall_us() + FUTURE_US) {
        camera->frames_from_future++;
        return 0;
    }
    fusion_camera_missed(fusion, camera->config->id, intake_counts(camera->intake).missed);
    camera->taken_us = right.capture_us;
    camera->observations += frame->observation_count;
    int r = fusion_push(fusion, &right, clock_mono_ns());
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
        .promise_ns = loop->options->config->wire.ring_minutes * 60 * NS_PER_S / RING_SIXTEENTHS,
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
        camera_hello_release(&loop->cameras[i].placed);
    }
    free(loop->cameras);
    loop->cameras = NULL;
}

static int64_t publish_us_of(const struct message *message)
{
    return message->kind == MESSAGE_FRAME   ? message->frame.publish_us
           : message->kind == MESSAGE_HELLO ? message->hello.publish_us
                                            : message->health.publish_us;
}

static void take_health(struct fusion_camera *camera, const struct camera_health *health)
{
    struct camera_losses *losses = &camera->losses;
    const uint64_t counts[CAMERA_LOSSES] = {
        [CAMERA_LOSS_PUBLISH] = health->publish_dropped,
        [CAMERA_LOSS_RING] = health->ring_unkept,
        [CAMERA_LOSS_SOURCE] = health->frames_skipped,
    };
    bool goes_on = health->boot_id == losses->boot_id;
    for (int i = 0; i < CAMERA_LOSSES; i++) {
        bool is_more = goes_on && counts[i] >= losses->last[i];
        losses->total[i] += is_more ? counts[i] - losses->last[i] : goes_on ? 0 : counts[i];
        losses->last[i] = counts[i];
    }
    losses->boot_id = health->boot_id;
    camera->health = *health;
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
    if (camera && !loop->flooded)
        clock_watch_note(&camera->clock, publish_us_of(message), clock_wall_us());
    if (!camera)
        loop->strangers++;
    else if (message->kind == MESSAGE_HEALTH)
        take_health(camera, &message->health);
    else
        r = take_live(camera, message);
    message_release(message);
    return r;
}

/* ---- clocks ---- */

/* How far our clock is ahead of the one that counts. */
static int64_t our_difference_us(const struct fusion_loop *loop)
{
    int64_t differences_us[HEAT_CAMERAS_MAX];
    int count = 0;
    for (size_t i = 0; i < loop->camera_count && count < HEAT_CAMERAS_MAX; i++)
        count += clock_watch_difference(&loop->cameras[i].clock, &differences_us[count]);
    return clock_watch_middle(differences_us, count, clock_wall_us());
}

static void judge_clock(struct fusion_camera *camera)
{
    int64_t difference_us;
    struct wire_position from = intake_position(camera->intake);
    from.sequence++;
    if (!clock_watch_difference(&camera->clock, &difference_us) ||
        !clock_watch_decide(&camera->clock, from, difference_us - camera->loop->clock_fast_us))
        return;
    int64_t shift_us = clock_watch_shift_us(&camera->clock, from);
    if (shift_us != 0)
        log_warning("the clock of the computer of camera %s is %.1f s %s; its times are corrected, "
                    "but set it right (NTP) camera=%s",
                    camera->config->id, fabs((double) shift_us) / US_PER_S,
                    shift_us > 0 ? "slow" : "fast", camera->config->id);
    else
        log_info("the clock of the computer of camera %s is right again camera=%s",
                 camera->config->id, camera->config->id);
}

void fusion_cameras_judge_clocks(struct fusion_loop *loop)
{
    if (clock_mono_ns() < loop->clocks_due_ns)
        return;
    loop->clocks_due_ns = clock_mono_ns() + NS_PER_S;
    loop->clock_fast_us = our_difference_us(loop);
    if (llabs(loop->clock_fast_us) >= CLOCK_WATCH_BOUND_US)
        log_warning_limited(600,
                            "the clock of this computer is %.1f s %s by those of most cameras; "
                            "set it right (NTP)",
                            fabs((double) loop->clock_fast_us) / US_PER_S,
                            loop->clock_fast_us > 0 ? "fast" : "slow");
    for (size_t i = 0; i < loop->camera_count; i++)
        judge_clock(&loop->cameras[i]);
}

bool fusion_camera_clock_is_known(const struct fusion_camera *camera)
{
    int64_t least_us;
    struct wire_position at = intake_position(camera->intake);
    if (!clock_watch_least(&camera->clock, &least_us))
        return false;
    least_us -= camera->loop->clock_fast_us + clock_watch_shift_us(&camera->clock, at);
    return llabs(least_us) < CLOCK_WATCH_BOUND_US;
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

/*
 * Replays are equal in bytes, so a camera that sees few people runs ahead of one that sees many.
 * What it is ahead waits in memory; so it waits for the slowest of its floor, which never waits.
 */
static bool is_far_ahead(const struct fusion_loop *loop, const struct fusion_camera *camera)
{
    if (!intake_is_catching_up(camera->intake))
        return false;
    for (size_t i = 0; i < loop->camera_count; i++) {
        const struct fusion_camera *other = &loop->cameras[i];
        if (other->floor == camera->floor && intake_is_catching_up(other->intake) &&
            other->taken_us != 0 && camera->taken_us - other->taken_us > AHEAD_MOST_US)
            return true;
    }
    return false;
}

static int ask(struct fusion_loop *loop, struct fusion_camera *camera)
{
    struct wire_position after;
    if (clock_mono_ns() < loop->ask_after_ns ||
        !intake_wants_replay(camera->intake, clock_mono_ns(), &after))
        return 0;
    if (is_far_ahead(loop, camera)) {
        intake_wait(camera->intake, clock_mono_ns());
        return 0;
    }
    if (disk_is_behind(loop)) {
        loop->ask_after_ns = clock_mono_ns() + DISK_PAUSE_NS;
        return 0;
    }
    int r =
        replay_desk_ask(loop->replays, camera->config->id, after, intake_since_us(camera->intake));
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
    loop->expect_until_ns = clock_mono_ns() + EXPECT_NS;
    for (size_t i = 0; i < loop->camera_count; i++)
        intake_catch_up(loop->cameras[i].intake, clock_mono_ns());
}
