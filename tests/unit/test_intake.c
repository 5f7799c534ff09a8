/*
 * test_intake.c - messages of one camera in order and each once
 *
 * The other side is a camera made of an array: what it has published, in order, over several boots.
 * A line loses, doubles and overtakes; replays are answered from the array. Whatever the line does,
 * what is taken must be the array.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "chance.h"
#include "fusion/intake.h"
#include "testing.h"

#define MS NS_PER_MS

#define PATIENCE_NS       (500 * MS)
#define CATCH_UP_NS       (10 * NS_PER_S)
#define PROMISE_NS        (900 * NS_PER_S)
#define TAKEN_MAX         20000
#define CAPTURE_US(index) (INT64_C(1767225600000000) + (int64_t) (index) *100000)

/* Frame number `index` of a camera's life: boots of `boot_length` frames. */
#define BOOT_LENGTH 40

struct fixture {
    struct intake *intake;
    uint64_t taken[TAKEN_MAX]; /* indices of frames, in the order of taking */
    size_t taken_count;
    size_t hellos;
    int answer; /* of take */
};

static uint64_t boot_of(uint64_t index)
{
    return 1000 + index / BOOT_LENGTH;
}

static uint64_t index_of(uint64_t boot_id, uint64_t sequence)
{
    return (boot_id - 1000) * BOOT_LENGTH + sequence;
}

static struct message frame_message(uint64_t index)
{
    struct message m = { .kind = MESSAGE_FRAME };
    m.frame.boot_id = boot_of(index);
    m.frame.sequence = index % BOOT_LENGTH;
    m.frame.capture_us = m.frame.publish_us = CAPTURE_US(index);
    return m;
}

/* The hello that is sent before frame `index`. */
static struct message hello_message(uint64_t index, enum camera_state state)
{
    struct message m = { .kind = MESSAGE_HELLO };
    m.hello.boot_id = boot_of(index);
    m.hello.next_sequence = index % BOOT_LENGTH;
    m.hello.state = state;
    m.hello.publish_us = CAPTURE_US(index) + (state == CAMERA_ENDED);
    m.hello.ring_oldest.boot_id = boot_of(0);
    if (index >= BOOT_LENGTH) {
        m.hello.previous_boot_id = boot_of(index) - 1;
        m.hello.previous_next_sequence = BOOT_LENGTH;
    }
    return m;
}

static int note_taken(void *context, const struct message *message)
{
    struct fixture *f = context;
    if (message->kind == MESSAGE_HELLO) {
        f->hellos++;
        return 0;
    }
    assert_true(f->taken_count < TAKEN_MAX);
    f->taken[f->taken_count++] = index_of(message->frame.boot_id, message->frame.sequence);
    return f->answer;
}

static void open_intake(struct fixture *f, int64_t since_us)
{
    memset(f, 0, sizeof(*f));
    struct intake_options options = { .patience_ns = PATIENCE_NS,
                                      .catch_up_patience_ns = CATCH_UP_NS,
                                      .promise_ns = PROMISE_NS,
                                      .since_us = since_us,
                                      .take = note_taken,
                                      .context = f };
    assert_int_equal(intake_create(&options, &f->intake), 0);
}

static void live(struct fixture *f, uint64_t index, int64_t now_ns)
{
    struct message m = frame_message(index);
    assert_int_equal(intake_live(f->intake, &m, now_ns), 0);
}

static void live_hello(struct fixture *f, uint64_t index, int64_t now_ns)
{
    struct message m = hello_message(index, CAMERA_RUNNING);
    assert_int_equal(intake_live(f->intake, &m, now_ns), 0);
}

static void live_hello_with_ring(struct fixture *f, uint64_t index, struct wire_position oldest)
{
    struct message m = hello_message(index, CAMERA_RUNNING);
    m.hello.ring_oldest = oldest;
    assert_int_equal(intake_live(f->intake, &m, 0), 0);
}

