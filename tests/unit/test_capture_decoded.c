/*
 * test_capture_decoded.c - pictures left as they were decoded, and key frames alone
 */
#include <stdlib.h>

#include "test_capture_clip.h"
#include "testing.h"

static struct image *first_image(struct capture_options options)
{
    struct capture *capture = clip_capture(options);
    struct frame frame;
    assert_int_equal(clip_next(capture, &frame), 1);
    capture_destroy(&capture);
    return frame.image; /* outlives what it came from */
}

static const char *write_clip(const char *folder, enum AVCodecID codec, enum AVPixelFormat pixels,
                              int frames)
{
    struct clip clip = { .path = clip_path(folder, "yuv.avi"),
                         .codec = codec,
                         .pixels = pixels,
                         .width = 150,
                         .height = 90,
                         .frames = frames,
                         .fps = 10 };
    clip_write(&clip);
    return clip.path;
}

/* swscale is the other tool: colours within what its fixed point and tables round. */
static void assert_same_colours(const struct image *yuv, const struct image *rgb)
{
    struct image *converted;
    assert_int_equal(yuv->format, IMAGE_YUV8);
    assert_int_equal(image_to_rgb(yuv, &converted), 0);
    assert_int_equal(converted->width, rgb->width);
    assert_int_equal(converted->height, rgb->height);
    for (uint32_t y = 0; y < rgb->height; y++) {
        for (uint32_t i = 0; i < 3 * rgb->width; i++)
            assert_true(abs(image_at(converted, 0, y)[i] - image_at(rgb, 0, y)[i]) <= 3);
    }
    image_unref(&converted);
}

static void what_a_decoder_leaves_has_the_same_colours(void **state)
{
    static const struct {
        enum AVCodecID codec;
        enum AVPixelFormat pixels;
    } kinds[] = { { AV_CODEC_ID_FFV1, AV_PIX_FMT_YUV420P },
                  { AV_CODEC_ID_MJPEG, AV_PIX_FMT_YUVJ420P } };
    static const uint32_t crops[][4] = { { 0, 0, 0, 0 }, { 33, 7, 31, 17 }, { 149, 89, 1, 1 } };
    for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
        const char *path = write_clip(*state, kinds[k].codec, kinds[k].pixels, 1);
        for (size_t c = 0; c < ARRAY_LENGTH(crops); c++) {
            struct capture_options options = { .url = path,
                                               .fast = true,
                                               .crop_left = crops[c][0],
                                               .crop_top = crops[c][1],
                                               .crop_width = crops[c][2],
                                               .crop_height = crops[c][3] };
            struct image *rgb = first_image(options);
            options.as_decoded = true;
            struct image *yuv = first_image(options);
            assert_same_colours(yuv, rgb);
            image_unref(&rgb);
            image_unref(&yuv);
        }
    }
}

static void other_layouts_become_rgb_all_the_same(void **state)
{
    struct clip clip = clip_rgb_write(*state, 1);
    struct image *image =
        first_image((struct capture_options){ .url = clip.path, .fast = true, .as_decoded = true });
    assert_int_equal(image->format, IMAGE_RGB8);
    assert_true(clip_shows(image, 0, 0, 0));
    image_unref(&image);
}

/* libavcodec's MPEG-4 encoder makes every twelfth frame a key frame (its gop_size). */
static void key_frames_keep_their_numbers_and_times(void **state)
{
    enum { FRAMES = 30, KEYS = 3 };
    const char *path = write_clip(*state, AV_CODEC_ID_MPEG4, AV_PIX_FMT_YUV420P, FRAMES);
    struct capture_options options = { .url = path, .fast = true };
    struct frame all[FRAMES], keys[FRAMES];
    struct capture *capture = clip_capture(options);
    assert_int_equal(clip_take_all(capture, all, FRAMES), FRAMES);
    capture_destroy(&capture);
    options.keyframes = true;
    capture = clip_capture(options);
    assert_int_equal(clip_take_all(capture, keys, FRAMES), KEYS);
    assert_int_equal(capture_status(capture).damaged, 0);
    for (size_t i = 0; i < KEYS; i++) {
        const struct frame *same = &all[12 * i];
        assert_int_equal(keys[i].index, 12 * i);
        assert_int_equal(keys[i].capture_us, same->capture_us);
        for (uint32_t y = 0; y < 90; y++)
            assert_memory_equal(image_at(keys[i].image, 0, y), image_at(same->image, 0, y), 450);
    }
    clip_drop_all(all, FRAMES);
    clip_drop_all(keys, KEYS);
    capture_destroy(&capture);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, clip_setup, clip_teardown)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_a_decoder_leaves_has_the_same_colours),
        IN_FOLDER(other_layouts_become_rgb_all_the_same),
        IN_FOLDER(key_frames_keep_their_numbers_and_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
