/*
 * test_png.c - PNG files of every kind, and files that lie
 *
 * The pictures in tests/fuzz/seeds/png were packed with Python's zlib after the PNG specification
 * (ISO/IEC 15948); the expected pixels are worked by hand from the bytes that went in.
 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "image/image.h"

#define SEEDS SOURCE_DIR "/tests/fuzz/seeds/png/"

static void assert_pixel(const struct image *image, uint32_t x, uint32_t y, int red, int green,
                         int blue, int alpha)
{
    const uint8_t *pixel = image_at(image, x, y);
    const int expected[] = { red, green, blue, alpha };
    for (int c = 0; c < 4; c++)
        assert_in_range(pixel[c] + 1, expected[c], expected[c] + 2); /* 1 of 255 for rounding */
}

static void one_bit_grey_is_black_and_white(void **state)
{
    (void) state;
    AUTO(image_unref) struct image *image = NULL;
    assert_int_equal(image_read_png(SEEDS "grey-1bit.png", &image, NULL), 0);
    assert_int_equal(image->width, 9);
    assert_int_equal(image->height, 3);
    for (uint32_t x = 0; x < 9; x++) /* every row is aa 80: 10101010 1 */
        assert_pixel(image, x, 2, x % 2 ? 0 : 255, x % 2 ? 0 : 255, x % 2 ? 0 : 255, 255);
}

static void a_palette_brings_its_colours_and_transparency(void **state)
{
    (void) state;
    AUTO(image_unref) struct image *image = NULL;
    assert_int_equal(image_read_png(SEEDS "palette-2bit.png", &image, NULL), 0);
    assert_pixel(image, 0, 0, 255, 0, 0, 255); /* row 0 is 1b: entries 0 1 2 3 */
    assert_pixel(image, 1, 0, 0, 255, 0, 128);
    assert_int_equal(image_at(image, 2, 0)[3], 0);
    assert_pixel(image, 3, 0, 9, 8, 7, 255);
    assert_pixel(image, 0, 1, 9, 8, 7, 255); /* row 1 is e4: 3 2 1 0 */
}

static void sixteen_bits_keep_their_upper_eight(void **state)
{
    (void) state;
    AUTO(image_unref) struct image *image = NULL;
    assert_int_equal(image_read_png(SEEDS "rgba-16bit.png", &image, NULL), 0);
    assert_pixel(image, 0, 0, 255, 0, 128, 128); /* ffff 0000 8000 8000 */
    assert_pixel(image, 1, 0, 0, 255, 0, 255);
}

static void filtered_rows_and_interlacing_are_undone(void **state)
{
    (void) state;
    AUTO(image_unref) struct image *rgb = NULL;
    AUTO(image_unref) struct image *grey = NULL;
    assert_int_equal(image_read_png(SEEDS "rgb-8bit.png", &rgb, NULL), 0);
    assert_pixel(rgb, 1, 0, 3, 4, 5, 255);
    assert_pixel(rgb, 2, 1, 9 + 12 + 15, 10 + 13 + 16, 11 + 14 + 17, 255); /* filter "sub" */
    assert_int_equal(image_read_png(SEEDS "grey-alpha-interlaced.png", &grey, NULL), 0);
    assert_pixel(grey, 0, 0, 128, 128, 128, 64);
}

static void damage_is_refused_in_a_sentence_that_names_the_file(void **state)
{
    (void) state;
    static const char *const names[] = {
        "cut.png",          "bad-crc.png",          "no-rows.png",
        "zero-width.png",   "claims-8000x8000.png", "claims-16384x16384.png",
        "wrong-filter.png", "not-a-png.png",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        char path[256];
        struct image *image = NULL;
        struct error err = { "" };
        (void) snprintf(path, sizeof(path), SEEDS "%s", names[i]);
        assert_int_equal(image_read_png(path, &image, &err), -EINVAL);
        assert_null(image);
        assert_non_null(strstr(err.text, names[i]));
    }
}

/* 8000 x 8000 RGBA would be 256 MB; the sentence shows that it was refused by its length, before
 * they were asked for. */
static void a_short_file_cannot_make_us_allocate_a_large_picture(void **state)
{
    (void) state;
    struct image *image = NULL;
    struct error err = { "" };
    assert_int_equal(image_read_png(SEEDS "claims-8000x8000.png", &image, &err), -EINVAL);
    assert_non_null(strstr(err.text, "69 bytes cannot hold 8000 x 8000 pixels"));
    assert_int_equal(image_read_png(SEEDS "claims-16384x16384.png", &image, &err), -EINVAL);
    assert_non_null(strstr(err.text, "16384 x 16384 pixels; up to"));
}

/* The emptiest picture packs best: it must not be taken for a cut one. */
static void a_blank_picture_of_many_pixels_is_read(void **state)
{
    (void) state;
    char path[] = "/tmp/test_png.XXXXXX";
    AUTO(image_unref) struct image *image = NULL;
    AUTO(image_unref) struct image *back = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    assert_int_equal(image_create(3000, 2000, IMAGE_RGBA8, &image), 0);
    assert_int_equal(image_write_png(image, path, NULL), 0);
    assert_int_equal(image_read_png(path, &back, NULL), 0);
    assert_int_equal(back->width, 3000);
    (void) unlink(path);
}

static void what_cannot_be_opened_or_written_is_named(void **state)
{
    (void) state;
    struct image *none = NULL;
    struct error err = { "" };
    AUTO(image_unref) struct image *image = NULL;
    assert_int_equal(image_read_png("/nowhere/plan.png", &none, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/plan.png"));
    assert_int_equal(image_create(2, 2, IMAGE_RGB8, &image), 0);
    err.text[0] = '\0';
    assert_int_equal(image_write_png(image, "/nowhere/plan.png", &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/plan.png"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_bit_grey_is_black_and_white),
        cmocka_unit_test(a_palette_brings_its_colours_and_transparency),
        cmocka_unit_test(sixteen_bits_keep_their_upper_eight),
        cmocka_unit_test(filtered_rows_and_interlacing_are_undone),
        cmocka_unit_test(damage_is_refused_in_a_sentence_that_names_the_file),
        cmocka_unit_test(a_short_file_cannot_make_us_allocate_a_large_picture),
        cmocka_unit_test(a_blank_picture_of_many_pixels_is_read),
        cmocka_unit_test(what_cannot_be_opened_or_written_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
