/*
 * test_confine.c - what a confined process can still do, and what not
 *
 * Each test confines a child of its own, which looks for itself and ends with the number of the
 * line that was wrong, or 0.
 */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "programs/confine.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

struct fixture {
    char folder[32], readable[64], writable[64], other[64];
    bool has_landlock;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    *state = f;
    (void) snprintf(f->folder, sizeof(f->folder), "/tmp/test_confine.XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    (void) snprintf(f->readable, sizeof(f->readable), "%s/readable", f->folder);
    (void) snprintf(f->writable, sizeof(f->writable), "%s/writable", f->folder);
    (void) snprintf(f->other, sizeof(f->other), "%s/other", f->folder);
    const char *const folders[] = { f->readable, f->writable, f->other };
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        char path[128];
        (void) snprintf(path, sizeof(path), "%s/file", folders[i]);
        if (file_make_folder(folders[i], 0700, NULL) < 0 ||
            file_write(path, "words", 5, 0600, NULL) < 0)
            return -1;
    }
    f->has_landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 1;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[64];
    (void) snprintf(command, sizeof(command), "rm -r %s", f->folder);
    free(f);
    return system(command);
}

static void confine(const struct fixture *f)
{
    const char *const readable[] = { f->readable, "/usr",       "/lib",           "/lib64",
                                     "/etc",      "/proc/self", "/no/such/place", NULL };
    const char *const writable[] = { f->writable, "/dev/null", NULL };
    const struct confine_options options = { .readable = readable, .writable = writable };
    AUTO(text_release) struct text words = TEXT_INIT;
    struct error err = { "" };
    int r = confine_process(&options, &words, &err);
    if (r != 0)
        (void) fprintf(stderr, "%s %s\n", words.bytes, err.text);
    if (r < 0)
        _exit(255);
}

/* Nothing of the parent's is cleaned up by the child. */
static void assert_in_child(void **state, int (*look)(const struct fixture *f))
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        confine(*state);
        _exit(look(*state));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status))
        fail_msg("the child was ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        fail_msg("number %d was not as expected", WEXITSTATUS(status));
}

/* Whether it failed with that error. */
static bool refused(long result, int code)
{
    return result == -1 && errno == code;
}

static int look_for_programs(const struct fixture *f)
{
    char *const arguments[] = { "/bin/true", NULL };
    (void) f;
    if (!refused(execve("/bin/true", arguments, NULL), EPERM))
        return 1;
    if (!refused(syscall(SYS_execveat, AT_FDCWD, "/bin/true", arguments, NULL, 0), EPERM))
        return 2;
    if (!SANITIZED && !refused(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL), EPERM))
        return 3;
    if (!refused(syscall(SYS_fork), EPERM) || !refused(syscall(SYS_vfork), EPERM))
        return 4;
    return 0;
}

static void no_program_can_be_started(void **state)
{
    assert_in_child(state, look_for_programs);
}

static int look_for_files(const struct fixture *f)
{
    char path[128];
    int fd;
    (void) snprintf(path, sizeof(path), "%s/file", f->readable);
    if ((fd = open(path, O_RDONLY)) < 0 || close(fd) < 0)
        return 1;
    (void) snprintf(path, sizeof(path), "%s/new", f->writable);
    if ((fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600)) < 0 || write(fd, "x", 1) != 1 ||
        ftruncate(fd, 0) < 0 || close(fd) < 0)
        return 2;
    if (unlink(path) < 0 || (fd = open("/dev/null", O_WRONLY)) < 0)
        return 3;
    if (!f->has_landlock)
        return 0;
    (void) snprintf(path, sizeof(path), "%s/file", f->readable);
    if (!refused(open(path, O_WRONLY), EACCES) || !refused(truncate(path, 0), EACCES) ||
        !refused(unlink(path), EACCES))
        return 4;
    (void) snprintf(path, sizeof(path), "%s/file", f->other);
    if (!refused(open(path, O_RDONLY), EACCES))
        return 5;
    if (!refused(open("/etc/passwd", O_WRONLY), EACCES))
        return 6;
    (void) snprintf(path, sizeof(path), "%s/new", f->other);
    if (!refused(open(path, O_RDWR | O_CREAT, 0600), EACCES) || !refused(mkdir(path, 0700), EACCES))
        return 7;
    if (!refused(symlink("/etc/shadow", path), EPERM) || !refused(mknod(path, 0600, 0), EPERM))
        return 8;
    return 0;
}

static void files_are_those_that_were_named(void **state)
{
    const struct fixture *f = *state;
    if (!f->has_landlock)
        print_message("this kernel has no Landlock: only half of it is looked at\n");
    assert_in_child(state, look_for_files);
}

