/* test_crc32.c - the checksum; values from the CRC catalogue (CRC-32/ISO-HDLC) and the PNG format
 */
#include "base/crc32.h"
#include "testing.h"

static void the_check_value_of_the_catalogue_comes_out(void **state)
{
    (void) state;
    assert_int_equal(crc32_of("123456789", 9), 0xcbf43926);
    assert_int_equal(crc32_of("", 0), 0);
}

/* The last four bytes of every PNG file: the checksum of the chunk type IEND (RFC 2083, 3.4). */
static void the_end_of_a_png_file_comes_out(void **state)
{
    (void) state;
    assert_int_equal(crc32_of("IEND", 4), 0xae426082);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_value_of_the_catalogue_comes_out),
        cmocka_unit_test(the_end_of_a_png_file_comes_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
