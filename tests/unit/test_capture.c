/*
 * test_capture.c - recordings: files and folders of stills
 *
 * Every video is made here with a lossless codec, so that a pixel read is a pixel written. The
 * expected times and frame numbers are worked out by hand beside each test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "capture/capture.h"
#include "test_capture_clip.h"

static void every_frame_of_a_recording_comes_in_order(void **state)
{
    struct clip clip = clip_rgb_write(*state, 12);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fast = true });
    struct frame frames[12];
    assert_int_equal(clip_take_all(capture, frames, 12), 12);
    for (int n = 0; n < 12; n++) {
        assert_int_equal(frames[n].index, n);
        assert_int_equal(frames[n].clock, CAPTURE_CLOCK_FILE);
        assert_int_equal(frames[n].width, 96);
        assert_int_equal(frames[n].height, 64);
        assert_int_equal(frames[n].left, 0);
        assert_int_equal(frames[n].top, 0);
        assert_int_equal(frames[n].image->width, 96);
        assert_int_equal(frames[n].image->height, 64);
        assert_true(clip_shows(frames[n].image, n, 0, 0));
    }
    struct capture_status status = capture_status(capture);
    assert_int_equal(status.state, CAPTURE_ENDED);
    assert_int_equal(status.frames, 12);
    assert_int_equal(status.dropped, 0);
    assert_int_equal(status.damaged, 0);
    assert_true(status.decode_ms > 0);
    assert_string_equal(status.detail, "");
    clip_drop_all(frames, 12);
    capture_destroy(&capture);
    assert_null(capture);
}

static void capture_times_follow_the_fps_given(void **state)
{
    struct clip clip = clip_rgb_write(*state, 5);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fast = true, .fps = 7 });
    /* n * 1 s / 7, to the nearest microsecond. */
    static const int64_t expected_us[] = { 0, 142857, 285714, 428571, 571429 };
    struct frame frames[5];
    assert_int_equal(clip_take_all(capture, frames, 5), 5);
    for (int n = 0; n < 5; n++)
        assert_int_equal(frames[n].capture_us, CLIP_START_US + expected_us[n]);
    clip_drop_all(frames, 5);
    capture_destroy(&capture);
}

static void capture_times_follow_the_file_without_fps(void **state)
{
    struct clip clip = clip_rgb_write(*state, 5);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fast = true });
    struct frame frames[5];
    assert_int_equal(clip_take_all(capture, frames, 5), 5);
    for (int n = 0; n < 5; n++)
        assert_int_equal(frames[n].capture_us, CLIP_START_US + n * 100000);
    clip_drop_all(frames, 5);
    capture_destroy(&capture);
}

static void a_recording_without_start_begins_when_it_is_opened(void **state)
{
    struct clip clip = clip_rgb_write(*state, 1);
    struct capture_options options = { .url = clip.path, .fast = true };
    struct capture *capture;
    int64_t before_us = clock_wall_us();
    assert_int_equal(capture_create(&options, &capture, NULL), 0);
    struct frame frame;
    assert_int_equal(clip_next(capture, &frame), 1);
    assert_true(frame.capture_us >= before_us && frame.capture_us <= clock_wall_us());
    image_unref(&frame.image);
    capture_destroy(&capture);
}

static void a_crop_gives_exactly_its_pixels(void **state)
{
    struct clip clip = clip_rgb_write(*state, 3);
    struct capture *capture = clip_capture((struct capture_options){ .url = clip.path,
                                                                     .fast = true,
                                                                     .crop_left = 37,
                                                                     .crop_top = 11,
                                                                     .crop_width = 41,
                                                                     .crop_height = 29 });
    struct frame frames[3];
    assert_int_equal(clip_take_all(capture, frames, 3), 3);
    for (int n = 0; n < 3; n++) {
        assert_int_equal(frames[n].width, 96);
        assert_int_equal(frames[n].height, 64);
        assert_int_equal(frames[n].left, 37);
        assert_int_equal(frames[n].top, 11);
        assert_int_equal(frames[n].image->width, 41);
        assert_int_equal(frames[n].image->height, 29);
        assert_true(clip_shows(frames[n].image, n, 37, 11));
    }
    clip_drop_all(frames, 3);
    capture_destroy(&capture);
}

