/*
 * notify.c - telling the service manager how we are
 */
#include "base/notify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

/* Process-wide on purpose: the environment is, too. Set once by main before threads start, used by
 * the thread of the loop. */
static struct {
    struct sockaddr_un address;
    socklen_t address_bytes;  /* 0: nobody listens */
    int64_t watchdog_half_ns; /* 0: no watchdog */
    int64_t next_watchdog_ns;
    char status[256]; /* the last words */
} notify;

/* A path, or @NAME in the abstract namespace; vsock: and what else there may be is not ours. */
static bool read_address(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (length < 2 || (text[0] != '/' && text[0] != '@') ||
        length >= sizeof(notify.address.sun_path))
        return false;
    notify.address.sun_family = AF_UNIX;
    memcpy(notify.address.sun_path, text, length);
    bool abstract = text[0] == '@';
    if (abstract)
        notify.address.sun_path[0] = '\0';
    /* an abstract name is as long as it is, a path ends in a NUL */
    notify.address_bytes =
        (socklen_t) (offsetof(struct sockaddr_un, sun_path) + length + (abstract ? 0 : 1));
    return true;
}

/* Half of the period, as sd_watchdog_enabled(3) advises; 0 when there is none or it is another's.
 */
static int64_t read_watchdog(const char *period_us, const char *pid)
{
    if (!period_us || (pid && strtoll(pid, NULL, 10) != (long long) getpid()))
        return 0;
    char *end;
    long long us = strtoll(period_us, &end, 10);
    if (end == period_us || *end || us <= 0 || us > INT64_MAX / NS_PER_US)
        return 0;
    return us * NS_PER_US / 2;
}

bool notify_init(void)
{
    memset(&notify, 0, sizeof(notify));
    bool wanted = read_address(getenv("NOTIFY_SOCKET"));
    if (wanted)
        notify.watchdog_half_ns = read_watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
    (void) unsetenv("NOTIFY_SOCKET");
    (void) unsetenv("WATCHDOG_USEC");
    (void) unsetenv("WATCHDOG_PID");
    return wanted;
}

/* Of several, parted by colons, nobody could say which. */
const char *notify_folder(const char *variable)
{
    const char *folder = getenv(variable);
    return folder && folder[0] == '/' && !strchr(folder, ':') ? folder : NULL;
}

/* A socket for each word: they are rare, and a manager that is started anew has a new one. */
static void send_text(const char *text)
{
    if (notify.address_bytes == 0)
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    (void) sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *) &notify.address,
                  notify.address_bytes);
    (void) close(fd);
}

/* Keep the words, as one line; true when they are new. */
static bool set_status(const char *format, va_list arguments)
{
    char words[sizeof(notify.status)] = "";
    (void) vsnprintf(words, sizeof(words), format, arguments);
    for (char *c = words; *c; c++)
        if ((unsigned char) *c < ' ') /* a camera's words must not become lines of ours */
            *c = ' ';
    bool fresh = strcmp(words, notify.status) != 0;
    memcpy(notify.status, words, sizeof(words));
    return fresh;
}

static void send_status(const char *before)
{
    char text[sizeof(notify.status) + 32];
    (void) snprintf(text, sizeof(text), "%sSTATUS=%s", before, notify.status);
    send_text(text);
}

void notify_ready(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void) set_status(format, arguments);
    va_end(arguments);
    send_status("READY=1\n");
}

void notify_status(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bool fresh = set_status(format, arguments);
    va_end(arguments);
    if (fresh)
        send_status("");
}

void notify_reloading(void)
{
    char text[64];
    /* the time lets the manager tell this reload's READY=1 from an earlier one */
    (void) snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
                    (long long) (clock_mono_ns() / NS_PER_US));
    send_text(text);
}

void notify_stopping(void)
{
    send_text("STOPPING=1");
}

void notify_turn(int64_t now_mono_ns)
{
    if (notify.watchdog_half_ns == 0 || now_mono_ns < notify.next_watchdog_ns)
        return;
    notify.next_watchdog_ns = now_mono_ns + notify.watchdog_half_ns;
    send_text("WATCHDOG=1");
}
