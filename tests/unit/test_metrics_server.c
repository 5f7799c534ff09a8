/*
 * test_metrics_server.c - /metrics, /healthz and /readyz, asked by well-meaning and other clients
 *
 * Clients are plain sockets, so that they can do what HTTP libraries do not. Expected status codes
 * are those of RFC 9110.
 */
#include "testing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "metrics/metrics_server.h"

#define DEADLINE_MS 10000

static const char *status_json =
    "{\"store\": \"demo\", \"cameras\": [{\"camera\": \"left\", \"floor\": \"g\", \"state\": "
    "\"running\", \"frames_received\": 12}], \"database\": null}";

static char *make_status(void *context)
{
    (void) context;
    return strdup(status_json);
}

static int set_up(void **state)
{
    struct error err = { "" };
    int r = metrics_server_create("127.0.0.1:0", (struct metrics_server **) state, &err);
    if (r < 0)
        print_message("%s\n", err.text);
    return r;
}

static int tear_down(void **state)
{
    metrics_server_destroy((struct metrics_server **) state);
    assert_null(*state);
    return 0;
}

static int connect_to(const struct metrics_server *server)
{
    const struct sockaddr_in where = { .sin_family = AF_INET,
                                       .sin_port = htons(metrics_server_port(server)),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *) &where, sizeof(where)), 0);
    return fd;
}

static void send_bytes(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0)
            return; /* it may have been refused already */
        bytes += sent;
        length -= (size_t) sent;
    }
}

/* All that comes until the other side closes, or time is up. */
static char *read_all(int fd)
{
    static char answer[65536];
    size_t length = 0;
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    ssize_t got = 1;
    while (got > 0 && length < sizeof(answer) - 1 && poll(&wait, 1, DEADLINE_MS) == 1) {
        got = recv(fd, answer + length, sizeof(answer) - 1 - length, 0);
        length += got > 0 ? (size_t) got : 0;
    }
    answer[length] = '\0';
    (void) close(fd);
    return answer;
}

static char *ask(const struct metrics_server *server, const char *method, const char *path)
{
    char request[512];
    int length =
        snprintf(request, sizeof(request),
                 "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", method, path);
    int fd = connect_to(server);
    send_bytes(fd, request, (size_t) length);
    return read_all(fd);
}

static void assert_code(const char *answer, int code)
{
    int got = 0;
    if (sscanf(answer, "HTTP/1.1 %d", &got) != 1 || got != code)
        fail_msg("not %d but: %s", code, answer);
}

static const char *body_of(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    assert_non_null(end);
    return end + 4;
}

static void turn_now(struct metrics_server *server)
{
    metrics_server_turn(server, clock_mono_ns(), make_status, NULL);
}

static void before_the_first_status_nothing_is_well(void **state)
{
    static const char *const paths[] = { "/metrics", "/healthz", "/readyz" };
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        const char *answer = ask(*state, "GET", paths[i]);
        assert_code(answer, 503);
        assert_string_equal(body_of(answer), "fusion is starting\n");
    }
}

