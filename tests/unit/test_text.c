/*
 * test_text.c - strings that grow
 */
#include "testing.h"

#include <stdlib.h>

#include "base/text.h"

static void text_is_always_a_string(void **state)
{
    (void) state;
    AUTO(text_release) struct text text = TEXT_INIT;
    assert_string_equal(text.bytes, "");
    text_append(&text, "a");
    text_format(&text, "%d-%s", 7, "b");
    assert_string_equal(text.bytes, "a7-b");
    assert_int_equal(text.length, 4);
    text_clear(&text);
    assert_string_equal(text.bytes, "");
}

static void text_grows_as_far_as_needed(void **state)
{
    (void) state;
    AUTO(text_release) struct text text = TEXT_INIT;
    for (int i = 0; i < 10000; i++)
        text_format(&text, "%04d", i);
    assert_false(text.failed);
    assert_int_equal(text.length, 40000);
    assert_memory_equal(text.bytes + 4 * 1234, "1234", 4);
}

static void take_hands_the_string_over(void **state)
{
    (void) state;
    struct text text = TEXT_INIT;
    char *empty = text_take(&text);
    assert_string_equal(empty, "");
    free(empty);
    text_append(&text, "kept");
    char *bytes = text_take(&text);
    assert_string_equal(bytes, "kept");
    assert_string_equal(text.bytes, "");
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_always_a_string),
        cmocka_unit_test(text_grows_as_far_as_needed),
        cmocka_unit_test(take_hands_the_string_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
