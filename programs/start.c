/*
 * start.c - what every program does first
 */
#include "programs/start.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"

void print_problems(const char *program, const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        fprintf(stderr, "%s: %s\n", program, problems->sentences[i]);
}

int load_config(const char *program, const char *path, struct store_config **ret_config)
{
    AUTO(problems_release) struct problems problems = { 0 };
    int r = store_config_load(path, ret_config, &problems);
    print_problems(program, &problems);
    return r;
}

int load_chain_config(const char *program, const char *path, struct store_config **ret_config)
{
    AUTO(problems_release) struct problems problems = { 0 };
    int r = store_config_load_chain(path, ret_config, &problems);
    print_problems(program, &problems);
    return r;
}

int load_keyless_config(const char *program, const char *path, struct store_config **ret_config)
{
    AUTO(problems_release) struct problems problems = { 0 };
    int r = store_config_load_keyless(path, ret_config, &problems);
    print_problems(program, &problems);
    return r;
}

int load_config_or_defaults(const char *program, const char *path, struct store_config **ret_config)
{
    if (path)
        return load_config(program, path, ret_config);
    int r = store_config_defaults(ret_config);
    if (r < 0)
        fprintf(stderr, "%s: out of memory\n", program);
    return r;
}

int signals_open(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    (void) signal(SIGPIPE, SIG_IGN);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int signals_next(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof(info)) == (ssize_t) sizeof(info) ? (int) info.ssi_signo : 0;
}

char *sibling_program(const char *name)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length < 0)
        return NULL;
    self[length] = '\0';
    return file_resolve(self, name);
}
