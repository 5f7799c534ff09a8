/*
 * test_fusion_losses.c - when the database is told how much of which hour
 *
 * The clock, the counts and the writer are this file's (the linker's --wrap). What is told is
 * written down as "hour:minute reason count", in the order in which it is told, without what is 0
 * at first.
 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/saved.h"
#include "programs/fusion_cameras.h"
#include "programs/fusion_losses.h"

/* 2026-11-23T09:00:00Z, by `date -u -d 2026-11-23T09:00:00Z +%s`. */
#define NINE_US   (INT64_C(1795424400) * US_PER_S)
#define MINUTE_US (60 * US_PER_S)

static int64_t minute; /* since nine */
static uint64_t missed, refused;
static int full; /* so many times the writer has no room */
static char told[1024];

int64_t __wrap_clock_wall_us(void);
struct intake_counts __wrap_intake_counts(const struct intake *intake);
uint64_t __wrap_subscriber_refused(const struct subscriber *subscriber, enum refusal reason);
uint64_t __wrap_replay_desk_refused(const struct replay_desk *desk, enum refusal reason);
struct storage_writer_counts __wrap_storage_writer_counts(struct storage_writer *writer);
int __wrap_storage_writer_put_losses(struct storage_writer *writer,
                                     const struct storage_losses *losses);

int64_t __wrap_clock_wall_us(void)
{
    return NINE_US + minute * MINUTE_US;
}

struct intake_counts __wrap_intake_counts(const struct intake *intake)
{
    (void) intake;
    return (struct intake_counts){ .missed = missed };
}

uint64_t __wrap_subscriber_refused(const struct subscriber *subscriber, enum refusal reason)
{
    (void) subscriber;
    return reason == REFUSED_TOPIC ? refused : 0;
}

uint64_t __wrap_replay_desk_refused(const struct replay_desk *desk, enum refusal reason)
{
    (void) desk;
    (void) reason;
    return 0;
}

struct storage_writer_counts __wrap_storage_writer_counts(struct storage_writer *writer)
{
    (void) writer;
    return (struct storage_writer_counts){ 0 };
}

static bool is_watched(const struct storage_loss *loss)
{
    return strcmp(loss->reason, "missed") == 0 || strcmp(loss->reason, "topic") == 0;
}

int __wrap_storage_writer_put_losses(struct storage_writer *writer,
                                     const struct storage_losses *losses)
{
    int since_min = (int) ((losses->since_us - NINE_US) / MINUTE_US);
    (void) writer;
    assert_true(losses->told_us == __wrap_clock_wall_us());
    if (full > 0) {
        full--;
        return -ENOSPC;
    }
    for (size_t i = 0; i < losses->count; i++) {
        const struct storage_loss *loss = &losses->list[i];
        size_t length = strlen(told);
        if (is_watched(loss))
            (void) snprintf(told + length, sizeof(told) - length, "%s%d:%02d %s %d",
                            length ? ", " : "", 9 + since_min / 60, since_min % 60, loss->reason,
                            (int) loss->count);
        else
            assert_int_equal(loss->count, 0);
    }
    return 0;
}

static struct camera_config config = { .id = "left" };
static struct fusion_camera camera = { .config = &config };

/* A fusion program that starts now. */
static struct fusion_loop start(int at_minute)
{
    minute = at_minute;
    missed = refused = 0;
    full = 0;
    camera.losses = (struct camera_losses){ 0 };
    struct fusion_loop loop = { .cameras = &camera,
                                .camera_count = 1,
                                .writer = (struct storage_writer *) &minute, /* not looked into */
                                .run_us = __wrap_clock_wall_us() };
    assert_int_equal(fusion_losses_open(&loop, NULL), 0);
    return loop;
}

/* What is told at a time. */
static const char *tell(struct fusion_loop *loop, int at_minute)
{
    minute = at_minute;
    told[0] = '\0';
    assert_int_equal(fusion_losses_tell(loop), 0);
    return told;
}

static void what_has_not_changed_is_not_told(void **state)
{
    (void) state;
    struct fusion_loop loop = start(14);
    assert_string_equal(tell(&loop, 15), "");
    missed = 3;
    assert_string_equal(tell(&loop, 16), "9:14 missed 3");
    assert_string_equal(tell(&loop, 17), "");
    refused = 2;
    assert_string_equal(tell(&loop, 18), "9:14 topic 2");
    missed = 4;
    assert_string_equal(tell(&loop, 19), "9:14 missed 4");
    fusion_losses_close(&loop);
}

static void each_hour_counts_anew(void **state)
{
    (void) state;
    struct fusion_loop loop = start(14);
    missed = 3;
    (void) tell(&loop, 59);
    missed = 5;
    refused = 1;
    assert_string_equal(tell(&loop, 60), "9:14 missed 5, 9:14 topic 1");
    missed = 6;
    assert_string_equal(tell(&loop, 61), "10:00 missed 1");
    assert_string_equal(tell(&loop, 125), "");
    refused = 8;
    assert_string_equal(tell(&loop, 126), "11:00 topic 7");
    fusion_losses_close(&loop);
}

