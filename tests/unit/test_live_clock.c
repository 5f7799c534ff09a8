/*
 * test_live_clock.c - capture times of made-up cameras, whose clocks and whose computer's are set
 *
 * Each test plays frames at 10 a second: the truth is known, the camera adds its error, the network
 * its delay, the computer's wall its own error. Whatever happens, times of capture rise, and each
 * lies near the truth.
 */
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "capture/live_clock.h"
#include "testing.h"

/* 2026-03-29T00:59:00Z: a minute later, clocks on walls of Berlin go from 2:00 to 3:00. */
#define START_US   INT64_C(1774745940000000)
#define FRAME_US   (US_PER_S / 10)
#define BOOT_MONO  (5 * NS_PER_S)
#define DELAY_US   (120 * US_PER_MS)
#define TURN_US    INT64_C(47721858844) /* 2^32 / 90000 s */
#define NEVER_SAYS INT64_MIN

struct world {
    struct live_clock clock;
    int64_t frame, arrived_us;
    int64_t camera_error_us; /* of the camera's clock; NEVER_SAYS */
    int64_t wall_error_us;   /* of this computer's */
    int64_t pts_base_us;
    uint64_t random;
    int64_t last_us;                   /* the latest capture time */
    int64_t low_us, high_us;           /* of capture less truth, since they were cleared */
    int64_t step_low_us, step_high_us; /* between two frames, since then */
    int64_t ahead_us;                  /* of capture before arrival, at worst */
    struct live_stamp stamp;
};

static struct world world_begin(void)
{
    struct world world = { .random = 7, .last_us = STAMP_UNKNOWN, .pts_base_us = 777 };
    live_clock_init(&world.clock);
    return world;
}

