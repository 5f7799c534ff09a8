/*
 * test_key_cache.c - numbers remembered for keys of any bytes
 */
#include "testing.h"

#include <string.h>

#include "storage/key_cache.h"

static void a_key_is_found_with_its_number(void **state)
{
    (void) state;
    struct key_cache *cache = NULL;
    int32_t id = 0;
    assert_int_equal(key_cache_create(&cache), 0);
    assert_false(key_cache_find(cache, "till", 4, &id));
    assert_int_equal(key_cache_put(cache, "till", 4, 7), 0);
    assert_true(key_cache_find(cache, "till", 4, &id));
    assert_int_equal(id, 7);
    assert_false(key_cache_find(cache, "til", 3, &id));
    assert_int_equal(key_cache_put(cache, "till", 4, 8), 0);
    assert_true(key_cache_find(cache, "till", 4, &id));
    assert_int_equal(id, 8);
    key_cache_destroy(&cache);
    assert_null(cache);
}

static void bytes_of_zero_and_no_bytes_are_keys_too(void **state)
{
    (void) state;
    struct key_cache *cache = NULL;
    int32_t id = 0;
    assert_int_equal(key_cache_create(&cache), 0);
    assert_int_equal(key_cache_put(cache, "a\0b", 3, 1), 0);
    assert_int_equal(key_cache_put(cache, "a\0c", 3, 2), 0);
    assert_int_equal(key_cache_put(cache, "", 0, 3), 0);
    assert_true(key_cache_find(cache, "a\0b", 3, &id));
    assert_int_equal(id, 1);
    assert_true(key_cache_find(cache, "", 0, &id));
    assert_int_equal(id, 3);
    key_cache_destroy(&cache);
}

static void thousands_are_remembered_and_forgotten_together(void **state)
{
    (void) state;
    struct key_cache *cache = NULL;
    int32_t id = 0;
    assert_int_equal(key_cache_create(&cache), 0);
    for (int32_t i = 0; i < 5000; i++)
        assert_int_equal(key_cache_put(cache, &i, sizeof(i), i * 3), 0);
    for (int32_t i = 0; i < 5000; i++) {
        assert_true(key_cache_find(cache, &i, sizeof(i), &id));
        assert_int_equal(id, i * 3);
    }
    key_cache_clear(cache);
    for (int32_t i = 0; i < 5000; i++)
        assert_false(key_cache_find(cache, &i, sizeof(i), &id));
    assert_int_equal(key_cache_put(cache, "again", 5, 1), 0);
    assert_true(key_cache_find(cache, "again", 5, &id));
    key_cache_destroy(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_found_with_its_number),
        cmocka_unit_test(bytes_of_zero_and_no_bytes_are_keys_too),
        cmocka_unit_test(thousands_are_remembered_and_forgotten_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
