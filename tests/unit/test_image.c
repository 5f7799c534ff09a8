/*
 * test_image.c - counted images, pools, PNG in and out
 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "image/image.h"

static char path[] = "/tmp/test_image.XXXXXX";

static void what_is_written_is_read(void **state)
{
    (void) state;
    for (int format = IMAGE_RGB8; format <= IMAGE_RGBA8; format++) {
        AUTO(image_unref) struct image *image = NULL;
        AUTO(image_unref) struct image *back = NULL;
        assert_int_equal(image_create(37, 5, (enum image_format) format, &image), 0);
        for (uint32_t y = 0; y < 5; y++)
            for (uint32_t x = 0; x < 37; x++)
                for (int c = 0; c < format; c++)
                    image_at(image, x, y)[c] = (uint8_t) (7 * x + 31 * y + (unsigned) c);
        assert_int_equal(image_write_png(image, path, NULL), 0);
        assert_int_equal(image_read_png(path, &back, NULL), 0);
        assert_int_equal(back->width, 37);
        assert_int_equal(back->height, 5);
        for (uint32_t y = 0; y < 5; y++)
            for (uint32_t x = 0; x < 37; x++) {
                assert_memory_equal(image_at(back, x, y), image_at(image, x, y), 3);
                assert_int_equal(image_at(back, x, y)[3],
                                 format == IMAGE_RGBA8 ? image_at(image, x, y)[3] : 255);
            }
    }
}

static void every_truncation_is_refused_by_name(void **state)
{
    (void) state;
    AUTO(image_unref) struct image *image = NULL;
    char *bytes;
    size_t length;
    assert_int_equal(image_create(20, 20, IMAGE_RGBA8, &image), 0);
    assert_int_equal(image_write_png(image, path, NULL), 0);
    assert_int_equal(file_read(path, 1 << 20, &bytes, &length, NULL), 0);
    for (size_t kept = 0; kept + 12 < length; kept++) { /* the last 12 bytes are only IEND */
        struct image *back = NULL;
        struct error err = { "" };
        assert_int_equal(image_parse_png(bytes, kept, "plan.png", &back, &err), -EINVAL);
        assert_non_null(strstr(err.text, "plan.png"));
        assert_null(back);
    }
    free(bytes);
}

static void impossible_sizes_are_refused(void **state)
{
    (void) state;
    struct image *image = NULL;
    assert_int_equal(image_create(0, 1, IMAGE_RGB8, &image), -EINVAL);
    assert_int_equal(image_create(1, IMAGE_EDGE_MAX + 1, IMAGE_RGB8, &image), -EINVAL);
    assert_null(image);
}

static void a_pool_gives_each_image_to_one_holder(void **state)
{
    (void) state;
    struct image_pool *pool = NULL;
    assert_int_equal(image_pool_create(2, 8, 8, IMAGE_RGB8, &pool), 0);
    struct image *a = image_pool_take(pool), *b = image_pool_take(pool);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    assert_null(image_pool_take(pool));
    struct image *again = image_ref(a);
    image_unref(&again);
    assert_null(image_pool_take(pool)); /* a still has a holder */
    image_unref(&a);
    a = image_pool_take(pool);
    assert_non_null(a);
    image_pool_destroy(&pool); /* before its images: they stay good */
    memset(a->pixels, 1, a->stride_bytes * a->height);
    image_unref(&a);
    image_unref(&b);
}

static void count_release(void *owner)
{
    ++*(int *) owner;
}

static void borrowed_pixels_are_given_back_once(void **state)
{
    (void) state;
    uint8_t pixels[6] = { 1, 2, 3, 4, 5, 6 };
    int released = 0;
    struct image *image;
    struct image view = {
        .pixels = pixels, .width = 2, .height = 1, .stride_bytes = 6, .format = IMAGE_RGB8
    };
    assert_int_equal(image_wrap(view, &released, count_release, &image), 0);
    struct image *again = image_ref(image);
    assert_ptr_equal(image_at(image, 1, 0), pixels + 3);
    image_unref(&image);
    assert_int_equal(released, 0);
    image_unref(&again);
    assert_int_equal(released, 1);
    view.width = 0;
    assert_int_equal(image_wrap(view, &released, count_release, &image), -EINVAL);
    assert_int_equal(released, 1);
}

/* Bars of BT.601 in studio range, and what they stand for; a colour covers two by two px. */
static void brightness_and_colours_become_rgb(void **state)
{
    (void) state;
    uint8_t y[] = { 81, 81, 145, 145, 41, 41 }, u[] = { 90, 54, 240 }, v[] = { 240, 34, 110 };
    struct image *rgb;
    struct image yuv = { .pixels = y,
                         .width = 6,
                         .height = 1,
                         .stride_bytes = 6,
                         .format = IMAGE_YUV8,
                         .chroma = { .u = u,
                                     .v = v,
                                     .stride_bytes = 3,
                                     .shift_x = 1,
                                     .shift_y = 1,
                                     .matrix = yuv_matrix_of(0.299, 0.114, false) } };
    struct image window = image_window(&yuv, 1, 0, 4, 1);
    const int expected[4][3] = { { 255, 0, 0 }, { 0, 255, 0 }, { 0, 255, 0 }, { 0, 0, 255 } };
    assert_int_equal(image_to_rgb(&window, &rgb), 0);
    for (uint32_t x = 0; x < 4; x++) {
        for (int i = 0; i < 3; i++) /* 8 bits of brightness and colour round to within two */
            assert_true(abs(image_at(rgb, x, 0)[i] - expected[x][i]) <= 2);
    }
    image_unref(&rgb);
}

static int make_file(void **state)
{
    (void) state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void) state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(every_truncation_is_refused_by_name),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(a_pool_gives_each_image_to_one_holder),
        cmocka_unit_test(borrowed_pixels_are_given_back_once),
        cmocka_unit_test(brightness_and_colours_become_rgb),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
