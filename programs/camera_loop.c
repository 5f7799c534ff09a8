/*
 * camera_loop.c - the life of a camera program
 */
#include "programs/camera_loop.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "calib/watch.h"
#include "capture/av_words.h"
#include "programs/camera_confine.h"
#include "programs/camera_report.h"
#include "programs/start.h"

/* A recording waits this long for fusion before it plays to nobody. */
#define LISTENER_WAIT_NS (30 * NS_PER_S)

/* How long fusion is given at the end to ask for what it missed, and after each answer. */
#define LAST_REPLAY_WAIT_NS (10 * NS_PER_S)

static int load_calibration(const struct camera_loop *loop, struct calibration **ret_calibration,
                            struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    const struct camera_config *camera = loop->options->camera;
    int r = calibration_load(camera->calibration, ret_calibration, &problems);
    if (r < 0)
        return error_set(err, r, "%s",
                         problems.count ? problems.sentences[0] : "calibration cannot be used");
    calibration_expect_people(*ret_calibration, people_of(loop->options->config));
    return 0;
}

static int open_csv(struct camera_loop *loop, struct error *err)
{
    const char *path = loop->options->csv_path;
    if (!path)
        return 0;
    loop->csv = fopen(path, "we");
    if (!loop->csv)
        return error_set(err, -errno, "could not write %s: %s", path, strerror(errno));
    fprintf(loop->csv, "frame,x,y,class,score\n");
    return 0;
}

static int open_capture(struct camera_loop *loop, struct error *err)
{
    const struct camera_config *camera = loop->options->camera;
    const double *crop = camera->crop.count == 4 ? camera->crop.values : NULL;
    struct capture_options options = {
        .url = camera->url,
        .fps = camera->fps,
        .fast = strcmp(camera->pace, "fast") == 0,
        .start_us = loop->options->start_us,
        .crop_left = crop ? (uint32_t) crop[0] : 0,
        .crop_top = crop ? (uint32_t) crop[1] : 0,
        .crop_width = crop ? (uint32_t) crop[2] : 0,
        .crop_height = crop ? (uint32_t) crop[3] : 0,
        .as_decoded = true,
        .keyframes = camera->detector.keyframes,
        .rate_hz = camera->detector.rate_hz,
    };
    if (!options.start_us && camera->start &&
        clock_wall_parse(camera->start, &options.start_us, err) < 0)
        return -EINVAL;
    return capture_create(&options, &loop->capture, err);
}

/* The first frame tells the picture's size; later ones must keep it. */
static int check_frame_size(struct camera_loop *loop, const struct frame *frame, struct error *err)
{
    uint32_t width, height;
    calibration_size(loop->calibration, &width, &height);
    if (frame->width != width || frame->height != height)
        return error_set(
            err, -EINVAL,
            "camera %s: its pictures are %ux%u but %s is for %ux%u; calibrate again or "
            "correct image = { width, height }",
            loop->options->camera->id, frame->width, frame->height,
            loop->options->camera->calibration, width, height);
    if (loop->state == CAMERA_RUNNING)
        return 0;
    loop->width = frame->width;
    loop->height = frame->height;
    loop->view = (struct box_px){ frame->left, frame->top, frame->left + frame->image->width,
                                  frame->top + frame->image->height };
    loop->state = CAMERA_RUNNING;
    struct detector_info info = camera_eye_info(loop->eye);
    char url[URL_WORDS_SIZE];
    log_info("watching %s view=%ux%u+%u+%u engine=%s model=%s input=%ux%u",
             av_words_url(loop->options->camera->url, url), frame->image->width,
             frame->image->height, frame->left, frame->top, info.engine, info.model_id, info.width,
             info.height);
    camera_report_send(loop);
    return 0;
}