static void what_the_writer_does_not_take_is_told_later(void **state)
{
    (void) state;
    struct fusion_loop loop = start(14);
    missed = 3;
    full = 1;
    assert_string_equal(tell(&loop, 59), "");
    full = 1;
    missed = 4;
    assert_string_equal(tell(&loop, 61), "");
    missed = 5;
    assert_string_equal(tell(&loop, 62), "9:14 missed 5");
    missed = 6;
    assert_string_equal(tell(&loop, 63), "10:00 missed 1");
    fusion_losses_close(&loop);
}

static void frames_that_turn_up_are_taken_back(void **state)
{
    (void) state;
    struct fusion_loop loop = start(14);
    missed = 3;
    (void) tell(&loop, 15);
    missed = 0;
    assert_string_equal(tell(&loop, 16), "9:14 missed 0");
    fusion_losses_close(&loop);
}

static void restore(struct fusion_loop *loop, const struct buffer *state)
{
    struct buffer_reader reader = buffer_reader_of(state->bytes, state->length);
    assert_int_equal(fusion_losses_restore(loop, &reader), 0);
    assert_int_equal(reader.at, reader.length);
}

/* Saved at 10:30 with 1 of this hour; at 12:05 fusion goes back there, and finds 2 of the 9 that it
 * had counted since. Nothing of what the other counts say changes. */
static void going_back_tells_all_hours_since_anew(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct fusion_loop loop = start(14);
    missed = 3;
    (void) tell(&loop, 60);
    missed = 4;
    assert_string_equal(tell(&loop, 90), "10:00 missed 1");
    assert_int_equal(fusion_losses_save(&loop, &saved), 0);
    missed = 9;
    refused = 1;
    (void) tell(&loop, 120);
    missed = 13;
    assert_string_equal(tell(&loop, 184), "11:00 missed 4");
    assert_string_equal(tell(&loop, 185), "");
    missed = 4;
    restore(&loop, &saved);
    missed = 6;
    assert_string_equal(tell(&loop, 186), "10:00 missed 3, 11:00 missed 0, 12:00 missed 0");
    missed = 7;
    assert_string_equal(tell(&loop, 187), "12:00 missed 1");
    fusion_losses_close(&loop);
}

/* Killed after it told of 5, a program goes on from a state with 4. */
static void the_next_program_goes_on_with_the_hour(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct fusion_loop loop = start(14);
    missed = 4;
    assert_int_equal(fusion_losses_save(&loop, &saved), 0);
    missed = 5;
    (void) tell(&loop, 20);
    fusion_losses_close(&loop);
    loop = start(21);
    missed = 4;
    restore(&loop, &saved);
    missed = 5;
    refused = 2;
    assert_string_equal(tell(&loop, 22), "9:14 missed 5, 9:21 topic 2");
    fusion_losses_close(&loop);
}

static void counts_begin_from_now_where_floors_begin_afresh(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct fusion_loop loop = start(14);
    missed = 4;
    assert_int_equal(fusion_losses_save(&loop, &saved), 0);
    fusion_losses_close(&loop);
    loop = start(21);
    missed = 4;
    restore(&loop, &saved);
    fusion_losses_begin(&loop);
    missed = 6;
    assert_string_equal(tell(&loop, 22), "9:21 missed 2");
    fusion_losses_close(&loop);
}

static void a_damaged_state_is_said(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct fusion_loop loop = start(14);
    missed = 4;
    assert_int_equal(fusion_losses_save(&loop, &saved), 0);
    for (size_t length = 0; length < saved.length; length++) {
        struct buffer_reader reader = buffer_reader_of(saved.bytes, length);
        assert_int_equal(fusion_losses_restore(&loop, &reader), -EBADMSG);
    }
    fusion_losses_close(&loop);
}

/* The database's rule for words, and its key. */
static void every_count_has_a_name_of_its_own(void **state)
{
    (void) state;
    struct fusion_loop loop = start(14);
    struct storage_loss *list;
    size_t count;
    assert_int_equal(fusion_losses_list(&loop, &list, &count), 0);
    assert_true(count > 20);
    for (size_t i = 0; i < count; i++) {
        const char *const words[] = { list[i].source, list[i].reason, list[i].unit };
        for (size_t w = 0; w < ARRAY_LENGTH(words); w++)
            assert_int_equal(strspn(words[w], "abcdefghijklmnopqrstuvwxyz_"), strlen(words[w]));
        for (size_t k = 0; k < i; k++)
            assert_false(strcmp(list[i].camera, list[k].camera) == 0 &&
                         strcmp(list[i].source, list[k].source) == 0 &&
                         strcmp(list[i].reason, list[k].reason) == 0);
    }
    free(list);
    fusion_losses_close(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_not_changed_is_not_told),
        cmocka_unit_test(each_hour_counts_anew),
        cmocka_unit_test(what_the_writer_does_not_take_is_told_later),
        cmocka_unit_test(frames_that_turn_up_are_taken_back),
        cmocka_unit_test(going_back_tells_all_hours_since_anew),
        cmocka_unit_test(the_next_program_goes_on_with_the_hour),
        cmocka_unit_test(counts_begin_from_now_where_floors_begin_afresh),
        cmocka_unit_test(a_damaged_state_is_said),
        cmocka_unit_test(every_count_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
