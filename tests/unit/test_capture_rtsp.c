/*
 * test_capture_rtsp.c - a small RTSP camera in this program, and what we take from it
 *
 * The camera answers the handshake of RFC 2326 over TCP and sends MPEG-4 video in RTP packets made
 * by libavformat's RTP muxer, interleaved in the same connection, with the RTCP sender reports that
 * tell its clock. Then it hangs up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <libavformat/avformat.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/capture.h"
#include "test_capture_clip.h"

enum { FRAMES = 20, FPS = 10, RTP_PACKET_BYTES = 1400 };

struct camera {
    pthread_t thread;
    int listener, connection, port;
    int64_t clock_us; /* the camera's UTC of its first frame */
    AVFormatContext *rtp;
    AVCodecContext *encoder;
    char sdp[2048];
    char request[2048];
};

static const struct clip picture_shape = { .codec = AV_CODEC_ID_MPEG4,
                                           .pixels = AV_PIX_FMT_YUV420P,
                                           .width = 64,
                                           .height = 48,
                                           .frames = FRAMES,
                                           .fps = FPS };

static int send_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = send(fd, at, length, MSG_NOSIGNAL);
        if (n <= 0)
            return -1;
        at += n;
        length -= (size_t) n;
    }
    return 0;
}

/* One RTP or RTCP packet, framed as RFC 2326 section 10.12 says. */
static int send_interleaved(void *opaque, uint8_t *bytes, int length)
{
    const struct camera *camera = opaque;
    bool rtcp = bytes[1] >= 200 && bytes[1] <= 204;
    uint8_t head[4] = { '$', rtcp ? 1 : 0, (uint8_t) (length >> 8), (uint8_t) length };
    if (send_all(camera->connection, head, sizeof head) < 0 ||
        send_all(camera->connection, bytes, (size_t) length) < 0)
        return AVERROR(EPIPE);
    return length;
}

/* Read one request; returns its CSeq, or -1 when there are no more. */
static int read_request(struct camera *camera)
{
    size_t length = 0;
    while (length + 1 < sizeof camera->request) {
        if (recv(camera->connection, camera->request + length, 1, 0) != 1)
            return -1;
        camera->request[++length] = '\0';
        if (length >= 4 && strcmp(camera->request + length - 4, "\r\n\r\n") == 0)
            break;
    }
    const char *sequence = strstr(camera->request, "CSeq:");
    return sequence ? atoi(sequence + 5) : -1;
}

static int answer(struct camera *camera, int sequence, const char *head, const char *body)
{
    char text[4096];
    int length = snprintf(text, sizeof text,
                          "RTSP/1.0 200 OK\r\nCSeq: %d\r\n%sContent-Length: %zu\r\n\r\n%s",
                          sequence, head, strlen(body), body);
    return send_all(camera->connection, text, (size_t) length);
}

static void send_video(struct camera *camera)
{
    AVPacket *packet = av_packet_alloc();
    if (avformat_write_header(camera->rtp, NULL) < 0)
        return;
    for (int i = 0; i < FRAMES; i++) {
        AVFrame *picture = clip_picture(&picture_shape, i);
        (void) avcodec_send_frame(camera->encoder, picture);
        av_frame_free(&picture);
        while (avcodec_receive_packet(camera->encoder, packet) == 0) {
            av_packet_rescale_ts(packet, camera->encoder->time_base,
                                 camera->rtp->streams[0]->time_base);
            (void) av_write_frame(camera->rtp, packet);
            av_packet_unref(packet);
        }
    }
    av_packet_free(&packet);
    (void) av_write_trailer(camera->rtp);
}

/* One visit: the handshake, the video, good-bye. */
static void *be_camera(void *opaque)
{
    struct camera *camera = opaque;
    struct pollfd waiting = { .fd = camera->listener, .events = POLLIN };
    if (poll(&waiting, 1, CLIP_DEADLINE_MS) != 1)
        return NULL;
    camera->connection = accept4(camera->listener, NULL, NULL, SOCK_CLOEXEC);
    for (int sequence; (sequence = read_request(camera)) >= 0;) {
        if (strncmp(camera->request, "DESCRIBE", 8) == 0)
            (void) answer(camera, sequence, "Content-Type: application/sdp\r\n", camera->sdp);
        else if (strncmp(camera->request, "SETUP", 5) == 0 &&
                 strstr(camera->request, "RTP/AVP/TCP"))
            (void) answer(camera, sequence,
                          "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", "");
        else
            (void) answer(camera, sequence,
                          "Session: 1\r\nPublic: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", "");
        if (strncmp(camera->request, "PLAY", 4) == 0) {
            send_video(camera);
            break;
        }
    }
    (void) shutdown(camera->connection, SHUT_WR);
    return NULL;
}