static struct image *first_image(struct capture_options options)
{
    struct capture *capture = clip_capture(options);
    struct frame frame;
    assert_int_equal(clip_next(capture, &frame), 1);
    capture_destroy(&capture);
    return frame.image;
}

static void assert_crop_is_cut(const char *path, const struct image *whole, uint32_t left,
                               uint32_t top, uint32_t width, uint32_t height)
{
    struct image *crop = first_image((struct capture_options){ .url = path,
                                                               .fast = true,
                                                               .crop_left = left,
                                                               .crop_top = top,
                                                               .crop_width = width,
                                                               .crop_height = height });
    for (uint32_t y = 0; y < height; y++)
        assert_memory_equal(image_at(crop, 0, y), image_at(whole, left, top + y),
                            (size_t) width * 3);
    image_unref(&crop);
}

static void crops_of_subsampled_video_are_cuts_of_the_whole(void **state)
{
    static const struct {
        enum AVCodecID codec;
        enum AVPixelFormat pixels;
    } kinds[] = { { AV_CODEC_ID_FFV1, AV_PIX_FMT_YUV420P },
                  { AV_CODEC_ID_FFV1, AV_PIX_FMT_YUV422P },
                  { AV_CODEC_ID_FFV1, AV_PIX_FMT_YUV444P },
                  { AV_CODEC_ID_MJPEG, AV_PIX_FMT_YUVJ420P } };
    /* left, top, width, height: odd beginnings, odd sizes, one pixel, the far corner. */
    static const uint32_t crops[][4] = { { 1, 1, 20, 20 },  { 33, 7, 31, 17 }, { 0, 3, 150, 1 },
                                         { 149, 89, 1, 1 }, { 64, 0, 86, 90 }, { 95, 45, 55, 45 } };
    for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
        struct clip clip = { .path = clip_path(*state, "yuv.avi"),
                             .codec = kinds[k].codec,
                             .pixels = kinds[k].pixels,
                             .width = 150,
                             .height = 90,
                             .frames = 1,
                             .fps = 10 };
        clip_write(&clip);
        struct image *whole =
            first_image((struct capture_options){ .url = clip.path, .fast = true });
        for (size_t c = 0; c < ARRAY_LENGTH(crops); c++)
            assert_crop_is_cut(clip.path, whole, crops[c][0], crops[c][1], crops[c][2],
                               crops[c][3]);
        image_unref(&whole);
    }
}

/* The 100 % colours of ITU-R BT.601 and what they are in RGB. */
static void studio_colours_become_rgb(void **state)
{
    static const uint8_t colours[][6] = {
        { 81, 90, 240, 255, 0, 0 }, { 145, 54, 34, 0, 255, 0 },       { 41, 240, 110, 0, 0, 255 },
        { 16, 128, 128, 0, 0, 0 },  { 235, 128, 128, 255, 255, 255 },
    };
    enum { WIDTH = 16, HEIGHT = 8 };
    const char *path = clip_path(*state, "colours.y4m");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    (void) fprintf(file, "YUV4MPEG2 W%d H%d F10:1 Ip C420jpeg\n", WIDTH, HEIGHT);
    for (size_t i = 0; i < ARRAY_LENGTH(colours); i++) {
        (void) fprintf(file, "FRAME\n");
        for (int plane = 0; plane < 3; plane++) {
            for (int n = plane == 0 ? WIDTH * HEIGHT : WIDTH * HEIGHT / 4; n > 0; n--)
                (void) fputc(colours[i][plane], file);
        }
    }
    assert_int_equal(fclose(file), 0);
    struct capture *capture = clip_capture((struct capture_options){ .url = path, .fast = true });
    struct frame frames[ARRAY_LENGTH(colours)];
    assert_int_equal(clip_take_all(capture, frames, ARRAY_LENGTH(colours)), ARRAY_LENGTH(colours));
    for (size_t i = 0; i < ARRAY_LENGTH(colours); i++) {
        /* 2: eight bits in, eight bits out, and tables in between. */
        for (int channel = 0; channel < 3; channel++)
            assert_true(abs(image_at(frames[i].image, 9, 5)[channel] - colours[i][3 + channel]) <=
                        2);
    }
    clip_drop_all(frames, ARRAY_LENGTH(colours));
    capture_destroy(&capture);
}

