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
#include "base/notify.h"
#include "base/text.h"
#include "programs/fusion_cameras.h"
#include "programs/fusion_floors.h"
#include "programs/fusion_losses.h"
#include "programs/fusion_recovery.h"
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
    AUTO(text_release) struct text spool = TEXT_INIT, refused = TEXT_INIT;
    text_format(&spool, "%s/spool", config->state_dir);
    text_format(&refused, "%s/refused", config->state_dir);
    char *conninfo = storage_conninfo(config);
    if (!conninfo || spool.failed || refused.failed) {
        free(conninfo);
        return error_set(err, -ENOMEM, "out of memory");
    }
    struct storage_writer_options options = {
        .conninfo = conninfo,
        .chain = config->chain,
        .store = config->store.id,
        .timezone = config->store.timezone,
        .store_key = store_config_key(config),
        .spool_folder = spool.bytes,
        .spool_max_mb = config->spool.max_mb,
        .refused_folder = refused.bytes,
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
    if (r == 0)
        storage_writer_begin(loop->writer);
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
        r = replay_desk_create_guarded(config->wire.replay, config->store.id,
                                       seal_gate_of(config, loop->gatekeeper, config->wire.replay),
                                       &loop->replays, err);
    if (r == 0)
        r = subscriber_create_guarded(
            config->wire.endpoint, config->store.id, config->wire.high_water_mark,
            seal_gate_of(config, loop->gatekeeper, config->wire.endpoint), &loop->subscriber, err);
    return r;
}

static int open_all(struct fusion_loop *loop, struct error *err)
{
    const struct store_config *config = loop->options->config;
    loop->signal_fd = signals_open();
    if (loop->signal_fd < 0)
        return error_set(err, loop->signal_fd, "could not open a signalfd");
    int r = take_lock(loop, err);
    if (r == 0)
        r = fusion_floors_open(loop, err);
    if (r == 0)
        r = fusion_cameras_open(loop, loop->run_us, err);
    if (r == 0)
        r = fusion_losses_open(loop, err);
    if (r == 0)
        r = open_tracks(loop, err);
    if (r == 0)
        r = open_writer(loop, err);
    if (r == 0)
        r = fusion_recovery_open(loop, err);
    if (r == 0)
        r = open_sockets(loop, err);
    if (r == 0 && config->status.http)
        r = metrics_server_create(config->status.http, &loop->metrics, err);
    return r;
}

static int receive(struct fusion_loop *loop)
{
    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        struct message message;
        int r = subscriber_receive(loop->subscriber, &message);
        if (r <= 0) {
            loop->flooded = false;
            return r;
        }
        r = fusion_cameras_live(loop, &message);
        if (r < 0)
            return r;
    }
    loop->flooded = true;
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

/* Whoever is asked for what was missed, and of whom not even the view is known yet, would come too
 * late. */
static bool somebody_is_expected(const struct fusion_loop *loop)
{
    if (clock_mono_ns() >= loop->expect_until_ns)
        return false;
    for (size_t i = 0; i < loop->camera_count; i++)
        if (!loop->cameras[i].calibration && intake_is_catching_up(loop->cameras[i].intake))
            return true;
    return false;
}

static int advance(struct fusion_loop *loop)
{
    if ((loop->options->until_ended && !everybody_is_here(loop)) || somebody_is_expected(loop))
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
    const int64_t deadlines_ns[] = { fusion_cameras_deadline_mono_ns(loop),
                                     fusion_recovery_deadline_mono_ns(loop) };
    for (size_t i = 0; i < ARRAY_LENGTH(deadlines_ns); i++)
        if (deadlines_ns[i] < until_ns)
            until_ns = deadlines_ns[i];
    for (size_t i = 0; i < loop->floor_count; i++) {
        int64_t due_ns = fusion_next_deadline_mono_ns(loop->floors[i].fusion);
        if (due_ns < until_ns)
            until_ns = due_ns;
    }
    return until_ns <= now_ns ? 0 : (long) ((until_ns - now_ns) / NS_PER_MS) + 1;
}

static void log_notices(const struct fusion_loop *loop)
{
    struct error notice;
    while (loop->writer && storage_writer_next_notice(loop->writer, &notice))
        log_warning("%s", notice.text);
}

static char *status_text(void *context)
{
    return fusion_report(context);
}

static void handle_signals(struct fusion_loop *loop)
{
    for (int number; (number = signals_next(loop->signal_fd)) != 0;) {
        if (number == SIGTERM || number == SIGINT)
            loop->stop = true;
        else if (number == SIGHUP)
            log_info("there is nothing to reload: keys are read when they change, all else at the "
                     "next start");
    }
}

