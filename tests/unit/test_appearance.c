/*
 * test_appearance.c - what people look like: costs, learning, and the scene where it decides
 *
 * Statistics are by simulation with generators of a known seed; bounds follow from the number of
 * samples, as said beside them.
 */
#include "fusion/appearance.h"

#include <errno.h>

#include "fusion/people.h"
#include "fusion_scene.h"
#include "near.h"

#define LENGTH 8
#define MODEL  UINT64_C(77)

struct looks {
    float values[LENGTH];
};

/* A vector of unit length with a direction by chance: normal numbers, normalised. */
static struct looks by_chance(uint64_t *seed)
{
    struct looks raw, unit;
    for (int i = 0; i < LENGTH; i++)
        raw.values[i] = (float) scene_normal(seed);
    assert_int_equal(appearance_normalise(raw.values, LENGTH, unit.values), 0);
    return unit;
}

/* The same person again: each number is off by sd. */
static struct looks again(struct looks person, double sd, uint64_t *seed)
{
    struct looks raw, unit;
    for (int i = 0; i < LENGTH; i++)
        raw.values[i] = (float) (person.values[i] + sd * scene_normal(seed));
    assert_int_equal(appearance_normalise(raw.values, LENGTH, unit.values), 0);
    return unit;
}

static struct appearance_vector vector_of(const struct looks *looks)
{
    return (struct appearance_vector){ .values = looks->values, .length = LENGTH, .model = MODEL };
}

static double cost_of(const struct appearance *a, uint64_t track, struct looks looks)
{
    struct appearance_vector vector = vector_of(&looks);
    return appearance_cost(appearance_of(a, track), &vector);
}

#define PEOPLE 10
#define ROUNDS 400

/*
 * A store of ten people who are seen at 2 Hz, with vectors that are off by sd, or have nothing to
 * do with who is seen.
 */
static struct appearance *learn(double sd, bool by_chance_only, struct looks people[PEOPLE],
                                uint64_t *seed)
{
    struct appearance *a = NULL;
    assert_int_equal(appearance_create(&a), 0);
    for (int p = 0; p < PEOPLE; p++)
        people[p] = by_chance(seed);
    for (int round = 0; round < ROUNDS; round++)
        for (int p = 0; p < PEOPLE; p++) {
            struct looks now = by_chance_only ? by_chance(seed) : again(people[p], sd, seed);
            struct appearance_vector vector = vector_of(&now);
            uint64_t track = (uint64_t) p + 1, other = (uint64_t) ((p + 1) % PEOPLE) + 1;
            assert_int_equal(appearance_note_same(a, track, &vector, round * 500000), 1);
            appearance_note_different(a, other, &vector);
        }
    return a;
}

static void without_a_portrait_nothing_is_said(void **state)
{
    uint64_t seed = 1;
    struct looks person = by_chance(&seed);
    struct appearance_vector vector = vector_of(&person);
    AUTO(appearance_destroy) struct appearance *a = NULL;
    assert_null(appearance_of(NULL, 1));
    assert_near(appearance_cost(NULL, &vector), 0, 0);
    assert_int_equal(appearance_create(&a), 0);
    assert_null(appearance_of(a, 1));
    assert_int_equal(appearance_note_same(a, 1, &vector, 0), 1);
    assert_near(appearance_cost(appearance_of(a, 1), NULL), 0, 0);
    /* One sighting is no portrait yet: APPEARANCE_SIGHTINGS_MIN are. */
    assert_near(cost_of(a, 1, person), 0, 0);
    assert_int_equal(appearance_note_same(a, 1, &vector, 1000000), 1);
    assert_near(cost_of(a, 1, person), 0, 0);
    assert_int_equal(appearance_note_same(a, 1, &vector, 2000000), 1);
    assert_true(cost_of(a, 1, person) < 0);
    (void) state;
}

