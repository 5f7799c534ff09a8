/*
 * supervisor.c - run a store
 */
#include "programs/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/process.h"
#include "programs/arguments.h"
#include "programs/start.h"
#include "storage/cluster.h"
#include "storage/migrate.h"

/* Recordings start this long after the programs, so that detectors are loaded by then. */
#define RECORDING_LEAD_US (3 * US_PER_S)

#define PROGRESS_INTERVAL_NS (2 * NS_PER_S)
#define BACKOFF_FIRST_NS     NS_PER_S
#define BACKOFF_LAST_NS      (30 * NS_PER_S)

/* A program that ran this long was healthy: its next failure starts with a short pause again. */
#define HEALTHY_NS (60 * NS_PER_S)

#define CAMERA_STOP_MS 15000
#define FUSION_STOP_MS 45000
#define STOP_WAIT_NS   (90 * NS_PER_S)

/* A database that was away at the start is looked for this often. */
#define MIGRATE_AGAIN_NS (10 * NS_PER_S)

struct child {
    const struct camera_config *camera; /* NULL: fusion */
    pid_t pid;                          /* 0: not running */
    int64_t started_ns, restart_ns, backoff_ns;
    bool ended; /* left with exit code 0 */
};

struct supervisor {
    const struct supervisor_options *options;
    struct cluster *cluster;
    struct child *children; /* [0] is fusion */
    size_t count;
    int signal_fd, lock_fd;
    char recording_start[WALL_TEXT_SIZE];
    int64_t next_progress_ns;
    bool stop, interrupted;
    bool database_is_away; /* since the start: its schema was not looked at yet */
    pid_t migrate_pid;     /* 0: it is not being looked at */
    int64_t migrate_due_ns;
    int failure; /* -errno of a program that ended it all */
};

static const char *child_name(const struct child *child)
{
    return child->camera ? child->camera->id : "fusion";
}

static int start_fusion(const struct supervisor *s, pid_t *ret_pid, struct error *err)
{
    const char *arguments[12] = { NULL, "--config", s->options->config->path };
    size_t n = 3;
    if (s->options->summary_path) {
        arguments[n++] = "--summary";
        arguments[n++] = s->options->summary_path;
    }
    if (s->options->tracks_path) {
        arguments[n++] = "--tracks";
        arguments[n++] = s->options->tracks_path;
    }
    if (s->options->until_ended)
        arguments[n++] = "--until-ended";
    char *program = sibling_program("floorfuse-fusion");
    arguments[0] = program;
    struct process_options options = { .arguments = arguments,
                                       .own_group = true,
                                       .die_with_parent = true };
    int r = program ? process_start(&options, ret_pid, err) : -ENOMEM;
    free(program);
    return r;
}

static int start_camera(const struct supervisor *s, const struct camera_config *camera,
                        pid_t *ret_pid, struct error *err)
{
    const char *arguments[12] = { NULL, "--config", s->options->config->path, "--camera",
                                  camera->id };
    size_t n = 5;
    if (!camera->start) {
        arguments[n++] = "--start";
        arguments[n++] = s->recording_start;
    }
    if (s->options->engine) {
        arguments[n++] = "--engine";
        arguments[n++] = s->options->engine;
    }
    char *program = sibling_program("floorfuse-camera");
    arguments[0] = program;
    struct process_options options = { .arguments = arguments,
                                       .own_group = true,
                                       .die_with_parent = true };
    int r = program ? process_start(&options, ret_pid, err) : -ENOMEM;
    free(program);
    return r;
}

static int start_child(struct supervisor *s, struct child *child, struct error *err)
{
    int r = child->camera ? start_camera(s, child->camera, &child->pid, err)
                          : start_fusion(s, &child->pid, err);
    child->started_ns = clock_mono_ns();
    child->ended = false;
    log_debug("started program=%s pid=%d", child_name(child), (int) child->pid);
    return r;
}

static void set_recording_start(struct supervisor *s)
{
    clock_wall_format(clock_wall_us() + RECORDING_LEAD_US, s->recording_start);
}

