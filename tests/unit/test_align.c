/* test_align.c - which frames make a tick, and when it may close; times are worked by hand */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fusion/align.h"
#include "testing.h"

#define MS            NS_PER_MS
#define TICK_US       INT64_C(100000)
#define LATENESS_MS   1000
#define DAY_US        (INT64_C(86400) * US_PER_S)
#define CAPTURE(t_ms) (T0_US + (int64_t) (t_ms) *US_PER_MS)
#define T0_US         INT64_C(1767225600000000)

/* Slot 0 is "b" and slot 1 is "a", so that names and slots disagree. */
static const int name_rank[] = { 1, 0, 2, 3 };

static int push_at(struct align *align, int camera, int64_t capture_us, int64_t arrival_ns)
{
    static uint64_t sequence;
    struct observation_frame frame = { .boot_id = 1,
                                       .sequence = sequence++,
                                       .capture_us = capture_us };
    return align_push(align, camera, &frame, arrival_ns);
}

/* Captured and arrived at the same time, ms after T0. */
static void push(struct align *align, int camera, int64_t at_ms)
{
    assert_int_equal(push_at(align, camera, CAPTURE(at_ms), at_ms * MS), 0);
}

static struct align *open_align(int cameras)
{
    struct align *align = NULL;
    assert_int_equal(align_create((int) (TICK_US / 1000), LATENESS_MS, 1.7, &align), 0);
    for (int i = 0; i < cameras; i++)
        align_know_camera(align, i);
    return align;
}

/* Close the next tick if it may close. Returns its frames, -1 if it may not. */
static int64_t take(struct align *align, int64_t now_ms, bool idle, int64_t *ret_tick_ms,
                    struct aligned_frame *const **ret_frames)
{
    int64_t tick_us;
    struct aligned_frame *const *frames = NULL;
    if (!align_next(align, now_ms * MS, idle, false, &tick_us))
        return -1;
    *ret_tick_ms = (tick_us - T0_US) / US_PER_MS;
    int64_t count = align_take(align, tick_us, name_rank, &frames);
    assert_true(count >= 0);
    if (ret_frames)
        *ret_frames = frames;
    return count;
}

static void ticks_end_at_multiples_of_their_length(void **state)
{
    (void) state;
    assert_int_equal(align_tick_of(100000, TICK_US), 100000);
    assert_int_equal(align_tick_of(100001, TICK_US), 200000);
    assert_int_equal(align_tick_of(0, TICK_US), 0);
    assert_int_equal(align_tick_of(-1, TICK_US), 0);
    assert_int_equal(align_tick_of(-100000, TICK_US), -100000);
    assert_int_equal(align_tick_of(-100001, TICK_US), -100000);
}

static void tick_closes_when_all_cameras_are_beyond_it(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms;
    push(align, 0, 10);
    push(align, 1, 60);
    assert_int_equal(take(align, 70, false, &tick_ms, NULL), -1);
    push(align, 0, 153);
    assert_int_equal(take(align, 153, false, &tick_ms, NULL), -1);
    push(align, 1, 203);
    assert_int_equal(take(align, 203, false, &tick_ms, NULL), 2);
    assert_int_equal(tick_ms, 100);
    assert_int_equal(take(align, 203, false, &tick_ms, NULL), -1); /* camera 0 is at 153 */
    align_destroy(&align);
    assert_null(align);
}

static void frames_come_by_capture_time_then_name(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    struct aligned_frame *const *frames = NULL;
    int64_t tick_ms;
    push(align, 0, 50);
    push(align, 1, 50);
    push(align, 1, 100);
    push(align, 0, 60);
    push(align, 0, 120);
    assert_int_equal(take(align, 120, false, &tick_ms, &frames), 4);
    assert_int_equal(frames[0]->camera, 1); /* "a" */
    assert_int_equal(frames[1]->camera, 0);
    assert_int_equal(frames[2]->capture_us, CAPTURE(60));
    assert_int_equal(frames[3]->capture_us, CAPTURE(100)); /* the tick's end belongs to it */
    align_destroy(&align);
}

static void silent_camera_is_waited_for_until_lateness(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms;
    push(align, 0, 50);
    push(align, 1, 50);
    push(align, 0, 150);
    push(align, 0, 1000);
    assert_int_equal(align_deadline_mono_ns(align, false), 1050 * MS);
    assert_int_equal(take(align, 1049, false, &tick_ms, NULL), -1);
    assert_int_equal(take(align, 1050, false, &tick_ms, NULL), 2);
    assert_int_equal(take(align, 1050, false, &tick_ms, NULL), 1);
    assert_int_equal(tick_ms, 200);
    /* It is back, but its tick is closed; from now on it is waited for again. */
    assert_int_equal(push_at(align, 1, CAPTURE(180), 1060 * MS), -ESTALE);
    assert_int_equal(align_counts(align).late, 1);
    assert_int_equal(take(align, 1060, false, &tick_ms, NULL), -1);
    align_destroy(&align);
}

