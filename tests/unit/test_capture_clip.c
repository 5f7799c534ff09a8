/*
 * test_capture_clip.c - small videos and stills with known pixels, made on the spot
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_capture_clip.h"

#include <dirent.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

uint8_t clip_rgb(int n, uint32_t x, uint32_t y, int channel)
{
    uint32_t number = (uint32_t) n;
    uint32_t value[3] = { 3 * x + 7 * number, 5 * y + number, (x ^ y) + 11 * number };
    return (uint8_t) value[channel];
}

static bool is_rgb(int format)
{
    return (av_pix_fmt_desc_get((enum AVPixelFormat) format)->flags & AV_PIX_FMT_FLAG_RGB) != 0;
}

static void paint_rgb(AVFrame *picture, int n)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat) picture->format);
    for (int channel = 0; channel < 3; channel++) {
        const AVComponentDescriptor *place = &format->comp[channel];
        for (int y = 0; y < picture->height; y++) {
            uint8_t *row = picture->data[place->plane] +
                           (ptrdiff_t) y * picture->linesize[place->plane] + place->offset;
            for (int x = 0; x < picture->width; x++)
                row[x * place->step] = clip_rgb(n, (uint32_t) x, (uint32_t) y, channel);
        }
    }
}

/* 8-bit planar Y, U, V; values stay clear of the ends of the studio range. */
static void paint_yuv(AVFrame *picture, int n)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat) picture->format);
    for (int plane = 0; plane < format->nb_components; plane++) {
        int right = plane > 0 ? format->log2_chroma_w : 0;
        int down = plane > 0 ? format->log2_chroma_h : 0;
        for (int y = 0; y < (picture->height + (1 << down) - 1) >> down; y++) {
            for (int x = 0; x < (picture->width + (1 << right) - 1) >> right; x++)
                picture->data[plane][y * picture->linesize[plane] + x] =
                    (uint8_t) (60 + (x * (7 + 4 * plane) + y * 13 + n * 29) % 120);
        }
    }
}

void clip_paint(AVFrame *picture, int n)
{
    if (is_rgb(picture->format))
        paint_rgb(picture, n);
    else
        paint_yuv(picture, n);
}

AVCodecContext *clip_encoder(const struct clip *clip, int flags)
{
    AVCodecContext *encoder = avcodec_alloc_context3(avcodec_find_encoder(clip->codec));
    assert_non_null(encoder);
    encoder->width = clip->width;
    encoder->height = clip->height;
    encoder->pix_fmt = clip->pixels;
    encoder->time_base = (AVRational){ 1, clip->fps };
    encoder->framerate = (AVRational){ clip->fps, 1 };
    encoder->thread_count = 1;
    encoder->flags |= flags;
    encoder->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL; /* JPEG in studio range */
    assert_int_equal(avcodec_open2(encoder, NULL, NULL), 0);
    return encoder;
}

AVFrame *clip_picture(const struct clip *clip, int i)
{
    AVFrame *picture = av_frame_alloc();
    assert_non_null(picture);
    picture->format = clip->pixels;
    picture->width = clip->width;
    picture->height = clip->height;
    picture->pts = i;
    assert_int_equal(av_frame_get_buffer(picture, 0), 0);
    clip_paint(picture, clip->first + i);
    return picture;
}

static void write_packets(AVFormatContext *file, AVCodecContext *encoder, AVPacket *packet)
{
    while (avcodec_receive_packet(encoder, packet) == 0) {
        packet->duration = 1;
        av_packet_rescale_ts(packet, encoder->time_base, file->streams[0]->time_base);
        packet->stream_index = 0;
        assert_int_equal(av_write_frame(file, packet), 0);
        av_packet_unref(packet);
    }
}

static void write_pictures(const struct clip *clip, AVFormatContext *file, AVCodecContext *encoder)
{
    AVPacket *packet = av_packet_alloc();
    for (int i = 0; i < clip->frames; i++) {
        AVFrame *picture = clip_picture(clip, i);
        assert_int_equal(avcodec_send_frame(encoder, picture), 0);
        av_frame_free(&picture);
        write_packets(file, encoder, packet);
    }
    assert_int_equal(avcodec_send_frame(encoder, NULL), 0);
    write_packets(file, encoder, packet);
    av_packet_free(&packet);
}

void clip_write(const struct clip *clip)
{
    AVFormatContext *file = NULL;
    assert_int_equal(avformat_alloc_output_context2(&file, NULL, clip->format, clip->path), 0);
    assert_int_equal(avio_open(&file->pb, clip->path, AVIO_FLAG_WRITE), 0);
    int global = file->oformat->flags & AVFMT_GLOBALHEADER ? AV_CODEC_FLAG_GLOBAL_HEADER : 0;
    AVCodecContext *encoder = clip_encoder(clip, global);
    AVStream *stream = avformat_new_stream(file, NULL);
    assert_int_equal(avcodec_parameters_from_context(stream->codecpar, encoder), 0);
    stream->time_base = encoder->time_base;
    stream->avg_frame_rate = encoder->framerate;
    assert_true(avformat_write_header(file, NULL) >= 0);
    write_pictures(clip, file, encoder);
    assert_int_equal(av_write_trailer(file), 0);
    avcodec_free_context(&encoder);
    assert_true(avio_closep(&file->pb) >= 0);
    avformat_free_context(file);
}

