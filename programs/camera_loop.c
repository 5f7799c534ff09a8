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
#include "calib/calibration.h"
#include "calib/watch.h"
#include "capture/av_words.h"
#include "capture/capture.h"
#include "programs/camera_confine.h"
#include "programs/camera_eye.h"
#include "programs/camera_watch.h"
#include "programs/seal.h"
#include "programs/start.h"
#include "wire/publisher.h"

/* How often a camera says who and how it is. */
#define REPORT_INTERVAL_NS (2 * NS_PER_S)

/* A recording waits this long for fusion before it plays to nobody. */
#define LISTENER_WAIT_NS (30 * NS_PER_S)

/* How long the last messages may take to leave at the end. */
#define LINGER_MS 10000

/* How long fusion is given at the end to ask for what it missed, and after each answer. */
#define LAST_REPLAY_WAIT_NS (10 * NS_PER_S)

/* A ring that cannot be written to is told of this often. */
#define RING_TROUBLE_INTERVAL_NS (60 * NS_PER_S)

struct camera_loop {
    const struct camera_loop_options *options;
    struct calibration *calibration;
    struct camera_eye *eye;
    struct camera_watch *watch;
    struct publisher *publisher; /* NULL with --no-publish */
    struct client_keys keys;     /* zeroed in plain text */
    struct capture *capture;     /* NULL until somebody listens */
    FILE *csv;
    int signal_fd;
    enum camera_state state;
    uint32_t width, height; /* full frame px; 0 before the first frame */
    struct box_px view;
    struct camera_health counts;
    int64_t detect_ns, publish_ns, next_report_ns, next_ring_trouble_ns;
    uint64_t unkept_told; /* messages that the ring did not take, as of the last line about it */
    bool still_saved, stop;
};

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

/* The caller's to free(); NULL when out of memory. */
static char *ring_folder(const struct store_config *config, const char *camera)
{
    char *folder;
    return asprintf(&folder, "%s/ring/%s", config->state_dir, camera) < 0 ? NULL : folder;
}

/* How the ring was found. */
static void tell_ring(const struct publisher_options *options, struct ring_counts counts)
{
    if (counts.damaged > 0)
        log_warning("the ring of last messages has damaged places; what was there cannot be "
                    "replayed folder=%s places=%llu",
                    options->ring_folder, (unsigned long long) counts.damaged);
    if (counts.torn_bytes > 0)
        log_info("cut the unfinished end off the ring of last messages folder=%s bytes=%llu",
                 options->ring_folder, (unsigned long long) counts.torn_bytes);
}