static void a_crop_that_does_not_fit_fails(void **state)
{
    struct clip clip = clip_rgb_write(*state, 3);
    struct capture_options options = {
        .url = clip.path, .fast = true, .crop_left = 50, .crop_width = 47, .crop_height = 64
    };
    clip_assert_fails(options, "47x64", "96x64");
    options.crop_left = 0;
    options.crop_top = 1;
    clip_assert_fails(options, "47x64", "96x64");
    options.crop_top = UINT32_MAX; /* must not wrap round */
    clip_assert_fails(options, "does not fit", "96x64");
}

static void at_the_recorded_pace_no_frame_comes_before_its_time(void **state)
{
    struct clip clip = clip_rgb_write(*state, 10);
    struct capture *capture = clip_capture((struct capture_options){
        .url = clip.path, .fps = 50, .start_us = clock_wall_us() + 30 * US_PER_MS });
    struct frame frame;
    int64_t count = 0, first_us = 0;
    while (clip_next(capture, &frame) == 1) {
        int64_t now_us = clock_wall_us();
        first_us = count == 0 ? frame.capture_us : first_us;
        assert_int_equal(frame.capture_us - first_us, count * 20000);
        assert_true(now_us >= frame.capture_us);
        assert_true(frame.receive_us >= frame.capture_us);
        image_unref(&frame.image);
        count++;
    }
    assert_int_equal(count, 10);
    capture_destroy(&capture);
}

/* One frame in 10 s: twelve would take two minutes if they were waited for. */
static void frames_whose_time_has_passed_come_at_once_and_all(void **state)
{
    struct clip clip = clip_rgb_write(*state, 12);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fps = 0.1 });
    struct frame frames[12];
    int64_t begin_ns = clock_mono_ns();
    assert_int_equal(clip_take_all(capture, frames, 12), 12);
    assert_true(clock_mono_ns() - begin_ns < CLIP_DEADLINE_MS * NS_PER_MS);
    for (int n = 0; n < 12; n++)
        assert_int_equal(frames[n].capture_us, CLIP_START_US + n * 10 * US_PER_S);
    clip_drop_all(frames, 12);
    capture_destroy(&capture);
}

/* 10 fps at 3 Hz: the frames nearest to 0, 333.3, 666.7, 1000, ... ms. */
static void rate_hz_takes_the_frames_nearest_to_a_steady_grid(void **state)
{
    struct clip clip = clip_rgb_write(*state, 30);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fast = true, .rate_hz = 3 });
    static const uint64_t expected[] = { 0, 3, 7, 10, 13, 17, 20, 23, 27 };
    struct frame frames[ARRAY_LENGTH(expected)];
    assert_int_equal(clip_take_all(capture, frames, ARRAY_LENGTH(expected)),
                     ARRAY_LENGTH(expected));
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        assert_int_equal(frames[i].index, expected[i]);
        assert_int_equal(frames[i].capture_us, CLIP_START_US + (int64_t) expected[i] * 100000);
        assert_true(clip_shows(frames[i].image, (int) expected[i], 0, 0));
    }
    assert_int_equal(capture_status(capture).frames, 30);
    clip_drop_all(frames, ARRAY_LENGTH(expected));
    capture_destroy(&capture);
}

/* Far more frames than any queue or pool has images. */
static void a_taker_that_keeps_every_image_loses_none(void **state)
{
    enum { FRAMES = 40 };
    struct clip clip = clip_rgb_write(*state, FRAMES);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fast = true });
    struct frame frames[FRAMES];
    assert_int_equal(clip_take_all(capture, frames, FRAMES), FRAMES);
    assert_int_equal(capture_status(capture).dropped, 0);
    capture_destroy(&capture); /* the images outlive it */
    for (int n = 0; n < FRAMES; n++)
        assert_true(clip_shows(frames[n].image, n, 0, 0));
    clip_drop_all(frames, FRAMES);
}

static void the_fd_is_quiet_after_the_end(void **state)
{
    struct clip clip = clip_rgb_write(*state, 2);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fast = true });
    struct frame frames[2];
    assert_int_equal(clip_take_all(capture, frames, 2), 2);
    struct pollfd waiting = { .fd = capture_fd(capture), .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, 0), 0);
    assert_int_equal(capture_next(capture, &frames[0]), -ENODATA);
    image_unref(&frames[1].image);
    image_unref(&frames[0].image);
    capture_destroy(&capture);
}