static void at_first_published_thresholds_part_same_from_different(void **state)
{
    /* Unit vectors at an angle of acos(1 - d) to (1, 0, ...) have the cosine distance d. DeepSORT
     * takes up to 0.2, BoT-SORT up to 0.25 for the same person; 0.35 is beyond both. */
    struct looks person = { { 1 } };
    struct appearance_vector vector = vector_of(&person);
    AUTO(appearance_destroy) struct appearance *a = NULL;
    assert_int_equal(appearance_create(&a), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(appearance_note_same(a, 1, &vector, i * 1000000), 1);
    static const struct {
        double distance;
        bool same;
    } cases[] = { { 0.0, true }, { 0.1, true }, { 0.2, true }, { 0.35, false }, { 0.8, false } };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        double cosine = 1 - cases[i].distance;
        struct looks now = { { (float) cosine, (float) sqrt(1 - cosine * cosine) } };
        double cost = cost_of(a, 1, now);
        assert_true(cases[i].same ? cost < 0 : cost > 0);
        assert_true(fabs(cost) <= APPEARANCE_COST_MAX);
    }
    (void) state;
}

static void a_network_that_knows_people_separates_them(void **state)
{
    /* Numbers off by 0.1 in 8 dimensions: |noise| is 0.28 of the length, so the cosine is about 1 /
     * sqrt(1 + 0.07) and the distance 0.034; directions by chance in 8 dimensions have cosines of
     * standard deviation 1 / sqrt(8) = 0.35 around 0, distances of 1 +- 0.35. */
    uint64_t seed = 2;
    struct looks people[PEOPLE];
    AUTO(appearance_destroy) struct appearance *a = learn(0.1, false, people, &seed);
    struct appearance_judgement j;
    assert_true(appearance_judgement_of(a, MODEL, LENGTH, &j));
    assert_near(j.same_mean, 0.034, 0.015);
    assert_near(j.different_mean, 1, 0.25); /* ten people: ten pairs, 0.35 / sqrt(10), twice */
    int own_right = 0, other_right = 0, tries = 0;
    for (int i = 0; i < 200; i++)
        for (int p = 0; p < PEOPLE; p++, tries++) {
            struct looks now = again(people[p], 0.1, &seed);
            own_right += cost_of(a, (uint64_t) p + 1, now) < -2;
            other_right += cost_of(a, (uint64_t) ((p + 3) % PEOPLE) + 1, now) >
                           cost_of(a, (uint64_t) p + 1, now) + 2;
        }
    assert_true(own_right > 0.99 * tries);
    assert_true(other_right > 0.95 * tries); /* some two of ten may look alike */
    (void) state;
}

static void a_network_that_knows_nothing_weighs_nothing(void **state)
{
    uint64_t seed = 3;
    struct looks people[PEOPLE];
    AUTO(appearance_destroy) struct appearance *a = learn(0, true, people, &seed);
    double sum = 0, largest = 0;
    int tries = 2000;
    for (int i = 0; i < tries; i++) {
        double cost = cost_of(a, (uint64_t) (i % PEOPLE) + 1, by_chance(&seed));
        sum += cost;
        largest = fmax(largest, fabs(cost));
    }
    /* A tenth of a -2 ln likelihood is a factor of 1.05; the edge of the gate is at 9. */
    assert_near(sum / tries, 0, 0.1);
    assert_true(largest < 0.5);
    (void) state;
}

static void a_poor_network_weighs_little(void **state)
{
    /* Off by 0.5 in each number: |noise| 1.41 times the signal; costs of one's own portrait are
     * below those of others on average, and smaller than those of the good network. */
    uint64_t seed = 4;
    struct looks people[PEOPLE];
    AUTO(appearance_destroy) struct appearance *a = learn(0.5, false, people, &seed);
    double own = 0, other = 0;
    int tries = 0;
    for (int i = 0; i < 200; i++)
        for (int p = 0; p < PEOPLE; p++, tries++) {
            struct looks now = again(people[p], 0.5, &seed);
            own += cost_of(a, (uint64_t) p + 1, now);
            other += cost_of(a, (uint64_t) ((p + 3) % PEOPLE) + 1, now);
        }
    assert_true(own / tries < -0.3);
    assert_true(other / tries > 0.3);
    assert_true(own / tries > -3);
    (void) state;
}

