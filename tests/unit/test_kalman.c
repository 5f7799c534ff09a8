/* test_kalman.c - constant velocity on the floor; expected values are worked by hand */
#include "fusion/kalman.h"
#include "near.h"
#include "testing.h"

static const struct covariance2 one = { 1, 0, 1 };

static void predict_moves_along_the_velocity(void **state)
{
    (void) state;
    struct kalman k = kalman_start((struct floor_m){ 1, 2 }, one, 1);
    k.velocity_x_m_s = 2;
    k.velocity_y_m_s = -1;
    k = kalman_predict(k, 0.5, 0);
    assert_near(k.position.x, 2, 1e-12);
    assert_near(k.position.y, 1.5, 1e-12);
    /* var = 1 + dt^2 1, cov = dt 1 */
    assert_near(k.position_variance.xx, 1.25, 1e-12);
    assert_near(k.cross[0][0], 0.5, 1e-12);
}

static void update_weighs_by_variance(void **state)
{
    (void) state;
    /* One axis: P = 1, velocity variance 1, after 1 s P = 2, cov 1. Observed 4 with R = 2: gain
     * 2 / 4 and 1 / 4, so x = 2, v = 1, P = 2 - 1 = 1, cov = 1 - 0.5, velocity 1 - 0.25. */
    struct kalman k = kalman_start((struct floor_m){ 0, 0 }, one, 1);
    k = kalman_predict(k, 1, 0);
    k = kalman_update(k, (struct floor_m){ 4, 0 }, (struct covariance2){ 2, 0, 2 });
    assert_near(k.position.x, 2, 1e-12);
    assert_near(k.position.y, 0, 1e-12);
    assert_near(k.velocity_x_m_s, 1, 1e-12);
    assert_near(k.position_variance.xx, 1, 1e-12);
    assert_near(k.cross[0][0], 0.5, 1e-12);
    assert_near(k.velocity_variance.xx, 0.75, 1e-12);
    assert_near(k.position_variance.xy, 0, 1e-12);
}

static void update_uses_the_slant_of_the_covariance(void **state)
{
    (void) state;
    /* P = I, R = [2 1; 1 2], S = [3 1; 1 3], S^-1 = [3 -1; -1 3] / 8, observed (8, 0). */
    struct kalman k = kalman_start((struct floor_m){ 0, 0 }, one, 1);
    k = kalman_update(k, (struct floor_m){ 8, 0 }, (struct covariance2){ 2, 1, 2 });
    assert_near(k.position.x, 3, 1e-12);
    assert_near(k.position.y, -1, 1e-12);
    /* (I - S^-1) = [5 1; 1 5] / 8 */
    assert_near(k.position_variance.xx, 0.625, 1e-12);
    assert_near(k.position_variance.xy, 0.125, 1e-12);
}

static void many_short_steps_equal_one_long_one(void **state)
{
    (void) state;
    struct kalman start =
        kalman_start((struct floor_m){ 0, 0 }, (struct covariance2){ 1, 0.3, 2 }, 1.5);
    start = kalman_update(kalman_predict(start, 0.1, 1), (struct floor_m){ 0.2, 0.1 }, one);
    struct kalman steps = start, leap = kalman_predict(start, 1, 0.7);
    for (int i = 0; i < 100; i++)
        steps = kalman_predict(steps, 0.01, 0.7);
    assert_near(steps.position.x, leap.position.x, 1e-9);
    assert_near(steps.position_variance.xx, leap.position_variance.xx, 1e-9);
    assert_near(steps.position_variance.xy, leap.position_variance.xy, 1e-9);
    assert_near(steps.position_variance.yy, leap.position_variance.yy, 1e-9);
    assert_near(steps.cross[0][0], leap.cross[0][0], 1e-9);
    assert_near(steps.cross[1][0], leap.cross[1][0], 1e-9);
    assert_near(steps.velocity_variance.yy, leap.velocity_variance.yy, 1e-9);
}

static void covariance_stays_positive_over_extreme_updates(void **state)
{
    (void) state;
    struct kalman k =
        kalman_start((struct floor_m){ 0, 0 }, (struct covariance2){ 100, 0, 100 }, 1);
    for (int i = 0; i < 10000; i++) {
        double exact = i % 2 ? 1e-4 : 25;
        k = kalman_predict(k, 0.001, 1);
        k = kalman_update(k, (struct floor_m){ 0, 0 },
                          (struct covariance2){ exact, 0.9 * exact, exact });
        assert_true(covariance2_valid(k.position_variance));
        assert_true(covariance2_valid(k.velocity_variance));
    }
}

static void speed_is_limited_and_keeps_its_direction(void **state)
{
    (void) state;
    struct kalman k = { .velocity_x_m_s = 6, .velocity_y_m_s = 8 };
    k = kalman_limit_speed(k, 5);
    assert_near(k.velocity_x_m_s, 3, 1e-12);
    assert_near(k.velocity_y_m_s, 4, 1e-12);
    k = kalman_limit_speed(k, 5);
    assert_near(k.velocity_x_m_s, 3, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predict_moves_along_the_velocity),
        cmocka_unit_test(update_weighs_by_variance),
        cmocka_unit_test(update_uses_the_slant_of_the_covariance),
        cmocka_unit_test(many_short_steps_equal_one_long_one),
        cmocka_unit_test(covariance_stays_positive_over_extreme_updates),
        cmocka_unit_test(speed_is_limited_and_keeps_its_direction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
