/* test_buffer.c - bytes written and read back; expected bytes by hand */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/buffer.h"
#include "testing.h"

static void numbers_are_little_endian(void **state)
{
    (void) state;
    struct buffer b = BUFFER_INIT;
    static const uint8_t expected[] = { 7,    0x04, 0x03, 0x02, 0x01, 0xfe, 0xff,
                                        0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    buffer_put_u8(&b, 7);
    buffer_put_u32(&b, 0x01020304);
    buffer_put_i64(&b, -2);
    assert_int_equal(buffer_result(&b), 0);
    assert_int_equal(b.length, sizeof(expected));
    assert_memory_equal(b.bytes, expected, sizeof(expected));
    buffer_release(&b);
}

static void what_is_read_is_what_was_written(void **state)
{
    (void) state;
    struct buffer b = BUFFER_INIT;
    static const double odd[] = { 0.1, -0.0, INFINITY, 5e-324, 1.7976931348623157e308 };
    for (int round = 0; round < 1000; round++) /* beyond the first block */
        for (size_t i = 0; i < ARRAY_LENGTH(odd); i++)
            buffer_put_double(&b, odd[i]);
    buffer_put_u64(&b, UINT64_MAX);
    buffer_put_bytes(&b, "abc", 3);
    struct buffer_reader r = buffer_reader_of(b.bytes, b.length);
    for (int round = 0; round < 1000; round++)
        for (size_t i = 0; i < ARRAY_LENGTH(odd); i++) {
            double value = buffer_get_double(&r);
            assert_memory_equal(&value, &odd[i], sizeof(value));
        }
    char text[4] = "";
    assert_true(buffer_get_u64(&r) == UINT64_MAX);
    buffer_get_bytes(&r, text, 3);
    assert_string_equal(text, "abc");
    assert_int_equal(buffer_reader_result(&r), 0);
    assert_int_equal(r.at, r.length);
    buffer_release(&b);
}

static void reading_beyond_the_end_fails_for_good(void **state)
{
    (void) state;
    uint8_t bytes[6] = { 1, 2, 3, 4, 5, 6 };
    struct buffer_reader r = buffer_reader_of(bytes, sizeof(bytes));
    assert_int_equal(buffer_get_u32(&r), 0x04030201);
    assert_int_equal(buffer_get_u32(&r), 0);
    assert_int_equal(buffer_get_u8(&r), 0); /* although there are two bytes left */
    assert_int_equal(buffer_reader_result(&r), -EBADMSG);
}

static void counts_that_cannot_be_are_refused(void **state)
{
    (void) state;
    struct buffer b = BUFFER_INIT;
    buffer_put_u64(&b, 3);
    buffer_put_bytes(&b, "123456", 6);
    struct buffer_reader r = buffer_reader_of(b.bytes, b.length);
    assert_int_equal(buffer_get_count(&r, 2, 100), 3);
    r = buffer_reader_of(b.bytes, b.length);
    assert_int_equal(buffer_get_count(&r, 3, 100), 0); /* 9 bytes of 6 */
    assert_int_equal(buffer_reader_result(&r), -EBADMSG);
    r = buffer_reader_of(b.bytes, b.length);
    assert_int_equal(buffer_get_count(&r, 2, 2), 0);
    assert_int_equal(buffer_reader_result(&r), -EBADMSG);
    buffer_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(reading_beyond_the_end_fails_for_good),
        cmocka_unit_test(counts_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
