/*
 * settle_scene.h - people to settle, and a journal of what came out
 */
#ifndef FLOORFUSE_TESTS_UNIT_SETTLE_SCENE_H
#define FLOORFUSE_TESTS_UNIT_SETTLE_SCENE_H

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "chance.h"
#include "fusion/settle.h"
#include "testing.h"

#define TICK_US     (100 * US_PER_MS)
#define LAG_US      (2 * US_PER_S)
#define NOISE_M2_S3 2.0
#define CAMERAS     4

/* What came out, and went in, at most. */
#define TICKS_MAX  256
#define PEOPLE_MAX 32

static const struct covariance2 usual_m2 = { 0.02, 0.005, 0.03 };

/* A settled tick with all that it borrowed. Written member by member into zeros, so that bytes can
 * be compared: what lies between members is zero as well. */
struct record {
    int64_t tick_us, duration_us;
    size_t person_count, frame_count, pair_count;
    struct settled_person people[PEOPLE_MAX];
    uint32_t walks[PEOPLE_MAX];         /* how often this person's walker was moved on */
    bool walking[PEOPLE_MAX];           /* the walker had begun before */
    struct floor_m anchors[PEOPLE_MAX]; /* where it was before */
    struct settle_frame frames[4];
    struct settle_pair pairs[4];
};

struct journal {
    struct record ticks[TICKS_MAX];
    size_t count;
};

/* The caller moves the walkers on. */
static inline void write_down(struct journal *journal, const struct settled_tick *tick)
{
    struct record *record = &journal->ticks[journal->count++];
    memset(record, 0, sizeof(*record));
    record->tick_us = tick->tick_us;
    record->duration_us = tick->duration_us;
    record->person_count = tick->person_count;
    record->frame_count = tick->frame_count;
    record->pair_count = tick->pair_count;
    assert_true(tick->person_count <= PEOPLE_MAX);
    for (size_t i = 0; i < tick->person_count; i++) {
        struct settled_person *person = &record->people[i];
        person->track = tick->people[i].track;
        person->seen = tick->people[i].seen;
        person->cameras = tick->people[i].cameras;
        person->state = tick->people[i].state;
        struct walker *walker = tick->people[i].walker;
        record->anchors[i] = walker->anchor;
        record->walking[i] = walker->started;
        walker->started = true;
        walker->cell++;
        walker->anchor = person->state.position;
        record->walks[i] = walker->cell;
    }
    for (size_t i = 0; i < tick->frame_count; i++) {
        record->frames[i].camera = tick->frames[i].camera;
        record->frames[i].observations = tick->frames[i].observations;
        record->frames[i].boot_id = tick->frames[i].boot_id;
        record->frames[i].sequence = tick->frames[i].sequence;
        record->frames[i].looking = tick->frames[i].looking;
        record->frames[i].capture_us = tick->frames[i].capture_us;
        record->frames[i].origin = tick->frames[i].origin;
    }
    for (size_t i = 0; i < tick->pair_count; i++)
        record->pairs[i] = tick->pairs[i];
}

static inline void drain(struct settle *settle, bool all, struct journal *journal)
{
    struct settled_tick tick;
    int r;
    while ((r = settle_pop(settle, all, &tick)) > 0)
        write_down(journal, &tick);
    assert_int_equal(r, 0);
}

static inline struct settle *settle_of(int64_t lag_us)
{
    struct settle *settle;
    assert_int_equal(settle_create(lag_us, NOISE_M2_S3, &settle), 0);
    return settle;
}

/* Samples of a person who walks along x with 1 m/s, 10 ticks a second. */
static inline struct floor_m on_the_line(int tick)
{
    return (struct floor_m){ 0.1 * tick, 3 };
}

static inline struct settle_sample seen(uint64_t track, int tick)
{
    return (struct settle_sample){ .track = track,
                                   .seen = true,
                                   .sighted = on_the_line(tick),
                                   .covariance = usual_m2,
                                   .cameras = 2,
                                   .confirmed = true };
}

#endif