static int save_still(struct camera_loop *loop, const struct frame *frame, struct error *err)
{
    if (!loop->options->still_path || loop->still_saved)
        return 0;
    loop->still_saved = true;
    log_warning("debug: saving a picture that may show people file=%s", loop->options->still_path);
    AUTO(image_unref) struct image *rgb = NULL;
    int r = image_to_rgb(frame->image, &rgb);
    return r < 0 ? r : image_write_png(rgb, loop->options->still_path, err);
}

static void write_csv(struct camera_loop *loop, const struct frame *frame,
                      const struct detection *d)
{
    struct box_px box = d->box;
    if (loop->csv)
        fprintf(loop->csv, "%llu,%.5f,%.5f,%s,%.4f\n", (unsigned long long) frame->index,
                (box.left + box.right) / 2 / frame->width,
                (box.top + box.bottom) / 2 / frame->height,
                d->object_class == DETECTION_HEAD ? "head" : "person", (double) d->score);
}

static int publish(struct camera_loop *loop, const struct frame *frame, const struct sight *sight)
{
    if (!loop->publisher)
        return 0;
    struct detector_info info = camera_eye_info(loop->eye);
    struct observation_frame message = {
        .capture_us = frame->capture_us,
        .receive_us = frame->receive_us,
        .clock_source = (enum clock_source) frame->clock,
        .width = frame->width,
        .height = frame->height,
        .model_width = info.width,
        .model_height = info.height,
        .flags = sight->flags,
        .observations = sight->observations,
        .observation_count = sight->observation_count,
    };
    (void) snprintf(message.store, ID_SIZE, "%s", loop->options->config->store.id);
    (void) snprintf(message.floor, ID_SIZE, "%s", loop->options->camera->floor);
    (void) snprintf(message.camera, ID_SIZE, "%s", loop->options->camera->id);
    (void) snprintf(message.model_id, ID_SIZE, "%s", info.model_id);
    (void) snprintf(message.calibration_version, sizeof(message.calibration_version), "%s",
                    calibration_version(loop->calibration));
    int r = publisher_send_frame(loop->publisher, &message);
    return r == -EAGAIN ? 0 : r; /* the publisher counts what a full queue drops */
}

/* Who is in a frame; in a picture that cannot be believed, nobody is looked for. */
static int look(struct camera_loop *loop, const struct frame *frame, struct sight *ret_sight,
                struct error *err)
{
    int changed = camera_watch_see(loop->watch, frame);
    if (changed < 0)
        return error_set(err, changed, "out of memory");
    if (changed)
        camera_report_send(loop);
    if (camera_watch_is_suspicious(loop->watch)) {
        *ret_sight = (struct sight){ .flags = FRAME_PICTURE_SUSPICIOUS };
        return 0;
    }
    int64_t before_ns = clock_mono_ns();
    int r = camera_eye_look(loop->eye, frame, ret_sight);
    loop->detect_ns += clock_mono_ns() - before_ns;
    return r < 0 ? error_set(err, r, "the detector failed: %s", strerror(-r)) : 0;
}

static int process_frame(struct camera_loop *loop, const struct frame *frame, struct error *err)
{
    struct sight sight;
    int r = check_frame_size(loop, frame, err);
    if (r == 0)
        r = save_still(loop, frame, err);
    if (r == 0)
        r = look(loop, frame, &sight, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < sight.found.count; i++)
        write_csv(loop, frame, &sight.found.items[i]);
    loop->counts.frames_published++;
    loop->counts.frames_rested += (sight.flags & FRAME_SKIPPED_BY_GATE) != 0;
    loop->counts.observations += sight.observation_count;
    int64_t before_ns = clock_mono_ns();
    r = publish(loop, frame, &sight);
    loop->publish_ns += clock_mono_ns() - before_ns;
    return r < 0 ? error_set(err, r, "could not publish: %s", strerror(-r)) : 0;
}

/* Log a lost or regained stream once, and let fusion know. */
static void note_capture_state(struct camera_loop *loop)
{
    struct capture_status status = capture_status(loop->capture);
    if (status.state == CAPTURE_RETRYING && loop->state != CAMERA_LOST) {
        loop->state = CAMERA_LOST;
        log_warning("%s; trying again until it is back", status.detail);
        camera_report_send(loop);
    }
}

