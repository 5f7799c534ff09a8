/*
 * test_capture_parts.c - the parts of a capture that need no video: pauses, clocks, rates, words
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <libavutil/error.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "capture/av_words.h"
#include "capture/backoff.h"
#include "capture/rate_gate.h"
#include "capture/source.h"
#include "capture/stamp.h"
#include "capture/stop.h"

#define START_US INT64_C(1700000000000000)

static void pauses_double_with_jitter_between_half_a_second_and_thirty(void **state)
{
    (void) state;
    /* The upper halves of 1, 2, 4, 8, 16, 30, 30 s. */
    static const int64_t highest_ms[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
    int64_t low_ms = INT64_MAX, high_ms = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct backoff backoff;
        backoff_init(&backoff, seed);
        for (size_t i = 0; i < ARRAY_LENGTH(highest_ms); i++) {
            int64_t pause_ms = backoff_next_ms(&backoff);
            assert_in_range(pause_ms, highest_ms[i] / 2, highest_ms[i]);
            low_ms = i == 0 && pause_ms < low_ms ? pause_ms : low_ms;
            high_ms = i == 0 && pause_ms > high_ms ? pause_ms : high_ms;
        }
        backoff_clear(&backoff);
        assert_in_range(backoff_next_ms(&backoff), 500, 1000);
    }
    assert_true(low_ms < 600 && high_ms > 900); /* it does jitter */
}

static void count_passes(double rate_hz, double fps, int frames, int expected)
{
    struct rate_gate gate;
    int passed = 0;
    rate_gate_init(&gate, rate_hz, fps);
    for (int n = 0; n < frames; n++)
        passed += rate_gate_pass(&gate, START_US + llround(n * 1e6 / fps));
    assert_int_equal(passed, expected);
}

/* An hour of frames: the number that pass is the rate times the time, to the frame. */
static void the_rate_does_not_drift(void **state)
{
    (void) state;
    count_passes(0, 25, 90000, 90000);
    count_passes(25, 25, 90000, 90000);
    count_passes(7, 7, 25200, 25200);
    count_passes(3.5, 7, 25200, 12600);
    count_passes(5, 30, 108000, 18000);
    count_passes(10, 25, 90000, 36000);
    count_passes(9, 29.97, 107892, 32400);
    count_passes(30, 10, 36000, 36000); /* more than there is: all */
}

/* 10 fps that arrive up to 20 ms early or late, and a source that says nothing: still every other.
 */
static void jitter_does_not_change_which_frames_are_taken(void **state)
{
    (void) state;
    static const int64_t jitter_us[] = { 0, 15000, -20000, 3000, 20000, -7000, 11000 };
    struct rate_gate gate;
    rate_gate_init(&gate, 5, 0);
    for (int n = 0; n < 1000; n++) {
        int64_t capture_us = START_US + n * 100000 + jitter_us[n % 7];
        assert_int_equal(rate_gate_pass(&gate, capture_us), n % 2 == 0);
    }
}

static void a_gate_starts_anew_when_the_clock_is_set_back(void **state)
{
    (void) state;
    struct rate_gate gate;
    rate_gate_init(&gate, 1, 0);
    assert_true(rate_gate_pass(&gate, START_US));
    assert_true(rate_gate_pass(&gate, START_US + 10 * US_PER_S));
    assert_false(rate_gate_pass(&gate, START_US + 10 * US_PER_S - 5000)); /* jitter */
    assert_true(rate_gate_pass(&gate, START_US - 3600 * US_PER_S));
    assert_false(rate_gate_pass(&gate, START_US - 3600 * US_PER_S + 100));
    assert_true(rate_gate_pass(&gate, START_US - 3599 * US_PER_S));
}

static void a_recording_keeps_its_own_uneven_times(void **state)
{
    (void) state;
    struct recording_clock clock;
    recording_clock_init(&clock, START_US, 0, 10);
    assert_int_equal(recording_clock_capture_us(&clock, 0, 5000000), START_US);
    assert_int_equal(recording_clock_capture_us(&clock, 1, 5040000), START_US + 40000);
    assert_int_equal(recording_clock_capture_us(&clock, 2, 9000000), START_US + 4000000);
    /* No time stamp, one that goes back, one a day ahead: one frame of 10 fps later. */
    assert_int_equal(recording_clock_capture_us(&clock, 3, STAMP_UNKNOWN), START_US + 4100000);
    assert_int_equal(recording_clock_capture_us(&clock, 4, 1000000), START_US + 4200000);
    assert_int_equal(recording_clock_capture_us(&clock, 5, 86401000000), START_US + 4300000);
    assert_int_equal(recording_clock_capture_us(&clock, 6, 86401050000), START_US + 4350000);
}

static void given_fps_counts_frames_for_an_hour_without_drift(void **state)
{
    (void) state;
    struct recording_clock clock;
    recording_clock_init(&clock, START_US, 7, 10);
    /* 25200 / 7 s = 3600 s. */
    assert_int_equal(recording_clock_capture_us(&clock, 25200, 123), START_US + 3600 * US_PER_S);
    assert_int_equal(recording_clock_capture_us(&clock, 25201, 456),
                     START_US + 3600 * US_PER_S + 142857);
}

