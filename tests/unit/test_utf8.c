/* test_utf8.c - text and bytes that are none, after RFC 3629 */
#include <string.h>

#include "base/utf8.h"
#include "testing.h"

static void characters_of_every_length_are_text(void **state)
{
    static const char *const good[] = { "",
                                        "plain",
                                        "M\xc3\xbcller",
                                        "\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80",
                                        "\xef\xbf\xbd",
                                        "\xf4\x8f\xbf\xbf" };
    (void) state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(utf8_valid_bytes(good[i]), strlen(good[i]));
}

/* Latin-1, cut characters, overlong forms, surrogates, beyond U+10FFFF. */
static void other_bytes_are_found_where_they_are(void **state)
{
    static const char *const bad[] = { "abc\xfcller",         "abc\xc3",         "abc\xe2\x82",
                                       "abc\xc0\xaf",         "abc\xe0\x80\x80", "abc\xed\xa0\x80",
                                       "abc\xf4\x90\x80\x80", "abc\x80",         "abc\xff" };
    (void) state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(utf8_valid_bytes(bad[i]), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_of_every_length_are_text),
        cmocka_unit_test(other_bytes_are_found_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
