/*
 * confine_calls.c - the system calls of a confined process
 *
 * The list is what a camera was seen to do under strace: starting, decoding files and RTSP with
 * each engine, publishing, losing and finding its stream, reading its calibration again, ending;
 * with the relatives of those calls that another version of glibc would take. What is not here and
 * has a use to an attacker: execve, fork (a clone that is no thread), ptrace, kill, listen, accept,
 * mount, unshare, bpf, io_uring, keyctl, perf_event_open, and every socket but Unix and IP.
 */
#include "programs/confine_calls.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* One line an idea. */
/* clang-format off */
static const char *const allowed[] = {
    /* memory; PROT_EXEC is needed, oneDNN may write its kernels when it sees the processor */
    "brk", "madvise", "mincore", "mmap", "mmap2", "mprotect", "mremap", "msync", "munmap",
    "memfd_create", "get_mempolicy", "set_mempolicy", "membarrier", "mlock", "munlock",
    /* threads and their clocks */
    "exit", "exit_group", "futex", "get_robust_list", "set_robust_list", "set_tid_address",
    "rseq", "arch_prctl", "sched_getaffinity", "sched_setaffinity", "sched_getparam",
    "sched_getscheduler", "sched_setscheduler", "sched_get_priority_max",
    "sched_get_priority_min", "sched_yield", "getcpu", "clock_getres", "clock_gettime",
    "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "restart_syscall",
    "getrusage", "sysinfo", "uname",
    /* signals to itself, see below for tgkill */
    "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend",
    "rt_sigtimedwait", "sigaltstack", "signalfd4",
    /* who am I */
    "getegid", "geteuid", "getgid", "getgroups", "getpgrp", "getpid", "getppid", "getresgid",
    "getresuid", "getsid", "gettid", "getuid", "capget", "getpriority",
    /* files: which, is Landlock's matter */
    "access", "chmod", "close", "close_range", "dup", "dup2", "dup3", "faccessat", "faccessat2",
    "fadvise64", "fallocate", "fchmod", "fchmodat", "fcntl", "fdatasync", "flock", "fstat",
    "fstatfs", "fsync", "ftruncate", "getcwd", "getdents", "getdents64", "lseek", "lstat",
    "mkdir", "mkdirat", "newfstatat", "open", "openat", "pread64", "preadv", "pwrite64",
    "pwritev", "read", "readahead", "readlink", "readlinkat", "readv", "rename", "renameat",
    "renameat2", "rmdir", "stat", "statfs", "statx", "sync_file_range", "truncate", "umask",
    "unlink", "unlinkat", "write", "writev",
    /* waiting */
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd",
    "eventfd2", "pipe", "pipe2", "poll", "ppoll", "pselect6", "select", "timerfd_create",
    "timerfd_gettime", "timerfd_settime",
    /* being a client; which families, see below */
    "bind", "connect", "getpeername", "getsockname", "getsockopt", "recvfrom", "recvmmsg",
    "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
    "getrandom",
};

/* Asked for by a glibc that can do without. */
static const char *const newer[] = {
    "clone3", /* its flags cannot be looked at, those of clone can */
    "openat2", "fchmodat2", "epoll_pwait2", "futex_waitv", "pidfd_open",
};

/* The leak checker attaches to its own process with a thread-like process. */
static const char *const sanitizers[] = {
    "ptrace", "wait4", "clone", "prctl", "process_vm_readv", "tgkill", "tkill",
};
/* clang-format on */

struct filter {
    scmp_filter_ctx context;
    int count; /* allowed so far */
    int code;  /* the first failure */
};

/* A call that this architecture or libseccomp does not know is none that could be made. */
static void add(struct filter *f, uint32_t action, const char *name, unsigned count,
                const struct scmp_arg_cmp *arguments)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || f->code < 0)
        return;
    int r = seccomp_rule_add_array(f->context, action, number, count, arguments);
    if (r == -EEXIST)
        return;
    f->count += action == SCMP_ACT_ALLOW && r == 0;
    f->code = r == -EDOM || r == -EACCES ? 0 : r;
}

static void allow_if(struct filter *f, const char *name, struct scmp_arg_cmp argument)
{
    add(f, SCMP_ACT_ALLOW, name, 1, &argument);
}

static void allow_lists(struct filter *f)
{
    for (size_t i = 0; i < ARRAY_LENGTH(allowed); i++)
        add(f, SCMP_ACT_ALLOW, allowed[i], 0, NULL);
    for (size_t i = 0; SANITIZED && i < ARRAY_LENGTH(sanitizers); i++)
        add(f, SCMP_ACT_ALLOW, sanitizers[i], 0, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(newer); i++)
        add(f, SCMP_ACT_ERRNO(ENOSYS), newer[i], 0, NULL);
}

/* Threads, but neither processes nor namespaces; signals to itself only (abort raises one). */
static void allow_threads(struct filter *f)
{
    const uint64_t spaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                            CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    if (SANITIZED)
        return; /* all of it is allowed already */
    allow_if(f, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | spaces, CLONE_THREAD));
    allow_if(f, "tgkill", SCMP_A0(SCMP_CMP_EQ, (uint64_t) getpid()));
    allow_if(f, "prctl", SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
    allow_if(f, "prctl", SCMP_A0(SCMP_CMP_EQ, PR_GET_NAME));
}

/* Limits may be read: glibc sizes stacks by them. */
static void allow_limits(struct filter *f)
{
    allow_if(f, "prlimit64", SCMP_A2(SCMP_CMP_EQ, 0));
    add(f, SCMP_ACT_ALLOW, "getrlimit", 0, NULL);
}

static void allow_sockets(struct filter *f)
{
    static const uint64_t families[] = { AF_UNIX, AF_INET, AF_INET6 };
    for (size_t i = 0; i < ARRAY_LENGTH(families); i++)
        allow_if(f, "socket", SCMP_A0(SCMP_CMP_EQ, families[i]));
    allow_if(f, "socketpair", SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
}

/* Not TIOCSTI, which types into the terminal of whoever started us. */
static void allow_ioctls(struct filter *f, bool video_devices)
{
    static const uint64_t requests[] = { FIONREAD, FIONBIO, FIOCLEX, TCGETS, TIOCGWINSZ };
    for (size_t i = 0; i < ARRAY_LENGTH(requests); i++)
        allow_if(f, "ioctl", SCMP_A1(SCMP_CMP_EQ, requests[i]));
    if (video_devices)
        allow_if(f, "ioctl", SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, 'V' << 8));
}

int confine_calls(bool video_devices, int *ret_count, struct error *err)
{
    struct filter f = { .context = seccomp_init(SCMP_ACT_ERRNO(EPERM)) };
    if (!f.context)
        return error_set(err, -ENOMEM, "out of memory");
    allow_lists(&f);
    allow_threads(&f);
    allow_limits(&f);
    allow_sockets(&f);
    allow_ioctls(&f, video_devices);
    if (f.code == 0)
        f.code = seccomp_load(f.context);
    seccomp_release(f.context);
    if (f.code < 0)
        return error_set(err, f.code, "could not limit the system calls: %s", strerror(-f.code));
    *ret_count = f.count;
    return 0;
}