static int take_frames(struct camera_loop *loop, struct error *err)
{
    struct frame frame;
    int r = capture_next(loop->capture, &frame);
    if (r == 1) {
        r = process_frame(loop, &frame, err);
        image_unref(&frame.image);
        return r;
    }
    note_capture_state(loop);
    if (r == -ENODATA) {
        loop->state = CAMERA_ENDED;
        loop->stop = true;
        return 0;
    }
    if (r < 0)
        return error_set(err, r, "camera %s: %s", loop->options->camera->id,
                         capture_status(loop->capture).detail);
    return 0;
}

static int start_capture_when_heard(struct camera_loop *loop, int64_t give_up_ns, struct error *err)
{
    if (loop->capture)
        return 0;
    bool heard = !loop->publisher || publisher_has_subscriber(loop->publisher);
    if (!heard && clock_mono_ns() < give_up_ns && capture_is_recording(loop->options->camera->url))
        return 0;
    return open_capture(loop, err);
}

static int handle_publisher(struct camera_loop *loop)
{
    bool joined = false;
    int r = publisher_read_events(loop->publisher, &joined);
    if (r == 0 && joined)
        camera_report_send(loop);
    return r;
}

static void answer_replays(struct camera_loop *loop)
{
    int r = publisher_answer_replays(loop->publisher);
    if (r < 0)
        log_warning("could not answer what fusion asks for; it will ask again: %s", strerror(-r));
}

/*
 * Between two frames: from the next one on the camera file is taken as it is now. Fusion hears of
 * it before the first frame that was placed by it. A file that is no good changes nothing.
 */
static void reload_calibration(struct camera_loop *loop)
{
    AUTO(calibration_destroy) struct calibration *fresh = NULL;
    struct error err;
    uint32_t width, height, fresh_width, fresh_height;
    if (load_calibration(loop, &fresh, &err) < 0) {
        log_error("the calibration stays as it was: %s", err.text);
        return;
    }
    calibration_size(loop->calibration, &width, &height);
    calibration_size(fresh, &fresh_width, &fresh_height);
    if (fresh_width != width || fresh_height != height) {
        log_error("the calibration stays as it was: %s is for pictures of %ux%u now, the camera's "
                  "are %ux%u; calibrate again or correct image = { width, height }",
                  loop->options->camera->calibration, fresh_width, fresh_height, width, height);
        return;
    }
    const char *was = calibration_version(loop->calibration), *is = calibration_version(fresh);
    if (camera_watch_reload(loop->watch, fresh) < 0)
        log_error("could not read the signature again: out of memory");
    if (strcmp(was, is) == 0) {
        log_info("the calibration is the same as before calibration=%.12s", is);
        return;
    }
    log_info("new calibration was=%.12s calibration=%.12s note=\"%s\"", was, is,
             calibration_note(fresh));
    camera_eye_set_calibration(loop->eye, fresh);
    struct calibration *old = loop->calibration;
    loop->calibration = fresh;
    fresh = old; /* goes */
    camera_report_send(loop);
}

/* Keys that were replaced are taken by a new connection; the old one may be shut any time. */
static void renew_keys(struct camera_loop *loop)
{
    struct error err = { "" };
    if (!loop->publisher || !loop->keys.own_path)
        return;
    int r = client_keys_refresh(&loop->keys, &err);
    if (r == 1)
        r = publisher_renew(loop->publisher, &loop->keys.security, &err);
    else if (r == 0)
        return;
    if (r < 0)
        log_error("the keys stay as they were: %s", err.text);
    else
        log_info("new keys; connecting again key=%.8s", loop->keys.security.public_key);
}

