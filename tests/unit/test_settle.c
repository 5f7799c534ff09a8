/*
 * test_settle.c - what is known a little later; people walk along written lines, so that it is
 * known who was where. Expected states come from a plain filter and smoother over the whole
 * history, held to least squares by test_smoother.c.
 */
#include <errno.h>

#include "fusion/smoother.h"
#include "near.h"
#include "settle_scene.h"

static struct settle_sample tentative(uint64_t track, int tick)
{
    struct settle_sample sample = seen(track, tick);
    sample.confirmed = false;
    return sample;
}

static struct settle_sample hidden(uint64_t track)
{
    return (struct settle_sample){ .track = track, .confirmed = true, .hidden = true };
}

static struct settle_sample missed(uint64_t track)
{
    return (struct settle_sample){ .track = track, .confirmed = true };
}

static void push(struct settle *settle, int tick, const struct settle_sample *samples, size_t count)
{
    struct settle_tick t = {
        .tick_us = tick * TICK_US, .duration_us = TICK_US, .samples = samples, .sample_count = count
    };
    assert_int_equal(settle_push(settle, &t), 0);
}

static void push_one(struct settle *settle, int tick, struct settle_sample sample)
{
    push(settle, tick, &sample, 1);
}

static const struct settled_person *person_at(const struct journal *journal, int tick,
                                              uint64_t track)
{
    for (size_t i = 0; i < journal->count; i++)
        for (size_t j = 0; j < journal->ticks[i].person_count; j++)
            if (journal->ticks[i].tick_us == tick * TICK_US &&
                journal->ticks[i].people[j].track == track)
                return &journal->ticks[i].people[j];
    return NULL;
}

/* One text a track: in each tick 's' seen, 'h' handed out though not seen, '-' not there. */
static void assert_there(const struct journal *journal, uint64_t track, const char *expected)
{
    char there[TICKS_MAX + 1] = "";
    for (size_t i = 0; i < journal->count; i++) {
        const struct settled_person *p =
            person_at(journal, (int) (journal->ticks[i].tick_us / TICK_US), track);
        there[i] = !p ? '-' : p->seen ? 's' : 'h';
    }
    assert_string_equal(there, expected);
}

/*
 * Run one track, pushed and drained tick by tick: 's' seen, 't' seen but tentative, 'h' hidden, 'm'
 * missed, '.' not there.
 */
static struct journal *run_one(int64_t lag_us, const char *script)
{
    struct journal *journal = calloc(1, sizeof(*journal));
    struct settle *settle = settle_of(lag_us);
    for (int tick = 0; script[tick]; tick++) {
        struct settle_sample sample = script[tick] == 's'   ? seen(1, tick)
                                      : script[tick] == 't' ? tentative(1, tick)
                                      : script[tick] == 'h' ? hidden(1)
                                                            : missed(1);
        push(settle, tick, &sample, script[tick] != '.');
        drain(settle, false, journal);
    }
    drain(settle, true, journal);
    assert_int_equal(journal->count, strlen(script));
    settle_destroy(&settle);
    assert_null(settle);
    return journal;
}

static void assert_run(int64_t lag_us, const char *script, const char *expected)
{
    struct journal *journal = run_one(lag_us, script);
    assert_there(journal, 1, expected);
    free(journal);
}

static void a_person_is_there_from_the_first_sighting_to_the_last(void **state)
{
    (void) state;
    assert_run(LAG_US, "..sssss..", "--sssss--");
}

static void a_ghost_that_is_never_confirmed_never_comes_out(void **state)
{
    (void) state;
    assert_run(LAG_US, "..tttttttt....", "--------------");
    assert_run(LAG_US, "tttttttttttttttttttttttttttttttttttttttttttttttttt",
               "--------------------------------------------------");
}

static void late_confirmation_brings_the_first_ticks_back(void **state)
{
    (void) state;
    assert_run(LAG_US, ".ttttttttttsss", "-sssssssssssss");
}

static void confirmation_after_a_tick_has_settled_does_not_bring_it_back(void **state)
{
    (void) state;
    /* A lag of 5 ticks: tick 0 is handed out when tick 5 has come, and so on; confirmed in 7. */
    assert_run(5 * TICK_US, "tttttttssss", "--sssssssss");
}

