/* test_clock_watch.c - clocks that differ; differences are worked by hand */
#include <errno.h>

#include "fusion/clock_watch.h"
#include "testing.h"

#define S  INT64_C(1000000)
#define MS INT64_C(1000)
#define T0 (INT64_C(1767225600) * S) /* 2026-01-01 */

/* 10 messages a second for so long, each taking 1 to 5 ms; there is behind by `slow_us`. */
static int64_t feed(struct clock_watch *watch, int64_t from_us, int64_t seconds, int64_t slow_us)
{
    for (int64_t i = 0; i < 10 * seconds; i++) {
        int64_t at_us = from_us + i * 100 * MS;
        clock_watch_note(watch, at_us - slow_us, at_us + (1 + i % 5) * MS);
    }
    return from_us + seconds * S;
}

static void a_difference_is_known_when_a_window_is_full(void **state)
{
    (void) state;
    struct clock_watch watch = { 0 };
    int64_t difference_us;
    (void) feed(&watch, T0, 10, 3 * S);
    assert_false(clock_watch_difference(&watch, &difference_us));
    (void) feed(&watch, T0 + 10 * S, 1, 3 * S);
    assert_true(clock_watch_difference(&watch, &difference_us));
    assert_int_equal(difference_us, 3 * S + 1 * MS); /* what the quickest message took is in it */
}

static void messages_that_are_late_do_not_count(void **state)
{
    (void) state;
    struct clock_watch watch = { 0 };
    int64_t difference_us, at_us = feed(&watch, T0, 11, 0);
    for (int i = 0; i < 50; i++) /* a line that was cut for five seconds gives all at once */
        clock_watch_note(&watch, at_us + i * 100 * MS, at_us + 5 * S);
    assert_true(clock_watch_difference(&watch, &difference_us));
    assert_true(difference_us <= 100 * MS);
}

static void a_boot_is_corrected_from_its_beginning(void **state)
{
    (void) state;
    struct clock_watch watch = { 0 };
    const struct wire_position at = { 7, 120 }, before = { 7, 3 }, other = { 6, 3 };
    assert_false(clock_watch_decide(&watch, at, 900 * MS)); /* below the bound */
    assert_true(clock_watch_decide(&watch, at, -5 * S));
    assert_int_equal(clock_watch_shift_us(&watch, at), -5 * S);
    assert_int_equal(clock_watch_shift_us(&watch, before), -5 * S);
    assert_int_equal(clock_watch_shift_us(&watch, other), 0);
    assert_false(clock_watch_decide(&watch, at, -5200 * MS)); /* near enough */
}

static void a_clock_that_is_set_right_is_corrected_no_longer_but_its_past_is(void **state)
{
    (void) state;
    struct clock_watch watch = { 0 };
    const struct wire_position early = { 7, 120 }, late = { 7, 500 }, later = { 7, 501 };
    assert_true(clock_watch_decide(&watch, early, 5 * S));
    assert_true(clock_watch_decide(&watch, late, 2 * MS));
    assert_int_equal(clock_watch_shift_us(&watch, early), 5 * S);
    assert_int_equal(clock_watch_shift_us(&watch, later), 0);
    for (uint64_t i = 0; i < 20; i++) /* many steps: the last ones are kept */
        assert_true(
            clock_watch_decide(&watch, (struct wire_position){ 7, 1000 + i }, i % 2 ? 0 : 9 * S));
    assert_int_equal(clock_watch_shift_us(&watch, (struct wire_position){ 7, 1018 }), 9 * S);
    assert_int_equal(clock_watch_shift_us(&watch, (struct wire_position){ 7, 1019 }), 0);
}

static void steps_are_saved(void **state)
{
    (void) state;
    struct clock_watch watch = { 0 }, again = { 0 };
    const struct wire_position at = { 7, 120 };
    struct buffer buffer = BUFFER_INIT;
    assert_true(clock_watch_decide(&watch, at, 5 * S));
    clock_watch_save(&watch, &buffer);
    struct buffer_reader reader = buffer_reader_of(buffer.bytes, buffer.length);
    assert_int_equal(clock_watch_restore(&again, &reader), 0);
    assert_int_equal(clock_watch_shift_us(&again, at), 5 * S);
    for (size_t length = 0; length < buffer.length; length++) {
        struct buffer_reader cut = buffer_reader_of(buffer.bytes, length);
        assert_int_equal(clock_watch_restore(&again, &cut), -EBADMSG);
    }
    buffer_release(&buffer);
}

static int64_t middle(int64_t now_us, int count, const int64_t *differences_us)
{
    int64_t copy[8];
    for (int i = 0; i < count; i++)
        copy[i] = differences_us[i];
    return clock_watch_middle(copy, count, now_us);
}

static void the_middle_clock_counts(void **state)
{
    (void) state;
    const int64_t now_us = T0 + 1000 * S;
    assert_int_equal(middle(now_us, 0, NULL), 0);
    assert_int_equal(middle(now_us, 1, (int64_t[]){ 5 * S }), 0); /* it or we: we */
    assert_int_equal(middle(now_us, 3, (int64_t[]){ 0, 5 * S, 1 }), 0);
    /* All others agree that ours is three seconds fast. */
    assert_int_equal(middle(now_us, 3, (int64_t[]){ 3 * S, 3 * S + 1, 3 * S - 1 }), 3 * S - 1);
    /* One of two cameras is wrong, either way. */
    assert_int_equal(middle(now_us, 2, (int64_t[]){ 1, 5 * S }), 1);
    assert_int_equal(middle(now_us, 2, (int64_t[]){ -5 * S, -1 }), -1);
    /* All cameras hang on a computer that begins with 1970. */
    assert_int_equal(middle(now_us, 3, (int64_t[]){ now_us, now_us, now_us - S }), 0);
    /* And so do we. */
    assert_int_equal(middle(5 * S, 2, (int64_t[]){ -now_us, -now_us + 1 }), -now_us + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_difference_is_known_when_a_window_is_full),
        cmocka_unit_test(messages_that_are_late_do_not_count),
        cmocka_unit_test(a_boot_is_corrected_from_its_beginning),
        cmocka_unit_test(a_clock_that_is_set_right_is_corrected_no_longer_but_its_past_is),
        cmocka_unit_test(steps_are_saved),
        cmocka_unit_test(the_middle_clock_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
