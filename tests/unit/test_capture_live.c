/*
 * test_capture_live.c - streams and devices: absent, silent, breaking off, faster than the taker
 *
 * The streams are servers in this program, on ports of the loopback that the kernel picks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "capture/capture.h"
#include "test_capture_clip.h"

/* A destroy that waits for a time-out of ours would take 10 s. */
#define PROMPT_NS (5 * NS_PER_S)

enum { FRAMES = 20 };

/* A TCP socket that listens on a port of 127.0.0.1. */
static int listen_here(int *ret_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *) &address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *) &address, &length), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* The next connection, or -1 when none comes in time. */
static int accept_one(int listener)
{
    struct pollfd waiting = { .fd = listener, .events = POLLIN };
    return poll(&waiting, 1, CLIP_DEADLINE_MS) == 1 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC)
                                                    : -1;
}

static struct capture *create(const char *url)
{
    struct capture *capture = NULL;
    struct capture_options options = { .url = url };
    assert_int_equal(capture_create(&options, &capture, NULL), 0);
    return capture;
}

static void destroy_promptly(struct capture **capture)
{
    int64_t begin_ns = clock_mono_ns();
    capture_destroy(capture);
    assert_true(clock_mono_ns() - begin_ns < PROMPT_NS);
}

static void destroy_ends_a_read_from_a_silent_rtsp_server(void **state)
{
    (void) state;
    int port;
    int listener = listen_here(&port);
    char url[64], request[512];
    (void) snprintf(url, sizeof url, "rtsp://127.0.0.1:%d/stream", port);
    struct capture *capture = create(url);
    int connection = accept_one(listener);
    assert_true(connection >= 0);
    /* Its first request is here, so that it now waits for the answer. */
    assert_true(recv(connection, request, sizeof request, 0) > 0);
    assert_int_equal(capture_status(capture).state, CAPTURE_OPENING);
    destroy_promptly(&capture);
    (void) close(connection);
    (void) close(listener);
}

static void an_absent_rtsp_server_is_retried_and_no_password_is_shown(void **state)
{
    (void) state;
    int port;
    (void) close(listen_here(&port)); /* nobody listens there now */
    char url[64], shown[64];
    (void) snprintf(url, sizeof url, "rtsp://user:secret@127.0.0.1:%d/stream", port);
    (void) snprintf(shown, sizeof shown, "rtsp://127.0.0.1:%d/stream", port);
    struct capture *capture = create(url);
    struct capture_status status = clip_wait_state(capture, CAPTURE_RETRYING);
    assert_non_null(strstr(status.detail, shown));
    assert_non_null(strstr(status.detail, "refused"));
    assert_null(strstr(status.detail, "secret"));
    struct frame frame;
    assert_int_equal(capture_next(capture, &frame), 0);
    destroy_promptly(&capture);
}

static void an_absent_device_is_retried(void **state)
{
    (void) state;
    struct capture *capture = create("/dev/video-that-is-not-there");
    struct capture_status status = clip_wait_state(capture, CAPTURE_RETRYING);
    assert_non_null(strstr(status.detail, "/dev/video-that-is-not-there"));
    assert_non_null(strstr(status.detail, "No such file"));
    destroy_promptly(&capture);
}

/* Sends the same video to each of some connections, one after the other. */
struct server {
    pthread_t thread;
    int listener, port;
    int connections;
    char *bytes;
    size_t length;
};

static void *serve(void *opaque)
{
    struct server *server = opaque;
    for (int i = 0; i < server->connections; i++) {
        int connection = accept_one(server->listener);
        size_t sent = 0;
        while (connection >= 0 && sent < server->length) {
            ssize_t n = send(connection, server->bytes + sent, server->length - sent, MSG_NOSIGNAL);
            if (n <= 0)
                break;
            sent += (size_t) n;
        }
        if (connection >= 0)
            (void) close(connection);
    }
    return NULL;
}