/* What the ring [oldest, end) says after a position, at most `most` messages. */
static void answer(struct fixture *f, struct wire_position after, uint64_t oldest, uint64_t end,
                   size_t most, int64_t now_ns)
{
    struct message messages[64];
    struct replay replay = { .after = after, .last = after, .messages = messages };
    uint64_t from = after.boot_id ? index_of(after.boot_id, after.sequence) + 1 : 0;
    replay.found = from >= oldest;
    for (from = from > oldest ? from : oldest; from < end && replay.count < most; from++)
        messages[replay.count++] = frame_message(from);
    replay.complete = from >= end;
    if (replay.count > 0)
        replay.last = (struct wire_position){ boot_of(from - 1), (from - 1) % BOOT_LENGTH };
    assert_int_equal(intake_replay(f->intake, &replay, now_ns), 0);
}

/* Ask as the loop does; false: there is no question. */
static bool ask_and_answer(struct fixture *f, uint64_t oldest, uint64_t end, int64_t now_ns)
{
    struct wire_position after;
    if (!intake_wants_replay(f->intake, now_ns, &after))
        return false;
    intake_asked(f->intake, now_ns);
    answer(f, after, oldest, end, 64, now_ns);
    return true;
}

static void assert_taken(const struct fixture *f, const uint64_t *expected, size_t count)
{
    assert_int_equal(f->taken_count, count);
    assert_memory_equal(f->taken, expected, count * sizeof(*expected));
}

#define ASSERT_TAKEN(f, ...)                                                  \
    do {                                                                      \
        const uint64_t expected_[] = { __VA_ARGS__ };                         \
        assert_taken(f, expected_, sizeof(expected_) / sizeof(expected_[0])); \
    } while (0)

static void a_first_boot_is_taken_at_once(void **state)
{
    (void) state;
    struct fixture f;
    struct wire_position after;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    live(&f, 1, 0);
    ASSERT_TAKEN(&f, 0, 1);
    assert_false(intake_wants_replay(f.intake, 10 * NS_PER_S, &after));
    assert_int_equal(f.hellos, 1);
    intake_destroy(&f.intake);
}

static void a_hole_is_filled_by_a_replay_and_what_waited_follows(void **state)
{
    (void) state;
    struct fixture f;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    live(&f, 3, 10 * MS);
    live(&f, 4, 20 * MS);
    ASSERT_TAKEN(&f, 0);
    assert_int_equal(intake_deadline_mono_ns(f.intake), 0); /* to be asked at once */
    assert_true(ask_and_answer(&f, 0, 4, 20 * MS));
    ASSERT_TAKEN(&f, 0, 1, 2, 3, 4);
    assert_int_equal(intake_counts(f.intake).missed, 0);
    assert_int_equal(intake_counts(f.intake).replayed, 3);
    assert_false(ask_and_answer(&f, 0, 5, 30 * MS));
    intake_destroy(&f.intake);
}

static void without_a_ring_patience_ends_and_the_hole_counts(void **state)
{
    (void) state;
    struct fixture f;
    struct wire_position after;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    live(&f, 3, 10 * MS);
    assert_true(intake_wants_replay(f.intake, 10 * MS, &after));
    intake_not_asked(f.intake, 10 * MS);
    assert_int_equal(intake_advance(f.intake, 509 * MS), 0);
    ASSERT_TAKEN(&f, 0);
    assert_int_equal(intake_advance(f.intake, 510 * MS), 0);
    ASSERT_TAKEN(&f, 0, 3);
    assert_int_equal(intake_counts(f.intake).missed, 2);
    live(&f, 4, 600 * MS);
    ASSERT_TAKEN(&f, 0, 3, 4);
    intake_destroy(&f.intake);
}

static void a_hole_that_is_filled_too_late_is_told(void **state)
{
    (void) state;
    struct fixture f;
    int64_t capture_us = 0;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    live(&f, 3, 0);
    assert_int_equal(intake_advance(f.intake, 500 * MS), 0);
    ASSERT_TAKEN(&f, 0, 3);
    assert_false(intake_recovered(f.intake, &capture_us));
    assert_true(ask_and_answer(&f, 0, 4, 3000 * MS));
    assert_true(intake_recovered(f.intake, &capture_us));
    assert_int_equal(capture_us, CAPTURE_US(1));
    ASSERT_TAKEN(&f, 0, 3); /* it is for others to go back */
    intake_destroy(&f.intake);
}

