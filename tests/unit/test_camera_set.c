/* test_camera_set.c - sets of cameras */
#include "heat/camera_set.h"
#include "testing.h"

static struct camera_set set_of(size_t count, const size_t *cameras)
{
    struct camera_set set = { 0 };
    for (size_t i = 0; i < count; i++)
        camera_set_add(&set, cameras[i]);
    return set;
}
#define SET(...) \
    set_of(sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), (size_t[]){ __VA_ARGS__ })

static void a_set_has_what_was_added(void **state)
{
    (void) state;
    struct camera_set set = SET(0, 63, 64, 1023);
    for (size_t i = 0; i < HEAT_CAMERAS_MAX; i++)
        assert_int_equal(camera_set_has(&set, i), i == 0 || i == 63 || i == 64 || i == 1023);
    assert_int_equal(camera_set_count(&set), 4);
    assert_false(camera_set_is_empty(&set));
    assert_true(camera_set_is_empty(&(struct camera_set){ 0 }));
}

static void the_highest_camera_decides_which_set_is_greater(void **state)
{
    (void) state;
    struct camera_set empty = { 0 }, low = SET(0, 1, 2), high = SET(700), both = SET(0, 700);
    assert_true(camera_set_compare(&empty, &low) < 0);
    assert_true(camera_set_compare(&low, &high) < 0);
    assert_true(camera_set_compare(&high, &both) < 0);
    assert_true(camera_set_compare(&both, &high) > 0);
    struct camera_set same = SET(700, 0);
    assert_true(camera_set_equals(&both, &same));
    assert_false(camera_set_equals(&both, &high));
}

static void a_set_is_walked_in_ascending_order(void **state)
{
    (void) state;
    const size_t wanted[] = { 0, 5, 63, 64, 128, 1023 };
    struct camera_set set = SET(1023, 64, 63, 128, 0, 5);
    size_t n = 0;
    for (size_t i = camera_set_next(&set, 0); i < HEAT_CAMERAS_MAX;
         i = camera_set_next(&set, i + 1))
        assert_int_equal(i, wanted[n++]);
    assert_int_equal(n, 6);
    assert_int_equal(camera_set_next(&(struct camera_set){ 0 }, 0), HEAT_CAMERAS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_has_what_was_added),
        cmocka_unit_test(the_highest_camera_decides_which_set_is_greater),
        cmocka_unit_test(a_set_is_walked_in_ascending_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
