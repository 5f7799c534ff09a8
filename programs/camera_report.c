/*
 * camera_report.c - what a camera program tells fusion of itself, and by what means
 */
#include "programs/camera_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"

/* A ring that cannot be written to is told of this often. */
#define RING_TROUBLE_INTERVAL_NS (60 * NS_PER_S)

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

int camera_report_open(struct camera_loop *loop, struct error *err)
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
        publisher_set_patience_ms(loop->publisher, CAMERA_LINGER_MS);
    tell_ring(&options, publisher_ring_counts(loop->publisher));
    return 0;
}

struct capture_status camera_capture_status(const struct camera_loop *loop)
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
    const struct capture_status status = camera_capture_status(loop);
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
    const struct capture_status status = camera_capture_status(loop);
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

void camera_report_send(struct camera_loop *loop)
{
    const struct capture_status status = camera_capture_status(loop);
    loop->next_report_ns = clock_mono_ns() + CAMERA_REPORT_INTERVAL_NS;
    camera_watch_note_clock(loop->watch, &status);
    notify_status("camera %s is %s", loop->options->camera->id, camera_state_words(loop->state));
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