static void what_the_ring_has_lost_is_lost(void **state)
{
    (void) state;
    struct fixture f;
    int64_t capture_us;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    live(&f, 20, 0);
    assert_true(ask_and_answer(&f, 15, 21, 1 * MS)); /* 1 .. 14 were overwritten */
    ASSERT_TAKEN(&f, 0, 15, 16, 17, 18, 19, 20);
    assert_int_equal(intake_counts(f.intake).missed, 14);
    live(&f, 25, 10 * MS);
    assert_int_equal(intake_advance(f.intake, 510 * MS), 0);
    assert_true(ask_and_answer(&f, 25, 26, 2000 * MS));
    assert_false(intake_recovered(f.intake, &capture_us));
    assert_false(ask_and_answer(&f, 25, 26, 9000 * MS));
    assert_int_equal(intake_counts(f.intake).missed, 14 + 4);
    intake_destroy(&f.intake);
}

static void what_was_never_kept_is_not_waited_for(void **state)
{
    (void) state;
    struct fixture f;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    live(&f, 3, 0);
    struct wire_position after;
    assert_true(intake_wants_replay(f.intake, 1 * MS, &after));
    intake_asked(f.intake, 1 * MS);
    answer(&f, after, 0, 0, 64, 2 * MS); /* the ring's disk was full: it is empty */
    ASSERT_TAKEN(&f, 0, 3);
    assert_int_equal(intake_counts(f.intake).missed, 2);
    intake_destroy(&f.intake);
}

static void the_tail_of_a_crashed_boot_comes_before_the_next_boot(void **state)
{
    (void) state;
    struct fixture f;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    for (uint64_t i = 0; i < BOOT_LENGTH - 3; i++)
        live(&f, i, 0);
    live_hello(&f, BOOT_LENGTH, 1 * MS); /* previous_next_sequence tells of three more */
    live(&f, BOOT_LENGTH, 1 * MS);
    assert_int_equal(f.taken_count, BOOT_LENGTH - 3);
    assert_true(ask_and_answer(&f, 0, BOOT_LENGTH + 1, 2 * MS));
    assert_int_equal(f.taken_count, BOOT_LENGTH + 1);
    for (uint64_t i = 0; i < f.taken_count; i++)
        assert_int_equal(f.taken[i], i);
    assert_int_equal(intake_counts(f.intake).boots, 2);
    assert_int_equal(intake_counts(f.intake).missed, 0);
    live(&f, BOOT_LENGTH - 1, 3 * MS); /* a straggler of the old boot */
    assert_int_equal(intake_counts(f.intake).duplicates, 1);
    intake_destroy(&f.intake);
}

static void a_tail_that_nobody_has_is_counted(void **state)
{
    (void) state;
    struct fixture f;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    live_hello(&f, BOOT_LENGTH, 0);
    live(&f, BOOT_LENGTH + 2, 0);
    assert_int_equal(intake_advance(f.intake, 500 * MS), 0);  /* to the hello */
    assert_int_equal(intake_advance(f.intake, 1000 * MS), 0); /* and to the frame */
    ASSERT_TAKEN(&f, 0, BOOT_LENGTH + 2);
    assert_int_equal(intake_counts(f.intake).missed, BOOT_LENGTH - 1 + 2);
    intake_destroy(&f.intake);
}

static void what_was_published_before_our_time_is_passed_over(void **state)
{
    (void) state;
    struct fixture f;
    open_intake(&f, CAPTURE_US(5));
    intake_catch_up(f.intake, 0);
    live(&f, 9, 0);
    assert_true(ask_and_answer(&f, 0, 9, 1 * MS));
    ASSERT_TAKEN(&f, 5, 6, 7, 8, 9);
    assert_int_equal(intake_counts(f.intake).received, 5);
    assert_int_equal(intake_counts(f.intake).missed, 0);
    intake_destroy(&f.intake);
}