static void clear_extremes(struct world *world)
{
    world->low_us = world->step_low_us = INT64_MAX;
    world->high_us = world->step_high_us = INT64_MIN;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Up to 80 ms more than DELAY_US, now and then a second. */
static int64_t network_us(struct world *world)
{
    world->random = world->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t draw = world->random >> 33;
    return DELAY_US + (int64_t) (draw % 80000) + (draw % 50 == 0 ? US_PER_S : 0);
}

static void play_frame(struct world *world)
{
    const int64_t since_us = world->frame++ * FRAME_US, truth_us = START_US + since_us;
    /* TCP keeps the order: nothing overtakes. */
    int64_t arrival_us = most(since_us + network_us(world), world->arrived_us);
    world->arrived_us = arrival_us;
    const bool says = world->camera_error_us != NEVER_SAYS;
    const struct live_arrival arrival = {
        .camera_us = says ? truth_us + world->camera_error_us : STAMP_UNKNOWN,
        .pts_us = since_us + world->pts_base_us,
        .wall_us = START_US + arrival_us + world->wall_error_us,
        .mono_ns = BOOT_MONO + arrival_us * NS_PER_US,
    };
    world->stamp = live_clock_stamp(&world->clock, &arrival);
    const int64_t capture_us = world->stamp.capture_us;
    if (world->last_us != STAMP_UNKNOWN) {
        if (capture_us <= world->last_us)
            fail_msg("frame %lld goes back by %lld us", (long long) world->frame,
                     (long long) (world->last_us - capture_us));
        world->step_low_us = least(world->step_low_us, capture_us - world->last_us);
        world->step_high_us = most(world->step_high_us, capture_us - world->last_us);
    }
    world->ahead_us = most(world->ahead_us, capture_us - world->stamp.receive_us);
    world->last_us = capture_us;
    world->low_us = least(world->low_us, capture_us - truth_us);
    world->high_us = most(world->high_us, capture_us - truth_us);
}

/* Let time pass and begin to watch the extremes anew. */
static void play(struct world *world, int seconds)
{
    clear_extremes(world);
    for (int i = 0; i < seconds * 10; i++)
        play_frame(world);
}

static void assert_within(int64_t value, int64_t low, int64_t high)
{
    if (value < low || value > high)
        fail_msg("%lld does not lie in %lld .. %lld", (long long) value, (long long) low,
                 (long long) high);
}

/* Frames are a tenth of a second apart, slewed by no more than a tenth, each way, of both clocks.
 */
static void assert_even(const struct world *world)
{
    assert_within(world->step_low_us, FRAME_US * 79 / 100, FRAME_US);
    assert_within(world->step_high_us, FRAME_US, FRAME_US * 121 / 100);
    assert_true(world->ahead_us < 200 * US_PER_MS); /* the jitter, and what slews have to go */
}

static void a_camera_that_is_right_is_believed_to_the_microsecond(void **state)
{
    (void) state;
    struct world world = world_begin();
    play(&world, 600);
    assert_int_equal(world.stamp.clock, CAPTURE_CLOCK_STREAM);
    assert_within(world.low_us, 0, 0);
    assert_within(world.high_us, 0, 0);
    assert_int_equal(world.clock.offset_us, 0);
    assert_false(world.clock.off);
}

static void without_a_camera_clock_it_is_the_time_of_arrival(void **state)
{
    (void) state;
    struct world world = world_begin();
    world.camera_error_us = NEVER_SAYS;
    clear_extremes(&world);
    int64_t latest_us = 0;
    for (int i = 0; i < 100; i++) {
        play_frame(&world);
        latest_us = most(latest_us, world.stamp.receive_us);
        assert_int_equal(world.stamp.clock, CAPTURE_CLOCK_ARRIVAL);
        assert_true(world.stamp.capture_us <= latest_us + 100);
    }
    assert_true(world.low_us >= DELAY_US);
}

/* The first sender report comes after three seconds. */
static void the_camera_clock_takes_over_without_a_step_back(void **state)
{
    (void) state;
    struct world world = world_begin();
    world.camera_error_us = NEVER_SAYS;
    play(&world, 3);
    world.camera_error_us = 0;
    play(&world, 30);
    assert_int_equal(world.stamp.clock, CAPTURE_CLOCK_STREAM);
    play(&world, 10);
    assert_within(world.low_us, 0, 0);
    assert_within(world.high_us, 0, 0);
}

/* Ahead, behind, and in 1970: the quickest frame counts as taken when it came, so times are late by
 * its delay. */
static void a_wrong_camera_clock_is_corrected_and_told(void **state)
{
    (void) state;
    const int64_t errors_us[] = { 60 * US_PER_S, -60 * US_PER_S, 3600 * US_PER_S, -START_US };
    for (size_t i = 0; i < ARRAY_LENGTH(errors_us); i++) {
        struct world world = world_begin();
        world.camera_error_us = errors_us[i];
        play(&world, 60);
        play(&world, 600);
        assert_int_equal(world.stamp.clock, CAPTURE_CLOCK_STREAM);
        assert_within(world.low_us, DELAY_US, DELAY_US + 5000);
        assert_within(world.high_us, DELAY_US, DELAY_US + 5000);
        assert_true(world.clock.off);
        assert_within(world.clock.offset_us - errors_us[i], -DELAY_US - 5000, -DELAY_US);
    }
}

/* 300 ms ahead: frames seem to come before they were taken, which is corrected, and no alarm. */
static void a_little_ahead_is_corrected_without_alarm(void **state)
{
    (void) state;
    struct world world = world_begin();
    world.camera_error_us = 300 * US_PER_MS;
    play(&world, 60);
    play(&world, 60);
    assert_within(world.low_us, DELAY_US, DELAY_US + 5000);
    assert_false(world.clock.off);
    assert_within(world.clock.offset_us, 170 * US_PER_MS, 180 * US_PER_MS);
}

/* What its time server does to it while we watch, there and back. */
static void a_camera_that_is_set_moves_no_frame_by_much(void **state)
{
    (void) state;
    const int64_t steps_us[] = { 10 * US_PER_S, -10 * US_PER_S,    86400 * US_PER_S,
                                 -US_PER_S,     -86400 * US_PER_S, US_PER_S };
    struct world world = world_begin();
    play(&world, 20);
    for (size_t i = 0; i < ARRAY_LENGTH(steps_us); i++) {
        world.camera_error_us += steps_us[i];
        play(&world, 60);
        assert_even(&world);
        assert_within(world.low_us, -US_PER_S, 1200 * US_PER_MS);
        assert_within(world.high_us, -US_PER_S, 1200 * US_PER_MS);
    }
    /* All steps taken together are none: it is believed again. */
    play(&world, 60);
    assert_within(world.high_us, 0, 0);
    assert_false(world.clock.off);
}

/* A computer whose time server sets it by seconds: up to a tenth faster or slower, no jump. The
 * camera is right all along. */
static void our_clock_being_set_makes_no_jump(void **state)
{
    (void) state;
    const int64_t steps_us[] = { US_PER_S, -US_PER_S, 20 * US_PER_S, -20 * US_PER_S };
    struct world with = world_begin(), without = world_begin();
    without.camera_error_us = NEVER_SAYS;
    play(&with, 20);
    play(&without, 20);
    for (size_t i = 0; i < ARRAY_LENGTH(steps_us); i++) {
        with.wall_error_us += steps_us[i];
        without.wall_error_us += steps_us[i];
        play(&with, 700);
        assert_even(&with);
        play(&without, 700); /* rises, as play_frame checks */
    }
    assert_int_equal(with.clock.own.steps, 4);
    assert_int_equal(with.clock.own.last_step_us, -20 * US_PER_S);
    play(&with, 400);
    assert_within(with.low_us, 0, 0);
    assert_within(with.high_us, 0, 0);
}

/* It slews a tenth of the time: 6 s after a step of 1 s it has 0.4 s to go. */
static void the_steady_clock_follows_by_a_tenth(void **state)
{
    (void) state;
    struct steady_clock clock = { 0 };
    int64_t jumped_us, mono_ns = BOOT_MONO;
    assert_int_equal(steady_clock_us(&clock, START_US, mono_ns, &jumped_us), START_US);
    for (int s = 1; s <= 6; s++) {
        int64_t us = steady_clock_us(&clock, START_US + (s - 1) * US_PER_S, mono_ns + s * NS_PER_S,
                                     &jumped_us);
        assert_int_equal(us, START_US + s * US_PER_S - s * US_PER_S / 10);
        assert_int_equal(jumped_us, 0);
    }
    assert_int_equal(clock.steps, 1);
    assert_int_equal(clock.last_step_us, -US_PER_S);
}

/* A computer without a battery wakes up in 1970 and finds a time server a minute later. */
static void a_clock_that_was_years_behind_is_set_at_once(void **state)
{
    (void) state;
    struct world world = world_begin();
    world.wall_error_us = -START_US;
    play(&world, 60);
    assert_true(world.clock.off); /* the camera knows better, but who is to know */
    world.wall_error_us = 0;
    play(&world, 60);
    assert_within(world.high_us, -US_PER_S, US_PER_S);
    assert_within(world.low_us, -US_PER_S, US_PER_S);
    play(&world, 10);
    assert_within(world.low_us, 0, 0);
    assert_false(world.clock.off);
}

/* 2016-12-31T23:59:60Z: the wall repeats a second, the camera does so at its next report. */
static void a_leap_second_is_slewed(void **state)
{
    (void) state;
    struct world world = world_begin();
    play(&world, 30);
    world.wall_error_us = -US_PER_S;
    play(&world, 4);
    assert_even(&world);
    world.camera_error_us = -US_PER_S;
    play(&world, 60);
    assert_even(&world);
    /* UTC is what it is: a second less than the seconds that passed. */
    play(&world, 10);
    assert_within(world.low_us, -US_PER_S, -US_PER_S);
    assert_within(world.high_us, -US_PER_S, -US_PER_S);
    assert_false(world.clock.off);
}

/* Nothing here knows of zones: an hour is not repeated and none is left out. */
static void summer_time_changes_nothing(void **state)
{
    (void) state;
    struct world world = world_begin();
    assert_int_equal(setenv("TZ", "Europe/Berlin", 1), 0);
    tzset();
    play(&world, 120); /* the hands go forward after 60 s */
    assert_within(world.low_us, 0, 0);
    assert_within(world.high_us, 0, 0);
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

/* Time stamps that begin anew in the middle of a stream, such as a counter that turned and that
 * libav did not notice. */
static void time_stamps_that_turn_move_no_frame(void **state)
{
    (void) state;
    struct world world = world_begin();
    play(&world, 60);
    world.pts_base_us -= TURN_US;
    play(&world, 60);
    assert_within(world.low_us, 0, DELAY_US + 1100 * US_PER_MS);
    play(&world, 60);
    assert_within(world.high_us, 0, 0);
}

/* A stream that breaks off comes back as another camera: other time stamps, no clock at first, then
 * one that is an hour off. */
static void times_rise_over_a_new_opening(void **state)
{
    (void) state;
    struct world world = world_begin();
    play(&world, 60);
    live_clock_reopen(&world.clock);
    world.pts_base_us = -5 * US_PER_S;
    world.camera_error_us = NEVER_SAYS;
    play(&world, 4);
    world.camera_error_us = -3600 * US_PER_S;
    play(&world, 60);
    assert_true(world.clock.off);
    assert_within(world.low_us, 0, 2 * US_PER_S);
    assert_within(world.high_us, 0, 2 * US_PER_S);
    world.camera_error_us = 0; /* and is put right */
    play(&world, 400);
    assert_false(world.clock.off);
}

/* V4L2 tells by the monotonic clock: 40 ms before the frame comes. */
static void a_device_is_dated_by_its_age(void **state)
{
    (void) state;
    struct live_clock clock;
    live_clock_init(&clock);
    for (int i = 0; i < 100; i++) {
        int64_t mono_ns = BOOT_MONO + i * FRAME_US * NS_PER_US;
        int64_t pts_us = mono_ns / NS_PER_US - 40000;
        int64_t wall_us = START_US + i * FRAME_US + (i >= 50 ? 2 * US_PER_S : 0);
        struct live_arrival arrival = { .camera_us = pts_us,
                                        .monotonic = true,
                                        .pts_us = pts_us,
                                        .wall_us = wall_us,
                                        .mono_ns = mono_ns };
        struct live_stamp stamp = live_clock_stamp(&clock, &arrival);
        assert_int_equal(stamp.clock, CAPTURE_CLOCK_STREAM);
        /* While our clock is slewed by a tenth, the age is known to a tenth. */
        assert_within(stamp.receive_us - stamp.capture_us, 36000, 60000);
        assert_false(clock.off);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_camera_that_is_right_is_believed_to_the_microsecond),
        cmocka_unit_test(without_a_camera_clock_it_is_the_time_of_arrival),
        cmocka_unit_test(the_camera_clock_takes_over_without_a_step_back),
        cmocka_unit_test(a_wrong_camera_clock_is_corrected_and_told),
        cmocka_unit_test(a_little_ahead_is_corrected_without_alarm),
        cmocka_unit_test(a_camera_that_is_set_moves_no_frame_by_much),
        cmocka_unit_test(our_clock_being_set_makes_no_jump),
        cmocka_unit_test(the_steady_clock_follows_by_a_tenth),
        cmocka_unit_test(a_clock_that_was_years_behind_is_set_at_once),
        cmocka_unit_test(a_leap_second_is_slewed),
        cmocka_unit_test(summer_time_changes_nothing),
        cmocka_unit_test(time_stamps_that_turn_move_no_frame),
        cmocka_unit_test(times_rise_over_a_new_opening),
        cmocka_unit_test(a_device_is_dated_by_its_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
