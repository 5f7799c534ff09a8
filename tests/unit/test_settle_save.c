/*
 * test_settle_save.c - a run that is cut in two, and bytes that were damaged
 */
#include <errno.h>

#include "base/file.h"
#include "settle_scene.h"

/* A store in which people come, are hidden, and go; the same for the same seed and tick. */
#define CROWD 12

static size_t crowd_at(uint64_t seed, int tick, struct settle_sample ret_samples[static CROWD])
{
    size_t count = 0;
    for (int who = 0; who < CROWD; who++) {
        struct chance life = { seed * 7919 + (uint64_t) who * 104729 + 1 };
        for (int i = 0; i < 8; i++)
            (void) chance_between(&life, 0, 1);
        int first = (int) chance_between(&life, 0, 60),
            last = first + (int) chance_between(&life, 1, 50);
        int confirmed = first + (int) chance_between(&life, 0, 30);
        if (tick < first || tick > last)
            continue;
        struct chance now = { life.state + (uint64_t) tick * 2654435761u };
        for (int i = 0; i < 8; i++)
            (void) chance_between(&now, 0, 1);
        struct settle_sample sample = seen((uint64_t) who + 1, tick);
        sample.sighted.x += chance_between(&now, -0.2, 0.2);
        sample.sighted.y = who + chance_between(&now, -0.2, 0.2);
        sample.confirmed = tick >= confirmed;
        sample.cameras = (uint32_t) chance_between(&now, 1, 5);
        if (chance_between(&now, 0, 1) < 0.4) {
            bool is_hidden = chance_between(&now, 0, 1) < 0.7;
            sample = (struct settle_sample){ .track = sample.track,
                                             .confirmed = sample.confirmed,
                                             .hidden = is_hidden };
        }
        ret_samples[count++] = sample;
    }
    return count;
}

static void push_crowd(struct settle *settle, uint64_t seed, int tick)
{
    struct settle_sample samples[CROWD];
    struct settle_frame frames[2] = { 0 };
    for (int i = 0; i < 2; i++)
        frames[i] = (struct settle_frame){ .camera = i + 1,
                                           .observations = (uint32_t) tick,
                                           .boot_id = UINT64_MAX - seed,
                                           .sequence = (uint64_t) tick,
                                           .looking = tick % 3 == i,
                                           .capture_us = tick * TICK_US - 17,
                                           .origin = { .publish_us = tick * TICK_US + i,
                                                       .model = "yolo",
                                                       .model_width = 320,
                                                       .model_height = (uint32_t) tick } };
    struct settle_pair pair = { .camera_a = tick % CAMERAS,
                                .camera_b = (tick + 1) % CAMERAS,
                                .dx_m = 0.1 * tick,
                                .dy_m = -0.0 };
    struct settle_tick t = { .tick_us = tick * TICK_US + tick * tick % 31 * US_PER_MS,
                             .duration_us = TICK_US,
                             .samples = samples,
                             .sample_count = crowd_at(seed, tick, samples),
                             .frames = frames,
                             .frame_count = (size_t) tick % 3,
                             .pairs = &pair,
                             .pair_count = (size_t) tick % 2 };
    assert_int_equal(settle_push(settle, &t), 0);
}

static void save(const struct settle *settle, struct buffer *buffer)
{
    buffer->length = 0;
    settle_save(settle, buffer);
    assert_int_equal(buffer_result(buffer), 0);
}

static int restore(const struct buffer *buffer, size_t length, struct settle **ret_settle)
{
    *ret_settle = settle_of(LAG_US);
    struct buffer_reader reader = buffer_reader_of(buffer->bytes, length);
    int r = settle_restore(*ret_settle, &reader, CAMERAS);
    if (r == 0)
        assert_int_equal(reader.at, length);
    return r;
}

#define CROWD_TICKS 120

/* cut_tick: saved and restored behind this tick, in the middle of handing out with before_pop;
 * -1: never. */
static void run_crowd(uint64_t seed, int cut_tick, bool before_pop, struct journal *journal)
{
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT, again = BUFFER_INIT;
    struct settle *settle = settle_of(LAG_US);
    journal->count = 0;
    for (int tick = 0; tick < CROWD_TICKS; tick++) {
        push_crowd(settle, seed, tick);
        if (!before_pop)
            drain(settle, false, journal);
        if (tick == cut_tick) {
            save(settle, &saved);
            settle_destroy(&settle);
            assert_int_equal(restore(&saved, saved.length, &settle), 0);
            save(settle, &again);
            assert_int_equal(again.length, saved.length);
            assert_memory_equal(again.bytes, saved.bytes, saved.length);
        }
        drain(settle, false, journal);
    }
    drain(settle, true, journal);
    settle_destroy(&settle);
    buffer_release(&again);
}

