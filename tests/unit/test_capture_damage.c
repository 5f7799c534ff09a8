/*
 * test_capture_damage.c - recordings that are missing, broken or not videos at all
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "capture/capture.h"
#include "test_capture_clip.h"

static void a_missing_file_fails_with_its_name(void **state)
{
    const char *path = clip_path(*state, "nowhere.avi");
    clip_assert_fails((struct capture_options){ .url = path }, path, "No such file");
}

static void garbage_fails_with_its_name(void **state)
{
    char garbage[4096];
    for (size_t i = 0; i < sizeof garbage; i++)
        garbage[i] = (char) (i * i * 31 + i / 7);
    const char *path = clip_path(*state, "garbage.avi");
    assert_int_equal(file_write(path, garbage, sizeof garbage, 0600, NULL), 0);
    clip_assert_fails((struct capture_options){ .url = path }, path, "could not open");
    assert_int_equal(file_write(path, "", 0, 0600, NULL), 0);
    clip_assert_fails((struct capture_options){ .url = path }, path, "could not open");
}

/* Opening a pipe would wait for its writer for ever. */
static void a_pipe_is_refused(void **state)
{
    const char *path = clip_path(*state, "pipe.avi");
    assert_int_equal(mkfifo(path, 0600), 0);
    clip_assert_fails((struct capture_options){ .url = path }, path, "not a regular file");
}

/* Half the file: the frames in it are given, and then it ends. */
static void a_truncated_file_gives_what_is_there(void **state)
{
    struct clip clip = clip_rgb_write(*state, 20);
    struct stat status;
    assert_int_equal(stat(clip.path, &status), 0);
    assert_int_equal(truncate(clip.path, status.st_size / 2), 0);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fast = true });
    struct frame frames[20];
    size_t count = clip_take_all(capture, frames, 20);
    assert_true(count >= 5 && count < 15);
    for (size_t n = 0; n + 1 < count; n++)
        assert_true(clip_shows(frames[n].image, (int) n, 0, 0));
    clip_drop_all(frames, count);
    capture_destroy(&capture);
}

/* Overwrite the beginning of the nth picture (0 first) of a video whose pictures are PNGs. */
static void damage_png(const char *path, int n)
{
    static const char signature[] = "\x89PNG";
    char *bytes;
    size_t length;
    assert_int_equal(file_read(path, 1 << 24, &bytes, &length, NULL), 0);
    char *at = bytes - 1;
    for (int i = 0; i <= n; i++) {
        size_t left = length - (size_t) (at + 1 - bytes);
        at = memmem(at + 1, left, signature, 4);
        assert_non_null(at);
    }
    memset(at, 0, 64);
    assert_int_equal(file_write(path, bytes, length, 0600, NULL), 0);
    free(bytes);
}

static struct clip png_clip(const char *path, int frames)
{
    struct clip clip = { .path = path,
                         .codec = AV_CODEC_ID_PNG,
                         .pixels = AV_PIX_FMT_RGB24,
                         .width = 48,
                         .height = 32,
                         .frames = frames,
                         .fps = 10 };
    clip_write(&clip);
    return clip;
}

static void a_damaged_packet_is_counted_and_the_rest_keep_their_times(void **state)
{
    struct clip clip = png_clip(clip_path(*state, "png.mov"), 10);
    damage_png(clip.path, 4);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fast = true, .fps = 10 });
    struct frame frames[10];
    assert_int_equal(clip_take_all(capture, frames, 10), 9);
    for (int i = 0; i < 9; i++) {
        int n = i < 4 ? i : i + 1;
        assert_int_equal(frames[i].index, n);
        assert_int_equal(frames[i].capture_us, CLIP_START_US + n * 100000);
        assert_true(clip_shows(frames[i].image, n, 0, 0));
    }
    assert_int_equal(capture_status(capture).damaged, 1);
    clip_drop_all(frames, 9);
    capture_destroy(&capture);
}

/* libavformat looks for PNG signatures in AVI, so that the damaged picture swallows the next. */
static void damage_that_swallows_a_frame_moves_no_time(void **state)
{
    struct clip clip = png_clip(clip_path(*state, "png.avi"), 10);
    damage_png(clip.path, 4);
    struct capture *capture =
        clip_capture((struct capture_options){ .url = clip.path, .fast = true, .fps = 10 });
    struct frame frames[10];
    size_t count = clip_take_all(capture, frames, 10);
    assert_true(count == 8 || count == 9);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(frames[i].capture_us, CLIP_START_US + (int64_t) frames[i].index * 100000);
        assert_true(clip_shows(frames[i].image, (int) frames[i].index, 0, 0));
    }
    assert_int_equal(frames[count - 1].index, 9);
    assert_int_equal(capture_status(capture).damaged, 1);
    clip_drop_all(frames, count);
    capture_destroy(&capture);
}

static void a_recording_without_one_good_picture_fails(void **state)
{
    struct clip clip = png_clip(clip_path(*state, "png.mov"), 2);
    damage_png(clip.path, 1);
    damage_png(clip.path, 0);
    clip_assert_fails((struct capture_options){ .url = clip.path, .fast = true }, clip.path,
                      "picture");
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, clip_setup, clip_teardown)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_missing_file_fails_with_its_name),
        IN_FOLDER(garbage_fails_with_its_name),
        IN_FOLDER(a_pipe_is_refused),
        IN_FOLDER(a_truncated_file_gives_what_is_there),
        IN_FOLDER(a_damaged_packet_is_counted_and_the_rest_keep_their_times),
        IN_FOLDER(damage_that_swallows_a_frame_moves_no_time),
        IN_FOLDER(a_recording_without_one_good_picture_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
