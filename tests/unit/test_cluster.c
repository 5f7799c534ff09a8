/*
 * test_cluster.c - starting and stopping a private PostgreSQL
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "storage_fixture.h"
#include "testing.h"

static char *path_in(const struct fixture *fixture, const char *name)
{
    static char path[128];
    (void) snprintf(path, sizeof path, "%s/%s", fixture->dir, name);
    return path;
}

static void write_text(const char *path, const char *text)
{
    assert_int_equal(file_write(path, text, strlen(text), 0644, NULL), 0);
}

static void stop_for_a_while(struct fixture *fixture)
{
    assert_int_equal(cluster_stop(fixture->cluster, NULL), 0);
    cluster_destroy(&fixture->cluster);
}

static void start_again(struct fixture *fixture)
{
    struct error error = { .text = "" };
    int rc = cluster_start(&fixture->config, &fixture->cluster, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(rc, 0);
}

static void the_first_start_makes_the_database(void **state)
{
    struct fixture *fixture = *state;
    assert_false(cluster_was_running(fixture->cluster));
    char *conninfo = storage_conninfo(&fixture->config);
    assert_string_equal(fixture_value(conninfo, "SELECT current_database()"), "floorfuse");
    assert_string_equal(fixture_value(conninfo, "SHOW server_encoding"), "UTF8");
    assert_string_equal(fixture_value(conninfo, "SHOW listen_addresses"), "");
    assert_string_equal(fixture_value(conninfo, "SHOW data_checksums"), "on");
    assert_string_equal(fixture_value(conninfo, "SHOW wal_level"), "logical");
    assert_string_equal(fixture_value(conninfo, "SHOW max_slot_wal_keep_size"), "64MB");
    free(conninfo);
}

static void only_the_owner_may_enter_data_and_socket(void **state)
{
    struct stat found;
    assert_int_equal(stat(path_in(*state, "data"), &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    assert_int_equal(stat(path_in(*state, "socket"), &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
}

static void a_second_start_finds_it_running(void **state)
{
    struct fixture *fixture = *state;
    struct cluster *second = NULL;
    assert_int_equal(cluster_start(&fixture->config, &second, NULL), 0);
    assert_true(cluster_was_running(second));
    cluster_destroy(&second);
}

static void a_stopped_cluster_starts_again_with_its_data(void **state)
{
    struct fixture *fixture = *state;
    char *conninfo = storage_conninfo(&fixture->config);
    fixture_execute(conninfo, "CREATE TABLE kept (n integer); INSERT INTO kept VALUES (17)");
    stop_for_a_while(fixture);
    start_again(fixture);
    assert_false(cluster_was_running(fixture->cluster));
    assert_string_equal(fixture_value(conninfo, "SELECT n FROM kept"), "17");
    free(conninfo);
}

static void stopping_twice_is_fine(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(cluster_stop(fixture->cluster, NULL), 0);
    stop_for_a_while(fixture);
    start_again(fixture);
}

static void *start_in_thread(void *argument)
{
    struct fixture *fixture = argument;
    struct cluster *cluster = NULL;
    if (cluster_start(&fixture->config, &cluster, NULL) < 0)
        return NULL;
    return cluster;
}

static void of_two_starts_at_once_one_starts_it(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;
    stop_for_a_while(fixture);
    assert_int_equal(pthread_create(&thread, NULL, start_in_thread, fixture), 0);
    start_again(fixture);
    void *result = NULL;
    assert_int_equal(pthread_join(thread, &result), 0);
    struct cluster *other = result;
    assert_non_null(other);
    assert_true(cluster_was_running(fixture->cluster) != cluster_was_running(other));
    cluster_destroy(&other);
}

/* The guardian stands for a program that got the number of a server killed long ago. */
static void a_lock_file_with_another_programs_number_is_stale(void **state)
{
    struct fixture *fixture = *state;
    char text[256];
    stop_for_a_while(fixture);
    (void) snprintf(text, sizeof text, "%d\n%s/data\n1700000000\n5432\n%s/socket\n\n",
                    fixture_guardian(), fixture->dir, fixture->dir);
    write_text(path_in(fixture, "data/postmaster.pid"), text);
    write_text(path_in(fixture, "socket/.s.PGSQL.5432.lock"), text);
    start_again(fixture);
    assert_false(cluster_was_running(fixture->cluster));
}

