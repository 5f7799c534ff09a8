/*
 * test_crowd.c - bodies that want to go somewhere and push each other aside
 *
 * Forces are worked out by hand from Helbing & Molnar 1995: V0 = 2.1 m2/s2, sigma = 0.3 m,
 * tau = 0.5 s.
 */
#include "testing.h"

#include <stdlib.h>

#include "near.h"
#include "sim/crowd.h"
#include "sim/paths.h"
#include "sim/random.h"

#define STEP_S 0.1

struct hall {
    struct floor_map *map;
    struct clearance *clearance;
    struct crowd *crowd;
};

static void hall_open(struct hall *hall, double length_m, double width_m)
{
    struct error err;
    assert_int_equal(floor_map_rectangle((struct floor_m){ 0, 0 },
                                         (struct floor_m){ length_m, width_m }, &hall->map),
                     0);
    assert_int_equal(clearance_create(hall->map, &hall->clearance, &err), 0);
    assert_int_equal(crowd_create(hall->clearance, &hall->crowd), 0);
}

static void hall_close(struct hall *hall)
{
    crowd_destroy(&hall->crowd);
    clearance_destroy(&hall->clearance);
    floor_map_destroy(&hall->map);
}

static struct walker walker_at(double x, double y, double wanted_x, double wanted_y)
{
    return (struct walker){ .position = { x, y },
                            .wanted_x_m_s = wanted_x,
                            .wanted_y_m_s = wanted_y,
                            .radius_m = 0.22,
                            .yielding = 1,
                            .wall_share = 1 };
}

/* Who stands has a round field: 2.1 / 0.3 exp(-0.6 / 0.3) = 0.947 m/s2 at 0.6 m. */
static void who_stands_repels_by_distance(void **state)
{
    (void) state;
    struct walker a = walker_at(0, 0, 1, 0), b = walker_at(0.6, 0, 0, 0);
    double x, y;
    crowd_repulsion(&a, &b, &x, &y);
    assert_near(x, -0.947, 0.001);
    assert_near(fabs(y), 0.05 * 0.947, 0.001); /* the tie-breaker, to the right */
    assert_true(y < 0);
}

/* Seen from behind, it counts half. */
static void who_is_behind_counts_half(void **state)
{
    (void) state;
    struct walker a = walker_at(0, 0, 1, 0), b = walker_at(-0.6, 0, 0, 0);
    double x, y;
    crowd_repulsion(&a, &b, &x, &y);
    assert_near(x, 0.947 / 2, 0.001);
}

/* The other comes at 1 m/s from 3 m: s = 2 m, r = 3, |r - s| = 1, 2b = sqrt(16 - 4) = 3.464,
 * b = 1.732; 7 exp(-5.774) (3 + 1) / (4 * 1.732) * 2 = 0.02512 m/s2. At rest it would be
 * 7 exp(-10) = 0.0003. */
static void who_comes_nearer_repels_from_farther(void **state)
{
    (void) state;
    struct walker a = walker_at(0, 0, 1, 0), b = walker_at(3, 0, 0, 0);
    double x, y;
    b.velocity_x_m_s = -1;
    crowd_repulsion(&a, &b, &x, &y);
    assert_near(x, -0.02512, 0.0001);
}

/* dv/dt = (1.3 - v) / 0.5 in steps of 0.1 s: v = 1.3 (1 - 0.8^n). */
static void a_walker_alone_reaches_the_wanted_speed(void **state)
{
    (void) state;
    struct hall hall;
    hall_open(&hall, 30, 10);
    struct walker w = walker_at(5, 5, 1.3, 0);
    for (int n = 1; n <= 20; n++) {
        assert_int_equal(crowd_step(hall.crowd, &w, 1, STEP_S), 0);
        assert_near(w.velocity_x_m_s, 1.3 * (1 - pow(0.8, n)), 0.005);
    }
    assert_near(w.position.y, 5, 0.001);
    hall_close(&hall);
}

static void two_who_meet_head_on_pass_each_other(void **state)
{
    (void) state;
    struct hall hall;
    hall_open(&hall, 20, 4);
    struct walker w[2] = { walker_at(5, 2, 1.3, 0), walker_at(15, 2, -1.3, 0) };
    double nearest_m = INFINITY;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(crowd_step(hall.crowd, w, 2, STEP_S), 0);
        nearest_m = fmin(nearest_m, floor_distance_m(w[0].position, w[1].position));
    }
    assert_true(w[0].position.x > 12);
    assert_true(w[1].position.x < 8);
    assert_true(nearest_m > 0.35);
    hall_close(&hall);
}

