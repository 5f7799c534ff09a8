/* test_fusion_evidence.c - what fusion tells of its cameras: their own words, and whose they are */
#include "fusion_scene.h"

#define PERIOD_US INT64_C(200000)
#define ROUNDS    50

struct record {
    struct scene scene;
    struct floor_m said[2]; /* by slot: where the camera has put the walker in its last frame */
    size_t ticks, sightings, of_the_walker, looks, found, unfound_of_b;
    uint64_t walker;
};

/* Camera a is slot 0, b slot 1: they are named in this order. */
static void take(void *context, const struct evidence *evidence)
{
    struct record *record = context;
    record->ticks++;
    assert_int_equal(evidence->camera_count, 2);
    for (size_t i = 0; i < evidence->sighting_count; i++) {
        const struct evidence_sighting *s = &evidence->sightings[i];
        record->sightings++;
        record->of_the_walker += s->track != 0 && s->track == record->walker;
        assert_true(s->capture_us > evidence->tick_us - evidence->duration_us &&
                    s->capture_us <= evidence->tick_us);
        /* As it was said: without the correction of feet that fusion makes. */
        assert_true(s->foot.x == record->said[s->camera].x);
        assert_true(s->foot.y == record->said[s->camera].y);
    }
    for (size_t i = 0; i < evidence->look_count; i++) {
        record->looks++;
        record->found += evidence->looks[i].found;
        record->unfound_of_b += !evidence->looks[i].found && evidence->looks[i].camera == 1;
        assert_true(evidence->look_us[evidence->looks[i].camera] <= evidence->tick_us);
    }
    for (size_t i = 0; i < evidence->track_count; i++)
        if (evidence->tracks[i].confirmed)
            record->walker = evidence->tracks[i].number;
}

static void push(struct record *record, const char *camera, int slot, int round, bool sees)
{
    struct scene_frame frame = { .at_us = round * PERIOD_US, .sequence = (uint64_t) round };
    (void) snprintf(frame.camera, sizeof(frame.camera), "%s", camera);
    /* b puts everything 0.3 m to the right of where a does. */
    frame.people[0] = (struct floor_m){ 3 + 0.2 * round + 0.3 * slot, 5 };
    frame.count = sees;
    record->said[slot] = frame.people[0];
    scene_live(&record->scene, &frame, 0.1);
}

/* Somebody walks at 1 m/s where both cameras look; b sees nobody in its second half. */
static void cameras_words_come_as_they_were_said(void **state)
{
    (void) state;
    struct record record = { 0 };
    scene_open(&record.scene);
    fusion_destroy(&record.scene.fusion);
    const struct fusion_sink sink = { .context = &record, .evidence = take };
    assert_int_equal(fusion_create("shop", "ground", record.scene.map, &scene_config, &scene_heat,
                                   &sink, &record.scene.fusion, NULL),
                     0);
    scene_camera(&record.scene, "a", 0, 20);
    scene_camera(&record.scene, "b", 0, 20);
    assert_string_equal(fusion_camera_name(record.scene.fusion, 1), "b");
    for (int round = 0; round < ROUNDS; round++) {
        push(&record, "a", 0, round, true);
        push(&record, "b", 1, round, round < ROUNDS / 2);
    }
    assert_int_equal(fusion_finish(record.scene.fusion), 0);
    assert_int_equal(record.sightings, ROUNDS + ROUNDS / 2);
    assert_int_equal(fusion_counts(record.scene.fusion).tracks_confirmed, 1);
    /* All but those by which the walker became somebody. */
    assert_in_range(record.of_the_walker, ROUNDS + ROUNDS / 2 - 6, ROUNDS + ROUNDS / 2 - 2);
    /* Once a frame each camera has looked at the walker; a found them, b found nobody at the end.
     */
    assert_in_range(record.looks, 2 * ROUNDS - 4, 2 * ROUNDS);
    assert_in_range(record.unfound_of_b, ROUNDS / 2 - 2, ROUNDS / 2);
    assert_int_equal(record.found, record.looks - record.unfound_of_b);
    scene_close(&record.scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(cameras_words_come_as_they_were_said) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
