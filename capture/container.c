/*
 * container.c - packets of one video stream out of a file, a network stream or a device
 */
#include "capture/container.h"

#include <errno.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "capture/av_words.h"
#include "capture/device.h"
#include "capture/stamp.h"

/* A camera that says nothing for so long is gone; cameras send some packet every second. */
#define SILENCE_MAX_NS (10 * NS_PER_S)
#define SILENCE_MAX_US "10000000"

/* libavformat looks into a stream for so long to learn its frame rate; we hardly need it. */
#define STREAM_ANALYSE_MAX_US (2 * US_PER_S)

/* How often a device is asked for a picture. V4L2 is opened without blocking, because a blocking
 * read of a dead device ends neither by itself nor by our stop. */
#define DEVICE_POLL_NS (2 * NS_PER_MS)

struct container {
    AVFormatContext *format;
    const AVStream *stream;
    enum source_kind kind;
    struct stop *stop;
    int64_t give_up_mono_ns;  /* the call under way ends then; files: never */
    int64_t reference_us;     /* UTC that the packet before carried; STAMP_UNKNOWN */
    int64_t camera_offset_us; /* camera's UTC less time stamp; STAMP_UNKNOWN until it is sent */
    char url_words[URL_WORDS_SIZE];
};

static int interrupted(void *opaque)
{
    const struct container *c = opaque;
    return stop_requested(c->stop) ||
           (source_kind_is_live(c->kind) && clock_mono_ns() > c->give_up_mono_ns);
}

/* Whether the call that has just ended was given up, by us or by the socket's own time-out, which
 * may come first by a little. */
static bool was_silent(const struct container *c)
{
    return source_kind_is_live(c->kind) && clock_mono_ns() > c->give_up_mono_ns - NS_PER_S / 2;
}

static void rearm(struct container *c)
{
    c->give_up_mono_ns = clock_mono_ns() + SILENCE_MAX_NS;
}

static int fail(struct container *c, int av_code, const char *verb, struct error *err)
{
    char reason[AV_WORDS_SIZE];
    if (stop_requested(c->stop))
        return -ECANCELED;
    /* libavformat calls an RTSP server that does not answer damaged data. */
    if (was_silent(c))
        av_code = AVERROR_EXIT;
    int code = av_code == AVERROR_EXIT ? -ETIMEDOUT : av_words_errno(av_code);
    if (code == -ECANCELED || code == -EAGAIN)
        code = -EIO;
    return error_set(err, code, "could not %s %s: %s", verb, c->url_words,
                     av_words_reason(av_code, reason));
}

/* What libavformat is to open: a path is marked as one, or "a:b.avi" would be protocol "a". */
static char *address(const char *url, enum source_kind kind)
{
    bool is_path = kind == SOURCE_FILE && strncmp(url, "file:", 5) != 0;
    char *text;
    return asprintf(&text, "%s%s", is_path ? "file:" : "", url) < 0 ? NULL : text;
}

static int open_input(struct container *c, const char *url)
{
    AVDictionary *options = NULL;
    if (c->kind == SOURCE_RTSP) {
        (void) av_dict_set(&options, "rtsp_transport", "tcp", 0);
        (void) av_dict_set(&options, "allowed_media_types", "video", 0);
        (void) av_dict_set(&options, "timeout", SILENCE_MAX_US, 0);
    }
    const AVInputFormat *format = c->kind == SOURCE_DEVICE ? av_find_input_format("v4l2") : NULL;
    char *text = address(url, c->kind);
    c->format = avformat_alloc_context();
    int av_code = AVERROR(ENOMEM);
    if (text && c->format) {
        c->format->interrupt_callback = (AVIOInterruptCB){ interrupted, c };
        if (c->kind == SOURCE_DEVICE)
            c->format->flags |= AVFMT_FLAG_NONBLOCK;
        if (source_kind_is_live(c->kind))
            c->format->max_analyze_duration = STREAM_ANALYSE_MAX_US;
        av_code = avformat_open_input(&c->format, text, format, &options); /* frees on failure */
    }
    free(text);
    av_dict_free(&options);
    return av_code;
}

