/*
 * fusion_loop.c - the life of a fusion program
 */
#include "programs/fusion_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "calib/watch.h"
#include "programs/floors.h"
#include "programs/fusion_report.h"
#include "programs/start.h"
#include "programs/track_csv.h"
#include "storage/cluster.h"

/* Messages taken in one turn before time is looked at again. */
#define MESSAGES_PER_TURN 1000

/* How long the database may take for the last buckets when the program ends. */
#define FLUSH_TIMEOUT_MS 30000

/* With --until-ended, how long the cameras may take to join. */
#define JOIN_WAIT_NS (60 * NS_PER_S)

static void write_tick(void *context, const struct tick_report *report)
{
    struct fusion_floor *floor = context;
    FILE *out = floor->loop->tracks;
    for (size_t i = 0; out && i < report->track_count; i++) {
        track_csv_write(out, report->tick_us, &report->tracks[i]);
        fprintf(out, ",%s\n", floor->config->id);
    }
}

static void store_bucket(void *context, struct heat_bucket *bucket)
{
    struct fusion_loop *loop = ((struct fusion_floor *) context)->loop;
    loop->buckets++;
    if (!loop->writer)
        heat_bucket_destroy(&bucket);
    else if (storage_writer_put_take(loop->writer, &bucket) < 0)
        log_error("dropped a heat bucket: the queue to the database is full");
}

