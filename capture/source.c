/*
 * source.c - decoded frames, in order, out of whatever a URL names
 */
#include "capture/source.h"

#include <ctype.h>
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "capture/av_words.h"
#include "capture/container.h"
#include "capture/stamp.h"
#include "capture/still_folder.h"

/* So many failures in a row to read or to finish decoding are not damage but the end. */
#define FAILURES_MAX 64

/* A stream that sends packets but no picture for so long is opened anew. Cameras that save
 * bandwidth send a key frame, without which nothing can be decoded, only every 20 s or so. */
#define NO_PICTURE_MAX_NS (60 * NS_PER_S)

/* A longer hole in the time stamps is a broken time stamp. */
#define LOSS_GAP_MAX_US (60 * US_PER_S)

/* 8192 x 8192; four bytes each are 256 MiB, and decoders keep several. */
#define PICTURE_PIXELS_MAX (INT64_C(1) << 26)

struct source {
    enum source_kind kind;
    struct stop *stop;
    struct container *container; /* or */
    struct still_folder *folder;
    AVCodecContext *decoder; /* of a folder: of the stills so far */
    AVPacket *packet;
    AVFrame *picture;
    bool draining;
    bool keyframes; /* decode no others */
    int failures;   /* in a row */
    uint64_t next_index;
    bool lost;           /* something since the last frame */
    int64_t last_pts_us; /* of the last frame, */
    uint64_t last_index; /* and its number */
    uint64_t damaged;
    int64_t decode_ns;       /* since the last frame */
    int64_t picture_mono_ns; /* the last frame, or the opening */
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_device(const char *url)
{
    return starts_with(url, "/dev/video") || starts_with(url, "/dev/v4l/");
}

/* The file: of a URL is left out; "file:a.avi" and "file:///a.avi" are both used. */
static const char *local_path(const char *url)
{
    if (!starts_with(url, "file:"))
        return url;
    return starts_with(url, "file://") ? url + 7 : url + 5;
}

bool source_url_is_live(const char *url)
{
    if (is_device(url))
        return true;
    return strstr(url, "://") && !starts_with(url, "file:") && isalpha((unsigned char) url[0]);
}

enum source_kind source_kind(const char *url)
{
    if (is_device(url))
        return SOURCE_DEVICE;
    if (source_url_is_live(url))
        return starts_with(url, "rtsp://") || starts_with(url, "rtsps://") ? SOURCE_RTSP
                                                                           : SOURCE_STREAM;
    struct stat status;
    bool folder = stat(local_path(url), &status) == 0 && S_ISDIR(status.st_mode);
    return folder ? SOURCE_FOLDER : SOURCE_FILE;
}

bool source_kind_is_live(enum source_kind kind)
{
    return kind == SOURCE_RTSP || kind == SOURCE_DEVICE || kind == SOURCE_STREAM;
}

static int open_decoder(struct source *source, enum AVCodecID id,
                        const AVCodecParameters *parameters, struct error *err)
{
    const AVCodec *codec = avcodec_find_decoder(id);
    if (!codec)
        return error_set(err, -ENOTSUP, "there is no decoder for its video format (%s)",
                         avcodec_get_name(id));
    avcodec_free_context(&source->decoder);
    source->decoder = avcodec_alloc_context3(codec);
    if (!source->decoder)
        return error_set(err, -ENOMEM, "out of memory");
    /* One thread: a store's cameras are processes beside each other, and threads add delay. */
    source->decoder->thread_count = 1;
    source->decoder->max_pixels = PICTURE_PIXELS_MAX;
    if (source->container)
        source->decoder->pkt_timebase = container_time_base(source->container);
    int av_code = parameters ? avcodec_parameters_to_context(source->decoder, parameters) : 0;
    if (av_code == 0)
        av_code = avcodec_open2(source->decoder, codec, NULL);
    char reason[AV_WORDS_SIZE];
    if (av_code < 0)
        return error_set(err, av_words_errno(av_code), "could not start the %s decoder: %s",
                         codec->name, av_words_reason(av_code, reason));
    return 0;
}

/* Say ourselves what is wrong with a path; and never open a pipe, which would block for ever. */
static int check_path(const char *url, struct error *err)
{
    const char *path = local_path(url);
    struct stat status;
    if (stat(path, &status) < 0) {
        int code = -errno;
        return error_set(err, code, "could not open video %s: %s; check its path", path,
                         strerror(-code));
    }
    if (!S_ISREG(status.st_mode))
        return error_set(err, -EINVAL,
                         "could not open video %s: it is not a regular file; give a video file, "
                         "a folder of stills, a device under /dev/video or an rtsp:// URL",
                         path);
    return 0;
}

static int open_input(struct source *source, const char *url, struct error *err)
{
    if (source->kind == SOURCE_FOLDER)
        return still_folder_open(local_path(url), &source->folder, err);
    int code = source->kind == SOURCE_FILE ? check_path(url, err) : 0;
    if (code == 0)
        code = container_open(url, source->kind, source->stop, &source->container, err);
    if (code < 0)
        return code;
    const AVCodecParameters *parameters = container_codec(source->container);
    char words[URL_WORDS_SIZE];
    code = open_decoder(source, parameters->codec_id, parameters, err);
    return code < 0 ? error_prefix(err, code, "could not open %s", av_words_url(url, words)) : 0;
}

int source_open(const char *url, bool keyframes, struct stop *stop, struct source **ret_source,
                struct error *err)
{
    av_words_prepare();
    AUTO(source_destroy) struct source *source = calloc(1, sizeof *source);
    if (!source || !(source->packet = av_packet_alloc()) || !(source->picture = av_frame_alloc()))
        return error_set(err, -ENOMEM, "out of memory");
    source->kind = source_kind(url);
    source->keyframes = keyframes;
    source->stop = stop;
    source->last_pts_us = STAMP_UNKNOWN;
    int code = open_input(source, url, err);
    if (code < 0)
        return code;
    source->picture_mono_ns = clock_mono_ns();
    *ret_source = source;
    source = NULL;
    return 0;
}

/* The container last: packets and pictures of a device lie in its buffers. */
void source_destroy(struct source **source)
{
    struct source *s = *source;
    if (!s)
        return;
    av_packet_free(&s->packet);
    av_frame_free(&s->picture);
    avcodec_free_context(&s->decoder);
    container_destroy(&s->container);
    still_folder_destroy(&s->folder);
    free(s);
    *source = NULL;
}

enum source_kind source_kind_of(const struct source *source)
{
    return source->kind;
}

double source_fps(const struct source *source)
{
    return source->container ? container_fps(source->container) : 0;
}

/* One frame less: it keeps its number, so that those behind it keep their time. */
static void count_damage(struct source *source)
{
    source->damaged++;
    source->next_index++;
    source->lost = true;
}

/* The next still and, where the folder mixes formats, its decoder. As container_read. */
static int read_still(struct source *source, struct error *err)
{
    enum AVCodecID codec = AV_CODEC_ID_NONE;
    int code = still_folder_read(source->folder, source->packet, &codec);
    if (code == -EBADMSG) {
        count_damage(source);
        return code;
    }
    if (code < 0)
        return error_set(err, code, "could not read a still: %s", strerror(-code));
    if (code == 1 && (!source->decoder || source->decoder->codec_id != codec)) {
        int opened = open_decoder(source, codec, NULL, err);
        return opened < 0 ? opened : 1;
    }
    return code;
}

/*
 * As container_read, but -EBADMSG also for other failures that a recording may get over: after
 * a bad sector there may be more. A broken connection stays broken, so streams do not try.
 */
static int read_from_container(struct source *source, struct error *err)
{
    int code = container_read(source->container, source->packet, err);
    if (code >= 0) {
        source->failures = 0;
        return code;
    }
    if (code == -ECANCELED || code == -ENOMEM || ++source->failures > FAILURES_MAX)
        return code;
    if (code != -EBADMSG && source_kind_is_live(source->kind))
        return code;
    source->damaged++;
    source->lost = true;
    return -EBADMSG;
}

/* Hand the decoder the packet, or NULL for the news that there are no more. */
static void send_packet(struct source *source, const AVPacket *packet)
{
    int64_t begin_ns = clock_mono_ns();
    int av_code = avcodec_send_packet(source->decoder, packet);
    source->decode_ns += clock_mono_ns() - begin_ns;
    if (av_code < 0 && packet)
        count_damage(source);
}

/* Give the decoder the packet, unless its frame is not wanted: that keeps its number. */
static void decode(struct source *source)
{
    /* An empty packet is how AVI says that the picture before is shown once more. To the decoder it
     * would mean the end. */
    bool unwanted = source->keyframes && !(source->packet->flags & AV_PKT_FLAG_KEY);
    if (source->packet->size == 0 || unwanted) {
        source->next_index++;
        return;
    }
    send_packet(source, source->packet);
    /* A decoder that puts frames in order waits for the next ones. There are none before the next
     * key frame, seconds later; so each one is the end of a film. */
    if (source->keyframes)
        send_packet(source, NULL);
}

/* Give the decoder something to do. Returns 0 or what ends the source. */
static int feed(struct source *source, struct error *err)
{
    av_packet_unref(source->packet);
    int code = source->folder ? read_still(source, err) : read_from_container(source, err);
    if (code < 0)
        return code == -EBADMSG ? 0 : code;
    if (code == 0) {
        source->draining = true;
        if (source->decoder)
            send_packet(source, NULL);
        return 0;
    }
    decode(source);
    return 0;
}

/* Returns 1 with a picture, 0 when the decoder needs feeding, -ENODATA when it has given all. */
static int receive(struct source *source)
{
    if (!source->decoder)
        return source->draining ? -ENODATA : 0;
    for (int failures = 0; failures < FAILURES_MAX; failures++) {
        int64_t begin_ns = clock_mono_ns();
        int av_code = avcodec_receive_frame(source->decoder, source->picture);
        source->decode_ns += clock_mono_ns() - begin_ns;
        if (av_code == 0)
            return 1;
        if (av_code == AVERROR(EAGAIN))
            return source->draining ? -ENODATA : 0;
        if (av_code == AVERROR_EOF && source->keyframes && !source->draining) {
            avcodec_flush_buffers(source->decoder);
            return 0;
        }
        if (av_code == AVERROR_EOF)
            return -ENODATA;
        count_damage(source);
    }
    return source->draining ? -ENODATA : 0;
}

static int64_t picture_pts_us(const struct source *source)
{
    int64_t pts = source->picture->best_effort_timestamp;
    if (!source->container || pts == AV_NOPTS_VALUE)
        return STAMP_UNKNOWN;
    return av_rescale_q(pts, container_time_base(source->container), AV_TIME_BASE_Q);
}

/*
 * The number of a frame that comes after a loss. Damage may swallow the packet behind it or hide
 * several in one, so time stamps count better there than we do, where there are any.
 *   first  the number if just what we noticed was lost
 */
static uint64_t number_after_loss(const struct source *source, uint64_t first, int64_t pts_us)
{
    if (pts_us == STAMP_UNKNOWN || source->last_pts_us == STAMP_UNKNOWN)
        return first;
    int64_t gap_us = pts_us - source->last_pts_us;
    double frames = (double) gap_us * source_fps(source) / (double) US_PER_S;
    if (frames < 0.5 || gap_us > LOSS_GAP_MAX_US)
        return first;
    return source->last_index + (uint64_t) llround(frames);
}

static uint64_t take_number(struct source *source, int64_t pts_us)
{
    uint64_t index = source->next_index;
    if (source->lost)
        index = number_after_loss(source, index, pts_us);
    source->lost = false;
    source->last_pts_us = pts_us;
    source->last_index = index;
    source->next_index = index + 1;
    return index;
}

static void describe(struct source *source, struct source_frame *ret_frame)
{
    int64_t pts_us = picture_pts_us(source);
    *ret_frame = (struct source_frame){
        .picture = source->picture,
        .index = take_number(source, pts_us),
        .pts_us = pts_us,
        .camera_us =
            source->container ? container_camera_us(source->container, pts_us) : STAMP_UNKNOWN,
        .decode_ns = source->decode_ns,
    };
    source->decode_ns = 0;
    source->picture_mono_ns = clock_mono_ns();
}

static bool starved(const struct source *source)
{
    return source_kind_is_live(source->kind) &&
           clock_mono_ns() - source->picture_mono_ns > NO_PICTURE_MAX_NS;
}

int source_next(struct source *source, struct source_frame *ret_frame, struct error *err)
{
    for (;;) {
        int code = receive(source);
        if (code == 1) {
            describe(source, ret_frame);
            return 1;
        }
        if (code == -ENODATA)
            return 0;
        if (stop_requested(source->stop))
            return -ECANCELED;
        if (starved(source))
            return error_set(err, -ETIMEDOUT, "there are packets but no picture for %d s",
                             (int) (NO_PICTURE_MAX_NS / NS_PER_S));
        code = feed(source, err);
        if (code < 0)
            return code;
    }
}

uint64_t source_take_damaged(struct source *source)
{
    uint64_t damaged = source->damaged;
    source->damaged = 0;
    return damaged;
}