static void a_recording_is_due_at_its_time_on_the_wall(void **state)
{
    (void) state;
    struct recording_clock clock;
    recording_clock_init(&clock, 0, 10, 10);
    int64_t due_ns = recording_clock_due_mono_ns(&clock, clock.start_us + 2 * US_PER_S);
    /* The two clocks are read within 1 ms of each other, or this machine is very busy: 1 s. */
    assert_true(llabs(clock_wall_us_from_mono_ns(due_ns) - clock.start_us - 2 * US_PER_S) <
                US_PER_S);
}

/* RTP counts 90000 a second in 32 bits: 13 h 15 min 21.859 s (2^32 / 90000) a turn. */
static void a_turn_of_the_time_stamps_is_taken_out(void **state)
{
    (void) state;
    const int64_t turn_us = 47721858844;
    assert_int_equal(stamp_unwrap_us(5, STAMP_UNKNOWN, turn_us), 5);
    assert_int_equal(stamp_unwrap_us(START_US + 3000, START_US, turn_us), START_US + 3000);
    assert_int_equal(stamp_unwrap_us(START_US + 3000 - turn_us, START_US, turn_us),
                     START_US + 3000);
    assert_int_equal(stamp_unwrap_us(START_US + 3000 + turn_us, START_US, turn_us),
                     START_US + 3000);
    /* A clock that was set by about half a day was set. */
    int64_t set_us = START_US - INT64_C(43200) * US_PER_S;
    assert_int_equal(stamp_unwrap_us(set_us, START_US, turn_us), set_us);
}

static void urls_are_shown_without_their_password(void **state)
{
    (void) state;
    char words[URL_WORDS_SIZE];
    assert_string_equal(av_words_url("rtsp://user:secret@cam1:554/a?b@c", words),
                        "rtsp://cam1:554/a?b@c");
    assert_string_equal(av_words_url("rtsp://user:s@cret@cam1/a", words), "rtsp://cam1/a");
    assert_string_equal(av_words_url("rtsp://cam1/a@b", words), "rtsp://cam1/a@b");
    assert_string_equal(av_words_url("a@b.avi", words), "a@b.avi");
}

static void libav_errors_become_errnos(void **state)
{
    (void) state;
    assert_int_equal(av_words_errno(AVERROR(ENOENT)), -ENOENT);
    assert_int_equal(av_words_errno(AVERROR_INVALIDDATA), -EBADMSG);
    assert_int_equal(av_words_errno(AVERROR_EXIT), -ECANCELED);
    assert_int_equal(av_words_errno(AVERROR_BUG), -EIO);
}

static void the_url_tells_what_is_live(void **state)
{
    (void) state;
    static const char *const live[] = { "rtsp://cam/1",     "rtsps://cam/1",    "/dev/video0",
                                        "/dev/v4l/by-id/x", "http://cam/mjpeg", "udp://@:5000" };
    static const char *const recorded[] = { "a.avi",           "/x/y.mp4", "file:a.avi",
                                            "file:///x/y.mp4", "/",        "12:30.avi" };
    for (size_t i = 0; i < ARRAY_LENGTH(live); i++)
        assert_true(source_url_is_live(live[i]) && source_kind_is_live(source_kind(live[i])));
    for (size_t i = 0; i < ARRAY_LENGTH(recorded); i++)
        assert_false(source_url_is_live(recorded[i]) ||
                     source_kind_is_live(source_kind(recorded[i])));
    assert_int_equal(source_kind("/"), SOURCE_FOLDER);
    assert_int_equal(source_kind("rtsp://cam/1"), SOURCE_RTSP);
}

static void a_wait_ends_at_once_after_a_stop(void **state)
{
    (void) state;
    struct stop stop;
    assert_int_equal(stop_init(&stop), 0);
    assert_false(stop_wait_until(&stop, clock_mono_ns() + 1000));
    stop_request(&stop);
    int64_t begin_ns = clock_mono_ns();
    assert_true(stop_wait_until(&stop, begin_ns + 3600 * NS_PER_S));
    assert_true(clock_mono_ns() - begin_ns < 5 * NS_PER_S);
    stop_release(&stop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_with_jitter_between_half_a_second_and_thirty),
        cmocka_unit_test(the_rate_does_not_drift),
        cmocka_unit_test(jitter_does_not_change_which_frames_are_taken),
        cmocka_unit_test(a_gate_starts_anew_when_the_clock_is_set_back),
        cmocka_unit_test(a_recording_keeps_its_own_uneven_times),
        cmocka_unit_test(given_fps_counts_frames_for_an_hour_without_drift),
        cmocka_unit_test(a_recording_is_due_at_its_time_on_the_wall),
        cmocka_unit_test(a_turn_of_the_time_stamps_is_taken_out),
        cmocka_unit_test(urls_are_shown_without_their_password),
        cmocka_unit_test(libav_errors_become_errnos),
        cmocka_unit_test(the_url_tells_what_is_live),
        cmocka_unit_test(a_wait_ends_at_once_after_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