static void nobody_is_there_after_their_last_sighting(void **state)
{
    (void) state;
    assert_run(LAG_US, "ssssshhhhh", "sssss-----");
    assert_run(LAG_US, "ssssshhhhh.....................", "sssss--------------------------");
    assert_run(LAG_US, "sssss.", "sssss-");
}

static void hidden_people_are_there_once_they_are_seen_again(void **state)
{
    (void) state;
    assert_run(LAG_US, "ssshhhhsss", "ssshhhhsss");
}

static void who_should_have_been_seen_was_not_there(void **state)
{
    (void) state;
    assert_run(LAG_US, "ssshmmhsss", "sssh--hsss");
}

static void seen_again_after_their_ticks_have_settled_they_stay_left_out(void **state)
{
    (void) state;
    /* A lag of 5 ticks: seen again in tick 9, when ticks 0 .. 3 have been handed out; tick 3 was
     * the first one hidden. */
    assert_run(5 * TICK_US, "ssshhhhhhsss", "sss-hhhhhsss");
}

static void nobody_is_there_before_they_are_seen(void **state)
{
    (void) state;
    assert_run(LAG_US, "hhmsss", "---sss");
}

static void a_gap_is_bridged_along_the_way(void **state)
{
    (void) state;
    /* Everything seen lies on a line walked with 1 m/s, and so does what is between. The first
     * sightings are drawn to a standstill by the prior of the velocity (sd 1 m/s), a little. */
    struct journal *journal = run_one(LAG_US, "ssssssssssssssshhhhhhhhsssssssssssssss");
    for (int tick = 15; tick < 23; tick++) {
        const struct settled_person *p = person_at(journal, tick, 1);
        assert_non_null(p);
        assert_false(p->seen);
        assert_near(p->state.position.x, on_the_line(tick).x, 0.01);
        assert_near(p->state.position.y, on_the_line(tick).y, 0.01);
        assert_near(p->state.velocity_x_m_s, 1, 0.02);
        /* known less well than a single sighting, better than without the end of the gap */
        assert_true(p->state.position_variance.xx < 0.1);
    }
    free(journal);
}

static void ticks_come_in_order_with_their_frames_and_pairs(void **state)
{
    (void) state;
    struct settle *settle = settle_of(LAG_US);
    struct journal *journal = calloc(1, sizeof(*journal));
    int64_t end_us = 0;
    for (int tick = 0; tick < 100; tick++) {
        struct settle_frame frames[3];
        struct settle_pair pairs[2];
        int64_t duration_us = 1000 * (tick % 7 + 1);
        end_us += duration_us;
        for (int i = 0; i < 3; i++)
            frames[i] = (struct settle_frame){ .camera = i, .sequence = (uint64_t) (3 * tick + i) };
        for (int i = 0; i < 2; i++)
            pairs[i] = (struct settle_pair){ .camera_a = i, .camera_b = i + 1, .dx_m = tick };
        struct settle_tick t = { .tick_us = end_us,
                                 .duration_us = duration_us,
                                 .frames = frames,
                                 .frame_count = (size_t) tick % 4,
                                 .pairs = pairs,
                                 .pair_count = (size_t) tick % 3 };
        assert_int_equal(settle_push(settle, &t), 0);
        if (tick % 10 == 9)
            drain(settle, false, journal);
    }
    drain(settle, true, journal);
    assert_int_equal(journal->count, 100);
    int64_t sum_us = 0;
    for (int tick = 0; tick < 100; tick++) {
        const struct record *r = &journal->ticks[tick];
        assert_int_equal(r->duration_us, 1000 * (tick % 7 + 1));
        sum_us += r->duration_us;
        assert_int_equal(r->tick_us, sum_us);
        assert_int_equal(r->frame_count, tick % 4);
        assert_int_equal(r->pair_count, tick % 3);
        for (size_t i = 0; i < r->frame_count; i++)
            assert_int_equal(r->frames[i].sequence, 3 * (size_t) tick + i);
        for (size_t i = 0; i < r->pair_count; i++)
            assert_near(r->pairs[i].dx_m, tick, 0);
    }
    assert_int_equal(sum_us, end_us);
    settle_destroy(&settle);
    free(journal);
}