static void ended_camera_is_not_waited_for_until_it_sends(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms;
    push(align, 0, 50);
    push(align, 1, 50);
    push(align, 0, 250);
    align_camera_ended(align, 1);
    assert_int_equal(take(align, 250, false, &tick_ms, NULL), 2);
    assert_int_equal(take(align, 250, false, &tick_ms, NULL), 0);
    push(align, 1, 240);
    assert_int_equal(take(align, 251, false, &tick_ms, NULL), -1);
    align_destroy(&align);
}

/* However long it is silent, and however far ahead the others are. */
static void camera_that_catches_up_is_waited_for(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms;
    push(align, 0, 50);
    push(align, 0, 250);
    align_camera_catching_up(align, 1, true);
    assert_int_equal(take(align, 1000000, false, &tick_ms, NULL), -1);
    push(align, 1, 60);
    assert_int_equal(take(align, 1000000, false, &tick_ms, NULL), -1);
    push(align, 1, 120);
    assert_int_equal(take(align, 1000000, false, &tick_ms, NULL), 2); /* up to 100 it has come */
    assert_int_equal(take(align, 1000000, false, &tick_ms, NULL), -1);
    align_camera_catching_up(align, 1, false);
    assert_int_equal(take(align, 1000000, false, &tick_ms, NULL), 1); /* silent for long now */
    align_destroy(&align);
}

static void first_tick_waits_for_known_cameras(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms;
    push(align, 0, 500);
    push(align, 0, 700);
    assert_int_equal(align_deadline_mono_ns(align, true), 1500 * MS);
    assert_int_equal(take(align, 1400, true, &tick_ms, NULL), -1);
    assert_int_equal(push_at(align, 1, CAPTURE(100), 1450 * MS), 0); /* an earlier frame: welcome */
    assert_int_equal(push_at(align, 1, CAPTURE(200), 1450 * MS), 0);
    assert_int_equal(take(align, 1450, true, &tick_ms, NULL), 1);
    assert_int_equal(tick_ms, 100);
    align_destroy(&align);
}

static void fast_recording_waits_for_the_slow_one(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms, ticks = 0;
    for (int i = 0; i < 1000; i++) /* 100 s of capture time in 1 ms */
        assert_int_equal(push_at(align, 0, CAPTURE(i * 100 + 50), 0), 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(push_at(align, 1, CAPTURE(i * 100 + 60), (i + 1) * MS), 0);
        while (take(align, i + 1, false, &tick_ms, NULL) >= 0) {
            assert_true(tick_ms <= i * 100 + 60);
            ticks++;
        }
    }
    assert_int_equal(ticks, 99);
    assert_int_equal(align_counts(align).late, 0);
    align_destroy(&align);
}

static void hours_without_frames_are_left_out_when_idle(void **state)
{
    (void) state;
    struct align *align = open_align(1);
    int64_t tick_ms;
    push(align, 0, 50);
    push(align, 0, 100);
    assert_int_equal(take(align, 100, true, &tick_ms, NULL), 2);
    push(align, 0, 5 * 3600 * 1000 + 20);
    push(align, 0, 5 * 3600 * 1000 + 120);
    assert_int_equal(take(align, 5 * 3600 * 1000 + 120, true, &tick_ms, NULL), 1);
    assert_int_equal(tick_ms, 5 * 3600 * 1000 + 100);
    align_destroy(&align);
}

static void no_frame_means_no_tick(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms;
    assert_int_equal(take(align, 1000000, false, &tick_ms, NULL), -1);
    assert_true(align_deadline_mono_ns(align, false) == INT64_MAX);
    push(align, 0, 100);
    push(align, 1, 100);
    assert_int_equal(take(align, 100, false, &tick_ms, NULL), 2);
    assert_int_equal(take(align, 1000000, false, &tick_ms, NULL), -1);
    align_destroy(&align);
}

static void one_frame_from_the_far_future_is_refused(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms;
    push(align, 0, 50);
    push(align, 1, 50);
    assert_int_equal(push_at(align, 0, CAPTURE(100) + 2 * DAY_US, 100 * MS), -EDOM);
    assert_int_equal(push_at(align, 0, INT64_MAX, 100 * MS), -EDOM);
    assert_int_equal(push_at(align, 0, INT64_MIN, 100 * MS), -EDOM);
    assert_int_equal(align_counts(align).implausible, 3);
    push(align, 0, 150);
    push(align, 1, 150);
    assert_int_equal(take(align, 150, false, &tick_ms, NULL), 2);
    assert_int_equal(tick_ms, 100);
    align_destroy(&align);
}

