/*
 * test_capture_clip.h - small videos and stills with known pixels, made on the spot
 */
#ifndef FLOORFUSE_TESTS_UNIT_TEST_CAPTURE_CLIP_H
#define FLOORFUSE_TESTS_UNIT_TEST_CAPTURE_CLIP_H

#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>

#include "capture/capture.h"

/* What every wait in these tests ends with when the event does not come. */
#define CLIP_DEADLINE_MS 20000

struct clip {
    const char *path;
    const char *format;   /* libavformat's name of it; NULL: by the path */
    enum AVCodecID codec; /* a lossless one gives the pixels back exactly */
    enum AVPixelFormat pixels;
    int width, height, frames, fps;
    int first; /* the picture number of the first frame */
};

/* Colour of a pixel of picture n, channel 0 red, 1 green, 2 blue. */
uint8_t clip_rgb(int n, uint32_t x, uint32_t y, int channel);

/* Paint picture n: by clip_rgb where the format is RGB, else some luma and chroma that change. */
void clip_paint(AVFrame *picture, int n);

/* An encoder of the clip's kind, and a picture painted with frame i of it. */
AVCodecContext *clip_encoder(const struct clip *clip, int flags);
AVFrame *clip_picture(const struct clip *clip, int i);

/* Write the video. */
void clip_write(const struct clip *clip);

/* Write one picture as a PNG or JPEG file. */
void clip_write_still(const struct clip *clip);

/* Whether the image shows the crop at left, top of picture n, exactly. */
bool clip_shows(const struct image *image, int n, uint32_t left, uint32_t top);

/* A folder for the test's files, and one file in it. */
char *clip_folder_create(void);
void clip_folder_remove(char *folder);
const char *clip_path(const char *folder, const char *name); /* valid for the next few calls */

/* capture_next, waiting on the fd: 1, -ENODATA or -EIO; never 0. */
int clip_next(struct capture *capture, struct frame *ret_frame);

/* Wait until the state is reached, without taking frames unless they are in the way. */
struct capture_status clip_wait_state(struct capture *capture, enum capture_state state);

/* For tests that work in a folder of their own: *state is its path. */
int clip_setup(void **state);
int clip_teardown(void **state);

/* The start of recordings when the options have none. */
#define CLIP_START_US INT64_C(1700000000000000)

struct capture *clip_capture(struct capture_options options);

/* Take every frame; returns how many came before the end, which must be at most max. */
size_t clip_take_all(struct capture *capture, struct frame *frames, size_t max);
void clip_drop_all(struct frame *frames, size_t count);

/* The source must fail, with a sentence that holds these words. */
void clip_assert_fails(struct capture_options options, const char *words, const char *more_words);

/* Write rgb.avi: 96 x 64 px, lossless RGB, 10 frames a second. */
struct clip clip_rgb_write(const char *folder, int frames);

#endif
