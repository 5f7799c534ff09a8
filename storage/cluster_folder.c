/*
 * cluster_folder.c - where a private cluster lies, and making it
 */
#include "storage/cluster_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notify.h"
#include "base/process.h"

#define VERSION        "15"
#define ROOT_DIR       "/var/lib/floorfuse"
#define SOCKET_NAME    "/.s.PGSQL." CLUSTER_PORT
#define SERVER_USER    "postgres"
#define LOG_BYTES_MAX  (16 * 1024 * 1024)
#define FILE_BYTES_MAX 65536

/* Our settings. Memory is modest, for the server shares the machine with the cameras' detectors;
 * jit costs more than it saves on queries of milliseconds; the log would fill with checkpoints. The
 * server of a small chain's headquarters has a worker and a slot a store, and some to spare. */
static const char settings[] = "port = " CLUSTER_PORT "\n"
                               "listen_addresses = ''\n"
                               "unix_socket_permissions = 0700\n"
                               "max_connections = 40\n"
                               "shared_buffers = 64MB\n"
                               "work_mem = 16MB\n"
                               "maintenance_work_mem = 64MB\n"
                               "max_wal_size = 512MB\n"
                               "jit = off\n"
                               "wal_level = logical\n"
                               "max_replication_slots = 64\n"
                               "max_worker_processes = 64\n"
                               "max_logical_replication_workers = 60\n"
                               "log_checkpoints = off\n"
                               "timezone = 'UTC'\n"
                               "log_timezone = 'UTC'\n";

static char *join(const char *folder, const char *name)
{
    struct text path = TEXT_INIT;
    text_format(&path, "%s/%s", folder, name);
    return text_take(&path);
}

static bool socket_fits(const char *folder)
{
    return folder &&
           strlen(folder) + strlen(SOCKET_NAME) < sizeof(((struct sockaddr_un *) 0)->sun_path);
}

static char *make_absolute(char *path)
{
    if (!path || path[0] == '/')
        return path;
    char *here = getcwd(NULL, 0);
    char *absolute = here ? join(here, path) : NULL;
    free(here);
    free(path);
    return absolute;
}

static char *cluster_dir(const struct store_config *config)
{
    struct text dir = TEXT_INIT;
    if (config->database.dir)
        return make_absolute(strdup(config->database.dir));
    const char *service = notify_folder("STATE_DIRECTORY");
    if (service) {
        text_format(&dir, "%s/pg", service);
        return text_take(&dir);
    }
    if (geteuid() != 0)
        return make_absolute(file_resolve(config->path, "var/pg"));
    text_format(&dir, "%s/%s/pg", ROOT_DIR, config->store.id);
    return text_take(&dir);
}

/* Beside the data, where the owner has the rights; a run_dir is the shorter one for deep folders.
 */
static char *socket_folder(const struct store_config *config, const char *dir)
{
    char *beside = join(dir, "socket");
    if (!beside || socket_fits(beside) || !config->run_dir)
        return beside;
    char *in_run_dir = make_absolute(join(config->run_dir, "pg"));
    if (!socket_fits(in_run_dir)) {
        free(in_run_dir);
        return beside;
    }
    free(beside);
    return in_run_dir;
}

int cluster_paths_init(const struct store_config *config, struct cluster_paths *ret_paths)
{
    struct cluster_paths paths = { .dir = cluster_dir(config) };
    if (paths.dir) {
        paths.data = join(paths.dir, "data");
        paths.conf = join(paths.dir, "floorfuse.conf");
        paths.log = join(paths.dir, "server.log");
        paths.lock = join(paths.dir, "lock");
        paths.socket_folder = socket_folder(config, paths.dir);
    }
    if (!paths.data || !paths.conf || !paths.log || !paths.lock || !paths.socket_folder) {
        cluster_paths_release(&paths);
        return -ENOMEM;
    }
    *ret_paths = paths;
    return 0;
}

void cluster_paths_release(struct cluster_paths *paths)
{
    free(paths->dir);
    free(paths->data);
    free(paths->conf);
    free(paths->log);
    free(paths->lock);
    free(paths->socket_folder);
    *paths = (struct cluster_paths){ .dir = NULL };
}

int cluster_owner_find(struct cluster_owner *ret_owner, struct error *err)
{
    *ret_owner = (struct cluster_owner){ .uid = geteuid(), .gid = getegid() };
    if (geteuid() != 0)
        return 0;
    char buffer[4096];
    struct passwd entry, *found = NULL;
    int rc = getpwnam_r(SERVER_USER, &entry, buffer, sizeof buffer, &found);
    if (rc != 0 || !found)
        return error_set(err, rc ? -rc : -ENOENT,
                         "PostgreSQL does not run as root, and there is no user " SERVER_USER
                         "; install postgresql-" VERSION);
    *ret_owner =
        (struct cluster_owner){ .user = SERVER_USER, .uid = entry.pw_uid, .gid = entry.pw_gid };
    return 0;
}