static void start_server(struct server *server, int connections)
{
    char *folder = clip_folder_create();
    struct clip clip = { .path = clip_path(folder, "stream.nut"),
                         .codec = AV_CODEC_ID_FFV1,
                         .pixels = AV_PIX_FMT_BGR0,
                         .width = 64,
                         .height = 48,
                         .frames = FRAMES,
                         .fps = 10 };
    clip_write(&clip);
    assert_int_equal(file_read(clip.path, 1 << 24, &server->bytes, &server->length, NULL), 0);
    clip_folder_remove(folder);
    server->connections = connections;
    server->listener = listen_here(&server->port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void end_server(struct server *server)
{
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    (void) close(server->listener);
    free(server->bytes);
}

/* Wait, without taking any, until so many frames have been decoded. */
static struct capture_status wait_for_frames(const struct capture *capture, uint64_t frames,
                                             enum capture_state state)
{
    int64_t deadline_ns = clock_mono_ns() + CLIP_DEADLINE_MS * NS_PER_MS;
    for (;;) {
        struct capture_status status = capture_status(capture);
        if (status.frames >= frames && status.state == state)
            return status;
        assert_true(clock_mono_ns() < deadline_ns);
        (void) sched_yield();
    }
}

static void of_a_stream_that_nobody_takes_the_newest_frame_is_left(void **state)
{
    (void) state;
    struct server server;
    start_server(&server, 1);
    char url[64];
    (void) snprintf(url, sizeof url, "tcp://127.0.0.1:%d", server.port);
    int64_t before_us = clock_wall_us();
    struct capture *capture = create(url);
    struct capture_status status = wait_for_frames(capture, FRAMES, CAPTURE_RETRYING);
    assert_int_equal(status.dropped, FRAMES - 1);
    assert_string_equal(status.detail, "the stream ended");
    struct frame frame;
    assert_int_equal(capture_next(capture, &frame), 1);
    assert_int_equal(frame.index, FRAMES - 1);
    assert_true(clip_shows(frame.image, FRAMES - 1, 0, 0));
    assert_int_equal(frame.clock, CAPTURE_CLOCK_ARRIVAL);
    assert_true(frame.capture_us >= before_us && frame.capture_us <= clock_wall_us());
    image_unref(&frame.image);
    assert_int_equal(capture_next(capture, &frame), 0);
    destroy_promptly(&capture);
    end_server(&server);
}

static void a_stream_that_breaks_off_is_opened_again(void **state)
{
    (void) state;
    struct server server;
    start_server(&server, 2);
    char url[64];
    (void) snprintf(url, sizeof url, "tcp://127.0.0.1:%d", server.port);
    struct capture *capture = create(url);
    assert_int_equal(wait_for_frames(capture, FRAMES, CAPTURE_RETRYING).reconnects, 0);
    assert_int_equal(wait_for_frames(capture, (uint64_t) 2 * FRAMES, CAPTURE_RETRYING).reconnects,
                     1);
    struct frame frame;
    assert_int_equal(capture_next(capture, &frame), 1);
    assert_int_equal(frame.index, FRAMES - 1); /* counted from the opening */
    image_unref(&frame.image);
    destroy_promptly(&capture);
    end_server(&server);
}

static void a_crop_that_does_not_fit_a_stream_is_not_retried(void **state)
{
    (void) state;
    struct server server;
    start_server(&server, 1);
    char url[64];
    (void) snprintf(url, sizeof url, "tcp://127.0.0.1:%d", server.port);
    struct capture_options options = { .url = url, .crop_width = 65, .crop_height = 10 };
    struct capture *capture;
    assert_int_equal(capture_create(&options, &capture, NULL), 0);
    struct capture_status status = clip_wait_state(capture, CAPTURE_FAILED);
    assert_non_null(strstr(status.detail, "64x48"));
    struct frame frame;
    assert_int_equal(capture_next(capture, &frame), -EIO);
    destroy_promptly(&capture);
    end_server(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(destroy_ends_a_read_from_a_silent_rtsp_server),
        cmocka_unit_test(an_absent_rtsp_server_is_retried_and_no_password_is_shown),
        cmocka_unit_test(an_absent_device_is_retried),
        cmocka_unit_test(of_a_stream_that_nobody_takes_the_newest_frame_is_left),
        cmocka_unit_test(a_stream_that_breaks_off_is_opened_again),
        cmocka_unit_test(a_crop_that_does_not_fit_a_stream_is_not_retried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