static void the_cost_never_falls_with_the_distance(void **state)
{
    uint64_t seed = 5;
    struct looks people[PEOPLE], person = { { 1 } };
    AUTO(appearance_destroy) struct appearance *a = learn(0.1, false, people, &seed);
    struct appearance_vector vector = vector_of(&person);
    for (int i = 0; i < 5; i++)
        assert_int_equal(appearance_note_same(a, 99, &vector, i * 1000000), 1);
    double before = -INFINITY;
    for (int i = 0; i <= 200; i++) {
        double cosine = 1 - i / 100.0;
        struct looks now = { { (float) cosine, (float) sqrt(fmax(0, 1 - cosine * cosine)) } };
        double cost = cost_of(a, 99, now);
        assert_true(cost >= before);
        before = cost;
    }
    (void) state;
}

static void other_lengths_and_other_models_are_never_compared(void **state)
{
    struct looks person = { { 1 } };
    struct appearance_vector vector = vector_of(&person), shorter = vector, foreign = vector;
    AUTO(appearance_destroy) struct appearance *a = NULL;
    assert_int_equal(appearance_create(&a), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(appearance_note_same(a, 1, &vector, i * 1000000), 1);
    shorter.length = LENGTH / 2;
    foreign.model = appearance_model_of("another");
    assert_true(appearance_cost(appearance_of(a, 1), &vector) < 0);
    assert_near(appearance_cost(appearance_of(a, 1), &shorter), 0, 0);
    assert_near(appearance_cost(appearance_of(a, 1), &foreign), 0, 0);
    /* A portrait can be by several networks, and there is an end to how many. */
    for (uint32_t length = 2; length < 2 + APPEARANCE_MODELS_MAX; length++) {
        shorter.length = length;
        assert_int_equal(appearance_note_same(a, 1, &shorter, 0),
                         length < 1 + APPEARANCE_MODELS_MAX);
    }
    assert_int_equal(appearance_counts(a).left_out, 1);
    assert_true(appearance_model_of("a") != appearance_model_of("b"));
    (void) state;
}

static void a_portrait_takes_a_sighting_now_and_then(void **state)
{
    struct looks person = { { 1 } };
    struct appearance_vector vector = vector_of(&person);
    AUTO(appearance_destroy) struct appearance *a = NULL;
    assert_int_equal(appearance_create(&a), 0);
    assert_int_equal(appearance_note_same(a, 1, &vector, 0), 1);
    assert_int_equal(appearance_note_same(a, 1, &vector, APPEARANCE_STEP_US - 1), 0);
    assert_int_equal(appearance_note_same(a, 1, &vector, APPEARANCE_STEP_US), 1);
    (void) state;
}

static void portraits_of_those_who_are_gone_are_forgotten(void **state)
{
    struct looks person = { { 1 } };
    struct appearance_vector vector = vector_of(&person);
    AUTO(appearance_destroy) struct appearance *a = NULL;
    const uint64_t stay[] = { 2, 3, 7, 9 };
    assert_int_equal(appearance_create(&a), 0);
    for (uint64_t track = 8; track > 0; track--)
        assert_int_equal(appearance_note_same(a, track, &vector, 0), 1);
    appearance_keep(a, stay, ARRAY_LENGTH(stay));
    assert_int_equal(appearance_counts(a).portraits, 3);
    assert_null(appearance_of(a, 1));
    assert_non_null(appearance_of(a, 2));
    assert_non_null(appearance_of(a, 7));
    assert_null(appearance_of(a, 8));
    appearance_keep(a, stay, 0);
    assert_int_equal(appearance_counts(a).portraits, 0);
    (void) state;
}

static void what_says_nothing_has_no_unit_length(void **state)
{
    float zeros[3] = { 0 }, bad[3] = { 1, NAN, 0 }, vast[3] = { 3e30f, 4e30f, 0 }, unit[3];
    float endless[3] = { INFINITY, 0, 0 };
    assert_int_equal(appearance_normalise(zeros, 3, unit), -EINVAL);
    assert_int_equal(appearance_normalise(bad, 3, unit), -EINVAL);
    assert_int_equal(appearance_normalise(endless, 3, unit), -EINVAL);
    assert_int_equal(appearance_normalise(vast, 3, unit), 0);
    assert_near(unit[0], 0.6, 1e-6); /* 3-4-5 */
    assert_near(unit[1], 0.8, 1e-6);
    (void) state;
}

static void what_is_saved_comes_back_bit_for_bit(void **state)
{
    uint64_t seed = 6;
    struct looks people[PEOPLE];
    struct buffer first = BUFFER_INIT, second = BUFFER_INIT;
    AUTO(appearance_destroy) struct appearance *a = learn(0.2, false, people, &seed);
    AUTO(appearance_destroy) struct appearance *back = NULL;
    appearance_save(a, &first);
    assert_int_equal(buffer_result(&first), 0);
    struct buffer_reader reader = buffer_reader_of(first.bytes, first.length);
    assert_int_equal(appearance_restore(&reader, &back), 0);
    assert_int_equal(reader.at, first.length);
    appearance_save(back, &second);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.bytes, second.bytes, first.length);
    for (int i = 0; i < 100; i++) {
        struct looks now = by_chance(&seed);
        uint64_t track = (uint64_t) (i % PEOPLE) + 1;
        double expected = cost_of(a, track, now), restored = cost_of(back, track, now);
        assert_memory_equal(&expected, &restored, sizeof(expected));
    }
    buffer_release(&first);
    buffer_release(&second);
    (void) state;
}