static int open_publisher(struct camera_loop *loop, struct error *err)
{
    const struct store_config *config = loop->options->config;
    if (loop->options->no_publish)
        return 0;
    seal_say_plain(config);
    int r = seal_load_keys(config, loop->options->camera->id, &loop->keys, err);
    if (r < 0)
        return r;
    char *folder = ring_folder(config, loop->options->camera->id);
    if (!folder)
        return error_set(err, -ENOMEM, "out of memory");
    const struct publisher_options options = {
        .endpoint = config->wire.endpoint,
        .store = config->store.id,
        .camera = loop->options->camera->id,
        .send_hwm = config->wire.high_water_mark,
        .replay_endpoint = config->wire.replay,
        .ring_folder = folder,
        .ring_bytes_max = (uint64_t) config->wire.ring_mb * 1024 * 1024,
        .ring_age_us = config->wire.ring_minutes * 60 * US_PER_S,
        .security = seal_of(config, &loop->keys, config->wire.endpoint),
        .replay_security = seal_of(config, &loop->keys, config->wire.replay),
    };
    r = publisher_create(&options, &loop->publisher, err);
    free(folder);
    if (r < 0)
        return r;
    if (capture_is_recording(loop->options->camera->url))
        publisher_set_patience_ms(loop->publisher, LINGER_MS);
    tell_ring(&options, publisher_ring_counts(loop->publisher));
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

/* All zero before somebody listens. */
static struct capture_status capture_status_of(const struct camera_loop *loop)
{
    return loop->capture ? capture_status(loop->capture) : (struct capture_status){ 0 };
}

static void fill_hello(const struct camera_loop *loop, struct camera_hello *hello)
{
    struct detector_info info = camera_eye_info(loop->eye);
    *hello = (struct camera_hello){
        .state = loop->state,
        .width = loop->width,
        .height = loop->height,
        .view = loop->view,
        .calibration_text = (char *) calibration_text(loop->calibration), /* borrowed */
    };
    (void) snprintf(hello->store, ID_SIZE, "%s", loop->options->config->store.id);
    (void) snprintf(hello->floor, ID_SIZE, "%s", loop->options->camera->floor);
    (void) snprintf(hello->camera, ID_SIZE, "%s", loop->options->camera->id);
    (void) snprintf(hello->calibration_version, sizeof(hello->calibration_version), "%s",
                    calibration_version(loop->calibration));
    (void) snprintf(hello->engine, ID_SIZE, "%s", info.engine);
    (void) snprintf(hello->model_id, ID_SIZE, "%s", info.model_id);
    camera_watch_words(loop->watch, sizeof(hello->detail), hello->detail);
    const struct capture_status status = capture_status_of(loop);
    if (status.detail[0])
        (void) snprintf(hello->detail, sizeof(hello->detail), "%.255s", status.detail);
}

static void fill_health(struct camera_loop *loop, struct camera_health *health)
{
    *health = loop->counts;
    (void) snprintf(health->store, ID_SIZE, "%s", loop->options->config->store.id);
    (void) snprintf(health->camera, ID_SIZE, "%s", loop->options->camera->id);
    health->state = loop->state;
    health->detect_ms = health->frames_published ? (double) loop->detect_ns / NS_PER_MS /
                                                       (double) health->frames_published
                                                 : 0;
    health->publish_dropped = publisher_counts(loop->publisher).dropped;
    health->ring_unkept = publisher_counts(loop->publisher).unkept;
    const struct capture_status status = capture_status_of(loop);
    health->frames_captured = status.frames;
    health->frames_skipped = status.dropped;
    health->reconnects = status.reconnects;
    health->decode_ms = status.decode_ms;
    camera_watch_fill(loop->watch, health);
}

/* A ring that cannot be written to stops nothing, but then what is lost on the way stays lost. */
static void tell_ring_trouble(struct camera_loop *loop)
{
    struct publisher_counts counts = publisher_counts(loop->publisher);
    int64_t now_ns = clock_mono_ns();
    if (counts.unkept == loop->unkept_told || now_ns < loop->next_ring_trouble_ns)
        return;
    log_error("could not keep messages for a replay: %s; they are published all the same "
              "state_dir=%s messages=%llu",
              strerror(-counts.unkept_error), loop->options->config->state_dir,
              (unsigned long long) (counts.unkept - loop->unkept_told));
    loop->unkept_told = counts.unkept;
    loop->next_ring_trouble_ns = now_ns + RING_TROUBLE_INTERVAL_NS;
}

static const char *state_text(const struct camera_loop *loop)
{
    switch (loop->state) {
    case CAMERA_RUNNING:
        return "running";
    case CAMERA_LOST:
        return "without its stream";
    case CAMERA_ENDED:
        return "at the end of its recording";
    case CAMERA_STARTING:
        break;
    }
    return "waiting for its first picture";
}

/* Say who and how this camera is; a full queue is counted by the publisher. */
static void send_report(struct camera_loop *loop)
{
    const struct capture_status status = capture_status_of(loop);
    loop->next_report_ns = clock_mono_ns() + REPORT_INTERVAL_NS;
    camera_watch_note_clock(loop->watch, &status);
    notify_status("camera %s is %s", loop->options->camera->id, state_text(loop));
    if (!loop->publisher)
        return;
    tell_ring_trouble(loop);
    struct camera_hello hello;
    struct camera_health health;
    fill_hello(loop, &hello);
    (void) !publisher_send_hello(loop->publisher, &hello);
    fill_health(loop, &health);
    (void) !publisher_send_health(loop->publisher, &health);
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
    send_report(loop);
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
        send_report(loop);
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
        send_report(loop);
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
        send_report(loop);
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
    send_report(loop);
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
            notify_ready("camera %s is %s", loop->options->camera->id, state_text(loop));
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
        send_report(loop);
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
        r = open_publisher(loop, err);
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
            send_report(loop);
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
        send_report(loop);
        if (r == 0)
            wait_for_last_replay(loop);
        publisher_destroy(&loop->publisher, r < 0 ? 100 : LINGER_MS);
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
             capture_status_of(loop).decode_ms, per_frame_ms(loop, t.gate_ns),
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
    loop.next_report_ns = clock_mono_ns() + REPORT_INTERVAL_NS;
    if (r == 0)
        notify_ready("camera %s is %s", options->camera->id, state_text(&loop));
    while (r == 0 && !loop.stop)
        r = turn(&loop, give_up_ns, err);
    if (r == 0)
        log_end(&loop);
    return close_all(&loop, r, err);
}