static int look_for_sockets(const struct fixture *f)
{
    static const int families[] = { AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_BLUETOOTH };
    (void) f;
    for (size_t i = 0; i < ARRAY_LENGTH(families); i++)
        if (!refused(socket(families[i], SOCK_DGRAM, 0), EPERM))
            return 1;
    int tcp = socket(AF_INET, SOCK_STREAM, 0), unix_fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (tcp < 0 || unix_fd < 0)
        return 2;
    const struct sockaddr_in nowhere = { .sin_family = AF_INET,
                                         .sin_port = htons(1),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (!refused(connect(tcp, (const struct sockaddr *) &nowhere, sizeof(nowhere)), ECONNREFUSED))
        return 3;
    if (!refused(listen(tcp, 1), EPERM) || !refused(accept(tcp, NULL, NULL), EPERM))
        return 4;
    return 0;
}

static void sockets_are_those_of_a_client(void **state)
{
    assert_in_child(state, look_for_sockets);
}

static int look_for_others(const struct fixture *f)
{
    struct rlimit limit = { 1, 1 };
    (void) f;
    if (!refused(kill(getppid(), 0), EPERM))
        return 1;
    if (!SANITIZED && !refused(syscall(SYS_tgkill, getppid(), getppid(), 0), EPERM))
        return 2;
    if (!SANITIZED && !refused(syscall(SYS_ptrace, 16, getppid(), 0, 0), EPERM))
        return 3;
    static const long numbers[] = { SYS_mount,
                                    SYS_umount2,
                                    SYS_unshare,
                                    SYS_setns,
                                    SYS_bpf,
                                    SYS_kexec_load,
                                    SYS_init_module,
                                    SYS_perf_event_open,
                                    SYS_keyctl,
                                    SYS_io_uring_setup,
                                    SYS_userfaultfd,
                                    SYS_reboot,
                                    SYS_setuid,
                                    SYS_chroot,
                                    SYS_swapon,
                                    SYS_personality,
                                    SYS_process_vm_writev,
                                    SYS_open_by_handle_at,
                                    SYS_shmget };
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        if (!refused(syscall(numbers[i], 0, 0, 0, 0, 0, 0), EPERM))
            return 10 + (int) i;
    if (!refused(syscall(SYS_clone3, NULL, 0), ENOSYS))
        return 4;
    if (!refused(ioctl(0, TIOCSTI, "x"), EPERM))
        return 5;
    if (!refused(setrlimit(RLIMIT_NOFILE, &limit), EPERM) || getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 6;
    return 0;
}

static void other_processes_and_the_kernel_are_out_of_reach(void **state)
{
    assert_in_child(state, look_for_others);
}

static int look_at_rights(const struct fixture *f)
{
    char status[8192] = "";
    (void) f;
    int fd = open("/proc/self/status", O_RDONLY);
    if (fd < 0 || read(fd, status, sizeof(status) - 1) <= 0)
        return 1;
    static const char *const lines[] = { "\nCapPrm:\t0000000000000000\n",
                                         "\nCapEff:\t0000000000000000\n",
                                         "\nCapAmb:\t0000000000000000\n", "\nNoNewPrivs:\t1\n",
                                         "\nSeccomp:\t2\n" };
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        if (!strstr(status, lines[i]))
            return 10 + (int) i;
    if (geteuid() == 0 && !strstr(status, "\nCapBnd:\t0000000000000000\n"))
        return 2;
    if (!SANITIZED && prctl(PR_GET_DUMPABLE) != -1)
        return 3;
    return 0;
}

static void no_rights_are_left(void **state)
{
    assert_in_child(state, look_at_rights);
}

static void *count(void *argument)
{
    (*(int *) argument)++;
    return execve("/bin/true", (char *[]){ "true", NULL }, NULL) == -1 ? argument : NULL;
}

/* mov eax, 42; ret: what a compiler of kernels does when it is needed */
static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };

static int look_at_work(const struct fixture *f)
{
    pthread_t threads[4];
    void *result = NULL;
    int counts[4] = { 0 };
    (void) f;
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        if (pthread_create(&threads[i], NULL, count, &counts[i]) != 0)
            return 1;
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        if (pthread_join(threads[i], &result) != 0 || counts[i] != 1 || result != &counts[i])
            return 2;
#ifdef __x86_64__
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return 3;
    memcpy(page, code, sizeof(code));
    int (*kernel)(void);
    memcpy(&kernel, &page, sizeof(page));
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 || kernel() != 42)
        return 4;
#endif
    return 0;
}

static void threads_and_generated_code_work_and_are_confined_too(void **state)
{
    assert_in_child(state, look_at_work);
}

static int look_at_abort(const struct fixture *f)
{
    (void) f;
    (void) signal(SIGUSR1, SIG_IGN);
    return raise(SIGUSR1) == 0 ? 0 : 1;
}

static void a_process_can_still_signal_itself(void **state)
{
    assert_in_child(state, look_at_abort);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(no_program_can_be_started),
        TEST(files_are_those_that_were_named),
        TEST(sockets_are_those_of_a_client),
        TEST(other_processes_and_the_kernel_are_out_of_reach),
        TEST(no_rights_are_left),
        TEST(threads_and_generated_code_work_and_are_confined_too),
        TEST(a_process_can_still_signal_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