static void an_initdb_that_was_killed_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    struct store_config config = fixture->config;
    struct cluster *cluster = NULL;
    struct error error = { .text = "" };
    char dir[64], junk[96];
    (void) snprintf(dir, sizeof dir, "%s/killed", fixture->folder);
    (void) snprintf(junk, sizeof junk, "%s/data.new/base", dir);
    config.database.dir = dir;
    assert_int_equal(file_make_folder(junk, 0755, NULL), 0);
    (void) strcat(junk, "/1");
    write_text(junk, "half a file");
    int rc = cluster_start(&config, &cluster, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(rc, 0);
    assert_int_equal(cluster_stop(cluster, NULL), 0);
    cluster_destroy(&cluster);
}

static void the_sentence_of_a_failed_start_ends_with_the_logs_last_line(void **state)
{
    struct fixture *fixture = *state;
    struct error error = { .text = "" };
    stop_for_a_while(fixture);
    write_text(path_in(fixture, "data/postgresql.auto.conf"), "max_connections = nonsense\n");
    assert_int_equal(chmod(path_in(fixture, "data/postgresql.auto.conf"), 0644), 0);
    assert_int_equal(cluster_start(&fixture->config, &fixture->cluster, &error), -EIO);
    assert_non_null(strstr(error.text, path_in(fixture, "server.log")));
    assert_non_null(strstr(error.text, "contains errors"));
    write_text(path_in(fixture, "data/postgresql.auto.conf"), "");
    start_again(fixture);
}

static void data_of_another_version_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct error error = { .text = "" };
    stop_for_a_while(fixture);
    write_text(path_in(fixture, "data/PG_VERSION"), "14\n");
    assert_int_equal(cluster_start(&fixture->config, &fixture->cluster, &error), -EPROTO);
    assert_non_null(strstr(error.text, "PostgreSQL 14"));
    write_text(path_in(fixture, "data/PG_VERSION"), "15\n");
    start_again(fixture);
}

static void a_folder_with_other_things_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct store_config config = fixture->config;
    struct cluster *cluster = NULL;
    struct error error = { .text = "" };
    char dir[64], file[96];
    (void) snprintf(dir, sizeof dir, "%s/other", fixture->folder);
    (void) snprintf(file, sizeof file, "%s/data", dir);
    config.database.dir = dir;
    assert_int_equal(file_make_folder(file, 0755, NULL), 0);
    (void) strcat(file, "/letters.txt");
    write_text(file, "dear diary");
    assert_true(cluster_start(&config, &cluster, &error) < 0);
    assert_non_null(strstr(error.text, "is no PostgreSQL data folder"));
    assert_true(file_exists(file));
}

/* sun_path has 108 bytes with its NUL (unix(7)). */
static void a_folder_too_deep_for_sockets_uses_run_dir_or_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct store_config config = fixture->config;
    struct cluster *cluster = NULL;
    struct error error = { .text = "" };
    char dir[128], expected[128];
    (void) snprintf(dir, sizeof dir, "%s/%070d/pg", fixture->folder, 0);
    (void) snprintf(expected, sizeof expected, "host='%s/pg' ", fixture->run_dir);
    config.database.dir = dir;
    char *conninfo = storage_conninfo(&config);
    assert_ptr_equal(strstr(conninfo, expected), conninfo);
    free(conninfo);
    config.run_dir = dir;
    assert_int_equal(cluster_start(&config, &cluster, &error), -ENAMETOOLONG);
    assert_non_null(strstr(error.text, "107 bytes"));
}