static int open_floors(struct fusion_loop *loop, struct error *err)
{
    const struct store_config *config = loop->options->config;
    loop->floor_count = config->floors.count;
    loop->floors = calloc(loop->floor_count, sizeof(*loop->floors));
    if (!loop->floors)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < loop->floor_count; i++) {
        struct fusion_floor *floor = &loop->floors[i];
        floor->config = &store_config_floors(config)[i];
        floor->loop = loop;
        int r = floor_load_map(floor->config, &floor->map, err);
        if (r == 0)
            r = floor_check_cells(floor->map, floor->config->id, config->heat.cell_m, err);
        if (r < 0)
            return r;
        struct fusion_sink sink = { .context = floor,
                                    .settled = write_tick,
                                    .bucket = store_bucket };
        r = fusion_create(config->store.id, floor->config->id, floor->map, &config->fusion,
                          &config->heat, &sink, &floor->fusion, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static struct fusion_floor *find_floor(struct fusion_loop *loop, const char *id)
{
    for (size_t i = 0; i < loop->floor_count; i++)
        if (strcmp(loop->floors[i].config->id, id) == 0)
            return &loop->floors[i];
    return NULL;
}

static int open_cameras(struct fusion_loop *loop, struct error *err)
{
    const struct store_config *config = loop->options->config;
    loop->camera_count = config->cameras.count;
    loop->cameras = calloc(loop->camera_count + 1, sizeof(*loop->cameras));
    if (!loop->cameras)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < loop->camera_count; i++) {
        loop->cameras[i].config = &store_config_cameras(config)[i];
        loop->cameras[i].floor = find_floor(loop, loop->cameras[i].config->floor);
    }
    return 0;
}

static struct fusion_camera *find_camera(struct fusion_loop *loop, const char *id)
{
    for (size_t i = 0; i < loop->camera_count; i++)
        if (strcmp(loop->cameras[i].config->id, id) == 0)
            return &loop->cameras[i];
    loop->strangers++;
    return NULL;
}

static int open_tracks(struct fusion_loop *loop, struct error *err)
{
    const char *path = loop->options->tracks_path;
    if (!path)
        return 0;
    loop->tracks = fopen(path, "we");
    if (!loop->tracks)
        return error_set(err, -errno, "could not write %s: %s", path, strerror(errno));
    track_csv_write_header(loop->tracks);
    fprintf(loop->tracks, ",floor\n");
    return 0;
}

static int open_writer(struct fusion_loop *loop, struct error *err)
{
    const struct store_config *config = loop->options->config;
    if (loop->options->no_database)
        return 0;
    char *conninfo = storage_conninfo(config);
    if (!conninfo)
        return error_set(err, -ENOMEM, "out of memory");
    struct storage_writer_options options = {
        .conninfo = conninfo,
        .chain = config->chain,
        .store = config->store.id,
        .timezone = config->store.timezone,
        .store_key = store_config_key(config),
        .bucket_s = config->heat.bucket_s,
        .visit_s = config->heat.visit_s,
        .cell_m = config->heat.cell_m,
        .zone_hysteresis_m = config->heat.zone_hysteresis_m,
        .opening = &config->store.opening,
        .retention = { .bucket_days = config->retention.bucket_days,
                       .hour_days = config->retention.hour_days,
                       .day_days = config->retention.day_days },
    };
    int r = storage_writer_create(&options, &loop->writer, err);
    for (size_t i = 0; r == 0 && i < loop->floor_count; i++)
        r = storage_writer_set_floor(loop->writer, loop->floors[i].config->id, loop->floors[i].map,
                                     err);
    free(conninfo);
    return r;
}

/* Two fusion programs of one store would both write its buckets. */
static int take_lock(struct fusion_loop *loop, struct error *err)
{
    const char *folder = loop->options->config->run_dir;
    char path[512];
    int r = file_make_folder(folder, 0755, err);
    if (r < 0)
        return r;
    (void) snprintf(path, sizeof(path), "%s/fusion.lock", folder);
    loop->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (loop->lock_fd < 0)
        return error_set(err, -errno, "could not open %s: %s", path, strerror(errno));
    if (flock(loop->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return error_set(err, -EBUSY,
                         "another floorfuse-fusion of store %s is running (it holds %s); stop it "
                         "first",
                         loop->options->config->store.id, path);
    return 0;
}

static int open_sockets(struct fusion_loop *loop, struct error *err)
{
    const struct store_config *config = loop->options->config;
    seal_say_plain(config);
    int r = seal_open_gate(config, &loop->gatekeeper, err);
    if (r == 0)
        r = status_server_create_guarded(
            config->wire.status, seal_gate_of(config, loop->gatekeeper, config->wire.status),
            &loop->status, err);
    if (r == 0)
        r = subscriber_create_guarded(
            config->wire.endpoint, config->store.id, config->wire.high_water_mark,
            seal_gate_of(config, loop->gatekeeper, config->wire.endpoint), &loop->subscriber, err);
    return r;
}

static int open_all(struct fusion_loop *loop, struct error *err)
{
    loop->signal_fd = signals_open();
    if (loop->signal_fd < 0)
        return error_set(err, loop->signal_fd, "could not open a signalfd");
    int r = take_lock(loop, err);
    if (r == 0)
        r = open_floors(loop, err);
    if (r == 0)
        r = open_cameras(loop, err);
    if (r == 0)
        r = open_tracks(loop, err);
    if (r == 0)
        r = open_writer(loop, err);
    if (r == 0)
        r = open_sockets(loop, err);
    return r;
}

/* The database keeps every version. */
static void keep_calibration(const struct fusion_loop *loop, const char *camera,
                             const struct calibration *calibration)
{
    const char *author = calibration_author(calibration), *note = calibration_note(calibration);
    const struct storage_calibration record = {
        .camera = camera,
        .version = calibration_version(calibration),
        .text = calibration_text(calibration),
        .author = author[0] ? author : NULL,
        .note = note[0] ? note : NULL,
        .valid_from_us = calibration_valid_from_us(calibration),
    };
    if (loop->writer && storage_writer_put_calibration(loop->writer, &record) < 0)
        log_error("the calibration of camera %s is not kept: the queue to the database is full",
                  camera);
}

/* A new or changed calibration tells fusion what the camera can see. */
static int learn_view(const struct fusion_loop *loop, struct fusion_camera *camera,
                      const struct camera_hello *hello)
{
    bool known = camera->calibration &&
                 strcmp(hello->calibration_version, camera->hello.calibration_version) == 0 &&
                 memcmp(&hello->view, &camera->hello.view, sizeof(hello->view)) == 0;
    if (known || hello->width == 0)
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
    calibration_expect_people(calibration, people_of(loop->options->config));
    calibration_destroy(&camera->calibration);
    camera->calibration = calibration;
    keep_calibration(loop, camera->config->id, calibration);
    log_info("camera joined camera=%s floor=%s view=%gx%g calibration=%.12s", hello->camera,
             camera->config->floor, hello->view.right - hello->view.left,
             hello->view.bottom - hello->view.top, hello->calibration_version);
    const struct watch watch = watch_of(camera->config);
    return fusion_set_camera(camera->floor->fusion, camera->config->id, calibration, hello->view,
                             &watch, camera->config->foot_sd_px);
}

static int take_hello(struct fusion_loop *loop, struct camera_hello *hello)
{
    struct fusion_camera *camera = find_camera(loop, hello->camera);
    if (!camera)
        return 0;
    int r = learn_view(loop, camera, hello);
    sequence_tracker_note_tail(&camera->sequence, hello->boot_id, hello->next_sequence);
    if (camera->hello.boot_id && camera->hello.boot_id != hello->boot_id)
        camera->published_before += camera->hello.next_sequence;
    if (hello->state != camera->hello.state)
        log_info("camera is %s camera=%s %s",
                 hello->state == CAMERA_ENDED     ? "at the end of its recording"
                 : hello->state == CAMERA_LOST    ? "without its stream"
                 : hello->state == CAMERA_RUNNING ? "running"
                                                  : "starting",
                 hello->camera, hello->detail);
    camera_hello_release(&camera->hello);
    camera->hello = *hello;
    memset(hello, 0, sizeof(*hello)); /* its text is ours now */
    if (camera->hello.state == CAMERA_ENDED || camera->hello.state == CAMERA_LOST)
        fusion_camera_ended(camera->floor->fusion, camera->config->id);
    return r;
}

static int take_frame(struct fusion_loop *loop, const struct observation_frame *frame)
{
    struct fusion_camera *camera = find_camera(loop, frame->camera);
    if (!camera)
        return 0;
    if (sequence_tracker_note(&camera->sequence, frame->boot_id, frame->sequence) ==
        SEQUENCE_DUPLICATE)
        return 0;
    fusion_camera_missed(camera->floor->fusion, camera->config->id, camera->sequence.missed);
    camera->observations += frame->observation_count;
    int r = fusion_push(camera->floor->fusion, frame, clock_mono_ns());
    return r == -ENOMEM ? r : 0; /* what is late or unknown is counted there */
}

static int take_message(struct fusion_loop *loop, struct message *message)
{
    switch (message->kind) {
    case MESSAGE_FRAME:
        return take_frame(loop, &message->frame);
    case MESSAGE_HELLO:
        return take_hello(loop, &message->hello);
    case MESSAGE_HEALTH: {
        struct fusion_camera *camera = find_camera(loop, message->health.camera);
        if (camera)
            camera->health = message->health;
        return 0;
    }
    case MESSAGE_NONE:
        break;
    }
    return 0;
}

static int receive(struct fusion_loop *loop)
{
    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        struct message message;
        int r = subscriber_receive(loop->subscriber, &message);
        if (r <= 0)
            return r;
        r = take_message(loop, &message);
        message_release(&message);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Recordings that are played as fast as they go must not run ahead of a camera that is still
 * loading. */
static bool everybody_is_here(const struct fusion_loop *loop)
{
    for (size_t i = 0; i < loop->camera_count; i++)
        if (!loop->cameras[i].calibration)
            return clock_mono_ns() > loop->started_ns + JOIN_WAIT_NS;
    return true;
}

static int advance(struct fusion_loop *loop)
{
    if (loop->options->until_ended && !everybody_is_here(loop))
        return 0;
    for (size_t i = 0; i < loop->floor_count; i++) {
        int r = fusion_advance(loop->floors[i].fusion, clock_mono_ns());
        if (r < 0)
            return r;
    }
    return 0;
}

static bool all_ended(const struct fusion_loop *loop)
{
    for (size_t i = 0; i < loop->camera_count; i++)
        if (loop->cameras[i].hello.state != CAMERA_ENDED)
            return false;
    return true;
}

/* How long the loop may sleep: until a tick is due, at most a second. */
static long wait_ms(const struct fusion_loop *loop)
{
    int64_t now_ns = clock_mono_ns(), until_ns = now_ns + NS_PER_S;
    for (size_t i = 0; i < loop->floor_count; i++) {
        int64_t due_ns = fusion_next_deadline_mono_ns(loop->floors[i].fusion);
        if (due_ns < until_ns)
            until_ns = due_ns;
    }
    return until_ns <= now_ns ? 0 : (long) ((until_ns - now_ns) / NS_PER_MS) + 1;
}

static char *status_text(void *context)
{
    return fusion_report(context);
}

static void handle_signals(struct fusion_loop *loop)
{
    for (int number; (number = signals_next(loop->signal_fd)) != 0;)
        if (number == SIGTERM || number == SIGINT)
            loop->stop = true;
}

static int turn(struct fusion_loop *loop, struct error *err)
{
    zmq_pollitem_t items[] = {
        { .socket = subscriber_socket(loop->subscriber), .events = ZMQ_POLLIN },
        { .socket = status_server_socket(loop->status), .events = ZMQ_POLLIN },
        { .fd = loop->signal_fd, .events = ZMQ_POLLIN },
    };
    if (zmq_poll(items, ARRAY_LENGTH(items), wait_ms(loop)) < 0 && errno != EINTR)
        return error_set(err, -errno, "could not wait: %s", zmq_strerror(errno));
    handle_signals(loop);
    int r = receive(loop);
    seal_log_refusals(&loop->seal_log, loop->gatekeeper, loop->subscriber);
    if (r == 0)
        r = advance(loop);
    if (r == 0 && items[1].revents)
        r = status_server_answer(loop->status, status_text, loop);
    if (loop->options->until_ended && all_ended(loop))
        loop->stop = true;
    return r < 0 ? error_set(err, r, "fusion failed: %s", strerror(-r)) : 0;
}

/* Close what is open, so that no bucket and no tick is left behind. */
static int finish(struct fusion_loop *loop, struct error *err)
{
    int r = receive(loop);
    for (size_t i = 0; r == 0 && i < loop->floor_count; i++)
        r = fusion_finish(loop->floors[i].fusion);
    if (r < 0)
        return error_set(err, r, "fusion failed at the end: %s", strerror(-r));
    if (loop->writer && storage_writer_flush(loop->writer, FLUSH_TIMEOUT_MS) < 0)
        r = error_set(err, -ETIMEDOUT, "the database did not take the last heat buckets: %s",
                      storage_writer_counts(loop->writer).last_error);
    loop->seal_log.next_ns = 0; /* what the minute has not told yet */
    seal_log_refusals(&loop->seal_log, loop->gatekeeper, loop->subscriber);
    fusion_report_findings(loop);
    if (!loop->options->summary_path)
        return r;
    char *summary = fusion_report(loop);
    if (!summary)
        return error_set(err, -ENOMEM, "out of memory");
    int written = file_write(loop->options->summary_path, summary, strlen(summary), 0644, err);
    free(summary);
    return r < 0 ? r : written;
}

static int close_all(struct fusion_loop *loop, int r, struct error *err)
{
    if (loop->tracks && (ferror(loop->tracks) | fclose(loop->tracks)) && r == 0)
        r = error_set(err, -EIO, "could not write %s", loop->options->tracks_path);
    subscriber_destroy(&loop->subscriber);
    status_server_destroy(&loop->status);
    gatekeeper_destroy(&loop->gatekeeper); /* after the sockets it guards */
    storage_writer_destroy(&loop->writer);
    for (size_t i = 0; loop->floors && i < loop->floor_count; i++) {
        fusion_destroy(&loop->floors[i].fusion);
        floor_map_destroy(&loop->floors[i].map);
    }
    for (size_t i = 0; loop->cameras && i < loop->camera_count; i++) {
        calibration_destroy(&loop->cameras[i].calibration);
        camera_hello_release(&loop->cameras[i].hello);
    }
    free(loop->floors);
    free(loop->cameras);
    if (loop->lock_fd >= 0)
        (void) close(loop->lock_fd);
    if (loop->signal_fd >= 0)
        (void) close(loop->signal_fd);
    return r;
}

int fusion_loop_run(const struct fusion_loop_options *options, struct error *err)
{
    struct fusion_loop loop = {
        .options = options, .signal_fd = -1, .lock_fd = -1, .started_ns = clock_mono_ns()
    };
    int r = open_all(&loop, err);
    if (r == 0)
        log_info("ready store=%s cameras=%zu floors=%zu endpoint=%s", options->config->store.id,
                 loop.camera_count, loop.floor_count, options->config->wire.endpoint);
    while (r == 0 && !loop.stop)
        r = turn(&loop, err);
    if (r == 0)
        r = finish(&loop, err);
    return close_all(&loop, r, err);
}