static void nobody_saved_is_nobody_restored(void **state)
{
    struct buffer buffer = BUFFER_INIT;
    struct appearance *back = NULL;
    appearance_save(NULL, &buffer);
    struct buffer_reader reader = buffer_reader_of(buffer.bytes, buffer.length);
    assert_int_equal(appearance_restore(&reader, &back), 0);
    assert_null(back);
    buffer_release(&buffer);
    (void) state;
}

static void damaged_bytes_are_refused(void **state)
{
    uint64_t seed = 7;
    struct looks people[PEOPLE];
    struct buffer buffer = BUFFER_INIT;
    AUTO(appearance_destroy) struct appearance *a = learn(0.2, false, people, &seed);
    appearance_save(a, &buffer);
    for (size_t length = 0; length < buffer.length; length++) {
        struct buffer_reader reader = buffer_reader_of(buffer.bytes, length);
        AUTO(appearance_destroy) struct appearance *back = NULL;
        assert_int_equal(appearance_restore(&reader, &back), -EBADMSG);
        assert_null(back);
    }
    /* A byte of another value is either refused or a state that can be used. */
    for (int i = 0; i < 2000; i++) {
        size_t place = (size_t) (scene_uniform(&seed) * (double) buffer.length);
        uint8_t kept = buffer.bytes[place];
        buffer.bytes[place] = (uint8_t) (scene_uniform(&seed) * 256);
        struct buffer_reader reader = buffer_reader_of(buffer.bytes, buffer.length);
        AUTO(appearance_destroy) struct appearance *back = NULL;
        if (appearance_restore(&reader, &back) == 0 && back)
            assert_true(fabs(cost_of(back, 1, people[0])) <= APPEARANCE_COST_MAX);
        buffer.bytes[place] = kept;
    }
    buffer_release(&buffer);
    (void) state;
}

/* One camera sees two people walk towards each other, stop for 3 s 0.3 m apart, and go on. */
#define CROSS_TICKS 160
#define APART_M     0.3
#define SD_M        0.15

static void walk_at(int tick, struct floor_m ret_people[2])
{
    double t_s = tick / 10.0, along_m = 10 - 1.0 * (6.5 - t_s);
    if (t_s > 6.5)
        along_m = 10 + fmax(0, 1.0 * (t_s - 9.5));
    ret_people[0] = (struct floor_m){ along_m, 5 - APART_M / 2 };
    ret_people[1] = (struct floor_m){ 20 - along_m, 5 + APART_M / 2 };
}

/* The track nearest to a place at a tick; 0: none within 1 m. */
static uint64_t track_at(const struct scene *scene, int tick, struct floor_m place)
{
    uint64_t track = 0;
    double nearest_m = 1;
    for (size_t i = 0; i < scene->report_count; i++) {
        double m = floor_distance_m(scene->reports[i].position, place);
        if (scene->report_tick_us[i] == SCENE_START_US + tick * 100000 && m < nearest_m) {
            nearest_m = m;
            track = scene->reports[i].track;
        }
    }
    return track;
}

/* What happens to two people: where they are at a tick; false while nobody sees them. */
typedef bool story_fn(int tick, struct floor_m ret_people[2]);

static bool they_meet(int tick, struct floor_m ret_people[2])
{
    walk_at(tick, ret_people);
    return true;
}