/* One supervisor a store; the lock file holds its process id for `floorfuse stop`. */
static int take_lock(struct supervisor *s, struct error *err)
{
    char path[512], pid[32];
    int r = file_make_folder(s->options->config->run_dir, 0755, err);
    if (r < 0)
        return r;
    (void) snprintf(path, sizeof(path), "%s/up.pid", s->options->config->run_dir);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (s->lock_fd < 0)
        return error_set(err, -errno, "could not open %s: %s", path, strerror(errno));
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0) {
        (void) close(s->lock_fd); /* the file is the other's */
        s->lock_fd = -1;
        return error_set(err, -EBUSY,
                         "store %s is running already (%s is locked); stop it with: floorfuse stop "
                         "--config %s",
                         s->options->config->store.id, path, s->options->config->path);
    }
    int length = snprintf(pid, sizeof(pid), "%d\n", (int) getpid());
    if (ftruncate(s->lock_fd, 0) < 0 || pwrite(s->lock_fd, pid, (size_t) length, 0) != length)
        return error_set(err, -EIO, "could not write %s", path);
    return 0;
}

/* A store that has run before does not stop counting because its database is away at the start:
 * fusion's buckets wait on disk, and are not written before the schema fits. A store that never ran
 * more likely has a mistake in its config. */
static bool may_begin_without_database(const struct store_config *config, const char *conninfo)
{
    char path[PATH_MAX];
    (void) snprintf(path, sizeof(path), "%s/checkpoints", config->state_dir);
    return strcmp(config->database.mode, "embedded") != 0 && config->spool.max_mb > 0 &&
           access(path, F_OK) == 0 && !storage_server_answers(conninfo);
}

static int open_database(struct supervisor *s, struct error *err)
{
    const struct store_config *config = s->options->config;
    if (strcmp(config->database.mode, "embedded") == 0) {
        log_info("starting the private PostgreSQL of store %s", config->store.id);
        int r = cluster_start(config, &s->cluster, err);
        if (r < 0)
            return r;
    }
    char *conninfo = storage_conninfo(config);
    if (!conninfo)
        return error_set(err, -ENOMEM, "out of memory");
    int applied, version, r = storage_migrate(conninfo, &applied, &version, err);
    if (r == 0)
        log_info("database is ready schema_version=%d applied=%d", version, applied);
    if (r == -ECONNREFUSED && may_begin_without_database(config, conninfo)) {
        log_warning("%s; the store begins without it, and what is counted waits on disk",
                    err->text);
        s->database_is_away = true;
        r = 0;
    }
    free(conninfo);
    return r;
}

