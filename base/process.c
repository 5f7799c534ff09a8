/*
 * process.c - start other programs and wait for them
 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* All that the child needs, made ready before fork: after it only system calls are safe. */
struct launch {
    const struct process_options *options;
    char **environment;
    bool change_user;
    uid_t uid;
    gid_t gid;
    int output_fd; /* -1: ours */
    int report_fd; /* errno goes here when exec fails; closed by exec */
    pid_t parent;
};

static size_t count_strings(char *const *strings)
{
    size_t count = 0;
    while (strings && strings[count])
        count++;
    return count;
}

/* Ours and the added ones; added ones win because execvpe's program reads the first it finds. */
static char **merged_environment(const char *const *added)
{
    size_t ours = count_strings(environ), more = count_strings((char *const *) added), n = 0;
    char **merged = calloc(ours + more + 1, sizeof(*merged));
    if (!merged)
        return NULL;
    for (size_t i = 0; i < more; i++)
        merged[n++] = (char *) added[i];
    for (size_t i = 0; i < ours; i++)
        merged[n++] = environ[i];
    return merged;
}

static int look_up_user(struct launch *launch, struct error *err)
{
    const char *name = launch->options->user;
    if (!name)
        return 0;
    char buffer[4096];
    struct passwd entry, *found = NULL;
    int r = getpwnam_r(name, &entry, buffer, sizeof(buffer), &found);
    if (r != 0 || !found)
        return error_set(err, r ? -r : -ENOENT, "there is no user \"%s\" on this machine", name);
    launch->change_user = true;
    launch->uid = entry.pw_uid;
    launch->gid = entry.pw_gid;
    return 0;
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < NSIG; number++)
        (void) signal(number, SIG_DFL);
}

/* Raw system call: the library's own takes a lock that another thread may hold at fork. */
static int become_user(const struct launch *launch)
{
    if (!launch->change_user)
        return 0;
    if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setgid, launch->gid) < 0 ||
        syscall(SYS_setuid, launch->uid) < 0)
        return -errno;
    return 0;
}

static void report_and_exit(int report_fd, int code)
{
    ssize_t written = write(report_fd, &code, sizeof(code));
    (void) written;
    _exit(127);
}

static void run_child(const struct launch *launch)
{
    const struct process_options *options = launch->options;
    reset_signals();
    if (options->own_group)
        (void) setpgid(0, 0);
    int r = become_user(launch);
    if (r < 0)
        report_and_exit(launch->report_fd, -r);
    /* after becoming the user: changing it clears this */
    if (options->die_with_parent) {
        (void) prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != launch->parent)
            _exit(127);
    }
    if (launch->output_fd >= 0 &&
        (dup2(launch->output_fd, STDOUT_FILENO) < 0 || dup2(launch->output_fd, STDERR_FILENO) < 0))
        report_and_exit(launch->report_fd, errno);
    if (options->folder && chdir(options->folder) < 0)
        report_and_exit(launch->report_fd, errno);
    execvpe(options->arguments[0], (char *const *) options->arguments, launch->environment);
    report_and_exit(launch->report_fd, errno);
}

/* Fork, then learn over a close-on-exec pipe whether exec went well. */
static int launch_child(struct launch *launch, pid_t *ret_pid, struct error *err)
{
    int report[2];
    const char *name = launch->options->arguments[0];
    if (pipe2(report, O_CLOEXEC) < 0)
        return error_set(err, -errno, "could not start %s: %s", name, strerror(errno));
    launch->report_fd = report[1];
    launch->parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        run_child(launch);
    int fork_errno = errno;
    (void) close(report[1]);
    if (pid < 0) {
        (void) close(report[0]);
        return error_set(err, -fork_errno, "could not start %s: %s", name, strerror(fork_errno));
    }
    int code = 0;
    ssize_t n;
    while ((n = read(report[0], &code, sizeof(code))) < 0 && errno == EINTR)
        ;
    (void) close(report[0]);
    if (n == (ssize_t) sizeof(code)) {
        (void) waitpid(pid, NULL, 0);
        return error_set(err, -code, "could not start %s: %s", name, strerror(code));
    }
    *ret_pid = pid;
    return 0;
}

static int start_with_output(const struct process_options *options, int output_fd, pid_t *ret_pid,
                             struct error *err)
{
    struct launch launch = { .options = options, .output_fd = output_fd };
    int r = look_up_user(&launch, err);
    if (r < 0)
        return r;
    launch.environment = merged_environment(options->environment);
    if (!launch.environment)
        return error_set(err, -ENOMEM, "out of memory");
    r = launch_child(&launch, ret_pid, err);
    free(launch.environment);
    return r;
}

int process_start(const struct process_options *options, pid_t *ret_pid, struct error *err)
{
    int fd = -1;
    if (options->output_path) {
        fd = open(options->output_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0)
            return error_set(err, -errno, "could not open %s: %s", options->output_path,
                             strerror(errno));
    }
    int r = start_with_output(options, fd, ret_pid, err);
    if (fd >= 0)
        (void) close(fd);
    return r;
}

static int exit_code(int wait_status)
{
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static void read_output(int fd, struct text *output)
{
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            text_append_bytes(output, chunk, (size_t) n);
}

int process_run(const struct process_options *options, struct text *ret_output, int *ret_status,
                struct error *err)
{
    int ends[2] = { -1, -1 };
    if (ret_output && pipe2(ends, O_CLOEXEC) < 0)
        return error_set(err, -errno, "could not make a pipe: %s", strerror(errno));
    pid_t pid;
    int r = ret_output ? start_with_output(options, ends[1], &pid, err)
                       : process_start(options, &pid, err);
    if (ret_output) {
        (void) close(ends[1]);
        if (r == 0)
            read_output(ends[0], ret_output);
        (void) close(ends[0]);
    }
    if (r < 0)
        return r;
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return error_set(err, -errno, "could not wait for %s: %s", options->arguments[0],
                             strerror(errno));
    *ret_status = exit_code(status);
    return 0;
}

int process_wait(pid_t pid, int timeout_ms, int *ret_status)
{
    int fd = (int) syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0)
        return -errno;
    struct pollfd ended = { .fd = fd, .events = POLLIN };
    int r = poll(&ended, 1, timeout_ms);
    int poll_errno = errno;
    (void) close(fd);
    if (r <= 0)
        return r < 0 && poll_errno != EINTR ? -poll_errno : 0;
    int status;
    if (waitpid(pid, &status, 0) < 0)
        return -errno;
    *ret_status = exit_code(status);
    return 1;
}