static void catching_up_takes_nothing_live_before_the_past(void **state)
{
    (void) state;
    struct fixture f;
    struct wire_position after;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    intake_catch_up(f.intake, 0);
    live(&f, 1, 1 * MS);
    ASSERT_TAKEN(&f, 0);
    assert_true(intake_wants_replay(f.intake, 2 * MS, &after));
    intake_asked(f.intake, 2 * MS);
    answer(&f, after, 0, 2, 1, 3 * MS);
    ASSERT_TAKEN(&f, 0, 1);
    assert_false(intake_is_catching_up(f.intake));
    live(&f, 2, 4 * MS);
    ASSERT_TAKEN(&f, 0, 1, 2);

    intake_catch_up(f.intake, 10 * MS); /* nobody answers */
    live(&f, 3, 11 * MS);
    assert_int_equal(intake_advance(f.intake, 10 * MS + CATCH_UP_NS - 1), 0);
    assert_true(intake_is_catching_up(f.intake));
    assert_int_equal(intake_advance(f.intake, 10 * MS + CATCH_UP_NS), 0);
    assert_false(intake_is_catching_up(f.intake));
    ASSERT_TAKEN(&f, 0, 1, 2, 3);
    intake_destroy(&f.intake);
}

static void the_end_of_a_recording_is_acknowledged_once(void **state)
{
    (void) state;
    struct fixture f;
    struct wire_position after;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    struct message ended = hello_message(1, CAMERA_ENDED);
    assert_int_equal(intake_live(f.intake, &ended, 0), 0);
    assert_true(intake_wants_replay(f.intake, 0, &after));
    assert_int_equal(after.boot_id, 1000);
    assert_int_equal(after.sequence, 0);
    assert_true(ask_and_answer(&f, 0, 1, 0));
    assert_false(intake_wants_replay(f.intake, 10 * NS_PER_S, &after));
    intake_destroy(&f.intake);
}

/* As the ring has the first hello, a replay after the last frame of the boot before brings it. */
static void an_old_hello_from_a_replay_changes_nothing(void **state)
{
    (void) state;
    struct fixture f;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    struct message ended = hello_message(0, CAMERA_ENDED), first = hello_message(0, CAMERA_RUNNING);
    assert_int_equal(intake_live(f.intake, &ended, 0), 0);
    struct wire_position after;
    assert_true(intake_wants_replay(f.intake, 0, &after));
    intake_asked(f.intake, 0);
    struct replay replay = {
        .after = after, .last = after, .messages = &first, .count = 1, .complete = true
    };
    assert_int_equal(intake_replay(f.intake, &replay, 0), 0);
    assert_int_equal(f.hellos, 2);
    intake_destroy(&f.intake);
}

static void late_frames_of_a_camera_with_a_ring_can_be_had_again(void **state)
{
    (void) state;
    struct fixture f;
    int64_t capture_us;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    f.answer = -ESTALE;
    live(&f, 1, 0);
    live(&f, 2, 0);
    assert_true(intake_recovered(f.intake, &capture_us));
    assert_int_equal(capture_us, CAPTURE_US(1));
    intake_destroy(&f.intake);
}

static void late_frames_of_a_camera_without_a_ring_are_gone(void **state)
{
    (void) state;
    struct fixture f;
    int64_t capture_us;
    open_intake(&f, 0);
    live_hello_with_ring(&f, 0, (struct wire_position){ 0 });
    f.answer = -ESTALE;
    live(&f, 0, 0);
    assert_false(intake_has_ring(f.intake));
    assert_false(intake_recovered(f.intake, &capture_us));
    intake_destroy(&f.intake);
}

/* What an intake was at some time, to be returned to. */
static struct intake *copy_of(const struct fixture *f)
{
    struct fixture past;
    struct buffer buffer = BUFFER_INIT;
    intake_save(f->intake, &buffer);
    struct buffer_reader reader = buffer_reader_of(buffer.bytes, buffer.length);
    open_intake(&past, 0);
    assert_int_equal(intake_restore(past.intake, &reader), 0);
    buffer_release(&buffer);
    return past.intake;
}

static void take_frames(struct fixture *f, uint64_t from, uint64_t end)
{
    for (uint64_t i = from; i < end; i++) {
        if (i % BOOT_LENGTH == 0)
            live_hello(f, i, 0);
        live(f, i, 0);
    }
}

