/*
 * storage_fixture.c - a throw-away PostgreSQL for the tests of storage/, and a bucket made by hand
 */
#include "storage_fixture.h"
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/cluster_folder.h"
#include "storage/database.h"

#define SKIPPED 77

static struct {
    pid_t guardian;
    int alive_fd; /* the guardian waits for the end of what we hold here */
    int done_fd;  /* and we for the end of what it holds here; first comes its number */
    pid_t owner;  /* the test itself, not a fork of it */
} guard;

static int pg_ctl(const char *data, const char *log, const char *verb, const char *how)
{
    struct cluster_owner owner;
    struct text output = TEXT_INIT;
    const char *const stop[] = { "stop", "-D", data, "-m", how, "-w", "-s", NULL };
    const char *const start[] = { "start", "-D", data, "-l", log, "-w", "-s", NULL };
    int rc = cluster_owner_find(&owner, NULL);
    if (rc == 0)
        rc = cluster_run(&owner, "pg_ctl", strcmp(verb, "stop") == 0 ? stop : start, &output, NULL);
    text_release(&output);
    return rc;
}

static int stop_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void) info;
    char data[PATH_MAX];
    if (type != FTW_F || strcmp(path + walk->base, "postmaster.pid") != 0)
        return 0;
    (void) snprintf(data, sizeof data, "%.*s", walk->base - 1, path);
    (void) !pg_ctl(data, "", "stop", "immediate");
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void) info;
    (void) type;
    (void) walk;
    return remove(path);
}

/* Who reads the test's words to their end does not wait for the guardian. */
static void let_go_of_output(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int standard = STDIN_FILENO; fd >= 0 && standard <= STDERR_FILENO; standard++)
        (void) dup2(fd, standard);
}

/* The guardian: wait for the test's end, then clear up. */
static void clear_up_after(int alive_fd, int done_fd, const char *folder)
{
    char byte;
    pid_t self = getpid();
    (void) signal(SIGHUP, SIG_IGN);
    (void) signal(SIGINT, SIG_IGN);
    (void) signal(SIGTERM, SIG_IGN);
    let_go_of_output();
    (void) !write(done_fd, &self, sizeof self);
    while (read(alive_fd, &byte, 1) < 0 && errno == EINTR)
        ;
    (void) nftw(folder, stop_one, 16, FTW_PHYS);
    (void) nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    _exit(0); /* the end of done_fd, too */
}

static void end_guardian(void)
{
    char byte;
    if (guard.owner != getpid() || guard.guardian <= 0)
        return;
    (void) close(guard.alive_fd);
    while (read(guard.done_fd, &byte, 1) < 0 && errno == EINTR)
        ;
    (void) close(guard.done_fd);
    guard.guardian = 0;
}

/* The guardian has a session of its own and is nobody's child: who kills the test with all its
 * descendants, as ctest does at the time limit, or with its group does not get it. */