static void a_tick_waits_for_the_lag_and_no_longer(void **state)
{
    (void) state;
    struct settle *settle = settle_of(LAG_US);
    struct settled_tick tick;
    assert_int_equal(settle_oldest_us(settle), INT64_MAX);
    assert_int_equal(settle_pop(settle, true, &tick), 0);
    for (int i = 0; i < 20; i++) {
        push_one(settle, i, seen(1, i));
        assert_int_equal(settle_pop(settle, false, &tick), 0);
    }
    assert_int_equal(settle_waiting(settle), 20);
    assert_int_equal(settle_oldest_us(settle), 0);
    push_one(settle, 20, seen(1, 20));
    assert_int_equal(settle_pop(settle, false, &tick), 1);
    assert_int_equal(tick.tick_us, 0);
    assert_int_equal(settle_pop(settle, false, &tick), 0);
    assert_int_equal(settle_waiting(settle), 20);
    assert_int_equal(settle_oldest_us(settle), TICK_US);
    settle_destroy(&settle);
}

static void a_tick_must_be_later_than_the_one_before(void **state)
{
    (void) state;
    struct settle *settle = settle_of(0);
    struct settled_tick out;
    push_one(settle, 5, seen(1, 5));
    struct settle_tick again = { .tick_us = 5 * TICK_US };
    assert_int_equal(settle_push(settle, &again), -EINVAL);
    assert_int_equal(settle_pop(settle, true, &out), 1);
    assert_int_equal(settle_push(settle, &again), -EINVAL);
    struct settle_tick negative = { .tick_us = 6 * TICK_US, .duration_us = -1 };
    assert_int_equal(settle_push(settle, &negative), -EINVAL);
    assert_int_equal(settle_waiting(settle), 0);
    settle_destroy(&settle);
}

/* One track at irregular ticks, seen in the first and the last. */
#define WALK_TICKS 60
struct walk_samples {
    int64_t tick_us[WALK_TICKS];
    struct settle_sample samples[WALK_TICKS];
};

static struct walk_samples irregular_walk(struct chance *chance)
{
    struct walk_samples w;
    int64_t tick_us = 1000 * US_PER_S;
    for (int i = 0; i < WALK_TICKS; i++) {
        tick_us += (int64_t) chance_between(chance, 20e3, 400e3);
        w.tick_us[i] = tick_us;
        w.samples[i] = hidden(1);
        if (i > 0 && i < WALK_TICKS - 1 && chance_between(chance, 0, 1) < 0.3)
            continue;
        w.samples[i] = seen(1, i);
        w.samples[i].sighted.x += chance_between(chance, -0.3, 0.3);
        w.samples[i].sighted.y += chance_between(chance, -0.3, 0.3);
    }
    return w;
}

static double seconds(int64_t us)
{
    return (double) us / (double) US_PER_S;
}

/* The states after the first ticks of a walk: filtered, then smoothed over just these. */
static void filter_walk(const struct walk_samples *w, int count, struct kalman *ret_states)
{
    ret_states[0] = kalman_start(w->samples[0].sighted, w->samples[0].covariance, 1.0);
    for (int i = 1; i < count; i++) {
        ret_states[i] = kalman_predict(ret_states[i - 1],
                                       seconds(w->tick_us[i] - w->tick_us[i - 1]), NOISE_M2_S3);
        if (w->samples[i].seen)
            ret_states[i] =
                kalman_update(ret_states[i], w->samples[i].sighted, w->samples[i].covariance);
    }
}

static void smooth_walk(const struct walk_samples *w, int count, struct kalman *ret_states)
{
    filter_walk(w, count, ret_states);
    for (int i = count - 1; i-- > 0;)
        ret_states[i] = smoother_step_back(ret_states[i], ret_states[i + 1],
                                           seconds(w->tick_us[i + 1] - w->tick_us[i]), NOISE_M2_S3);
}

static void run_walk(const struct walk_samples *w, int64_t lag_us, struct journal *journal)
{
    struct settle *settle = settle_of(lag_us);
    journal->count = 0;
    for (int i = 0; i < WALK_TICKS; i++) {
        struct settle_tick tick = {
            .tick_us = w->tick_us[i], .duration_us = 1, .samples = &w->samples[i], .sample_count = 1
        };
        assert_int_equal(settle_push(settle, &tick), 0);
        drain(settle, false, journal);
    }
    drain(settle, true, journal);
    assert_int_equal(journal->count, WALK_TICKS);
    settle_destroy(&settle);
}