static int turn(struct fusion_loop *loop, struct error *err)
{
    zmq_pollitem_t items[] = {
        { .socket = subscriber_socket(loop->subscriber), .events = ZMQ_POLLIN },
        { .socket = status_server_socket(loop->status), .events = ZMQ_POLLIN },
        { .socket = replay_desk_socket(loop->replays), .events = ZMQ_POLLIN },
        { .fd = loop->signal_fd, .events = ZMQ_POLLIN },
    };
    if (zmq_poll(items, ARRAY_LENGTH(items), wait_ms(loop)) < 0 && errno != EINTR)
        return error_set(err, -errno, "could not wait: %s", zmq_strerror(errno));
    notify_turn(clock_mono_ns());
    metrics_server_turn(loop->metrics, clock_mono_ns(), status_text, loop);
    handle_signals(loop);
    log_notices(loop);
    int r = receive(loop);
    seal_log_refusals(&loop->seal_log, loop->gatekeeper, loop->subscriber, loop->replays);
    if (r == 0)
        r = fusion_cameras_replay(loop);
    fusion_cameras_judge_clocks(loop);
    if (r == 0)
        r = advance(loop);
    if (r == 0)
        r = fusion_recovery_go_back(loop, err);
    if (r == 0)
        r = fusion_recovery_save_if_due(loop);
    if (r == 0)
        r = fusion_losses_tell_if_due(loop);
    if (r == 0 && items[1].revents)
        r = status_server_answer(loop->status, status_text, loop);
    if (loop->options->until_ended && all_ended(loop))
        loop->stop = true;
    return r < 0 && !err->text[0] ? error_set(err, r, "fusion failed: %s", strerror(-r)) : r;
}

/* What is made of recordings is wanted at once; the live store's last buckets may wait for the next
 * start, as they are on disk. */
static int flush(const struct fusion_loop *loop, struct error *err)
{
    if (!loop->writer || storage_writer_flush(loop->writer, FLUSH_TIMEOUT_MS) == 0)
        return 0;
    const struct storage_writer_counts counts = storage_writer_counts(loop->writer);
    if (loop->options->until_ended)
        return error_set(err, -ETIMEDOUT, "the database did not take the last heat buckets: %s",
                         counts.last_error);
    log_warning("%llu buckets wait in %s/spool for the next start: %s",
                (unsigned long long) counts.spooled, loop->options->config->state_dir,
                counts.last_error);
    return 0;
}

/*
 * Close what is open, so that no bucket and no tick is left behind. The state is saved as it is
 * before that: the next run makes the bucket that is open now whole.
 */
static int finish(struct fusion_loop *loop, struct error *err)
{
    int r = receive(loop);
    if (r == 0)
        r = fusion_recovery_save(loop);
    for (size_t i = 0; r == 0 && i < loop->floor_count; i++)
        r = fusion_finish(loop->floors[i].fusion);
    if (r == 0)
        r = fusion_losses_tell(loop);
    if (r < 0)
        return error_set(err, r, "fusion failed at the end: %s", strerror(-r));
    if (r == 0)
        r = flush(loop, err);
    log_notices(loop);
    loop->seal_log.next_ns = 0; /* what the minute has not told yet */
    seal_log_refusals(&loop->seal_log, loop->gatekeeper, loop->subscriber, loop->replays);
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
    metrics_server_destroy(&loop->metrics); /* before what its text is made of */
    subscriber_destroy(&loop->subscriber);
    replay_desk_destroy(&loop->replays);
    status_server_destroy(&loop->status);
    gatekeeper_destroy(&loop->gatekeeper); /* after the sockets it guards */
    storage_writer_destroy(&loop->writer);
    fusion_recovery_close(loop);
    fusion_losses_close(loop);
    fusion_cameras_close(loop);
    fusion_floors_close(loop);
    if (loop->lock_fd >= 0)
        (void) close(loop->lock_fd);
    if (loop->signal_fd >= 0)
        (void) close(loop->signal_fd);
    return r;
}

int fusion_loop_run(const struct fusion_loop_options *options, struct error *err)
{
    struct fusion_loop loop = {
        .options = options,
        .signal_fd = -1,
        .lock_fd = -1,
        .started_ns = clock_mono_ns(),
        .run_us = clock_wall_us(),
        .first_bucket_us = INT64_MIN,
        .dropped_us = INT64_MAX,
        .kept_before_us = INT64_MIN,
    };
    int r = open_all(&loop, err);
    if (r == 0)
        notify_ready("store %s: %zu cameras", options->config->store.id, loop.camera_count);
    if (r == 0)
        log_info("ready store=%s cameras=%zu floors=%zu endpoint=%s", options->config->store.id,
                 loop.camera_count, loop.floor_count, options->config->wire.endpoint);
    while (r == 0 && !loop.stop)
        r = turn(&loop, err);
    if (r == 0)
        r = finish(&loop, err);
    notify_stopping();
    return close_all(&loop, r, err);
}
