/*
 * test_record.c - losses as bytes: what is put in comes out, and nothing else does
 *
 * `test_record FOLDER` writes records there as seeds of fuzz_record.
 */
#include "testing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "storage/record.h"

static const struct storage_loss list[] = {
    { "left", "wire", "missed", "frames", 17 },
    { "", "gate", "unknown_key", "connections", INT64_MAX },
    { "right", "camera", "ring_unkept", "messages", 0 },
};
static const struct storage_losses losses = {
    .since_us = 1795424400000000, .told_us = 1795425240000001, .list = list, .count = 3
};

static struct record record_of(const struct storage_losses *l)
{
    struct record record = { 0 };
    assert_int_equal(record_of_losses(l, &record), 0);
    return record;
}

/* Returns what record_read returns; the content is gone. */
static int result_of(const struct record *record, struct error *err)
{
    struct record_content content = { 0 };
    int r = record_read(record, &content, err);
    record_content_release(&content);
    return r;
}

static void losses_come_back_as_they_were(void **state)
{
    (void) state;
    struct record record = record_of(&losses);
    struct record_content content = { 0 };
    assert_int_equal(record.kind, RECORD_LOSSES);
    assert_true(record.time_us == RECORD_NO_TIME);
    assert_int_equal(record_read(&record, &content, NULL), 0);
    assert_null(content.bucket);
    assert_null(content.calibration);
    assert_true(content.losses->since_us == 1795424400000000);
    assert_true(content.losses->told_us == 1795425240000001);
    assert_int_equal(content.losses->count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(content.losses->list[i].camera, list[i].camera);
        assert_string_equal(content.losses->list[i].source, list[i].source);
        assert_string_equal(content.losses->list[i].reason, list[i].reason);
        assert_string_equal(content.losses->list[i].unit, list[i].unit);
        assert_int_equal(content.losses->list[i].count, list[i].count);
    }
    record_content_release(&content);
    record_release(&record);
}

static void no_losses_come_back_as_none(void **state)
{
    (void) state;
    const struct storage_losses none = { .since_us = 1, .told_us = 2 };
    struct record record = record_of(&none);
    struct record_content content = { 0 };
    assert_int_equal(record_read(&record, &content, NULL), 0);
    assert_int_equal(content.losses->count, 0);
    record_content_release(&content);
    record_release(&record);
}

static void cut_or_too_long_they_are_damaged(void **state)
{
    (void) state;
    struct record record = record_of(&losses);
    size_t length = record.length;
    for (record.length = 0; record.length < length; record.length++)
        assert_int_equal(result_of(&record, NULL), -EBADMSG);
    record.bytes = realloc(record.bytes, length + 1);
    assert_non_null(record.bytes);
    record.bytes[length] = 0;
    record.length = length + 1;
    struct error err = { "" };
    assert_int_equal(result_of(&record, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "losses"));
    record_release(&record);
}

/* Of every bit: what is accepted is packed as these very bytes. */
static void a_flipped_bit_is_refused_or_changes_what_it_says(void **state)
{
    (void) state;
    struct record record = record_of(&losses);
    for (size_t bit = 0; bit < record.length * 8; bit++) {
        struct record_content content = { 0 };
        record.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
        if (record_read(&record, &content, NULL) == 0) {
            struct record again = record_of(content.losses);
            assert_int_equal(again.length, record.length);
            assert_memory_equal(again.bytes, record.bytes, again.length);
            record_release(&again);
            record_content_release(&content);
        }
        record.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
    }
    record_release(&record);
}

static void what_the_database_cannot_hold_is_damage(void **state)
{
    (void) state;
    const struct storage_loss many[] = { { "", "wire", "topic", "messages",
                                           (uint64_t) INT64_MAX + 1 } };
    const struct storage_losses wrong[] = {
        { .since_us = 1, .told_us = 1, .list = many, .count = 1 },
        { .since_us = -1, .told_us = 1 },
        { .since_us = 1, .told_us = INT64_MAX },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct record record = record_of(&wrong[i]);
        assert_int_equal(result_of(&record, NULL), -EBADMSG);
        record_release(&record);
    }
}

static void another_version_is_said(void **state)
{
    (void) state;
    struct record record = record_of(&losses);
    struct error err = { "" };
    record.bytes[0] = 9; /* the lowest byte comes first */
    assert_int_equal(result_of(&record, &err), -EPROTO);
    assert_string_equal(err.text, "losses are kept in version 9, and this program knows 1");
    record_release(&record);
}

static void write_seed(const char *folder, const char *name, const struct record *record)
{
    char path[512];
    uint8_t *bytes = malloc(record->length + 1);
    assert_non_null(bytes);
    bytes[0] = (uint8_t) record->kind;
    memcpy(bytes + 1, record->bytes, record->length);
    (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(file_write(path, bytes, record->length + 1, 0644, NULL), 0);
    free(bytes);
}

static int write_seeds(const char *folder)
{
    const struct storage_calibration calibration = { .camera = "left",
                                                     .version = "aa",
                                                     .text = "image = { };",
                                                     .author = "Ada",
                                                     .valid_from_us = INT64_MIN };
    struct record record = record_of(&losses);
    write_seed(folder, "losses", &record);
    record_release(&record);
    assert_int_equal(record_of_calibration(&calibration, &record), 0);
    write_seed(folder, "calibration", &record);
    record_release(&record);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_come_back_as_they_were),
        cmocka_unit_test(no_losses_come_back_as_none),
        cmocka_unit_test(cut_or_too_long_they_are_damaged),
        cmocka_unit_test(a_flipped_bit_is_refused_or_changes_what_it_says),
        cmocka_unit_test(what_the_database_cannot_hold_is_damage),
        cmocka_unit_test(another_version_is_said),
    };
    return argc > 1 ? write_seeds(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