static void camera_in_the_future_cannot_take_the_others_along(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms, ticks = 0;
    push(align, 0, 50);
    push(align, 1, 50);
    for (int i = 1; i < 50; i++) {
        push(align, 1, 50 + i * 100);
        assert_int_equal(push_at(align, 0, CAPTURE(i * 100) + 2 * DAY_US, (50 + i * 100) * MS),
                         -EDOM);
        while (take(align, 50 + i * 100, false, &tick_ms, NULL) >= 0)
            ticks++;
    }
    assert_int_equal(ticks, 49);
    assert_int_equal(tick_ms, 4900);
    align_destroy(&align);
}

static void lone_camera_that_insists_on_a_jump_is_believed(void **state)
{
    (void) state;
    struct align *align = open_align(1);
    int64_t tick_ms, weekend_ms = 3 * 86400 * 1000;
    push(align, 0, 50);
    push(align, 0, 150);
    assert_int_equal(take(align, 150, true, &tick_ms, NULL), 1);
    for (int i = 0; i < ALIGN_JUMP_FRAMES - 1; i++)
        assert_int_equal(push_at(align, 0, CAPTURE(weekend_ms + i * 100), (weekend_ms + i) * MS),
                         -EDOM);
    push(align, 0, weekend_ms + 1000);
    assert_int_equal(take(align, weekend_ms + 1000, true, &tick_ms, NULL), 1);
    assert_int_equal(tick_ms, 200); /* the frame at 150 */
    assert_int_equal(take(align, weekend_ms + 1000, true, &tick_ms, NULL), 1);
    assert_int_equal(tick_ms, weekend_ms + 1000);
    align_destroy(&align);
}

static void camera_that_is_an_hour_behind_holds_nobody_up(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms, ticks = 0;
    push(align, 0, 50);
    push(align, 1, 50);
    push(align, 0, 150);
    push(align, 1, 150);
    assert_int_equal(take(align, 150, false, &tick_ms, NULL), 2);
    for (int i = 2; i < 20; i++) {
        push(align, 0, 50 + i * 100);
        assert_int_equal(
            push_at(align, 1, CAPTURE(50 + i * 100) - 3600 * US_PER_S, (50 + i * 100) * MS),
            -ESTALE);
        while (take(align, 50 + i * 100, false, &tick_ms, NULL) >= 0)
            ticks++;
    }
    assert_int_equal(tick_ms, 1900);
    assert_int_equal(align_counts(align).late, 18);
    align_destroy(&align);
}

static void camera_with_a_frozen_clock_is_silent(void **state)
{
    (void) state;
    struct align *align = open_align(2);
    int64_t tick_ms;
    push(align, 0, 50);
    push(align, 1, 50);
    for (int i = 1; i < 20; i++) {
        push(align, 0, 50 + i * 100);
        (void) push_at(align, 1, CAPTURE(50), (50 + i * 100) * MS);
    }
    assert_int_equal(take(align, 1949, false, &tick_ms, NULL), 21); /* 20 of the frozen camera */
    while (take(align, 1949, false, &tick_ms, NULL) >= 0)
        ;
    assert_int_equal(tick_ms, 1900); /* the other is at 1950 */
    align_destroy(&align);
}