static void assert_same_kalman(const struct kalman *a, const struct kalman *b)
{
    assert_near(a->position.x, b->position.x, 1e-12);
    assert_near(a->position.y, b->position.y, 1e-12);
    assert_near(a->velocity_x_m_s, b->velocity_x_m_s, 1e-12);
    assert_near(a->velocity_y_m_s, b->velocity_y_m_s, 1e-12);
    assert_near(a->position_variance.xx, b->position_variance.xx, 1e-12);
    assert_near(a->position_variance.xy, b->position_variance.xy, 1e-12);
    assert_near(a->position_variance.yy, b->position_variance.yy, 1e-12);
    assert_near(a->velocity_variance.xx, b->velocity_variance.xx, 1e-12);
    assert_near(a->cross[0][1], b->cross[0][1], 1e-12);
}

static void with_all_that_came_after_it_is_the_whole_smoother(void **state)
{
    (void) state;
    struct chance chance = { 2 };
    struct journal *journal = calloc(1, sizeof(*journal));
    for (int round = 0; round < 20; round++) {
        struct walk_samples w = irregular_walk(&chance);
        struct kalman whole[WALK_TICKS];
        smooth_walk(&w, WALK_TICKS, whole);
        run_walk(&w, 1000 * US_PER_S, journal);
        for (int i = 0; i < WALK_TICKS; i++) {
            assert_int_equal(journal->ticks[i].person_count, 1);
            assert_same_kalman(&journal->ticks[i].people[0].state, &whole[i]);
        }
    }
    free(journal);
}

/* How many ticks of a walk are not later than a time. */
static int ticks_until(const struct walk_samples *w, int64_t until_us)
{
    int count = 0;
    while (count < WALK_TICKS && w->tick_us[count] <= until_us)
        count++;
    return count;
}

/* The more is known, the smaller a variance; it does not depend on what was seen, only on when. */
static void each_tick_is_smoothed_over_half_the_lag_at_least(void **state)
{
    (void) state;
    struct chance chance = { 3 };
    struct journal *journal = calloc(1, sizeof(*journal));
    for (int round = 0; round < 20; round++) {
        struct walk_samples w = irregular_walk(&chance);
        run_walk(&w, LAG_US, journal);
        for (int i = 0; i < WALK_TICKS; i++) {
            struct kalman half[WALK_TICKS], whole[WALK_TICKS];
            smooth_walk(&w, ticks_until(&w, w.tick_us[i] + LAG_US / 2), half);
            smooth_walk(&w, WALK_TICKS, whole);
            if (journal->ticks[i].person_count == 0)
                continue; /* hidden for longer than the lag */
            struct covariance2 c = journal->ticks[i].people[0].state.position_variance;
            assert_true(c.xx <= half[i].position_variance.xx + 1e-12);
            assert_true(c.xx >= whole[i].position_variance.xx - 1e-12);
            assert_true(c.yy <= half[i].position_variance.yy + 1e-12);
            assert_true(c.yy >= whole[i].position_variance.yy - 1e-12);
        }
    }
    free(journal);
}

static void without_lag_those_who_are_seen_come_out_filtered(void **state)
{
    (void) state;
    struct chance chance = { 4 };
    struct journal *journal = calloc(1, sizeof(*journal));
    struct walk_samples w = irregular_walk(&chance);
    struct kalman filtered[WALK_TICKS];
    filter_walk(&w, WALK_TICKS, filtered);
    run_walk(&w, 0, journal);
    for (int i = 0; i < WALK_TICKS; i++) {
        assert_int_equal(journal->ticks[i].person_count, w.samples[i].seen);
        if (w.samples[i].seen)
            assert_same_kalman(&journal->ticks[i].people[0].state, &filtered[i]);
    }
    free(journal);
}

static void people_come_by_number_in_whatever_order_they_begin(void **state)
{
    (void) state;
    struct settle *settle = settle_of(LAG_US);
    struct journal *journal = calloc(1, sizeof(*journal));
    static const uint64_t order[] = { 5, 9, 2, 7, 1, 12, 6 };
    struct settle_sample samples[ARRAY_LENGTH(order)];
    for (int tick = 0; tick < (int) ARRAY_LENGTH(order); tick++) {
        size_t count = 0;
        for (uint64_t track = 1; track <= 12; track++)
            for (int i = 0; i <= tick; i++)
                if (order[i] == track)
                    samples[count++] = seen(track, tick);
        push(settle, tick, samples, count);
    }
    drain(settle, true, journal);
    for (int tick = 0; tick < (int) ARRAY_LENGTH(order); tick++) {
        const struct record *r = &journal->ticks[tick];
        assert_int_equal(r->person_count, tick + 1);
        for (size_t i = 1; i < r->person_count; i++)
            assert_true(r->people[i - 1].track < r->people[i].track);
        for (int i = 0; i <= tick; i++)
            assert_non_null(person_at(journal, tick, order[i]));
    }
    settle_destroy(&settle);
    free(journal);
}

