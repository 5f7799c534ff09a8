/*
 * cluster.c - a private PostgreSQL for one store, so that the first run needs no administrator
 *
 * Only what starts and stops the server holds the lock file; whether it runs is asked on its
 * socket, because a pid file may be older than the machine's last start.
 */
#include "storage/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "storage/cluster_folder.h"
#include "storage/database.h"
#include "storage/sql_text.h"

/* Recovery after a power cut may take minutes on a slow disk. */
#define START_TIMEOUT_S 180
#define STOP_TIMEOUT_S  60

/* Another program's start includes initdb. */
#define LOCK_TIMEOUT_MS ((START_TIMEOUT_S + 60) * 1000)
#define POLL_MS         50

/* How much of the log's end is searched for its last line. */
#define LOG_TAIL_BYTES 4096

struct cluster {
    struct cluster_paths paths;
    struct cluster_owner owner;
    int hq_wal_mb;
    bool was_running;
};

static const char *seconds_text(int seconds, char buffer[static 16])
{
    (void) snprintf(buffer, 16, "%d", seconds);
    return buffer;
}

static char *embedded_conninfo(const struct cluster_paths *paths, const char *database)
{
    struct text conninfo = TEXT_INIT;
    text_append(&conninfo, "host=");
    conninfo_append_value(&conninfo, paths->socket_folder);
    /* the port, because PGPORT may be set */
    text_format(&conninfo, " port=" CLUSTER_PORT " dbname=%s user=" CLUSTER_USER, database);
    return text_take(&conninfo);
}

char *storage_conninfo(const struct store_config *config)
{
    if (config->database.mode && strcmp(config->database.mode, "conninfo") == 0)
        return strdup(config->database.conninfo ? config->database.conninfo : "");
    struct cluster_paths paths;
    if (cluster_paths_init(config, &paths) < 0)
        return NULL;
    char *conninfo = embedded_conninfo(&paths, CLUSTER_DATABASE);
    cluster_paths_release(&paths);
    return conninfo;
}

/* Wait a moment for somebody else's work. */
static void wait_moment(void)
{
    (void) poll(NULL, 0, POLL_MS);
}

/* Returns a descriptor to close, -EBUSY, -errno. */
static int take_lock(const struct cluster *cluster, struct error *err)
{
    const char *path = cluster->paths.lock;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(err, -errno, "could not open %s: %s", path, strerror(errno));
    int64_t deadline_ns = clock_mono_ns() + LOCK_TIMEOUT_MS * NS_PER_MS;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int code = errno == EWOULDBLOCK ? -EBUSY : -errno;
        if (errno != EINTR && (code != -EBUSY || clock_mono_ns() > deadline_ns)) {
            (void) close(fd);
            return error_set(err, code,
                             "another program has been starting or stopping the database for too "
                             "long (lock %s)",
                             path);
        }
        wait_moment();
    }
    return fd;
}

static PGPing ping(const struct cluster *cluster)
{
    AUTO(text_release) struct text conninfo = TEXT_INIT;
    char *base = embedded_conninfo(&cluster->paths, "postgres");
    text_format(&conninfo, "%s connect_timeout=5", base ? base : "");
    PGPing answer = base && !conninfo.failed ? PQping(conninfo.bytes) : PQPING_NO_ATTEMPT;
    free(base);
    return answer;
}

/* Whether a server answers; one that is starting up or shutting down is waited for. */
static int is_running(const struct cluster *cluster, bool *ret_running, struct error *err)
{
    int64_t deadline_ns = clock_mono_ns() + START_TIMEOUT_S * NS_PER_S;
    PGPing answer;
    while ((answer = ping(cluster)) == PQPING_REJECT) {
        if (clock_mono_ns() > deadline_ns)
            return error_set(err, -EIO,
                             "the database in %s has been starting or stopping for more than %d s; "
                             "see %s",
                             cluster->paths.dir, START_TIMEOUT_S, cluster->paths.log);
        wait_moment();
    }
    *ret_running = answer == PQPING_OK;
    return 0;
}