static void replayed_frame_goes_where_it_belongs(void **state)
{
    (void) state;
    struct align *align = open_align(1);
    struct aligned_frame *const *frames = NULL;
    int64_t tick_ms;
    int64_t order_ms[] = { 30, 10, 40, 20, 120 };
    for (size_t i = 0; i < ARRAY_LENGTH(order_ms); i++)
        assert_int_equal(push_at(align, 0, CAPTURE(order_ms[i]), 0), 0);
    assert_int_equal(take(align, 0, false, &tick_ms, &frames), 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(frames[i]->capture_us, CAPTURE(10 * (i + 1)));
    align_destroy(&align);
}

static struct observation person_at(double x)
{
    return (struct observation){ .object_class = OBSERVATION_PERSON,
                                 .score = 0.5f,
                                 .floor = { x, 0 },
                                 .covariance = { 0.01, 0, 0.01 },
                                 .body_index = -1 };
}

static void heads_of_bodies_and_broken_numbers_are_left_out(void **state)
{
    (void) state;
    struct align *align = open_align(1);
    struct observation o[5];
    struct aligned_frame *const *frames = NULL;
    int64_t tick_ms;
    for (int i = 0; i < 5; i++)
        o[i] = person_at(i);
    o[1].object_class = OBSERVATION_HEAD;
    o[1].body_index = 0;                  /* the head of the first */
    o[2].object_class = OBSERVATION_HEAD; /* a head alone is a person */
    o[3].floor.x = NAN;
    o[4].covariance = (struct covariance2){ 1, 2, 1 }; /* not positive definite */
    struct observation_frame frame = {
        .boot_id = 1, .capture_us = CAPTURE(100), .observations = o, .observation_count = 5
    };
    assert_int_equal(align_push(align, 0, &frame, 0), 0);
    assert_int_equal(take(align, 0, false, &tick_ms, &frames), 1);
    assert_int_equal(frames[0]->observation_count, 2);
    assert_true(frames[0]->observations[1].floor.x == 2);
    assert_int_equal(align_counts(align).observations_dropped, 2);
    align_destroy(&align);
}

static void only_the_best_of_too_many_people_are_taken(void **state)
{
    (void) state;
    struct align *align = open_align(1);
    struct observation o[ALIGN_PEOPLE_MAX + 100];
    struct aligned_frame *const *frames = NULL;
    int64_t tick_ms;
    for (int i = 0; i < ALIGN_PEOPLE_MAX + 100; i++) {
        o[i] = person_at(i);
        o[i].score = i < 100 ? 0.1f : 0.9f;
    }
    struct observation_frame frame = { .boot_id = 1,
                                       .capture_us = CAPTURE(100),
                                       .observations = o,
                                       .observation_count = ARRAY_LENGTH(o) };
    assert_int_equal(align_push(align, 0, &frame, 0), 0);
    assert_int_equal(take(align, 0, false, &tick_ms, &frames), 1);
    assert_int_equal(frames[0]->observation_count, ALIGN_PEOPLE_MAX);
    for (int i = 0; i < ALIGN_PEOPLE_MAX; i++)
        assert_true(frames[0]->observations[i].floor.x == i + 100);
    assert_int_equal(align_counts(align).observations_dropped, 100);
    align_destroy(&align);
}

/* What is saved must not depend on what was in memory before. */
static void a_row_of_no_appearance_is_the_same_bytes_each_time(void **state)
{
    (void) state;
    float rows[] = { NAN, 5, 6, 0, 3, 4 };
    struct observation people[2] = { { .covariance = { 1, 0, 1 } }, { .covariance = { 1, 0, 1 } } };
    struct observation_frame frame = { .boot_id = 1,
                                       .capture_us = CAPTURE(0),
                                       .observations = people,
                                       .observation_count = 2,
                                       .appearance = rows,
                                       .appearance_length = 3 };
    struct align *align = open_align(1);
    struct aligned_frame *const *frames;
    int64_t tick_ms;
    assert_int_equal(align_push(align, 0, &frame, 0), 0);
    assert_int_equal(take(align, 2 * LATENESS_MS, false, &tick_ms, &frames), 1);
    const float *taken = frames[0]->appearance;
    assert_true(isnan(taken[0]) && taken[1] == 0 && taken[2] == 0);
    assert_true(taken[3] == 0 && fabsf(taken[4] - 0.6f) < 1e-6f && fabsf(taken[5] - 0.8f) < 1e-6f);
    align_destroy(&align);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_end_at_multiples_of_their_length),
        cmocka_unit_test(tick_closes_when_all_cameras_are_beyond_it),
        cmocka_unit_test(frames_come_by_capture_time_then_name),
        cmocka_unit_test(silent_camera_is_waited_for_until_lateness),
        cmocka_unit_test(ended_camera_is_not_waited_for_until_it_sends),
        cmocka_unit_test(camera_that_catches_up_is_waited_for),
        cmocka_unit_test(first_tick_waits_for_known_cameras),
        cmocka_unit_test(fast_recording_waits_for_the_slow_one),
        cmocka_unit_test(hours_without_frames_are_left_out_when_idle),
        cmocka_unit_test(no_frame_means_no_tick),
        cmocka_unit_test(one_frame_from_the_far_future_is_refused),
        cmocka_unit_test(camera_in_the_future_cannot_take_the_others_along),
        cmocka_unit_test(lone_camera_that_insists_on_a_jump_is_believed),
        cmocka_unit_test(camera_that_is_an_hour_behind_holds_nobody_up),
        cmocka_unit_test(camera_with_a_frozen_clock_is_silent),
        cmocka_unit_test(replayed_frame_goes_where_it_belongs),
        cmocka_unit_test(heads_of_bodies_and_broken_numbers_are_left_out),
        cmocka_unit_test(only_the_best_of_too_many_people_are_taken),
        cmocka_unit_test(a_row_of_no_appearance_is_the_same_bytes_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