static void a_folder_the_server_cannot_enter_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct store_config config = fixture->config;
    struct cluster *cluster = NULL;
    struct error error = { .text = "" };
    char closed[64], dir[96];
    if (geteuid() != 0)
        skip(); /* only root's server is another user */
    (void) snprintf(closed, sizeof closed, "%s/closed", fixture->folder);
    (void) snprintf(dir, sizeof dir, "%s/pg", closed);
    config.database.dir = dir;
    assert_int_equal(mkdir(closed, 0700), 0);
    assert_int_equal(cluster_start(&config, &cluster, &error), -EACCES);
    assert_non_null(strstr(error.text, "may not enter"));
    assert_non_null(strstr(error.text, closed));
    assert_null(strstr(error.text, dir));
}

static void a_real_servers_connection_string_is_taken_as_it_is(void **state)
{
    (void) state;
    struct store_config config = { .database = { .mode = (char *) "conninfo",
                                                 .conninfo = (char *) "host=db dbname=x" } };
    struct cluster *cluster = NULL;
    char *conninfo = storage_conninfo(&config);
    assert_string_equal(conninfo, "host=db dbname=x");
    free(conninfo);
    assert_int_equal(cluster_start(&config, &cluster, NULL), -EINVAL);
}

/* Another test, which tells its fixture when its server runs and then does not end. */
static void start_and_hang(int fd)
{
    static struct fixture fixture;
    fixture_make_folder(&fixture);
    if (cluster_start(&fixture.config, &fixture.cluster, NULL) == 0)
        (void) !write(fd, &fixture, sizeof fixture);
    for (;;)
        (void) pause();
}

/* As ctest does at the time limit: a process is held while its children are looked for. */
static void kill_with_descendants(pid_t pid)
{
    char path[64];
    int child = 0;
    (void) kill(pid, SIGSTOP);
    (void) snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *children = fopen(path, "re");
    while (children && fscanf(children, "%d", &child) == 1)
        kill_with_descendants(child);
    if (children)
        (void) fclose(children);
    (void) kill(pid, SIGKILL);
}

static int server_number(const struct fixture *fixture)
{
    int number = 0;
    FILE *file = fopen(path_in(fixture, "data/postmaster.pid"), "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &number), 1);
    (void) fclose(file);
    return number;
}

/* Not kill(): where nobody buries orphans, their numbers stay. */
static bool runs(int number)
{
    char path[64], target[64];
    (void) snprintf(path, sizeof path, "/proc/%d/exe", number);
    return readlink(path, target, sizeof target) > 0;
}

static void a_test_killed_with_its_descendants_leaves_no_server(void **state)
{
    (void) state;
    struct fixture killed;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        start_and_hang(ends[1]);
    (void) close(ends[1]);
    assert_int_equal(read(ends[0], &killed, sizeof killed), sizeof killed);
    (void) close(ends[0]);
    int server = server_number(&killed);
    assert_true(runs(server));
    kill_with_descendants(child);
    assert_int_equal(waitpid(child, NULL, 0), child);
    int64_t deadline_ns = clock_mono_ns() + 30 * NS_PER_S;
    while (file_exists(killed.folder) && clock_mono_ns() < deadline_ns)
        (void) poll(NULL, 0, 20);
    assert_false(file_exists(killed.folder));
    assert_false(runs(server));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_start_makes_the_database),
        cmocka_unit_test(only_the_owner_may_enter_data_and_socket),
        cmocka_unit_test(a_second_start_finds_it_running),
        cmocka_unit_test(a_stopped_cluster_starts_again_with_its_data),
        cmocka_unit_test(stopping_twice_is_fine),
        cmocka_unit_test(of_two_starts_at_once_one_starts_it),
        cmocka_unit_test(a_lock_file_with_another_programs_number_is_stale),
        cmocka_unit_test(an_initdb_that_was_killed_is_made_anew),
        cmocka_unit_test(the_sentence_of_a_failed_start_ends_with_the_logs_last_line),
        cmocka_unit_test(data_of_another_version_is_refused),
        cmocka_unit_test(a_folder_with_other_things_is_left_alone),
        cmocka_unit_test(a_folder_too_deep_for_sockets_uses_run_dir_or_is_refused),
        cmocka_unit_test(a_folder_the_server_cannot_enter_is_named),
        cmocka_unit_test(a_real_servers_connection_string_is_taken_as_it_is),
        cmocka_unit_test(a_test_killed_with_its_descendants_leaves_no_server),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