/* Where a ring begins, and whether all that follows frame 45 (the sixth of the second boot) is in
 * it; 60 frames have come by now. */
static void it_is_returned_only_to_what_the_ring_still_holds_all_of(void **state)
{
    (void) state;
    struct fixture f;
    const struct {
        struct wire_position oldest;
        int result;
    } cases[] = {
        { { 0, 0 }, -ESTALE },           /* there is no ring */
        { { boot_of(45), 0 }, 0 },       /* it has that frame */
        { { boot_of(45), 6 }, 0 },       /* and even without it nothing lies between */
        { { boot_of(45), 7 }, -ESTALE }, /* frame 46 is gone */
        { { boot_of(0), 39 }, 0 },       /* of the boot before */
        { { boot_of(80), 0 }, -ESTALE }, /* of a boot that began later */
    };
    open_intake(&f, 0);
    take_frames(&f, 0, 46);
    AUTO(intake_destroy) struct intake *past = copy_of(&f);
    take_frames(&f, 46, 60);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        live_hello_with_ring(&f, 60, cases[i].oldest);
        assert_int_equal(intake_can_return(f.intake, past, PROMISE_NS), cases[i].result);
    }
    live_hello_with_ring(&f, 60, (struct wire_position){ boot_of(0), 0 });
    assert_int_equal(intake_can_return(f.intake, past, PROMISE_NS + 1), -ESTALE); /* long ago */
    intake_destroy(&f.intake);
}

/* Who has sent nothing since has nothing to lose, with or without a ring. */
static void without_news_it_can_always_be_returned(void **state)
{
    (void) state;
    struct fixture f;
    open_intake(&f, 0);
    take_frames(&f, 0, 10);
    live_hello_with_ring(&f, 10, (struct wire_position){ 0 });
    AUTO(intake_destroy) struct intake *past = copy_of(&f);
    assert_int_equal(intake_can_return(f.intake, past, 0), 0);
    intake_destroy(&f.intake);
}

/* From before the first frame on everything is wanted. */
static void to_the_very_beginning_a_ring_must_have_the_first_boot(void **state)
{
    (void) state;
    struct fixture f;
    open_intake(&f, 0);
    AUTO(intake_destroy) struct intake *past = copy_of(&f);
    take_frames(&f, 0, 60);
    live_hello_with_ring(&f, 60, (struct wire_position){ boot_of(0), 0 });
    assert_int_equal(intake_can_return(f.intake, past, 0), 0);
    live_hello_with_ring(&f, 60, (struct wire_position){ boot_of(45), 0 }); /* the first is gone */
    assert_int_equal(intake_can_return(f.intake, past, 0), -ESTALE);
    live_hello_with_ring(&f, 60, (struct wire_position){ boot_of(0), 1 });
    assert_int_equal(intake_can_return(f.intake, past, 0), -ESTALE);
    intake_destroy(&f.intake);
}

/* The machine was without power: its ring ends with frame 36, and 39 was taken. */
static void what_a_camera_lost_with_its_power_is_not_returned_over(void **state)
{
    (void) state;
    struct fixture f;
    open_intake(&f, 0);
    take_frames(&f, 0, 36);
    AUTO(intake_destroy) struct intake *past = copy_of(&f);
    take_frames(&f, 36, 40);
    struct message hello = hello_message(40, CAMERA_RUNNING);
    hello.hello.previous_next_sequence = 37;
    assert_int_equal(intake_live(f.intake, &hello, 0), 0);
    assert_int_equal(intake_can_return(f.intake, past, 0), -ESTALE);
    intake_destroy(&f.intake);
}