/* They come together from 3 m to 0.6 m, stand for 2 s, are away for 1.5 s, and have changed places
 * when they come back. */
static bool they_change_places(int tick, struct floor_m ret_people[2])
{
    double side = tick < 80 ? fmin(1.5, 0.3 + 0.08 * (60 - fmin(60, tick))) : -0.3;
    ret_people[0] = (struct floor_m){ 10 + side, 5 };
    ret_people[1] = (struct floor_m){ 10 - side, 5 };
    return tick < 80 || tick >= 95;
}

/* Whether both have kept their track. sd: of each of a vector's numbers; NAN: no vectors. */
static bool identities_kept(story_fn *story, uint64_t seed, double sd)
{
    struct scene scene;
    struct floor_m people[2], first[2], last[2];
    struct looks faces[2] = { by_chance(&seed), by_chance(&seed) };
    scene_open(&scene);
    scene_camera(&scene, "only", 0, 20);
    for (int tick = 1; tick <= CROSS_TICKS; tick++) {
        float vectors[2][LENGTH];
        struct observation seen[2];
        struct observation_frame frame = { .boot_id = 7,
                                           .sequence = (uint64_t) tick,
                                           .capture_us = SCENE_START_US + tick * 100000,
                                           .camera = "only",
                                           .model_id = "network",
                                           .observations = seen,
                                           .observation_count = 2 };
        if (!story(tick, people))
            frame.observation_count = 0;
        for (int i = 0; i < 2; i++) {
            int p = (tick + i) % 2; /* the detector's order means nothing */
            seen[i] = (struct observation){ .object_class = OBSERVATION_PERSON,
                                            .score = 0.9f,
                                            .floor = scene_noisy(people[p], SD_M, &seed),
                                            .covariance = { SD_M * SD_M, 0, SD_M * SD_M },
                                            .height_m = NAN,
                                            .body_index = -1 };
            struct looks now = again(faces[p], isnan(sd) ? 0 : sd, &seed);
            memcpy(vectors[i], now.values, sizeof(vectors[i]));
        }
        if (!isnan(sd)) {
            frame.appearance = vectors[0];
            frame.appearance_length = LENGTH;
        }
        int64_t now_ns = tick * 100 * NS_PER_MS;
        assert_int_equal(fusion_push(scene.fusion, &frame, now_ns), 0);
        assert_int_equal(fusion_advance(scene.fusion, now_ns), 0);
    }
    assert_int_equal(fusion_finish(scene.fusion), 0);
    assert_true(story(30, first) && story(CROSS_TICKS - 10, last));
    bool kept = true;
    for (int p = 0; p < 2; p++) {
        uint64_t before = track_at(&scene, 30, first[p]);
        kept = kept && before && before == track_at(&scene, CROSS_TICKS - 10, last[p]);
    }
    scene_close(&scene);
    return kept;
}

static void two_who_meet_keep_their_identities_by_their_looks(void **state)
{
    int without = 0, with = 0, with_nonsense = 0, runs = 40;
    for (uint64_t seed = 1; seed <= (uint64_t) runs; seed++) {
        without += identities_kept(they_meet, seed, NAN);
        with += identities_kept(they_meet, seed, 0.1);
        with_nonsense += identities_kept(they_meet, seed, 1000);
    }
    print_message("identities kept in %d runs: %d without vectors, %d with, %d with noise\n", runs,
                  without, with, with_nonsense);
    /* Position alone is chance where they stand; a half, give or take two standard deviations. */
    assert_true(without <= 30);
    assert_true(with >= 38);
    assert_true(with_nonsense >= without - 10);
    (void) state;
}

static void who_turns_up_again_is_known_by_their_looks(void **state)
{
    int without = 0, with = 0, runs = 20;
    for (uint64_t seed = 1; seed <= (uint64_t) runs; seed++) {
        without += identities_kept(they_change_places, seed, NAN);
        with += identities_kept(they_change_places, seed, 0.1);
    }
    print_message("known again in %d runs: %d without vectors, %d with\n", runs, without, with);
    /* Where they were says that each is the other, but for what they have drifted meanwhile. */
    assert_true(without <= 10);
    assert_true(with >= 16);
    (void) state;
}