static void handle_signals(struct camera_loop *loop)
{
    for (int number; (number = signals_next(loop->signal_fd)) != 0;) {
        if (number == SIGTERM || number == SIGINT)
            loop->stop = true;
        else if (number == SIGHUP) {
            notify_reloading();
            reload_calibration(loop);
            renew_keys(loop);
            notify_ready("camera %s is %s", loop->options->camera->id,
                         camera_state_words(loop->state));
        }
    }
}

static int turn(struct camera_loop *loop, int64_t give_up_ns, struct error *err)
{
    int r = start_capture_when_heard(loop, give_up_ns, err);
    if (r < 0)
        return r;
    zmq_pollitem_t items[4] = {
        { .fd = loop->signal_fd, .events = ZMQ_POLLIN },
    };
    int count = 1, capture_item = 0, publisher_item = 0, replay_item = 0;
    if (loop->capture) {
        capture_item = count;
        items[count++] = (zmq_pollitem_t){ .fd = capture_fd(loop->capture), .events = ZMQ_POLLIN };
    }
    if (loop->publisher) {
        publisher_item = count;
        items[count++] =
            (zmq_pollitem_t){ .socket = publisher_socket(loop->publisher), .events = ZMQ_POLLIN };
        replay_item = count;
        items[count++] = (zmq_pollitem_t){ .socket = publisher_replay_socket(loop->publisher),
                                           .events = ZMQ_POLLIN };
    }
    int64_t wait_ns = loop->next_report_ns - clock_mono_ns();
    if (!loop->capture && wait_ns > 100 * NS_PER_MS)
        wait_ns = 100 * NS_PER_MS;
    if (zmq_poll(items, count, wait_ns < 0 ? 0 : (long) (wait_ns / NS_PER_MS) + 1) < 0 &&
        errno != EINTR)
        return error_set(err, -errno, "could not wait: %s", zmq_strerror(errno));
    notify_turn(clock_mono_ns());
    handle_signals(loop);
    if (publisher_item && items[publisher_item].revents) {
        r = handle_publisher(loop);
        if (r < 0)
            return error_set(err, r, "could not read who listens: %s", strerror(-r));
    }
    if (replay_item && items[replay_item].revents)
        answer_replays(loop);
    if (capture_item && items[capture_item].revents && !loop->stop)
        r = take_frames(loop, err);
    if (clock_mono_ns() >= loop->next_report_ns) {
        renew_keys(loop);
        camera_report_send(loop);
    }
    return r;
}

static int open_all(struct camera_loop *loop, struct error *err)
{
    loop->signal_fd = signals_open();
    if (loop->signal_fd < 0)
        return error_set(err, loop->signal_fd, "could not open a signalfd");
    int r = open_csv(loop, err);
    if (r == 0)
        r = camera_confine(loop->options, err); /* before there are threads */
    if (r == 0)
        r = load_calibration(loop, &loop->calibration, err);
    if (r == 0)
        r = camera_eye_create(loop->options->camera, loop->calibration, loop->options->engine,
                              &loop->eye, err);
    if (r == 0 && camera_watch_create(loop->options->camera, loop->calibration, &loop->watch) < 0)
        r = error_set(err, -ENOMEM, "out of memory");
    if (r == 0)
        r = camera_report_open(loop, err);
    return r;
}

/*
 * Fusion is told that this camera has ended, again and again; stay until it has asked for what it
 * may have missed of the last frames. Another SIGTERM or SIGINT ends the wait.
 */
