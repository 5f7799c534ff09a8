/* test_habits.c - what is learned of a camera; the truth is what the test simulates */
#include "fusion/habits.h"
#include "fusion_scene.h"
#include "near.h"

static void share_of_people_found_is_learned(void **state)
{
    (void) state;
    uint64_t random = 5;
    struct habits habits = habits_of_unknown_camera();
    for (int i = 0; i < 3000; i++)
        habits_learn_detection(&habits, scene_uniform(&random) < 0.7, 1);
    /* 1000 looks are remembered: standard deviation of the share 0.0145 */
    assert_near(habits.detection, 0.7, 0.045);
}

static void foot_bias_is_learned_with_its_sign(void **state)
{
    (void) state;
    uint64_t random = 6;
    struct habits habits = habits_of_unknown_camera();
    /* Feet are drawn 25 cm too near to the camera; what is known of it is added before. */
    for (int i = 0; i < 3000; i++)
        habits_learn_position(&habits, -0.25 + habits.foot_bias_m + 0.15 * scene_normal(&random),
                              2);
    assert_near(habits.foot_bias_m, 0.25, 0.02);
}

static void noise_smaller_than_announced_is_noticed(void **state)
{
    (void) state;
    uint64_t random = 7;
    struct habits habits = habits_of_unknown_camera();
    /* The squared distance of two normal numbers of half the announced standard deviation, the
     * announced covariance scaled by what is known: the scale settles at a quarter. */
    for (int i = 0; i < 20000; i++) {
        double x = 0.5 * scene_normal(&random), y = 0.5 * scene_normal(&random);
        habits_learn_position(&habits, 0, (x * x + y * y) / habits.noise_scale);
    }
    assert_near(habits.noise_scale, 0.25, 0.03);
}

static void bounds_hold_whatever_comes(void **state)
{
    (void) state;
    struct habits habits = habits_of_unknown_camera();
    for (int i = 0; i < 5000; i++) {
        habits_learn_position(&habits, 1e6, 1e12);
        habits_learn_detection(&habits, false, 1);
    }
    assert_true(habits.noise_scale <= 1 && habits.noise_scale >= 0.05);
    assert_true(habits.detection >= 0.3);
    for (int i = 0; i < 5000; i++) {
        habits_learn_position(&habits, 0, 0);
        habits_learn_detection(&habits, true, 1);
    }
    assert_true(habits.noise_scale >= 0.05);
    assert_true(habits.detection <= 0.98);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(share_of_people_found_is_learned),
        cmocka_unit_test(foot_bias_is_learned_with_its_sign),
        cmocka_unit_test(noise_smaller_than_announced_is_noticed),
        cmocka_unit_test(bounds_hold_whatever_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