const char *cluster_program_folder(void)
{
    static const char *const folders[] = {
        "/usr/lib/postgresql/" VERSION "/bin", /* Debian */
        "/usr/pgsql-" VERSION "/bin",          /* the PostgreSQL project's RPMs */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        char *program = join(folders[i], "pg_ctl");
        bool there = program && access(program, X_OK) == 0;
        free(program);
        if (there)
            return folders[i];
    }
    return NULL;
}

/* argv of a program with its path; free() the array and [0]. */
static const char **full_arguments(const char *program, const char *const *arguments)
{
    size_t count = 0;
    while (arguments[count])
        count++;
    const char *folder = cluster_program_folder();
    char *path = folder ? join(folder, program) : NULL;
    const char **full = path ? calloc(count + 2, sizeof *full) : NULL;
    if (!full) {
        free(path);
        return NULL;
    }
    full[0] = path;
    memcpy(full + 1, arguments, count * sizeof *full);
    return full;
}

int cluster_run(const struct cluster_owner *owner, const char *program,
                const char *const *arguments, struct text *ret_output, struct error *err)
{
    const char **full = full_arguments(program, arguments);
    if (!full)
        return error_set(err, -ENOMEM, "out of memory running %s", program);
    /* In / because the owner may not be allowed to enter ours; messages in one language. */
    const char *const environment[] = { "LC_ALL=C", NULL };
    const struct process_options options = { .arguments = full,
                                             .environment = environment,
                                             .folder = "/",
                                             .user = owner->user,
                                             .die_with_parent = true };
    int status = 0;
    int rc = process_run(&options, ret_output, &status, err);
    free((char *) full[0]);
    free(full);
    return rc < 0 ? rc : status == 0 ? 0 : -EIO;
}

/* pg_ctl hands the paths to a shell. */
static int check_characters(const char *path, struct error *err)
{
    if (!strpbrk(path, "\"$`\\\n"))
        return 0;
    return error_set(
        err, -EINVAL,
        "the database folder %s has a character in its name that PostgreSQL's programs "
        "do not take; set database.dir to a plainer path",
        path);
}

int cluster_folder_make(const struct cluster_paths *paths, struct error *err)
{
    int rc = check_characters(paths->dir, err);
    if (rc == 0)
        rc = file_make_folder(paths->dir, 0755, err);
    return rc;
}

/* Whether the owner may pass through a folder, tried by a program that runs as the owner, because
 * mode bits do not tell everything. */
static bool owner_can_enter(const struct cluster_owner *owner, const char *folder)
{
    const char *const arguments[] = { "test", "-x", folder, NULL };
    const struct process_options options = { .arguments = arguments,
                                             .folder = "/",
                                             .user = owner->user };
    int status = 1;
    return process_run(&options, NULL, &status, NULL) == 0 && status == 0;
}

static int check_enterable(const struct cluster_owner *owner, const char *folder, struct error *err)
{
    if (!owner->user || owner_can_enter(owner, folder))
        return 0;
    char part[PATH_MAX] = "";
    for (const char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        (void) snprintf(part, sizeof part, "%.*s", (int) (slash - folder), folder);
        if (!owner_can_enter(owner, part))
            break;
        part[0] = '\0';
    }
    return error_set(err, -EACCES,
                     "the user %s, who runs PostgreSQL, may not enter %s; set database.dir to "
                     "another place or chmod a+x that folder",
                     owner->user, part[0] ? part : folder);
}

/* Make a folder that only the owner may enter. One that somebody else made is refused: whoever owns
 * the socket folder could answer in the server's place. */
static int make_private(const char *folder, const struct cluster_owner *owner, struct error *err)
{
    struct stat found;
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return error_set(err, -errno, "could not make %s: %s", folder, strerror(errno));
    if (lstat(folder, &found) < 0)
        return error_set(err, -errno, "could not look at %s: %s", folder, strerror(errno));
    if (!S_ISDIR(found.st_mode) || (found.st_uid != owner->uid && found.st_uid != geteuid()))
        return error_set(err, -EPERM, "%s is not a folder of ours; remove it", folder);
    if (owner->user && chown(folder, owner->uid, owner->gid) < 0)
        return error_set(err, -errno, "could not give %s to %s: %s", folder, owner->user,
                         strerror(errno));
    if (chmod(folder, 0700) < 0)
        return error_set(err, -errno, "could not close %s to others: %s", folder, strerror(errno));
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void) info;
    (void) type;
    (void) walk;
    return remove(path);
}