static void prepare_rtp(struct camera *camera)
{
    assert_int_equal(avformat_alloc_output_context2(&camera->rtp, NULL, "rtp", NULL), 0);
    camera->rtp->pb = avio_alloc_context(av_malloc(RTP_PACKET_BYTES), RTP_PACKET_BYTES, 1, camera,
                                         NULL, send_interleaved, NULL);
    camera->rtp->pb->max_packet_size = RTP_PACKET_BYTES;
    camera->rtp->packet_size = RTP_PACKET_BYTES;
    camera->rtp->start_time_realtime = camera->clock_us;
    camera->encoder = clip_encoder(&picture_shape, AV_CODEC_FLAG_GLOBAL_HEADER);
    AVStream *stream = avformat_new_stream(camera->rtp, NULL);
    assert_int_equal(avcodec_parameters_from_context(stream->codecpar, camera->encoder), 0);
    stream->time_base = camera->encoder->time_base;
    assert_int_equal(av_sdp_create(&camera->rtp, 1, camera->sdp, sizeof camera->sdp - 32), 0);
    (void) strcat(camera->sdp, "a=control:video\r\n");
}

static void start_camera(struct camera *camera, int64_t clock_us)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    *camera = (struct camera){ .clock_us = clock_us, .connection = -1 };
    prepare_rtp(camera);
    camera->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(camera->listener, (struct sockaddr *) &address, sizeof address), 0);
    assert_int_equal(listen(camera->listener, 8), 0);
    assert_int_equal(getsockname(camera->listener, (struct sockaddr *) &address, &length), 0);
    camera->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&camera->thread, NULL, be_camera, camera), 0);
}

static void end_camera(struct camera *camera)
{
    assert_int_equal(pthread_join(camera->thread, NULL), 0);
    avcodec_free_context(&camera->encoder);
    av_freep(&camera->rtp->pb->buffer);
    avio_context_free(&camera->rtp->pb);
    avformat_free_context(camera->rtp);
    (void) close(camera->connection);
    (void) close(camera->listener);
}

/* Let the camera play to its end, then take the frame that is left. */
static struct frame last_frame(const struct camera *camera, struct capture **ret_capture)
{
    char url[64];
    (void) snprintf(url, sizeof url, "rtsp://127.0.0.1:%d/video", camera->port);
    struct capture_options options = { .url = url };
    assert_int_equal(capture_create(&options, ret_capture, NULL), 0);
    int64_t deadline_ns = clock_mono_ns() + CLIP_DEADLINE_MS * NS_PER_MS;
    struct capture_status status;
    do {
        status = capture_status(*ret_capture);
        assert_true(clock_mono_ns() < deadline_ns);
        (void) sched_yield();
    } while (status.state != CAPTURE_RETRYING);
    if (status.frames != FRAMES)
        fail_msg("%d frames came, not %d: %s", (int) status.frames, FRAMES, status.detail);
    struct frame frame;
    assert_int_equal(capture_next(*ret_capture, &frame), 1);
    return frame;
}

static void the_capture_time_is_the_one_the_camera_reports(void **state)
{
    (void) state;
    struct camera camera;
    struct capture *capture;
    /* Whole milliseconds, as the muxer keeps them. */
    int64_t clock_us = (clock_wall_us() - 3 * US_PER_S) / US_PER_MS * US_PER_MS;
    start_camera(&camera, clock_us);
    struct frame frame = last_frame(&camera, &capture);
    assert_int_equal(frame.index, FRAMES - 1);
    assert_int_equal(frame.width, 64);
    assert_int_equal(frame.height, 48);
    assert_int_equal(frame.clock, CAPTURE_CLOCK_STREAM);
    /* 1 ms: RTP counts in 1/90000 s and RTCP's time goes through fractions of 2^-32 s. */
    int64_t expected_us = clock_us + (FRAMES - 1) * US_PER_S / FPS;
    assert_true(llabs(frame.capture_us - expected_us) <= US_PER_MS);
    image_unref(&frame.image);
    capture_destroy(&capture);
    end_camera(&camera);
}

static void a_wrong_clock_of_the_camera_is_corrected_and_told(void **state)
{
    (void) state;
    struct camera camera;
    struct capture *capture;
    int64_t before_us = clock_wall_us();
    start_camera(&camera, before_us - 3600 * US_PER_S);
    struct frame frame = last_frame(&camera, &capture);
    struct capture_status status = capture_status(capture);
    assert_int_equal(frame.clock, CAPTURE_CLOCK_STREAM);
    /* All is sent at once: the camera's even pace runs ahead of arrival, by half a second at most.
     */
    assert_true(frame.capture_us >= before_us);
    assert_true(frame.capture_us <= clock_wall_us() + US_PER_S / 2);
    assert_true(status.clock_off);
    /* And so the last of two seconds of frames is the quickest. */
    assert_true(status.clock_offset_us < -3597 * US_PER_S);
    assert_true(status.clock_offset_us > -3620 * US_PER_S);
    image_unref(&frame.image);
    capture_destroy(&capture);
    end_camera(&camera);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_capture_time_is_the_one_the_camera_reports),
        cmocka_unit_test(a_wrong_clock_of_the_camera_is_corrected_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