static void start_guardian(const struct fixture *fixture)
{
    int alive[2], done[2];
    assert_int_equal(pipe2(alive, O_CLOEXEC), 0);
    assert_int_equal(pipe2(done, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void) close(alive[1]);
        (void) close(done[0]);
        (void) setsid();
        if (fork() == 0)
            clear_up_after(alive[0], done[1], fixture->folder);
        _exit(0);
    }
    (void) close(alive[0]);
    (void) close(done[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(read(done[0], &guard.guardian, sizeof guard.guardian), sizeof guard.guardian);
    guard.alive_fd = alive[1];
    guard.done_fd = done[0];
    guard.owner = getpid();
    (void) atexit(end_guardian);
}

int fixture_guardian(void)
{
    return guard.guardian;
}

void fixture_make_folder(struct fixture *fixture)
{
    (void) snprintf(fixture->folder, sizeof fixture->folder, "/tmp/ff-db-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    assert_int_equal(chmod(fixture->folder, 0755), 0);
    (void) snprintf(fixture->dir, sizeof fixture->dir, "%s/pg", fixture->folder);
    (void) snprintf(fixture->run_dir, sizeof fixture->run_dir, "%s/run", fixture->folder);
    (void) snprintf(fixture->path, sizeof fixture->path, "%s/store.cfg", fixture->folder);
    fixture->config = (struct store_config){
        .path = fixture->path,
        .chain = (char *) "chain",
        .run_dir = fixture->run_dir,
        .store = { .id = (char *) "store", .timezone = (char *) "Europe/Berlin" },
        .database = { .mode = (char *) "embedded", .dir = fixture->dir, .hq_wal_mb = 64 }
    };
    start_guardian(fixture);
}

int fixture_start(void **state)
{
    static struct fixture fixture;
    struct error error = { .text = "" };
    if (!cluster_program_folder()) {
        (void) fprintf(stderr, "skipped: PostgreSQL 15 is not installed\n");
        exit(SKIPPED);
    }
    fixture_make_folder(&fixture);
    if (cluster_start(&fixture.config, &fixture.cluster, &error) < 0) {
        (void) fprintf(stderr, "%s\n", error.text);
        return -1;
    }
    *state = &fixture;
    return 0;
}

int fixture_stop(void **state)
{
    struct fixture *fixture = *state;
    cluster_destroy(&fixture->cluster);
    end_guardian();
    return 0;
}

static void control_server(const struct fixture *fixture, const char *verb, const char *how)
{
    struct cluster_paths paths;
    assert_int_equal(cluster_paths_init(&fixture->config, &paths), 0);
    assert_int_equal(pg_ctl(paths.data, paths.log, verb, how), 0);
    cluster_paths_release(&paths);
}

void fixture_crash_server(const struct fixture *fixture)
{
    control_server(fixture, "stop", "immediate");
}

void fixture_start_server(const struct fixture *fixture)
{
    control_server(fixture, "start", "");
}

static PGresult *run(const char *conninfo, const char *sql)
{
    struct database *database = NULL;
    PGresult *result = NULL;
    struct error error = { .text = "" };
    int rc = database_open(conninfo, -1, DATABASE_TIMEOUT_MS, &database, &error);
    if (rc == 0)
        rc = database_run(database, "run the test's SQL", sql, &result, &error);
    if (rc < 0)
        print_error("%s\n%s\n", sql, error.text);
    database_close(&database);
    assert_int_equal(rc, 0);
    return result;
}

const char *fixture_database(const struct fixture *fixture)
{
    static int number;
    static char conninfo[256];
    char sql[64];
    char *first = storage_conninfo(&fixture->config);
    (void) snprintf(sql, sizeof sql, "CREATE DATABASE test_%d", ++number);
    fixture_execute(first, sql);
    free(first);
    (void) snprintf(conninfo, sizeof conninfo, "host='%s/socket' port=5432 dbname=test_%d user=%s",
                    fixture->dir, number, CLUSTER_USER);
    return conninfo;
}

void fixture_execute(const char *conninfo, const char *sql)
{
    PQclear(run(conninfo, sql));
}

const char *fixture_value(const char *conninfo, const char *sql)
{
    static char value[512];
    PGresult *result = run(conninfo, sql);
    assert_int_equal(PQntuples(result), 1);
    (void) snprintf(value, sizeof value, "%s",
                    PQgetisnull(result, 0, 0) ? "NULL" : PQgetvalue(result, 0, 0));
    PQclear(result);
    return value;
}

static void *copy(const void *items, size_t bytes)
{
    void *made = malloc(bytes);
    assert_non_null(made);
    return memcpy(made, items, bytes);
}

struct heat_bucket *fixture_bucket(int64_t start_us)
{
    static const uint8_t left_sees[] = { 0x3f, 0x00 }, right_sees[] = { 0xf0, 0x03 };
    static const struct heat_cell cells[] = {
        { .cell = 1,
          .passes = 2,
          .dwell_ms = 1500,
          .move_x_mm = 300,
          .move_y_mm = -100,
          .path_mm = 400 },
        { .cell = 4,
          .passes = 1,
          .dwell_ms = 2500,
          .move_x_mm = -20,
          .move_y_mm = 30,
          .path_mm = 50 },
        { .cell = 11, .dwell_ms = 100 },
    };
    static const struct heat_exposure exposures[] = {
        { .camera_set = { { 3 } }, .exposure_ms = 50000 },
        { .camera_set = { { 1 } }, .exposure_ms = 10000 }
    };
    static const struct heat_pair pairs[] = { { .camera_a = 0,
                                                .camera_b = 1,
                                                .count = 4,
                                                .sum_dx_m = 0.4,
                                                .sum_dy_m = -0.8,
                                                .sum_squared_m2 = 1 } };
    const struct heat_camera cameras[] = {
        { .camera = "left",
          .calibration_version = "aa",
          .footprint = copy(left_sees, 2),
          .frames = 600,
          .observations = 900,
          .missed = 3,
          .boot_id = UINT64_MAX,
          .last_sequence = 599 },
        { .camera = "right",
          .calibration_version = "bb",
          .footprint = copy(right_sees, 2),
          .frames = 500,
          .observations = 700,
          .boot_id = 7,
          .last_sequence = UINT64_MAX },
    };
    const struct heat_bucket bucket = {
        .store = "store",
        .floor = "ground",
        .grid = { .origin = { -1, 2 }, .cell_m = 0.5, .columns = 4, .rows = 3 },
        .start_us = start_us,
        .end_us = start_us + FIXTURE_MINUTE_US,
        .peak_people = 2,
        .people_ms = 5000,
        .cells = copy(cells, sizeof cells),
        .cell_count = ARRAY_LENGTH(cells),
        .exposures = copy(exposures, sizeof exposures),
        .exposure_count = ARRAY_LENGTH(exposures),
        .cameras = copy(cameras, sizeof cameras),
        .camera_count = ARRAY_LENGTH(cameras),
        .pairs = copy(pairs, sizeof pairs),
        .pair_count = ARRAY_LENGTH(pairs),
    };
    return copy(&bucket, sizeof bucket);
}

struct storage_writer_options fixture_writer_options(const char *conninfo)
{
    return (struct storage_writer_options){ .conninfo = conninfo,
                                            .chain = "chain",
                                            .store = "store",
                                            .timezone = "Europe/Berlin",
                                            .store_key = 42,
                                            .bucket_s = 60,
                                            .visit_s = 5,
                                            .cell_m = 0.5,
                                            .zone_hysteresis_m = 0.3 };
}