static off_t log_bytes(const struct cluster *cluster)
{
    struct stat found;
    return stat(cluster->paths.log, &found) == 0 ? found.st_size : 0;
}

/* Append the last line of a file, or nothing. */
static void append_last_line(const char *path, struct text *text)
{
    char tail[LOG_TAIL_BYTES + 1];
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (fseek(file, -LOG_TAIL_BYTES, SEEK_END) < 0)
        rewind(file);
    size_t length = fread(tail, 1, LOG_TAIL_BYTES, file);
    (void) fclose(file);
    while (length > 0 && strchr("\n\r ", tail[length - 1]))
        length--;
    tail[length] = '\0';
    const char *newline = strrchr(tail, '\n');
    text_append(text, newline ? newline + 1 : tail);
}

static int start_failed(const struct cluster *cluster, off_t log_bytes_before,
                        const struct text *output, struct error *err)
{
    AUTO(text_release) struct text line = TEXT_INIT;
    if (log_bytes(cluster) > log_bytes_before)
        append_last_line(cluster->paths.log, &line);
    if (line.length == 0)
        text_append(&line, output->bytes);
    return error_set(
        err, -EIO, "the private PostgreSQL in %s did not start; the last line of its log %s is: %s",
        cluster->paths.dir, cluster->paths.log, line.bytes);
}

static int start_server(const struct cluster *cluster, struct error *err)
{
    char seconds[16];
    AUTO(text_release) struct text output = TEXT_INIT;
    const char *const arguments[] = { "start",
                                      "-D",
                                      cluster->paths.data,
                                      "-l",
                                      cluster->paths.log,
                                      "-w",
                                      "-t",
                                      seconds_text(START_TIMEOUT_S, seconds),
                                      "-s",
                                      NULL };
    off_t log_bytes_before = log_bytes(cluster);
    cluster_folder_remove_stale_locks(&cluster->paths);
    int rc = cluster_run(&cluster->owner, "pg_ctl", arguments, &output, err);
    return rc == -EIO ? start_failed(cluster, log_bytes_before, &output, err) : rc;
}

