/*
 * test_sequence.c - numbering, worked by hand and against a plain set
 */
#include "testing.h"

#include <stdbool.h>
#include <stdlib.h>

#include "wire/subscriber.h"

static void holes_are_counted_and_filled_by_late_frames(void **state)
{
    (void) state;
    struct sequence_tracker t = { 0 };
    assert_int_equal(sequence_tracker_note(&t, 7, 0), SEQUENCE_NEW);
    assert_int_equal(sequence_tracker_note(&t, 7, 3), SEQUENCE_NEW); /* 1 and 2 are missing */
    assert_int_equal(t.missed, 2);
    assert_int_equal(sequence_tracker_note(&t, 7, 1), SEQUENCE_LATE);
    assert_int_equal(sequence_tracker_note(&t, 7, 1), SEQUENCE_DUPLICATE);
    assert_int_equal(sequence_tracker_note(&t, 7, 3), SEQUENCE_DUPLICATE);
    assert_int_equal(t.received, 3);
    assert_int_equal(t.missed, 1);
    assert_int_equal(t.duplicates, 2);
    assert_int_equal(t.late, 1);
}

static void a_new_boot_starts_at_0_again(void **state)
{
    (void) state;
    struct sequence_tracker t = { 0 };
    (void) sequence_tracker_note(&t, 7, 0);
    (void) sequence_tracker_note(&t, 7, 1);
    assert_int_equal(sequence_tracker_note(&t, 8, 0), SEQUENCE_NEW);
    assert_int_equal(t.boots, 2);
    assert_int_equal(t.received, 3);
    assert_int_equal(t.missed, 0);
}

static void a_hello_shows_a_lost_tail(void **state)
{
    (void) state;
    struct sequence_tracker t = { 0 };
    (void) sequence_tracker_note(&t, 7, 0);
    sequence_tracker_note_tail(&t, 7, 5);
    assert_int_equal(t.missed, 4);
    assert_int_equal(sequence_tracker_note(&t, 7, 4), SEQUENCE_LATE);
    assert_int_equal(t.missed, 3);
    sequence_tracker_note_tail(&t, 7, 5);
    assert_int_equal(t.missed, 3);
}

/* Any order with doubles within the window: received + missed = numbers up to the largest. */
static void random_orders_add_up(void **state)
{
    (void) state;
    srand(20261123);
    for (int run = 0; run < 200; run++) {
        struct sequence_tracker t = { 0 };
        bool seen[600] = { false };
        uint64_t largest = 0, distinct = 0;
        for (int i = 0; i < 400; i++) {
            uint64_t base = (uint64_t) i;
            uint64_t number = base + (uint64_t) (rand() % 200);
            enum sequence_verdict verdict = sequence_tracker_note(&t, 1, number);
            assert_int_equal(verdict == SEQUENCE_DUPLICATE, seen[number]);
            distinct += !seen[number];
            seen[number] = true;
            largest = number > largest ? number : largest;
        }
        assert_int_equal(t.received, distinct);
        assert_int_equal(t.received + t.missed, largest + 1);
        assert_int_equal(t.received + t.duplicates, 400);
    }
}

static void far_numbers_neither_hang_nor_overflow(void **state)
{
    (void) state;
    struct sequence_tracker t = { 0 };
    assert_int_equal(sequence_tracker_note(&t, 1, UINT64_MAX / 2), SEQUENCE_NEW);
    assert_int_equal(t.missed, UINT64_MAX / 2);
    assert_int_equal(sequence_tracker_note(&t, 1, 0), SEQUENCE_DUPLICATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes_are_counted_and_filled_by_late_frames),
        cmocka_unit_test(a_new_boot_starts_at_0_again),
        cmocka_unit_test(a_hello_shows_a_lost_tail),
        cmocka_unit_test(random_orders_add_up),
        cmocka_unit_test(far_numbers_neither_hang_nor_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