static void nobody_walks_through_the_edge_of_the_floor(void **state)
{
    (void) state;
    struct hall hall;
    hall_open(&hall, 10, 10);
    struct walker w[4] = { walker_at(1, 5, -2, 0), walker_at(9, 5, 2, 1), walker_at(5, 1, 1, -2),
                           walker_at(9, 9, 2, 2) };
    for (int i = 0; i < 100; i++) {
        assert_int_equal(crowd_step(hall.crowd, w, 4, STEP_S), 0);
        for (int j = 0; j < 4; j++)
            assert_true(clearance_at(hall.clearance, w[j].position) >= BODY_CLEARANCE_M);
    }
    hall_close(&hall);
}

/* 40 people in 5 x 5 m, who all want to the middle: worse than any shop. */
static void bodies_do_not_overlap_in_a_crush(void **state)
{
    (void) state;
    struct hall hall;
    hall_open(&hall, 5, 5);
    struct random random = random_stream(1, 0);
    struct walker w[40];
    size_t close = 0;
    for (size_t i = 0; i < 40; i++)
        w[i] =
            walker_at(random_between(&random, 0.5, 4.5), random_between(&random, 0.5, 4.5), 0, 0);
    for (int step = 0; step < 200; step++) {
        for (size_t i = 0; i < 40; i++) {
            w[i].wanted_x_m_s = 2.5 - w[i].position.x;
            w[i].wanted_y_m_s = 2.5 - w[i].position.y;
        }
        assert_int_equal(crowd_step(hall.crowd, w, 40, STEP_S), 0);
        for (size_t i = 0; step >= 50 && i < 40; i++)
            for (size_t j = 0; j < i; j++)
                close += floor_distance_m(w[i].position, w[j].position) < 0.2;
    }
    assert_int_equal(close, 0);
    hall_close(&hall);
}

/* Everybody against everybody, without the grid of neighbours: the same up to rounding. */
static void neighbours_are_found_as_the_plain_way_finds_them(void **state)
{
    (void) state;
    struct hall hall;
    hall_open(&hall, 20, 20);
    struct random random = random_stream(2, 0);
    struct walker w[60], before[60];
    for (size_t i = 0; i < 60; i++) {
        w[i] = walker_at(random_between(&random, 3, 17), random_between(&random, 3, 17), 0, 0);
        w[i].velocity_x_m_s = random_normal(&random);
        w[i].velocity_y_m_s = random_normal(&random);
        w[i].wanted_x_m_s = 100; /* no limit of speed */
        w[i].radius_m = 0.001;   /* no contact */
        w[i].wall_share = 0;
        before[i] = w[i];
    }
    assert_int_equal(crowd_step(hall.crowd, w, 60, STEP_S), 0);
    for (size_t i = 0; i < 60; i++) {
        double ax = (100 - before[i].velocity_x_m_s) / 0.5, ay = -before[i].velocity_y_m_s / 0.5;
        for (size_t j = 0; j < 60; j++) {
            double x, y;
            if (j == i || floor_distance_m(before[i].position, before[j].position) >= FORCE_REACH_M)
                continue;
            crowd_repulsion(&before[i], &before[j], &x, &y);
            ax += x;
            ay += y;
        }
        double vx = before[i].velocity_x_m_s + ax * STEP_S;
        double vy = before[i].velocity_y_m_s + ay * STEP_S;
        if (clearance_at(hall.clearance, w[i].position) < 0.5)
            continue; /* it ran into a wall */
        assert_near(w[i].velocity_x_m_s, vx, 1e-9);
        assert_near(w[i].velocity_y_m_s, vy, 1e-9);
    }
    hall_close(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_stands_repels_by_distance),
        cmocka_unit_test(who_is_behind_counts_half),
        cmocka_unit_test(who_comes_nearer_repels_from_farther),
        cmocka_unit_test(a_walker_alone_reaches_the_wanted_speed),
        cmocka_unit_test(two_who_meet_head_on_pass_each_other),
        cmocka_unit_test(nobody_walks_through_the_edge_of_the_floor),
        cmocka_unit_test(bodies_do_not_overlap_in_a_crush),
        cmocka_unit_test(neighbours_are_found_as_the_plain_way_finds_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