static bool same_folder(const char *a, const char *b)
{
    struct stat left, right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

/* Two stores could be given one run_dir. */
static int check_data_folder(const struct cluster *cluster, struct database *database,
                             struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = database_run(database, "ask the server for its folder", "SHOW data_directory", &result,
                          err);
    if (rc < 0 || same_folder(PQgetvalue(result, 0, 0), cluster->paths.data))
        return rc;
    return error_set(err, -EBUSY,
                     "the server at %s serves %s and not %s; give each store a run_dir of its own",
                     cluster->paths.socket_folder, PQgetvalue(result, 0, 0), cluster->paths.data);
}

static int make_database(struct database *database, struct error *err)
{
    AUTO(database_result_release) PGresult *found = NULL;
    int rc =
        database_run(database, "look for the database",
                     "SELECT FROM pg_database WHERE datname = '" CLUSTER_DATABASE "'", &found, err);
    if (rc < 0 || PQntuples(found) > 0)
        return rc;
    return database_run(database, "make the database", "CREATE DATABASE " CLUSTER_DATABASE, NULL,
                        err);
}

static int check_and_make_database(const struct cluster *cluster, struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    char *conninfo = embedded_conninfo(&cluster->paths, "postgres");
    int rc = conninfo ? database_open(conninfo, -1, DATABASE_TIMEOUT_MS, &database, err) : -ENOMEM;
    free(conninfo);
    if (rc == 0)
        rc = check_data_folder(cluster, database, err);
    if (rc == 0)
        rc = make_database(database, err);
    return rc;
}

static int start_locked(struct cluster *cluster, struct error *err)
{
    int rc = is_running(cluster, &cluster->was_running, err);
    if (rc == 0 && !cluster->was_running) {
        rc = cluster_folder_fill(&cluster->paths, &cluster->owner, cluster->hq_wal_mb, err);
        if (rc == 0)
            rc = start_server(cluster, err);
    }
    return rc < 0 ? rc : check_and_make_database(cluster, err);
}

static int start(struct cluster *cluster, struct error *err)
{
    if (!cluster_program_folder())
        return error_set(err, -ENOENT,
                         "PostgreSQL 15 is not installed (no /usr/lib/postgresql/15/bin/pg_ctl); "
                         "install postgresql-15 or set database.mode to \"conninfo\"");
    int rc = cluster_owner_find(&cluster->owner, err);
    if (rc == 0)
        rc = cluster_folder_make(&cluster->paths, err);
    if (rc < 0)
        return rc;
    int lock_fd = take_lock(cluster, err);
    if (lock_fd < 0)
        return lock_fd;
    rc = start_locked(cluster, err);
    (void) close(lock_fd);
    return rc;
}

int cluster_start(const struct store_config *config, struct cluster **ret_cluster,
                  struct error *err)
{
    if (!config->database.mode || strcmp(config->database.mode, "embedded") != 0)
        return error_set(err, -EINVAL,
                         "database.mode is not \"embedded\"; there is no server to start");
    AUTO(cluster_destroy) struct cluster *cluster = calloc(1, sizeof *cluster);
    if (!cluster || cluster_paths_init(config, &cluster->paths) < 0)
        return error_set(err, -ENOMEM, "out of memory starting the database");
    cluster->hq_wal_mb = config->database.hq_wal_mb;
    int rc = start(cluster, err);
    if (rc < 0)
        return rc;
    *ret_cluster = cluster;
    cluster = NULL;
    return 0;
}

bool cluster_is_made(const struct store_config *config)
{
    struct cluster_paths paths;
    if (cluster_paths_init(config, &paths) < 0)
        return false;
    bool made = file_exists(paths.data);
    cluster_paths_release(&paths);
    return made;
}

bool cluster_was_running(const struct cluster *cluster)
{
    return cluster->was_running;
}

static bool has_pid_file(const struct cluster *cluster)
{
    AUTO(text_release) struct text path = TEXT_INIT;
    text_format(&path, "%s/postmaster.pid", cluster->paths.data);
    return file_exists(path.bytes);
}

static int stop_server(const struct cluster *cluster, const char *how, struct text *ret_output,
                       struct error *err)
{
    char seconds[16];
    const char *const arguments[] = { "stop",
                                      "-D",
                                      cluster->paths.data,
                                      "-m",
                                      how,
                                      "-w",
                                      "-t",
                                      seconds_text(STOP_TIMEOUT_S, seconds),
                                      "-s",
                                      NULL };
    return cluster_run(&cluster->owner, "pg_ctl", arguments, ret_output, err);
}

/* What fast does not end in time (a full disk, a stuck process), immediate does: the write-ahead
 * log brings everything committed back at the next start. */
static int stop_locked(const struct cluster *cluster, struct error *err)
{
    AUTO(text_release) struct text output = TEXT_INIT;
    if (!has_pid_file(cluster))
        return 0;
    int rc = stop_server(cluster, "fast", &output, err);
    if (rc == -EIO && has_pid_file(cluster))
        rc = stop_server(cluster, "immediate", &output, err);
    if (rc != -EIO || !has_pid_file(cluster))
        return rc == -EIO ? 0 : rc;
    return error_set(err, rc, "the private PostgreSQL in %s did not stop: %s", cluster->paths.dir,
                     output.bytes);
}

int cluster_stop(struct cluster *cluster, struct error *err)
{
    int lock_fd = take_lock(cluster, err);
    if (lock_fd < 0)
        return lock_fd;
    int rc = stop_locked(cluster, err);
    (void) close(lock_fd);
    return rc;
}

void cluster_destroy(struct cluster **cluster)
{
    if (!*cluster)
        return;
    cluster_paths_release(&(*cluster)->paths);
    free(*cluster);
    *cluster = NULL;
}