static void write_still(const char *folder, const char *name, enum AVCodecID codec,
                        enum AVPixelFormat pixels, int n)
{
    struct clip still = { .path = clip_path(folder, name),
                          .codec = codec,
                          .pixels = pixels,
                          .width = 40,
                          .height = 30,
                          .frames = 1,
                          .fps = 1,
                          .first = n };
    clip_write_still(&still);
}

static void a_folder_gives_its_stills_in_name_order(void **state)
{
    const char *folder = *state;
    write_still(folder, "0003.png", AV_CODEC_ID_PNG, AV_PIX_FMT_RGB24, 3);
    write_still(folder, "0001.PNG", AV_CODEC_ID_PNG, AV_PIX_FMT_RGB24, 1);
    write_still(folder, "0002.jpg", AV_CODEC_ID_MJPEG, AV_PIX_FMT_YUVJ444P, 2);
    write_still(folder, "0000.png", AV_CODEC_ID_PNG, AV_PIX_FMT_RGB24, 0);
    assert_int_equal(file_write(clip_path(folder, "0000.txt"), "notes", 5, 0600, NULL), 0);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = folder, .fast = true, .fps = 2 });
    struct frame frames[4];
    assert_int_equal(clip_take_all(capture, frames, 4), 4);
    for (int n = 0; n < 4; n++) {
        assert_int_equal(frames[n].index, n);
        assert_int_equal(frames[n].capture_us, CLIP_START_US + n * 500000);
        assert_int_equal(frames[n].width, 40);
        if (n != 2)
            assert_true(clip_shows(frames[n].image, n, 0, 0));
    }
    clip_drop_all(frames, 4);
    capture_destroy(&capture);
}

static void a_bad_still_is_counted_and_the_next_keeps_its_time(void **state)
{
    const char *folder = *state;
    write_still(folder, "a.png", AV_CODEC_ID_PNG, AV_PIX_FMT_RGB24, 0);
    assert_int_equal(file_write(clip_path(folder, "b.png"), "not a png", 9, 0600, NULL), 0);
    assert_int_equal(file_write(clip_path(folder, "c.png"), "", 0, 0600, NULL), 0);
    write_still(folder, "d.png", AV_CODEC_ID_PNG, AV_PIX_FMT_RGB24, 3);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = folder, .fast = true, .fps = 10 });
    struct frame frames[2];
    assert_int_equal(clip_take_all(capture, frames, 2), 2);
    assert_int_equal(frames[1].index, 3);
    assert_int_equal(frames[1].capture_us, CLIP_START_US + 300000);
    assert_true(clip_shows(frames[1].image, 3, 0, 0));
    assert_int_equal(capture_status(capture).damaged, 2);
    clip_drop_all(frames, 2);
    capture_destroy(&capture);
}

/* 0 is black and 255 is white in a grey PNG, unlike in grey video. */
static void a_grey_still_keeps_its_values(void **state)
{
    write_still(*state, "grey.png", AV_CODEC_ID_PNG, AV_PIX_FMT_GRAY8, 0);
    struct image *image =
        first_image((struct capture_options){ .url = *state, .fast = true, .fps = 1 });
    /* clip_paint: 60 + (7 x + 13 y) % 120 at (3, 2). */
    for (int channel = 0; channel < 3; channel++)
        assert_int_equal(image_at(image, 3, 2)[channel], 60 + (7 * 3 + 13 * 2) % 120);
    image_unref(&image);
}

static void a_folder_needs_stills_and_fps(void **state)
{
    clip_assert_fails((struct capture_options){ .url = *state, .fps = 2 }, *state,
                      "no .png or .jpg");
    write_still(*state, "a.png", AV_CODEC_ID_PNG, AV_PIX_FMT_RGB24, 0);
    clip_assert_fails((struct capture_options){ .url = *state }, *state, "fps");
}

static void stills_of_several_sizes_are_each_shown_whole(void **state)
{
    write_still(*state, "a.png", AV_CODEC_ID_PNG, AV_PIX_FMT_RGB24, 0);
    struct clip other = { .path = clip_path(*state, "b.png"),
                          .codec = AV_CODEC_ID_PNG,
                          .pixels = AV_PIX_FMT_RGB24,
                          .width = 17,
                          .height = 51,
                          .frames = 1,
                          .fps = 1,
                          .first = 1 };
    clip_write_still(&other);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = *state, .fast = true, .fps = 1 });
    struct frame frames[2];
    assert_int_equal(clip_take_all(capture, frames, 2), 2);
    assert_int_equal(frames[1].image->width, 17);
    assert_int_equal(frames[1].image->height, 51);
    assert_true(clip_shows(frames[1].image, 1, 0, 0));
    clip_drop_all(frames, 2);
    capture_destroy(&capture);
}