static int remove_tree(const char *folder, struct error *err)
{
    if (nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return 0;
    return error_set(err, -errno, "could not remove the unfinished %s: %s", folder,
                     strerror(errno));
}

/* C.UTF-8 sorts by code point everywhere alike, and knows upper and lower case. */
static const char *best_locale(void)
{
    locale_t locale = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t) 0);
    if (locale == (locale_t) 0)
        return "C";
    freelocale(locale);
    return "C.UTF-8";
}

/* The last line of several, without its end. */
static const char *last_line(struct text *output)
{
    while (output->length > 0 && strchr("\n\r ", output->bytes[output->length - 1]))
        output->bytes[--output->length] = '\0';
    const char *newline = strrchr(output->bytes, '\n');
    return newline ? newline + 1 : output->bytes;
}

static int run_initdb(const char *folder, const struct cluster_owner *owner, struct error *err)
{
    AUTO(text_release) struct text output = TEXT_INIT;
    const char *const arguments[] = { "-D",       folder,        "--username",       CLUSTER_USER,
                                      "--auth",   "trust",       "--encoding",       "UTF8",
                                      "--locale", best_locale(), "--data-checksums", NULL };
    int rc = cluster_run(owner, "initdb", arguments, &output, err);
    if (rc == -EIO)
        return error_set(err, rc, "could not make the database in %s: initdb: %s", folder,
                         last_line(&output));
    return rc;
}

static int append_include(const char *folder, struct error *err)
{
    char *path = join(folder, "postgresql.conf");
    FILE *file = path ? fopen(path, "ae") : NULL;
    int rc = file ? 0 : -errno;
    if (file && fputs("\ninclude '../floorfuse.conf'\n", file) < 0)
        rc = -EIO;
    if (file && fclose(file) != 0 && rc == 0)
        rc = -errno;
    if (rc < 0)
        (void) error_set(err, rc, "could not write %s/postgresql.conf: %s", folder, strerror(-rc));
    free(path);
    return rc;
}

/* Made under another name and renamed, so that a folder called "data" is complete. */
static int make_data(const struct cluster_paths *paths, const struct cluster_owner *owner,
                     struct error *err)
{
    char *unfinished = join(paths->dir, "data.new");
    if (!unfinished)
        return -ENOMEM;
    int rc = remove_tree(unfinished, err);
    if (rc == 0)
        rc = make_private(unfinished, owner, err);
    if (rc == 0)
        rc = run_initdb(unfinished, owner, err);
    if (rc == 0)
        rc = append_include(unfinished, err);
    if (rc == 0 && rename(unfinished, paths->data) < 0)
        rc = error_set(err, -errno, "could not rename %s: %s", unfinished, strerror(errno));
    free(unfinished);
    return rc;
}

/* Data that is there must be of our version. */
static int check_data(const struct cluster_paths *paths, struct error *err)
{
    char *path = join(paths->data, "PG_VERSION"), *version = NULL;
    size_t length = 0;
    int rc = path ? file_read(path, FILE_BYTES_MAX, &version, &length, NULL) : -ENOMEM;
    if (rc < 0)
        (void) error_set(
            err, rc, "%s is no PostgreSQL data folder (%s: %s); move it away or set database.dir",
            paths->data, path ? path : "PG_VERSION", strerror(-rc));
    else if (strncmp(version, VERSION "\n", strlen(VERSION) + 1) != 0)
        rc = error_set(err, -EPROTO,
                       "%s was made by PostgreSQL %.*s, and this program runs " VERSION
                       "; pg_upgrade converts it",
                       paths->data, (int) strcspn(version, "\n"), version);
    free(path);
    free(version);
    return rc;
}

/* A string of the configuration file: quotes double, and so do the backslashes it would read. */
static void append_quoted(struct text *text, const char *string)
{
    for (const char *c = string; *c; c++) {
        if (*c == '\'' || *c == '\\')
            text_append_bytes(text, c, 1);
        text_append_bytes(text, c, 1);
    }
}

static int write_settings(const struct cluster_paths *paths, int hq_wal_mb, struct error *err)
{
    AUTO(text_release) struct text conf = TEXT_INIT;
    text_append(&conf, "# Written by floorfuse at each start; own settings go to "
                       "data/postgresql.auto.conf (ALTER SYSTEM).\n");
    text_append(&conf, settings);
    text_format(&conf, "max_slot_wal_keep_size = %dMB\n", hq_wal_mb);
    /* inner quotes: a comma would start another folder */
    text_append(&conf, "unix_socket_directories = '\"");
    append_quoted(&conf, paths->socket_folder);
    text_append(&conf, "\"'\n");
    if (conf.failed)
        return -ENOMEM;
    return file_write(paths->conf, conf.bytes, conf.length, 0644, err);
}