static void vectors_follow_their_observations(void **state)
{
    /* Three observations: a head of a body, the body, somebody else; the head is left out. */
    float rows[3][2] = { { 9, 9 }, { 3, 4 }, { NAN, 1 } };
    struct observation seen[3];
    for (int i = 0; i < 3; i++)
        seen[i] = (struct observation){ .object_class = i ? OBSERVATION_PERSON : OBSERVATION_HEAD,
                                        .floor = { i, 0 },
                                        .covariance = { 0.01, 0, 0.01 },
                                        .body_index = i ? -1 : 1 };
    struct observation_frame frame = { .model_id = "network",
                                       .observations = seen,
                                       .observation_count = 3,
                                       .appearance = rows[0],
                                       .appearance_length = 2 };
    struct align_counts counts = { 0 };
    struct joint_counts joints = { 0 };
    struct aligned_frame *copy;
    assert_int_equal(people_copy_frame(0, &frame, 1.7, &counts, &joints, &copy), 0);
    assert_int_equal(copy->observation_count, 2);
    assert_near(aligned_frame_appearance(copy, 0)[0], 0.6, 1e-6); /* 3-4-5 */
    assert_near(aligned_frame_appearance(copy, 0)[1], 0.8, 1e-6);
    assert_null(aligned_frame_appearance(copy, 1));
    assert_int_equal(counts.appearances_ignored, 1);
    assert_int_equal(counts.observations_dropped, 0);
    assert_int_equal(copy->appearance_model, appearance_model_of("network"));
    free(copy);
    (void) state;
}

static void of_too_many_people_the_vectors_of_the_best_stay(void **state)
{
    static float rows[ALIGN_PEOPLE_MAX + 100][2];
    static struct observation seen[ALIGN_PEOPLE_MAX + 100];
    for (int i = 0; i < ALIGN_PEOPLE_MAX + 100; i++) {
        seen[i] = (struct observation){ .object_class = OBSERVATION_PERSON,
                                        .score = i < 100 ? 0.1f : 0.9f,
                                        .floor = { i, 0 },
                                        .covariance = { 0.01, 0, 0.01 },
                                        .body_index = -1 };
        rows[i][0] = cosf((float) i);
        rows[i][1] = sinf((float) i);
    }
    struct observation_frame frame = { .observations = seen,
                                       .observation_count = ALIGN_PEOPLE_MAX + 100,
                                       .appearance = rows[0],
                                       .appearance_length = 2 };
    struct align_counts counts = { 0 };
    struct joint_counts joints = { 0 };
    struct aligned_frame *copy;
    assert_int_equal(people_copy_frame(0, &frame, 1.7, &counts, &joints, &copy), 0);
    assert_int_equal(copy->observation_count, ALIGN_PEOPLE_MAX);
    for (size_t i = 0; i < ALIGN_PEOPLE_MAX; i++) {
        double number = copy->observations[i].floor.x;
        assert_near(number, (double) i + 100, 0);
        assert_near(aligned_frame_appearance(copy, i)[0], cos(number), 1e-5);
    }
    assert_int_equal(counts.observations_dropped, 100);
    free(copy);
    (void) state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_portrait_nothing_is_said),
        cmocka_unit_test(at_first_published_thresholds_part_same_from_different),
        cmocka_unit_test(a_network_that_knows_people_separates_them),
        cmocka_unit_test(a_network_that_knows_nothing_weighs_nothing),
        cmocka_unit_test(a_poor_network_weighs_little),
        cmocka_unit_test(the_cost_never_falls_with_the_distance),
        cmocka_unit_test(other_lengths_and_other_models_are_never_compared),
        cmocka_unit_test(a_portrait_takes_a_sighting_now_and_then),
        cmocka_unit_test(portraits_of_those_who_are_gone_are_forgotten),
        cmocka_unit_test(what_says_nothing_has_no_unit_length),
        cmocka_unit_test(what_is_saved_comes_back_bit_for_bit),
        cmocka_unit_test(nobody_saved_is_nobody_restored),
        cmocka_unit_test(damaged_bytes_are_refused),
        cmocka_unit_test(two_who_meet_keep_their_identities_by_their_looks),
        cmocka_unit_test(who_turns_up_again_is_known_by_their_looks),
        cmocka_unit_test(vectors_follow_their_observations),
        cmocka_unit_test(of_too_many_people_the_vectors_of_the_best_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
