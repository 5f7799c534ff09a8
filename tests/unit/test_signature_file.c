/*
 * test_signature_file.c - signatures written, read back, and refused
 */
#include "testing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/signature_file.h"
#include "chance.h"

/* Any numbers, of pictures of 1280 x 720, which reduce to 640 x 360. */
static void make(struct signature_file *file)
{
    struct chance chance = { 7 };
    *file = (struct signature_file){ .camera = (char *) "left",
                                     .calibration = (char *) "0123abcd",
                                     .stills = 5,
                                     .signature = { .width = 1280, .height = 720 } };
    struct signature *s = &file->signature;
    for (size_t i = 0; i < SIGNATURE_BLOCKS; i++) {
        uint16_t *numbers = &s->blocks[i].brightness;
        for (size_t k = 0; k < sizeof(s->blocks[i]) / sizeof(*numbers); k++)
            numbers[k] = (uint16_t) chance_between(&chance, 0, 65536);
    }
    for (size_t b = 0; b < SIGNATURE_COLUMN_BANDS; b++)
        for (size_t x = 0; x < 640; x++)
            s->columns[b][x] = (uint16_t) chance_between(&chance, 0, 65536);
    for (size_t b = 0; b < SIGNATURE_ROW_BANDS; b++)
        for (size_t y = 0; y < 360; y++)
            s->rows[b][y] = (uint16_t) chance_between(&chance, 0, 65536);
}

static void what_is_written_reads_back(void **state)
{
    (void) state;
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(signature_file_release) struct signature_file back = { 0 };
    AUTO(text_release) struct text text = TEXT_INIT;
    struct signature_file file;
    make(&file);
    signature_file_write(&file, &text);
    assert_false(text.failed);
    assert_in_range(text.length, 1, SIGNATURE_FILE_BYTES_MAX);
    assert_int_equal(signature_file_parse(text.bytes, "x", &back, &problems), 0);
    assert_string_equal(back.camera, "left");
    assert_string_equal(back.calibration, "0123abcd");
    assert_int_equal(back.stills, 5);
    assert_memory_equal(&back.signature, &file.signature, sizeof(back.signature));
}

static void the_largest_fits_the_bound_on_files(void **state)
{
    (void) state;
    AUTO(text_release) struct text text = TEXT_INIT;
    struct signature_file file;
    make(&file);
    file.signature.width = 1920; /* 960 x 720 reduced: the most there is */
    file.signature.height = 1440;
    signature_file_write(&file, &text);
    assert_in_range(text.length, 1, SIGNATURE_FILE_BYTES_MAX);
}

static void refuse(const char *text, const char *words)
{
    AUTO(problems_release) struct problems problems = { 0 };
    struct signature_file file = { 0 };
    assert_int_equal(signature_file_parse(text, "x.signature", &file, &problems), -EINVAL);
    assert_true(problems.count >= 1);
    if (!strstr(problems.sentences[0], words))
        fail_msg("no \"%s\" in: %s", words, problems.sentences[0]);
}

static void damage_is_named(void **state)
{
    (void) state;
    AUTO(text_release) struct text text = TEXT_INIT;
    struct signature_file file;
    make(&file);
    signature_file_write(&file, &text);
    char *digits = strstr(text.bytes, "mid_left = \"") + strlen("mid_left = \"");
    *digits = 'G';
    refuse(text.bytes, "rows.mid_left is not 360 numbers");
    *digits = '0';
    char *size = strstr(text.bytes, "1280");
    memcpy(size, "1278", 4);
    refuse(text.bytes, "as a picture of 1278x720 has");
    memcpy(size, "0128", 4); /* libconfig: 128, of which the reduced size is its own */
    refuse(text.bytes, "x.signature");
    refuse("image = { width = 768; height = 576; };", "blocks");
    refuse("nonsense", "x.signature");
    refuse("", "x.signature");
}

static void the_path_is_beside_the_camera_file(void **state)
{
    (void) state;
    static const char *const pairs[][2] = { { "etc/demo/left.cfg", "etc/demo/left.signature" },
                                            { "left", "left.signature" },
                                            { "a.b/left", "a.b/left.signature" },
                                            { "a.b/.cfg", "a.b/.cfg.signature" } };
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
        char *path = signature_path(pairs[i][0]);
        assert_string_equal(path, pairs[i][1]);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(the_largest_fits_the_bound_on_files),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(the_path_is_beside_the_camera_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