/* A state in which the hole was skipped already does not help, nor one after a late frame. */
static void what_was_recovered_must_lie_ahead(void **state)
{
    (void) state;
    struct fixture f;
    int64_t capture_us;
    open_intake(&f, 0);
    take_frames(&f, 0, 1);
    AUTO(intake_destroy) struct intake *before = copy_of(&f);
    live(&f, 3, 0);
    assert_int_equal(intake_advance(f.intake, 500 * MS), 0);
    AUTO(intake_destroy) struct intake *skipped = copy_of(&f);
    assert_true(ask_and_answer(&f, 0, 4, 3000 * MS));
    assert_true(intake_recovered(f.intake, &capture_us));
    assert_int_equal(intake_can_return(f.intake, before, 0), 0);
    assert_int_equal(intake_can_return(f.intake, skipped, 0), -EAGAIN);
    intake_postpone(f.intake); /* it is found again */
    assert_false(intake_recovered(f.intake, &capture_us));
    assert_true(ask_and_answer(&f, 0, 4, 6000 * MS));
    assert_true(intake_recovered(f.intake, &capture_us));
    intake_destroy(&f.intake);

    open_intake(&f, 0);
    take_frames(&f, 0, 1);
    f.answer = -ESTALE;
    live(&f, 1, 0);
    AUTO(intake_destroy) struct intake *after = copy_of(&f);
    assert_int_equal(intake_can_return(f.intake, after, 0), -EAGAIN);
    intake_destroy(&f.intake);
}

static void a_saved_intake_goes_on_where_it_stood(void **state)
{
    (void) state;
    struct fixture f, g;
    struct buffer buffer = BUFFER_INIT;
    open_intake(&f, 0);
    live_hello(&f, 0, 0);
    live(&f, 0, 0);
    live(&f, 3, 0);
    assert_int_equal(intake_advance(f.intake, 500 * MS), 0);
    live(&f, 7, 501 * MS); /* waits; is not saved */
    intake_save(f.intake, &buffer);
    assert_int_equal(buffer_result(&buffer), 0);
    for (size_t length = 0; length < buffer.length; length++) {
        struct buffer_reader cut = buffer_reader_of(buffer.bytes, length);
        open_intake(&g, 0);
        assert_int_equal(intake_restore(g.intake, &cut), -EBADMSG);
        intake_destroy(&g.intake);
    }
    struct buffer_reader reader = buffer_reader_of(buffer.bytes, buffer.length);
    open_intake(&g, 0);
    assert_int_equal(intake_restore(g.intake, &reader), 0);
    assert_int_equal(intake_counts(g.intake).missed, 2);
    assert_int_equal(intake_position(g.intake).sequence, 3);
    intake_catch_up(g.intake, 0);
    assert_true(ask_and_answer(&g, 0, 8, 0));
    ASSERT_TAKEN(&g, 4, 5, 6, 7);
    int64_t capture_us;
    assert_true(ask_and_answer(&g, 0, 8, 5 * NS_PER_S)); /* the old hole is asked for again */
    assert_true(intake_recovered(g.intake, &capture_us));
    buffer_release(&buffer);
    intake_destroy(&f.intake);
    intake_destroy(&g.intake);
}

/* A line that loses a third, doubles some and lets some be overtaken; the loop asks and is answered
 * late or not at all. What is taken is all there was, in order. */
static void whatever_the_line_does_all_is_taken_in_order(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct chance chance = { seed };
        struct fixture f;
        struct wire_position after = { 0 };
        bool asked = false;
        int64_t now_ns = 0;
        open_intake(&f, 0);
        uint64_t end = 5 * BOOT_LENGTH, delayed = UINT64_MAX;
        for (uint64_t i = 0; i < end; i++, now_ns += 20 * MS) {
            if (i % BOOT_LENGTH == 0 && chance_between(&chance, 0, 1) < 0.6)
                live_hello(&f, i, now_ns);
            if (chance_between(&chance, 0, 1) < 0.67)
                live(&f, i, now_ns);
            else if (chance_between(&chance, 0, 1) < 0.3)
                delayed = i;
            if (delayed != UINT64_MAX && chance_between(&chance, 0, 1) < 0.2) {
                live(&f, delayed, now_ns);
                delayed = UINT64_MAX;
            }
            if (asked && chance_between(&chance, 0, 1) < 0.3) {
                answer(&f, after, 0, i + 1, 1 + (size_t) chance_between(&chance, 0, 20), now_ns);
                asked = false;
            }
            if (intake_wants_replay(f.intake, now_ns, &after)) {
                asked = chance_between(&chance, 0, 1) < 0.9;
                (asked ? intake_asked : intake_not_asked)(f.intake, now_ns);
            }
        }
        live_hello(&f, end, now_ns); /* what is still missing is missed now */
        for (int i = 0; i < 100 && f.taken_count < end; i++, now_ns += NS_PER_S)
            (void) ask_and_answer(&f, 0, end, now_ns);
        if (f.taken_count != end)
            fail_msg("seed %d: %d boots %d", (int) seed, (int) f.taken_count,
                     (int) intake_counts(f.intake).boots);
        for (uint64_t i = 0; i < end; i++)
            assert_int_equal(f.taken[i], i);
        assert_int_equal(intake_counts(f.intake).missed, 0);
        intake_destroy(&f.intake);
    }
}