static void metrics_are_the_status(void **state)
{
    turn_now(*state);
    const char *answer = ask(*state, "GET", "/metrics");
    assert_code(answer, 200);
    assert_non_null(strstr(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert_non_null(strstr(answer, "\nfloorfuse_camera_frames_received_total{store=\"demo\","
                                   "camera=\"left\",floor=\"g\"} 12\n"));
    assert_non_null(strstr(answer, "\nfloorfuse_loop_age_seconds 0"));
    assert_int_equal(answer[strlen(answer) - 1], '\n');
}

static void probes_say_how_it_is(void **state)
{
    turn_now(*state);
    const char *answer = ask(*state, "GET", "/healthz");
    assert_code(answer, 200);
    assert_string_equal(body_of(answer), "alive\n");
    answer = ask(*state, "GET", "/readyz?verbose");
    assert_code(answer, 200);
    assert_string_equal(body_of(answer), "ready\n");
}

static void a_loop_that_hangs_is_seen(void **state)
{
    metrics_server_turn(*state, clock_mono_ns() - 42 * NS_PER_S, make_status, NULL);
    const char *answer = ask(*state, "GET", "/healthz");
    assert_code(answer, 503);
    assert_string_equal(body_of(answer), "fusion's loop has not turned for 42 s\n");
    assert_code(ask(*state, "GET", "/readyz"), 503);
    assert_code(ask(*state, "GET", "/metrics"), 200); /* what was known last, with its age */
}

static int times_made;

static char *count_status(void *context)
{
    times_made++;
    return make_status(context);
}

static void a_status_is_made_once_a_second(void **state)
{
    times_made = 0;
    for (int i = 0; i < 100; i++) /* ten seconds of ten turns */
        metrics_server_turn(*state, (1000 + i) * (NS_PER_S / 10), count_status, NULL);
    assert_int_equal(times_made, 10);
    metrics_server_turn(NULL, NS_PER_S, count_status, NULL);
    assert_int_equal(times_made, 10);
}

static void head_is_get_without_the_text(void **state)
{
    turn_now(*state);
    const char *answer = ask(*state, "HEAD", "/metrics");
    assert_code(answer, 200);
    assert_non_null(strstr(answer, "Content-Length: "));
    assert_string_equal(body_of(answer), "");
}

static void other_paths_and_methods_are_refused(void **state)
{
    turn_now(*state);
    assert_code(ask(*state, "GET", "/"), 404);
    assert_code(ask(*state, "GET", "/metrics/"), 404);
    assert_code(ask(*state, "GET", "/../../etc/passwd"), 404);
    const char *answer = ask(*state, "POST", "/metrics");
    assert_code(answer, 405);
    assert_non_null(strstr(answer, "Allow: GET, HEAD\r\n"));
    assert_code(ask(*state, "DELETE", "/healthz"), 405);
    assert_code(ask(*state, "OPTIONS", "/healthz"), 405);
}

static void a_body_is_not_waited_for(void **state)
{
    static const char request[] = "POST /metrics HTTP/1.1\r\nHost: localhost\r\n"
                                  "Content-Length: 1000000000\r\n\r\nhello";
    turn_now(*state);
    int fd = connect_to(*state);
    send_bytes(fd, request, sizeof(request) - 1);
    assert_code(read_all(fd), 405);
}

/* Of the request's line or its headers: refused or cut off, and others are served as before. */
static void oversized_requests_are_refused(void **state)
{
    static char large[1 << 20];
    static const char *const before[] = { "GET /", "GET /metrics HTTP/1.1\r\nHost: x\r\nX: " };
    turn_now(*state);
    memset(large, 'a', sizeof(large));
    for (size_t i = 0; i < ARRAY_LENGTH(before); i++) {
        int fd = connect_to(*state);
        send_bytes(fd, before[i], strlen(before[i]));
        send_bytes(fd, large, sizeof(large));
        const char *answer = read_all(fd);
        assert_null(strstr(answer, " 200 "));
        assert_code(ask(*state, "GET", "/healthz"), 200);
    }
}

static void nonsense_is_no_harm(void **state)
{
    static const char *const texts[] = { "\r\n\r\n\r\n\r\n", "\x16\x03\x01\x02", "GET\r\n\r\n",
                                         "GET /metrics HTTP/9.9\r\n\r\n",
                                         "GET /%00%ff HTTP/1.1\r\nHost: x\r\n\r\n" };
    turn_now(*state);
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        int fd = connect_to(*state);
        send_bytes(fd, texts[i], strlen(texts[i]));
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        assert_null(strstr(read_all(fd), " 200 "));
        assert_code(ask(*state, "GET", "/healthz"), 200);
    }
}

/* Clients that send half a request, or never read: everybody else is answered, and the loop's own
 * call comes back at once. */
static void slow_clients_delay_nobody(void **state)
{
    static const char half[] = "GET /metrics HTTP/1.1\r\nHo",
                      whole[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    int slow[8];
    turn_now(*state);
    for (size_t i = 0; i < ARRAY_LENGTH(slow); i++) {
        slow[i] = connect_to(*state);
        send_bytes(slow[i], i % 2 ? half : whole, i % 2 ? sizeof(half) - 1 : sizeof(whole) - 1);
    }
    int64_t start_ns = clock_mono_ns();
    metrics_server_turn(*state, start_ns + 5 * NS_PER_S, make_status, NULL);
    assert_true(clock_mono_ns() - start_ns < NS_PER_S);
    assert_code(ask(*state, "GET", "/healthz"), 200);
    for (size_t i = 0; i < ARRAY_LENGTH(slow); i++)
        (void) close(slow[i]);
}

/* More than there is room for wait or are turned away; when they have gone, others are served. */
static void connections_are_bounded(void **state)
{
    int many[100];
    turn_now(*state);
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++) {
        many[i] = connect_to(*state);
        send_bytes(many[i], "GET /", 5);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++)
        (void) close(many[i]);
    const char *answer = "";
    int64_t give_up_ns = clock_mono_ns() + DEADLINE_MS * NS_PER_MS;
    while (!strstr(answer, " 200 ") && clock_mono_ns() < give_up_ns)
        answer = ask(*state, "GET", "/healthz");
    assert_code(answer, 200);
}

static void a_port_in_use_is_told(void **state)
{
    struct metrics_server *other = NULL;
    struct error err = { "" };
    char address[64];
    (void) snprintf(address, sizeof(address), "127.0.0.1:%u", metrics_server_port(*state));
    assert_int_equal(metrics_server_create(address, &other, &err), -EADDRINUSE);
    assert_null(other);
    assert_non_null(strstr(err.text, "in use"));
    assert_int_equal(metrics_server_create("0.0.0.0:0", &other, &err), -EPERM);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(before_the_first_status_nothing_is_well),
        SERVED(metrics_are_the_status),
        SERVED(probes_say_how_it_is),
        SERVED(a_loop_that_hangs_is_seen),
        SERVED(a_status_is_made_once_a_second),
        SERVED(head_is_get_without_the_text),
        SERVED(other_paths_and_methods_are_refused),
        SERVED(a_body_is_not_waited_for),
        SERVED(oversized_requests_are_refused),
        SERVED(nonsense_is_no_harm),
        SERVED(slow_clients_delay_nobody),
        SERVED(connections_are_bounded),
        SERVED(a_port_in_use_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
