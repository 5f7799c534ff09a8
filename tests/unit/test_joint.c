/*
 * test_joint.c - heads and bodies of one person
 */
#include "fusion/joint.h"
#include "near.h"
#include "sim/random.h"
#include "testing.h"

static struct observation person(double x, double y, struct covariance2 covariance)
{
    return (struct observation){ .object_class = OBSERVATION_PERSON,
                                 .floor = { x, y },
                                 .covariance = covariance,
                                 .body_index = -1 };
}

static struct observation head_at(double x, double y, struct covariance2 covariance)
{
    struct observation o = person(x, y, covariance);
    o.object_class = OBSERVATION_HEAD;
    o.reasons = REASON_HEAD_PLANE;
    return o;
}

/* By hand: 1 and 2 with variances 0.01 and 0.04 make 1.2 with 0.008 along x; along y 0.04 and 0.01
 * make the place nearer to the head. The difference (1, 1) in (0.05, 0.05) is 40 squared sigmas. */
static void places_are_weighed_by_their_covariances(void **state)
{
    struct joint_counts counts = { 0 };
    struct observation body = person(1, 5, (struct covariance2){ 0.01, 0, 0.04 });
    struct observation head = head_at(1.1, 5.1, (struct covariance2){ 0.04, 0, 0.01 });
    (void) state;
    assert_near(joint_disagreement2(&body, &head), 0.1 * 0.1 / 0.05 * 2, 1e-12);
    joint_combine(&body, &head, &counts);
    assert_near(body.floor.x, 1.02, 1e-12);
    assert_near(body.floor.y, 5.08, 1e-12);
    assert_near(body.covariance.xx, 0.008, 1e-12);
    assert_near(body.covariance.yy, 0.008, 1e-12);
    assert_int_equal(body.reasons, 0);
    assert_int_equal(counts.pairs, 1);
    assert_int_equal(counts.beyond_three_sigma, 0);
    assert_near(joint_mean_square(&counts), 0.4, 1e-3);
}

static void places_too_far_apart_are_not_averaged(void **state)
{
    struct joint_counts counts = { 0 };
    struct observation body = person(1, 5, (struct covariance2){ 0.01, 0, 0.01 });
    struct observation head = head_at(2, 5, (struct covariance2){ 0.01, 0, 0.01 });
    struct observation hidden = body;
    (void) state;
    hidden.reasons = REASON_FOOT_OCCLUDED;
    joint_combine(&body, &head, &counts);
    assert_near(body.floor.x, 1, 0);
    assert_int_equal(body.reasons, REASON_FOOT_OCCLUDED);
    joint_combine(&hidden, &head, &counts);
    assert_near(hidden.floor.x, 2, 0);
    assert_int_equal(hidden.reasons, REASON_FOOT_OCCLUDED | REASON_HEAD_PLANE);
    assert_int_equal(counts.pairs, 2);
    assert_int_equal(counts.beyond_three_sigma, 2);
}

/* By hand: 0.4 m apart with 0.01 m^2 each are 8 squared sigmas, 0.2 m are 2. */
static void hidden_feet_give_way_sooner(void **state)
{
    struct observation seen = person(1, 5, (struct covariance2){ 0.01, 0, 0.01 });
    struct observation head = head_at(1.4, 5, (struct covariance2){ 0.01, 0, 0.01 });
    struct observation hidden = seen;
    (void) state;
    seen.height_m = hidden.height_m = 1.3f;
    hidden.reasons = REASON_FOOT_OCCLUDED;
    joint_combine(&seen, &head, NULL);
    assert_near(seen.floor.x, 1.2, 1e-12);
    assert_int_equal(seen.reasons, 0);
    joint_combine(&hidden, &head, NULL);
    assert_near(hidden.floor.x, 1.4, 0);
    assert_true(isnan(hidden.height_m));

    hidden = person(1.2, 5, (struct covariance2){ 0.01, 0, 0.01 });
    hidden.reasons = REASON_FOOT_OCCLUDED;
    joint_combine(&hidden, &head, NULL);
    assert_near(hidden.floor.x, 1.3, 1e-12);
    assert_int_equal(hidden.reasons, REASON_FOOT_OCCLUDED);
}

/* A body that was placed by its own upper edge says nothing new. */
static void a_head_is_not_counted_twice(void **state)
{
    struct joint_counts counts = { 0 };
    struct observation body = person(1, 5, (struct covariance2){ 0.09, 0, 0.09 });
    struct observation head = head_at(1.3, 5, (struct covariance2){ 0.04, 0, 0.04 });
    (void) state;
    body.reasons = REASON_FOOT_CLIPPED | REASON_HEAD_PLANE;
    joint_combine(&body, &head, &counts);
    assert_near(body.floor.x, 1.3, 0);
    assert_near(body.covariance.xx, 0.04, 0);
    head.floor.x = 7;
    head.covariance = (struct covariance2){ 1, 0, 1 };
    joint_combine(&body, &head, &counts);
    assert_near(body.floor.x, 1.3, 0);
    assert_int_equal(counts.pairs, 0);
}

static struct floor_m drawn(struct random *random, struct covariance2 c)
{
    double a = random_normal(random), b = random_normal(random), sx = sqrt(c.xx);
    return (struct floor_m){ sx * a, c.xy / sx * a + sqrt(c.yy - c.xy * c.xy / c.xx) * b };
}

/* Where the covariances are true, disagreement and error have a mean square of 2, and three sigmas
 * are passed 27 times in 10,000. */
static void numbers_of_sigmas_are_what_they_say(void **state)
{
    const struct covariance2 foot = { 0.02, 0.015, 0.05 }, top = { 0.3, -0.2, 0.2 };
    struct random random = random_stream(5, 0);
    struct joint_counts counts = { 0 };
    double error = 0;
    int averaged = 0;
    (void) state;
    for (int i = 0; i < 40000; i++) {
        struct floor_m a = drawn(&random, foot), b = drawn(&random, top);
        struct observation body = person(a.x, a.y, foot), head = head_at(b.x, b.y, top);
        joint_combine(&body, &head, &counts);
        if (body.reasons)
            continue;
        averaged++;
        error += covariance2_mahalanobis2(body.covariance, body.floor.x, body.floor.y);
    }
    assert_near(joint_mean_square(&counts), 2, 0.05);
    assert_near((double) counts.beyond_three_sigma / (double) counts.pairs, 0.0027, 0.0008);
    assert_near(error / averaged, 2, 0.05);
    assert_near(1 - (double) averaged / 40000, 0.001, 0.0006);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_weighed_by_their_covariances),
        cmocka_unit_test(places_too_far_apart_are_not_averaged),
        cmocka_unit_test(hidden_feet_give_way_sooner),
        cmocka_unit_test(a_head_is_not_counted_twice),
        cmocka_unit_test(numbers_of_sigmas_are_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