/* The server appends to its log; it begins a new one at a start when the old one has grown. */
static int prepare_log(const struct cluster_paths *paths, const struct cluster_owner *owner,
                       struct error *err)
{
    struct stat found;
    char *older = join(paths->dir, "server.log.1");
    if (older && stat(paths->log, &found) == 0 && found.st_size > LOG_BYTES_MAX)
        (void) rename(paths->log, older);
    free(older);
    int fd = open(paths->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = fd < 0 ? -errno : 0;
    if (rc == 0 && owner->user && fchown(fd, owner->uid, owner->gid) < 0)
        rc = -errno;
    if (fd >= 0)
        (void) close(fd);
    if (rc < 0)
        (void) error_set(err, rc, "could not open the log %s: %s", paths->log, strerror(-rc));
    return rc;
}

static int prepare_socket_folder(const struct cluster_paths *paths,
                                 const struct cluster_owner *owner, struct error *err)
{
    if (!socket_fits(paths->socket_folder))
        return error_set(err, -ENAMETOOLONG,
                         "%s" SOCKET_NAME
                         " is longer than the %zu bytes a socket may have; set run_dir or "
                         "database.dir to a shorter path",
                         paths->socket_folder, sizeof(((struct sockaddr_un *) 0)->sun_path) - 1);
    char *parent = strdup(paths->socket_folder);
    if (!parent)
        return -ENOMEM;
    *strrchr(parent, '/') = '\0';
    int rc = file_make_folder(parent, 0755, err);
    free(parent);
    if (rc == 0)
        rc = make_private(paths->socket_folder, owner, err);
    return rc < 0 ? rc : check_enterable(owner, paths->socket_folder, err);
}

int cluster_folder_fill(const struct cluster_paths *paths, const struct cluster_owner *owner,
                        int hq_wal_mb, struct error *err)
{
    int rc = check_enterable(owner, paths->dir, err);
    if (rc == 0)
        rc = prepare_socket_folder(paths, owner, err);
    if (rc == 0)
        rc = file_exists(paths->data) ? check_data(paths, err) : make_data(paths, owner, err);
    if (rc == 0)
        rc = write_settings(paths, hq_wal_mb, err);
    if (rc == 0)
        rc = prepare_log(paths, owner, err);
    return rc;
}

/* The process number in the first line of a lock file, or 0. */
static pid_t lock_holder(const char *path)
{
    char *bytes = NULL;
    size_t length = 0;
    if (!path || file_read(path, FILE_BYTES_MAX, &bytes, &length, NULL) < 0)
        return 0;
    pid_t pid = (pid_t) strtol(bytes, NULL, 10);
    free(bytes);
    return pid > 0 ? pid : 0;
}

/* Server processes work in the data folder. A dead process that nobody waited for works nowhere,
 * although its number is still taken. -1: we may not look. */
static int works_in(const char *pid, const char *folder)
{
    char link[64], where[PATH_MAX];
    (void) snprintf(link, sizeof link, "/proc/%.20s/cwd", pid);
    ssize_t length = readlink(link, where, sizeof where - 1);
    if (length < 0)
        return errno == ENOENT ? 0 : -1;
    where[length] = '\0';
    return strcmp(where, folder) == 0;
}

/* Whether any process we can see, such as a backend whose server was killed, still works there. */
static bool somebody_works_in(const char *folder)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    bool found = !proc;
    while (!found && (entry = readdir(proc)))
        found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
                works_in(entry->d_name, folder) == 1;
    if (proc)
        (void) closedir(proc);
    return found;
}

static void remove_stale_lock(const char *path, const char *data)
{
    char number[24];
    pid_t pid = lock_holder(path);
    (void) snprintf(number, sizeof number, "%d", (int) pid);
    if (pid > 0 && works_in(number, data) == 0 && !somebody_works_in(data))
        (void) unlink(path);
}

void cluster_folder_remove_stale_locks(const struct cluster_paths *paths)
{
    char *data = realpath(paths->data, NULL);
    char *server_lock = join(paths->data, "postmaster.pid");
    char *socket_lock = join(paths->socket_folder, &SOCKET_NAME ".lock"[1]);
    if (data && server_lock && socket_lock) {
        remove_stale_lock(server_lock, data);
        remove_stale_lock(socket_lock, data);
    }
    free(data);
    free(server_lock);
    free(socket_lock);
}