static void a_walker_stays_with_its_track(void **state)
{
    (void) state;
    /* write_down counts its calls in the cell of the walker; lower numbers end and make room. */
    struct settle *settle = settle_of(3 * TICK_US);
    struct journal *journal = calloc(1, sizeof(*journal));
    for (int tick = 0; tick < 60; tick++) {
        struct settle_sample samples[10];
        size_t count = 0;
        for (int track = 1; track <= 10; track++)
            if (tick >= 3 * track && tick < 3 * track + 20)
                samples[count++] = seen((uint64_t) track, tick);
        push(settle, tick, samples, count);
        drain(settle, false, journal);
    }
    drain(settle, true, journal);
    for (int tick = 0; tick < 60; tick++)
        for (size_t i = 0; i < journal->ticks[tick].person_count; i++) {
            int track = (int) journal->ticks[tick].people[i].track;
            assert_int_equal(journal->ticks[tick].walks[i], tick - 3 * track + 1);
        }
    assert_there(journal, 4, "------------ssssssssssssssssssss----------------------------");
    settle_destroy(&settle);
    free(journal);
}

static void once_it_has_seen_the_busiest_hour_it_takes_no_more_memory(void **state)
{
    (void) state;
    struct settle *settle = settle_of(LAG_US);
    struct journal *journal = calloc(1, sizeof(*journal));
    size_t bytes = 0;
    for (int tick = 0; tick < 3000; tick++) {
        /* 10 people; each tenth of a second one leaves and another one comes */
        struct settle_sample samples[10];
        for (int i = 0; i < 10; i++)
            samples[i] = seen((uint64_t) (tick + i + 1), tick);
        struct settle_frame frames[4] = { 0 };
        struct settle_tick t = { .tick_us = tick * TICK_US,
                                 .samples = samples,
                                 .sample_count = 10,
                                 .frames = frames,
                                 .frame_count = (size_t) tick % 5 };
        assert_int_equal(settle_push(settle, &t), 0);
        journal->count = 0;
        drain(settle, false, journal);
        if (tick == 200)
            bytes = settle_bytes(settle);
    }
    assert_int_equal(settle_bytes(settle), bytes);
    settle_destroy(&settle);
    free(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_is_there_from_the_first_sighting_to_the_last),
        cmocka_unit_test(a_ghost_that_is_never_confirmed_never_comes_out),
        cmocka_unit_test(late_confirmation_brings_the_first_ticks_back),
        cmocka_unit_test(confirmation_after_a_tick_has_settled_does_not_bring_it_back),
        cmocka_unit_test(nobody_is_there_after_their_last_sighting),
        cmocka_unit_test(hidden_people_are_there_once_they_are_seen_again),
        cmocka_unit_test(who_should_have_been_seen_was_not_there),
        cmocka_unit_test(seen_again_after_their_ticks_have_settled_they_stay_left_out),
        cmocka_unit_test(nobody_is_there_before_they_are_seen),
        cmocka_unit_test(a_gap_is_bridged_along_the_way),
        cmocka_unit_test(ticks_come_in_order_with_their_frames_and_pairs),
        cmocka_unit_test(a_tick_waits_for_the_lag_and_no_longer),
        cmocka_unit_test(a_tick_must_be_later_than_the_one_before),
        cmocka_unit_test(with_all_that_came_after_it_is_the_whole_smoother),
        cmocka_unit_test(each_tick_is_smoothed_over_half_the_lag_at_least),
        cmocka_unit_test(without_lag_those_who_are_seen_come_out_filtered),
        cmocka_unit_test(people_come_by_number_in_whatever_order_they_begin),
        cmocka_unit_test(a_walker_stays_with_its_track),
        cmocka_unit_test(once_it_has_seen_the_busiest_hour_it_takes_no_more_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