static int find_video(struct container *c)
{
    /* A device and an RTSP server have said everything, and reading on to learn the frame rate
     * would make the first frames late (RTSP) or spin (a device that does not block). */
    if (c->kind != SOURCE_DEVICE && c->kind != SOURCE_RTSP) {
        int av_code = avformat_find_stream_info(c->format, NULL);
        if (av_code < 0)
            return av_code;
    }
    int best = av_find_best_stream(c->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (best < 0)
        return best;
    for (unsigned i = 0; i < c->format->nb_streams; i++)
        c->format->streams[i]->discard = i == (unsigned) best ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    c->stream = c->format->streams[best];
    return 0;
}

int container_open(const char *url, enum source_kind kind, struct stop *stop,
                   struct container **ret_container, struct error *err)
{
    AUTO(container_destroy) struct container *c = calloc(1, sizeof *c);
    if (!c)
        return error_set(err, -ENOMEM, "out of memory");
    c->kind = kind;
    c->stop = stop;
    c->reference_us = STAMP_UNKNOWN;
    c->camera_offset_us = STAMP_UNKNOWN;
    (void) av_words_url(url, c->url_words);
    rearm(c);
    int code = kind == SOURCE_DEVICE ? device_prepare(err) : 0;
    if (code < 0)
        return code;
    int av_code = open_input(c, url);
    if (av_code < 0)
        return fail(c, av_code, "open", err);
    rearm(c);
    av_code = find_video(c);
    if (av_code == AVERROR_STREAM_NOT_FOUND)
        return error_set(err, -EBADMSG, "could not open %s: there is no video in it", c->url_words);
    if (av_code < 0)
        return fail(c, av_code, "open", err);
    rearm(c);
    *ret_container = c;
    c = NULL;
    return 0;
}

void container_destroy(struct container **container)
{
    if (!*container)
        return;
    avformat_close_input(&(*container)->format);
    free(*container);
    *container = NULL;
}

const AVCodecParameters *container_codec(const struct container *container)
{
    return container->stream->codecpar;
}

AVRational container_time_base(const struct container *container)
{
    return container->stream->time_base;
}

double container_fps(const struct container *container)
{
    AVRational fps = container->stream->avg_frame_rate;
    if (fps.num <= 0 || fps.den <= 0)
        fps = container->stream->r_frame_rate;
    return fps.num > 0 && fps.den > 0 ? av_q2d(fps) : 0;
}

/* Whether libavformat cuts frames out of packets itself: only the packet after a frame tells it
 * that the frame is whole. */
static bool reads_ahead(const struct container *c)
{
    const struct AVCodecParserContext *parser = av_stream_get_parser(c->stream);
    return parser && !(parser->flags & PARSER_FLAG_COMPLETE_FRAMES);
}

/* The UTC a packet carries, or STAMP_UNKNOWN. */
static int64_t reference_us(const AVPacket *packet)
{
    size_t bytes = 0;
    const uint8_t *data = av_packet_get_side_data(packet, AV_PKT_DATA_PRFT, &bytes);
    AVProducerReferenceTime reference;
    if (!data || bytes < sizeof reference)
        return STAMP_UNKNOWN;
    memcpy(&reference, data, sizeof reference);
    return reference.wallclock;
}

/*
 * RTSP cameras tell the UTC of their time stamps in RTCP sender reports (RFC 3550 section 6.4.1),
 * and libavformat hangs the UTC of each network packet on what comes out of it. Where it reads
 * ahead that is the frame before, so that a frame's own UTC is found on the one handed out earlier;
 * without this, H.264 and MPEG-4 cameras are one frame late, as the very first frame is. Between
 * the turn of the 32-bit time stamp and the next report its UTC is a turn off.
 */
static void note_camera_time(struct container *c, const AVPacket *packet)
{
    int64_t here_us = reference_us(packet);
    bool before = reads_ahead(c) && c->reference_us != STAMP_UNKNOWN;
    int64_t own_us = before ? c->reference_us : here_us;
    c->reference_us = here_us;
    if (own_us == STAMP_UNKNOWN || packet->pts == AV_NOPTS_VALUE)
        return;
    int64_t offset_us = own_us - av_rescale_q(packet->pts, c->stream->time_base, AV_TIME_BASE_Q);
    int64_t turn_us = av_rescale_q(INT64_C(1) << 32, c->stream->time_base, AV_TIME_BASE_Q);
    c->camera_offset_us = stamp_unwrap_us(offset_us, c->camera_offset_us, turn_us);
}

/* av_read_frame, waiting for devices that have nothing yet. */
static int read_any(struct container *c, AVPacket *packet)
{
    for (;;) {
        int av_code = av_read_frame(c->format, packet);
        if (av_code != AVERROR(EAGAIN))
            return av_code;
        if (interrupted(c) || stop_wait_until(c->stop, clock_mono_ns() + DEVICE_POLL_NS))
            return AVERROR_EXIT;
    }
}

int container_read(struct container *c, AVPacket *packet, struct error *err)
{
    for (;;) {
        if (stop_requested(c->stop))
            return -ECANCELED;
        int av_code = read_any(c, packet);
        if (av_code == AVERROR_EOF)
            return 0;
        /* A connection that was given up still hands out the frame that it had been reading. */
        if (av_code >= 0 && was_silent(c)) {
            av_packet_unref(packet);
            av_code = AVERROR_EXIT;
        }
        if (av_code < 0)
            return fail(c, av_code, "read on from", err);
        rearm(c);
        if (packet->stream_index == c->stream->index)
            break;
        av_packet_unref(packet);
    }
    note_camera_time(c, packet);
    return 1;
}

int64_t container_camera_us(const struct container *container, int64_t pts_us)
{
    if (pts_us == STAMP_UNKNOWN)
        return STAMP_UNKNOWN;
    if (container->kind == SOURCE_DEVICE)
        return pts_us; /* V4L2 stamps by the monotonic clock */
    if (container->camera_offset_us == STAMP_UNKNOWN)
        return STAMP_UNKNOWN;
    return pts_us + container->camera_offset_us;
}