static void a_path_with_a_colon_is_a_path(void **state)
{
    struct clip clip = clip_rgb_write(*state, 2);
    const char *path = clip_path(*state, "tcp:1.avi");
    assert_int_equal(rename(clip.path, path), 0);
    struct image *image = first_image((struct capture_options){ .url = path, .fast = true });
    assert_true(clip_shows(image, 0, 0, 0));
    image_unref(&image);
}

static void destroy_does_not_wait_for_a_future_frame(void **state)
{
    struct clip clip = clip_rgb_write(*state, 3);
    struct capture *capture = clip_capture((struct capture_options){
        .url = clip.path, .start_us = clock_wall_us() + 3600 * US_PER_S });
    (void) clip_wait_state(capture, CAPTURE_RUNNING); /* it waits with frame 0 in hand */
    int64_t begin_ns = clock_mono_ns();
    capture_destroy(&capture);
    assert_true(clock_mono_ns() - begin_ns < 5 * NS_PER_S);
}

static void destroy_does_not_wait_for_a_taker(void **state)
{
    struct clip clip = clip_rgb_write(*state, 30);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fast = true });
    struct frame frame;
    assert_int_equal(clip_next(capture, &frame), 1);
    image_unref(&frame.image);
    int64_t begin_ns = clock_mono_ns();
    capture_destroy(&capture);
    assert_true(clock_mono_ns() - begin_ns < 5 * NS_PER_S);
    capture_destroy(&capture); /* NULL inside is fine */
}

static void bad_options_are_refused(void **state)
{
    (void) state;
    static const struct capture_options bad[] = {
        { .url = NULL },
        { .url = "" },
        { .url = "a.avi", .fps = -1 },
        { .url = "a.avi", .fps = 1e9 },
        { .url = "a.avi", .rate_hz = -0.5 },
        { .url = "a.avi", .rate_hz = 0.0 / 0.0 },
        { .url = "a.avi", .start_us = -1 },
        { .url = "a.avi", .crop_left = 5 },
        { .url = "a.avi", .crop_height = 5 },
        { .url = "a.avi", .crop_width = 5 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct capture *capture = NULL;
        struct error err = { "" };
        assert_int_equal(capture_create(&bad[i], &capture, &err), -EINVAL);
        assert_null(capture);
        assert_true(err.text[0] != '\0');
    }
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, clip_setup, clip_teardown)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_frame_of_a_recording_comes_in_order),
        IN_FOLDER(capture_times_follow_the_fps_given),
        IN_FOLDER(capture_times_follow_the_file_without_fps),
        IN_FOLDER(a_recording_without_start_begins_when_it_is_opened),
        IN_FOLDER(a_crop_gives_exactly_its_pixels),
        IN_FOLDER(crops_of_subsampled_video_are_cuts_of_the_whole),
        IN_FOLDER(studio_colours_become_rgb),
        IN_FOLDER(a_crop_that_does_not_fit_fails),
        IN_FOLDER(at_the_recorded_pace_no_frame_comes_before_its_time),
        IN_FOLDER(frames_whose_time_has_passed_come_at_once_and_all),
        IN_FOLDER(rate_hz_takes_the_frames_nearest_to_a_steady_grid),
        IN_FOLDER(a_taker_that_keeps_every_image_loses_none),
        IN_FOLDER(the_fd_is_quiet_after_the_end),
        IN_FOLDER(a_folder_gives_its_stills_in_name_order),
        IN_FOLDER(a_bad_still_is_counted_and_the_next_keeps_its_time),
        IN_FOLDER(a_grey_still_keeps_its_values),
        IN_FOLDER(a_folder_needs_stills_and_fps),
        IN_FOLDER(stills_of_several_sizes_are_each_shown_whole),
        IN_FOLDER(a_path_with_a_colon_is_a_path),
        IN_FOLDER(destroy_does_not_wait_for_a_future_frame),
        IN_FOLDER(destroy_does_not_wait_for_a_taker),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