static int open_children(struct supervisor *s, struct error *err)
{
    const struct store_config *config = s->options->config;
    s->count = 1 + config->cameras.count;
    s->children = calloc(s->count, sizeof(*s->children));
    if (!s->children)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 1; i < s->count; i++)
        s->children[i].camera = &store_config_cameras(config)[i - 1];
    set_recording_start(s);
    for (size_t i = 0; i < s->count; i++) {
        s->children[i].backoff_ns = BACKOFF_FIRST_NS;
        int r = start_child(s, &s->children[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* What to do about a program that has left. */
static void note_exit(struct supervisor *s, struct child *child, int status)
{
    int64_t now_ns = clock_mono_ns();
    child->pid = 0;
    child->ended = status == 0;
    if (s->stop)
        return;
    if (status == 0 && (child->camera || s->options->until_ended)) {
        s->stop = !child->camera; /* fusion has seen all recordings end */
        return;
    }
    bool hopeless = s->options->until_ended || status == EXIT_USAGE;
    log_error("%s ended status=%d%s", child_name(child), status,
              hopeless ? "" : "; it is started again");
    if (hopeless) {
        s->failure = -EIO;
        s->stop = true;
        return;
    }
    if (now_ns - child->started_ns > HEALTHY_NS)
        child->backoff_ns = BACKOFF_FIRST_NS;
    child->restart_ns = now_ns + child->backoff_ns;
    child->backoff_ns =
        child->backoff_ns * 2 > BACKOFF_LAST_NS ? BACKOFF_LAST_NS : child->backoff_ns * 2;
}

static void reap(struct supervisor *s)
{
    for (size_t i = 0; i < s->count; i++) {
        int status;
        if (s->children[i].pid && process_wait(s->children[i].pid, 0, &status) == 1)
            note_exit(s, &s->children[i], status);
    }
}

static bool recordings_ended(const struct supervisor *s)
{
    for (size_t i = 1; i < s->count; i++)
        if (!s->children[i].ended)
            return false;
    return s->count > 1;
}

static int restart(struct supervisor *s, struct error *err)
{
    if (s->options->repeat && recordings_ended(s)) {
        set_recording_start(s);
        for (size_t i = 1; i < s->count; i++) {
            int r = start_child(s, &s->children[i], err);
            if (r < 0)
                return r;
        }
    }
    for (size_t i = 0; i < s->count; i++) {
        struct child *child = &s->children[i];
        if (child->pid || child->ended || clock_mono_ns() < child->restart_ns)
            continue;
        int r = start_child(s, child, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The schema of a database that was away at the start is brought up to date by a program of its
 * own, as that may take long. */
static int start_migrate(struct supervisor *s, struct error *err)
{
    char *conninfo = storage_conninfo(s->options->config), *program = sibling_program("floorfuse");
    const char *arguments[] = { program, "migrate", "--config", s->options->config->path, NULL };
    struct process_options options = { .arguments = arguments, .die_with_parent = true };
    int r = conninfo && program ? 0 : error_set(err, -ENOMEM, "out of memory");
    if (r == 0 && storage_server_answers(conninfo))
        r = process_start(&options, &s->migrate_pid, err);
    free(conninfo);
    free(program);
    return r;
}

static int look_after_database(struct supervisor *s, struct error *err)
{
    int status;
    if (s->migrate_pid && process_wait(s->migrate_pid, 0, &status) == 1) {
        s->migrate_pid = 0;
        s->database_is_away = status != 0;
    }
    if (!s->database_is_away || s->migrate_pid || clock_mono_ns() < s->migrate_due_ns)
        return 0;
    s->migrate_due_ns = clock_mono_ns() + MIGRATE_AGAIN_NS;
    return start_migrate(s, err);
}

/* Camera programs read their camera files again. */
static void reload_cameras(const struct supervisor *s)
{
    log_info("cameras read their calibrations again");
    for (size_t i = 1; i < s->count; i++)
        if (s->children[i].pid)
            (void) kill(s->children[i].pid, SIGHUP);
}

static void handle_signals(struct supervisor *s)
{
    for (int number; (number = signals_next(s->signal_fd)) != 0;) {
        if (number == SIGTERM || number == SIGINT)
            s->stop = s->interrupted = true;
        else if (number == SIGHUP) {
            notify_reloading();
            reload_cameras(s);
            notify_ready("store %s is running", s->options->config->store.id);
        }
    }
}

static int turn(struct supervisor *s, struct error *err)
{
    struct pollfd wake = { .fd = s->signal_fd, .events = POLLIN };
    if (poll(&wake, 1, 200) < 0 && errno != EINTR)
        return error_set(err, -errno, "could not wait: %s", strerror(errno));
    notify_turn(clock_mono_ns());
    handle_signals(s);
    reap(s);
    if (s->stop)
        return 0;
    if (s->options->progress && clock_mono_ns() >= s->next_progress_ns) {
        s->options->progress(s->options->context);
        s->next_progress_ns = clock_mono_ns() + PROGRESS_INTERVAL_NS;
    }
    int r = look_after_database(s, err);
    return r < 0 ? r : restart(s, err);
}

/* Ask, wait, insist. */
static void stop_child(struct child *child, int timeout_ms)
{
    int status;
    if (!child->pid)
        return;
    (void) kill(child->pid, SIGTERM);
    if (process_wait(child->pid, timeout_ms, &status) != 1) {
        log_error("%s did not stop in %d s; it is killed", child_name(child), timeout_ms / 1000);
        (void) kill(child->pid, SIGKILL);
        (void) !process_wait(child->pid, timeout_ms, &status);
    }
    child->pid = 0;
}

static void stop_children(struct supervisor *s)
{
    int status;
    if (s->migrate_pid)
        (void) kill(s->migrate_pid, SIGTERM); /* what it has begun the server undoes */
    for (size_t i = 1; s->children && i < s->count; i++)
        if (s->children[i].pid)
            (void) kill(s->children[i].pid, SIGTERM); /* all at once, then one by one */
    if (s->migrate_pid)
        (void) !process_wait(s->migrate_pid, CAMERA_STOP_MS, &status);
    for (size_t i = 1; s->children && i < s->count; i++)
        stop_child(&s->children[i], CAMERA_STOP_MS);
    if (s->children)
        stop_child(&s->children[0], FUSION_STOP_MS);
    free(s->children);
    s->children = NULL;
}

static int close_all(struct supervisor *s, int r, struct error *err)
{
    notify_stopping();
    stop_children(s);
    if (s->cluster && !cluster_was_running(s->cluster)) {
        struct error stop_err;
        int stopped = cluster_stop(s->cluster, r == 0 ? err : &stop_err);
        r = r < 0 ? r : stopped;
    }
    cluster_destroy(&s->cluster);
    if (s->lock_fd >= 0) {
        (void) ftruncate(s->lock_fd, 0);
        (void) close(s->lock_fd);
    }
    if (s->signal_fd >= 0)
        (void) close(s->signal_fd);
    return r;
}

static int run(struct supervisor *s, struct error *err)
{
    s->signal_fd = signals_open();
    if (s->signal_fd < 0)
        return error_set(err, s->signal_fd, "could not open a signalfd");
    int r = take_lock(s, err);
    if (r == 0)
        r = open_database(s, err);
    if (r == 0)
        r = open_children(s, err);
    s->next_progress_ns = clock_mono_ns() + PROGRESS_INTERVAL_NS;
    if (r == 0)
        notify_ready("store %s is running", s->options->config->store.id);
    while (r == 0 && !s->stop)
        r = turn(s, err);
    if (r < 0)
        return r;
    if (s->failure)
        return error_set(err, s->failure, "a program of store %s failed; its words are above",
                         s->options->config->store.id);
    if (s->interrupted && s->options->until_ended)
        return error_set(err, -ECANCELED, "stopped before the recordings ended");
    return 0;
}

int supervisor_run(const struct supervisor_options *options, struct error *err)
{
    struct supervisor s = { .options = options, .signal_fd = -1, .lock_fd = -1 };
    int r = run(&s, err);
    return close_all(&s, r, err);
}

/* The lock is free when the supervisor and all it started are gone. */
static int wait_for_lock(int fd, const char *path, struct error *err)
{
    int64_t give_up_ns = clock_mono_ns() + STOP_WAIT_NS;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (clock_mono_ns() > give_up_ns)
            return error_set(err, -ETIMEDOUT, "the store did not stop; %s is still locked", path);
        (void) poll(NULL, 0, 50);
    }
    return 0;
}

/* Signal the supervisor of a store. Returns its open lock file, which is the caller's to close, or
 * a negative errno. */
static int signal_supervisor(const struct store_config *config, int number, char path[static 512],
                             struct error *err)
{
    char pid[32] = "";
    (void) snprintf(path, 512, "%s/up.pid", config->run_dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0) {
        if (fd >= 0)
            (void) close(fd);
        return error_set(err, -ESRCH, "store %s is not running", config->store.id);
    }
    int r = 0;
    if (pread(fd, pid, sizeof(pid) - 1, 0) <= 0 || atoi(pid) <= 1)
        r = error_set(err, -EIO, "%s holds no process id; signal the store by hand", path);
    else if (kill(atoi(pid), number) < 0)
        r = error_set(err, -errno, "could not signal process %d: %s", atoi(pid), strerror(errno));
    if (r == 0)
        return fd;
    (void) close(fd);
    return r;
}

int supervisor_stop(const struct store_config *config, struct error *err)
{
    char path[512];
    int fd = signal_supervisor(config, SIGTERM, path, err);
    if (fd < 0)
        return fd;
    int r = wait_for_lock(fd, path, err);
    (void) close(fd);
    return r;
}

int supervisor_reload(const struct store_config *config, struct error *err)
{
    char path[512];
    int fd = signal_supervisor(config, SIGHUP, path, err);
    if (fd >= 0)
        (void) close(fd);
    return fd < 0 ? fd : 0;
}
