/*
 * test_notify.c - the words to a service manager, read from a real datagram socket
 *
 * Expected texts are those of sd_notify(3) and sd_watchdog_enabled(3).
 */
#include "testing.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/notify.h"

struct manager {
    int fd;
    char folder[32], name[64]; /* as it stands in $NOTIFY_SOCKET */
    char text[1024];
};

/* Listen at a path, or at @NAME. */
static void listen_at(struct manager *m)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t length = strlen(m->name);
    memcpy(address.sun_path, m->name, length);
    if (m->name[0] == '@')
        address.sun_path[0] = '\0';
    m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(m->fd >= 0);
    assert_int_equal(bind(m->fd, (const struct sockaddr *) &address,
                          (socklen_t) (offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", m->name, 1), 0);
}

static int set_up(void **state)
{
    struct manager *m = calloc(1, sizeof(*m));
    if (!m)
        return -1;
    *state = m;
    (void) snprintf(m->folder, sizeof(m->folder), "/tmp/test_notify.XXXXXX");
    if (!mkdtemp(m->folder))
        return -1;
    (void) snprintf(m->name, sizeof(m->name), "%s/notify", m->folder);
    listen_at(m);
    return 0;
}

static int tear_down(void **state)
{
    struct manager *m = *state;
    (void) close(m->fd);
    (void) unlink(m->name);
    (void) rmdir(m->folder);
    free(m);
    return 0;
}

/* The next datagram; "" when none waits. Local datagrams are there as soon as they are sent. */
static const char *heard(struct manager *m)
{
    ssize_t length = recv(m->fd, m->text, sizeof(m->text) - 1, MSG_DONTWAIT);
    m->text[length > 0 ? length : 0] = '\0';
    return m->text;
}

static void ready_carries_words_for_people(void **state)
{
    struct manager *m = *state;
    assert_true(notify_init());
    notify_ready("store %s: %d cameras", "demo", 2);
    assert_string_equal(heard(m), "READY=1\nSTATUS=store demo: 2 cameras");
}

static void the_same_words_are_said_once(void **state)
{
    struct manager *m = *state;
    assert_true(notify_init());
    notify_status("running");
    assert_string_equal(heard(m), "STATUS=running");
    notify_status("running");
    assert_string_equal(heard(m), "");
    notify_status("lost");
    assert_string_equal(heard(m), "STATUS=lost");
}

static void words_from_outside_stay_one_line(void **state)
{
    struct manager *m = *state;
    char flood[2000];
    memset(flood, 'x', sizeof(flood) - 1);
    flood[sizeof(flood) - 1] = '\0';
    assert_true(notify_init());
    notify_status("lost\nSTOPPING=1");
    assert_string_equal(heard(m), "STATUS=lost STOPPING=1");
    notify_status("%s", flood);
    assert_int_equal(strlen(heard(m)), strlen("STATUS=") + 255);
}

static void a_reload_tells_when_it_began(void **state)
{
    struct manager *m = *state;
    long long us;
    assert_true(notify_init());
    int64_t before_us = clock_mono_ns() / NS_PER_US;
    notify_reloading();
    int64_t after_us = clock_mono_ns() / NS_PER_US;
    assert_int_equal(sscanf(heard(m), "RELOADING=1\nMONOTONIC_USEC=%lld", &us), 1);
    assert_true(us >= before_us && us <= after_us);
    notify_stopping();
    assert_string_equal(heard(m), "STOPPING=1");
}

static void the_watchdog_hears_of_us_twice_a_period(void **state)
{
    struct manager *m = *state;
    char pid[32];
    (void) snprintf(pid, sizeof(pid), "%d", (int) getpid());
    assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
    assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
    assert_true(notify_init());
    int heard_of = 0;
    for (int64_t s = 1000; s < 1060; s++) { /* 60 s of a loop that turns once a second */
        notify_turn(s * NS_PER_S);
        heard_of += strcmp(heard(m), "WATCHDOG=1") == 0;
    }
    assert_int_equal(heard_of, 4);
}

static void another_processs_watchdog_is_not_ours(void **state)
{
    struct manager *m = *state;
    assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
    assert_true(notify_init());
    notify_turn(NS_PER_S);
    assert_string_equal(heard(m), "");
    assert_int_equal(setenv("WATCHDOG_USEC", "soon", 1), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", m->name, 1), 0);
    assert_true(notify_init());
    notify_turn(NS_PER_S);
    assert_string_equal(heard(m), "");
}

static void programs_that_are_started_do_not_speak_for_us(void **state)
{
    (void) state;
    assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
    assert_true(notify_init());
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
}

static void the_managers_folders_are_found(void **state)
{
    (void) state;
    assert_null(notify_folder("STATE_DIRECTORY"));
    assert_int_equal(setenv("STATE_DIRECTORY", "/var/lib/floorfuse/demo", 1), 0);
    assert_string_equal(notify_folder("STATE_DIRECTORY"), "/var/lib/floorfuse/demo");
    assert_int_equal(setenv("STATE_DIRECTORY", "/a:/b", 1), 0);
    assert_null(notify_folder("STATE_DIRECTORY"));
    assert_int_equal(setenv("STATE_DIRECTORY", "", 1), 0);
    assert_null(notify_folder("STATE_DIRECTORY"));
    assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
}

static void an_abstract_socket_is_reached_too(void **state)
{
    struct manager *m = *state;
    struct manager abstract = { 0 };
    (void) m;
    (void) snprintf(abstract.name, sizeof(abstract.name), "@floorfuse-test-%d", (int) getpid());
    listen_at(&abstract);
    assert_true(notify_init());
    notify_stopping();
    assert_string_equal(heard(&abstract), "STOPPING=1");
    (void) close(abstract.fd);
}

static void without_a_manager_nothing_happens(void **state)
{
    struct manager *m = *state;
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    assert_false(notify_init());
    notify_ready("ready");
    notify_turn(NS_PER_S);
    assert_int_equal(setenv("NOTIFY_SOCKET", "vsock:2:1234", 1), 0);
    assert_false(notify_init());
    notify_stopping();
    assert_string_equal(heard(m), "");
}

static void a_manager_that_has_gone_does_no_harm(void **state)
{
    struct manager *m = *state;
    assert_true(notify_init());
    (void) unlink(m->name);
    notify_ready("ready");
    notify_stopping();
}

#define MANAGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MANAGED(ready_carries_words_for_people),
        MANAGED(the_same_words_are_said_once),
        MANAGED(words_from_outside_stay_one_line),
        MANAGED(a_reload_tells_when_it_began),
        MANAGED(the_watchdog_hears_of_us_twice_a_period),
        MANAGED(another_processs_watchdog_is_not_ours),
        MANAGED(programs_that_are_started_do_not_speak_for_us),
        MANAGED(the_managers_folders_are_found),
        MANAGED(an_abstract_socket_is_reached_too),
        MANAGED(without_a_manager_nothing_happens),
        MANAGED(a_manager_that_has_gone_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