void clip_write_still(const struct clip *clip)
{
    AVCodecContext *encoder = clip_encoder(clip, 0);
    AVFrame *picture = clip_picture(clip, 0);
    AVPacket *packet = av_packet_alloc();
    assert_int_equal(avcodec_send_frame(encoder, picture), 0);
    assert_int_equal(avcodec_send_frame(encoder, NULL), 0);
    assert_int_equal(avcodec_receive_packet(encoder, packet), 0);
    FILE *file = fopen(clip->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(packet->data, 1, (size_t) packet->size, file), packet->size);
    assert_int_equal(fclose(file), 0);
    av_packet_free(&packet);
    av_frame_free(&picture);
    avcodec_free_context(&encoder);
}

bool clip_shows(const struct image *image, int n, uint32_t left, uint32_t top)
{
    for (uint32_t y = 0; y < image->height; y++) {
        for (uint32_t x = 0; x < image->width; x++) {
            for (int channel = 0; channel < 3; channel++) {
                if (image_at(image, x, y)[channel] != clip_rgb(n, left + x, top + y, channel))
                    return false;
            }
        }
    }
    return true;
}

char *clip_folder_create(void)
{
    const char *parent = getenv("TMPDIR");
    char *folder;
    assert_true(asprintf(&folder, "%s/floorfuse-capture-XXXXXX", parent ? parent : "/tmp") > 0);
    assert_non_null(mkdtemp(folder));
    return folder;
}

void clip_folder_remove(char *folder)
{
    DIR *handle = opendir(folder);
    assert_non_null(handle);
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            assert_int_equal(unlinkat(dirfd(handle), entry->d_name, 0), 0);
    }
    (void) closedir(handle);
    assert_int_equal(rmdir(folder), 0);
    free(folder);
}

const char *clip_path(const char *folder, const char *name)
{
    static char paths[8][512];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    (void) snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

int clip_setup(void **state)
{
    *state = clip_folder_create();
    return 0;
}

int clip_teardown(void **state)
{
    clip_folder_remove(*state);
    return 0;
}

static void wait_for_event(const struct capture *capture)
{
    struct pollfd waiting = { .fd = capture_fd(capture), .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, CLIP_DEADLINE_MS), 1);
}

int clip_next(struct capture *capture, struct frame *ret_frame)
{
    for (;;) {
        int code = capture_next(capture, ret_frame);
        if (code != 0)
            return code;
        wait_for_event(capture);
    }
}

struct capture_status clip_wait_state(struct capture *capture, enum capture_state state)
{
    int64_t deadline_ns = clock_mono_ns() + CLIP_DEADLINE_MS * NS_PER_MS;
    for (;;) {
        struct capture_status status = capture_status(capture);
        if (status.state == state)
            return status;
        assert_true(clock_mono_ns() < deadline_ns);
        wait_for_event(capture);
        struct frame frame;
        if (capture_next(capture, &frame) == 1)
            image_unref(&frame.image);
    }
}

struct capture *clip_capture(struct capture_options options)
{
    struct capture *capture = NULL;
    struct error err = { "" };
    if (options.start_us == 0)
        options.start_us = CLIP_START_US;
    assert_int_equal(capture_create(&options, &capture, &err), 0);
    return capture;
}

/* Take every frame up to max; returns how many came before the end. */
size_t clip_take_all(struct capture *capture, struct frame *frames, size_t max)
{
    size_t count = 0;
    int code;
    struct frame frame;
    while ((code = clip_next(capture, &frame)) == 1) {
        assert_true(count < max);
        frames[count++] = frame;
    }
    assert_int_equal(code, -ENODATA);
    return count;
}

void clip_drop_all(struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        image_unref(&frames[i].image);
}

/* The source must fail, with a sentence that holds these words. */
void clip_assert_fails(struct capture_options options, const char *words, const char *more_words)
{
    struct capture *capture = clip_capture(options);
    struct frame frame;
    assert_int_equal(clip_next(capture, &frame), -EIO);
    struct capture_status status = capture_status(capture);
    assert_int_equal(status.state, CAPTURE_FAILED);
    if (!strstr(status.detail, words) || !strstr(status.detail, more_words))
        fail_msg("the sentence \"%s\" lacks \"%s\" or \"%s\"", status.detail, words, more_words);
    assert_int_equal(status.frames, 0);
    capture_destroy(&capture);
}

/* 96 x 64 px, lossless RGB, 10 frames a second. */
struct clip clip_rgb_write(const char *folder, int frames)
{
    struct clip clip = { .path = clip_path(folder, "rgb.avi"),
                         .codec = AV_CODEC_ID_FFV1,
                         .pixels = AV_PIX_FMT_BGR0,
                         .width = 96,
                         .height = 64,
                         .frames = frames,
                         .fps = 10 };
    clip_write(&clip);
    return clip;
}