static void wait_for_last_replay(struct camera_loop *loop)
{
    int64_t give_up_ns = clock_mono_ns() + LAST_REPLAY_WAIT_NS, now_ns;
    uint64_t replays = publisher_counts(loop->publisher).replays;
    loop->stop = false;
    while (!loop->stop && !publisher_all_taken(loop->publisher) &&
           (now_ns = clock_mono_ns()) < give_up_ns) {
        zmq_pollitem_t items[] = {
            { .fd = loop->signal_fd, .events = ZMQ_POLLIN },
            { .socket = publisher_socket(loop->publisher), .events = ZMQ_POLLIN },
            { .socket = publisher_replay_socket(loop->publisher), .events = ZMQ_POLLIN },
        };
        int64_t wait_ns = loop->next_report_ns - now_ns;
        if (zmq_poll(items, (int) ARRAY_LENGTH(items),
                     wait_ns < 0 ? 0 : (long) (wait_ns / NS_PER_MS) + 1) < 0 &&
            errno != EINTR)
            return;
        handle_signals(loop);
        if (items[1].revents && handle_publisher(loop) < 0)
            return;
        if (items[2].revents)
            answer_replays(loop);
        if (clock_mono_ns() >= loop->next_report_ns)
            camera_report_send(loop);
        if (publisher_counts(loop->publisher).replays != replays)
            give_up_ns = clock_mono_ns() + LAST_REPLAY_WAIT_NS;
        replays = publisher_counts(loop->publisher).replays;
    }
    if (!publisher_all_taken(loop->publisher))
        log_info("fusion has not asked for the last frames; they wait in state_dir for the next "
                 "start state_dir=%s",
                 loop->options->config->state_dir);
}

static int close_all(struct camera_loop *loop, int r, struct error *err)
{
    notify_stopping();
    if (loop->publisher) {
        if (loop->state != CAMERA_ENDED)
            loop->state = CAMERA_LOST;
        camera_report_send(loop);
        if (r == 0)
            wait_for_last_replay(loop);
        publisher_destroy(&loop->publisher, r < 0 ? 100 : CAMERA_LINGER_MS);
    }
    client_keys_release(&loop->keys);
    capture_destroy(&loop->capture);
    camera_eye_destroy(&loop->eye);
    camera_watch_destroy(&loop->watch);
    calibration_destroy(&loop->calibration);
    if (loop->signal_fd >= 0)
        (void) close(loop->signal_fd);
    if (loop->csv && (ferror(loop->csv) | fclose(loop->csv)) && r == 0)
        r = error_set(err, -EIO, "could not write %s", loop->options->csv_path);
    return r;
}

static double per_frame_ms(const struct camera_loop *loop, int64_t ns)
{
    uint64_t frames = loop->counts.frames_published;
    return frames ? (double) ns / NS_PER_MS / (double) frames : 0;
}

/* What it has done, and where the time of a frame went. */
static void log_end(const struct camera_loop *loop)
{
    const struct eye_times t = camera_eye_times(loop->eye);
    log_info("stopped frames=%llu rested=%llu observations=%llu",
             (unsigned long long) loop->counts.frames_published,
             (unsigned long long) loop->counts.frames_rested,
             (unsigned long long) loop->counts.observations);
    log_info("time of a frame decode_ms=%.3f gate_ms=%.3f resize_ms=%.3f network_ms=%.3f "
             "boxes_ms=%.3f floor_ms=%.3f publish_ms=%.3f watch_ms=%.3f",
             camera_capture_status(loop).decode_ms, per_frame_ms(loop, t.gate_ns),
             per_frame_ms(loop, t.detector.resize_ns), per_frame_ms(loop, t.detector.network_ns),
             per_frame_ms(loop, t.detector.boxes_ns), per_frame_ms(loop, t.floor_ns),
             per_frame_ms(loop, loop->publish_ns),
             per_frame_ms(loop, camera_watch_total_ns(loop->watch)));
}

int camera_loop_run(const struct camera_loop_options *options, struct error *err)
{
    struct camera_loop loop = { .options = options, .signal_fd = -1, .state = CAMERA_STARTING };
    int r = open_all(&loop, err);
    int64_t give_up_ns = clock_mono_ns() + LISTENER_WAIT_NS;
    loop.next_report_ns = clock_mono_ns() + CAMERA_REPORT_INTERVAL_NS;
    if (r == 0)
        notify_ready("camera %s is %s", options->camera->id, camera_state_words(loop.state));
    while (r == 0 && !loop.stop)
        r = turn(&loop, give_up_ns, err);
    if (r == 0)
        log_end(&loop);
    return close_all(&loop, r, err);
}