/* With patience that runs out and a ring that forgets: taken and missed are all there was, and
 * nothing is taken twice. */
static void taken_and_missed_are_all_there_was(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct chance chance = { seed };
        struct fixture f;
        int64_t now_ns = 0;
        open_intake(&f, 0);
        live_hello(&f, 0, 0);
        uint64_t end = 4 * BOOT_LENGTH;
        for (uint64_t i = 0; i < end; i++, now_ns += 100 * MS) {
            uint64_t oldest = i > 10 ? i - 10 : 0;
            if (i % BOOT_LENGTH == 0)
                live_hello(&f, i, now_ns);
            if (chance_between(&chance, 0, 1) < 0.5)
                live(&f, i, now_ns);
            if (chance_between(&chance, 0, 1) < 0.1)
                (void) ask_and_answer(&f, oldest, i + 1, now_ns);
            assert_int_equal(intake_advance(f.intake, now_ns), 0);
        }
        live_hello(&f, end, now_ns);
        for (int i = 0; i < 10; i++, now_ns += NS_PER_S)
            assert_int_equal(intake_advance(f.intake, now_ns), 0);
        for (size_t i = 1; i < f.taken_count; i++)
            assert_true(f.taken[i] > f.taken[i - 1]);
        assert_int_equal(intake_counts(f.intake).received, f.taken_count);
        if (f.taken_count + intake_counts(f.intake).missed != end)
            fail_msg("seed %d: %zu taken, %d missed", (int) seed, f.taken_count,
                     (int) intake_counts(f.intake).missed);
        intake_destroy(&f.intake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_boot_is_taken_at_once),
        cmocka_unit_test(a_hole_is_filled_by_a_replay_and_what_waited_follows),
        cmocka_unit_test(without_a_ring_patience_ends_and_the_hole_counts),
        cmocka_unit_test(a_hole_that_is_filled_too_late_is_told),
        cmocka_unit_test(what_the_ring_has_lost_is_lost),
        cmocka_unit_test(what_was_never_kept_is_not_waited_for),
        cmocka_unit_test(the_tail_of_a_crashed_boot_comes_before_the_next_boot),
        cmocka_unit_test(a_tail_that_nobody_has_is_counted),
        cmocka_unit_test(what_was_published_before_our_time_is_passed_over),
        cmocka_unit_test(catching_up_takes_nothing_live_before_the_past),
        cmocka_unit_test(the_end_of_a_recording_is_acknowledged_once),
        cmocka_unit_test(an_old_hello_from_a_replay_changes_nothing),
        cmocka_unit_test(late_frames_of_a_camera_with_a_ring_can_be_had_again),
        cmocka_unit_test(late_frames_of_a_camera_without_a_ring_are_gone),
        cmocka_unit_test(it_is_returned_only_to_what_the_ring_still_holds_all_of),
        cmocka_unit_test(without_news_it_can_always_be_returned),
        cmocka_unit_test(to_the_very_beginning_a_ring_must_have_the_first_boot),
        cmocka_unit_test(what_a_camera_lost_with_its_power_is_not_returned_over),
        cmocka_unit_test(what_was_recovered_must_lie_ahead),
        cmocka_unit_test(a_saved_intake_goes_on_where_it_stood),
        cmocka_unit_test(whatever_the_line_does_all_is_taken_in_order),
        cmocka_unit_test(taken_and_missed_are_all_there_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