static void a_run_that_is_cut_in_two_is_bit_for_bit_the_same(void **state)
{
    (void) state;
    struct journal *whole = calloc(1, sizeof(*whole)), *cut = calloc(1, sizeof(*cut));
    for (uint64_t seed = 1; seed <= 5; seed++) {
        run_crowd(seed, -1, false, whole);
        assert_int_equal(whole->count, CROWD_TICKS);
        for (int tick = 0; tick < CROWD_TICKS; tick++) {
            run_crowd(seed, tick, tick % 2 == 0, cut);
            assert_int_equal(cut->count, whole->count);
            assert_memory_equal(cut, whole, sizeof(*whole));
        }
    }
    free(whole);
    free(cut);
}

static void run_to_the_end(struct settle *settle, int first_tick, struct journal *journal)
{
    journal->count = 0;
    drain(settle, false, journal);
    for (int tick = first_tick; tick < first_tick + 5; tick++) {
        struct settle_sample samples[CROWD];
        struct settle_tick t = { .tick_us = tick * TICK_US + US_PER_S,
                                 .samples = samples,
                                 .sample_count = crowd_at(1, tick, samples) };
        int r = settle_push(settle, &t);
        assert_true(r == 0 || r == -EINVAL);
        drain(settle, false, journal);
    }
    drain(settle, true, journal);
}

static void damaged_bytes_are_refused_or_do_no_harm(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct journal *journal = calloc(1, sizeof(*journal));
    struct settle *settle = settle_of(LAG_US), *restored;
    for (int tick = 0; tick < 40; tick++) {
        push_crowd(settle, 1, tick);
        drain(settle, false, journal);
    }
    save(settle, &saved);
    settle_destroy(&settle);
    for (size_t length = 0; length < saved.length; length++) {
        assert_int_equal(restore(&saved, length, &restored), -EBADMSG);
        assert_int_equal(settle_waiting(restored), 0);
        settle_destroy(&restored);
    }
    static const uint8_t flips[] = { 0x01, 0x80, 0xff };
    for (size_t at = 0; at < saved.length; at++) {
        uint8_t flip = flips[at % ARRAY_LENGTH(flips)];
        saved.bytes[at] ^= flip;
        int r = restore(&saved, saved.length, &restored);
        assert_true(r == 0 || r == -EBADMSG);
        if (r == 0 && settle_waiting(restored) < TICKS_MAX / 2)
            run_to_the_end(restored, 40, journal);
        settle_destroy(&restored);
        saved.bytes[at] ^= flip;
    }
    free(journal);
}

static void cameras_that_do_not_exist_are_damage(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct settle *settle = settle_of(LAG_US), *restored = settle_of(LAG_US);
    struct settle_pair pair = { .camera_a = 0, .camera_b = CAMERAS - 1 };
    struct settle_tick tick = { .tick_us = 1, .pairs = &pair, .pair_count = 1 };
    assert_int_equal(settle_push(settle, &tick), 0);
    save(settle, &saved);
    struct buffer_reader reader = buffer_reader_of(saved.bytes, saved.length);
    assert_int_equal(settle_restore(restored, &reader, CAMERAS - 1), -EBADMSG);
    reader = buffer_reader_of(saved.bytes, saved.length);
    assert_int_equal(settle_restore(restored, &reader, CAMERAS), 0);
    settle_destroy(&restored);
    settle_destroy(&settle);
}

static void what_waited_before_a_restore_is_gone_only_if_it_succeeds(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct settle *settle = settle_of(LAG_US), *empty = settle_of(LAG_US);
    push_crowd(settle, 1, 30);
    save(empty, &saved);
    struct buffer_reader damaged = buffer_reader_of(saved.bytes, saved.length - 1);
    assert_int_equal(settle_restore(settle, &damaged, CAMERAS), -EBADMSG);
    assert_int_equal(settle_waiting(settle), 1);
    struct buffer_reader whole = buffer_reader_of(saved.bytes, saved.length);
    assert_int_equal(settle_restore(settle, &whole, CAMERAS), 0);
    assert_int_equal(settle_waiting(settle), 0);
    settle_destroy(&settle);
    settle_destroy(&empty);
}

#define SEED SOURCE_DIR "/tests/fuzz/seeds/settle/three-people"

/* Else nothing behind the first check would be fuzzed. */
static void the_seed_of_the_fuzz_target_is_taken(void **state)
{
    (void) state;
    char *bytes = NULL;
    size_t length = 0;
    struct settle *settle = settle_of(LAG_US);
    assert_int_equal(file_read(SEED, 1 << 20, &bytes, &length, NULL), 0);
    struct buffer_reader reader = buffer_reader_of(bytes, length);
    assert_int_equal(settle_restore(settle, &reader, CAMERAS), 0);
    assert_int_equal(reader.at, length);
    settle_destroy(&settle);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_is_cut_in_two_is_bit_for_bit_the_same),
        cmocka_unit_test(damaged_bytes_are_refused_or_do_no_harm),
        cmocka_unit_test(cameras_that_do_not_exist_are_damage),
        cmocka_unit_test(what_waited_before_a_restore_is_gone_only_if_it_succeeds),
        cmocka_unit_test(the_seed_of_the_fuzz_target_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
