/*
 * test_fusion_save.c - a run of fusion that is cut in two, and states that must be refused
 *
 * What is expected is the same run in one piece: there is nothing to be worked out by hand.
 */
#include <errno.h>

#include "base/crc32.h"
#include "base/file.h"
#include "fusion_show.h"
#include "tests/fuzz/fusion_state_floor.h"

static void require_same(const struct buffer *a, const struct buffer *b)
{
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->bytes, b->bytes, a->length);
}

/* Go on in another fusion, in which the cameras have been named in another order, as after a start
 * of the machine. */
static void cut(struct show_run *run, size_t step, bool backwards)
{
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT, again = BUFFER_INIT;
    show_save(run, step, &saved);
    fusion_destroy(&run->fusion);
    run->clock_ns = 1000003 * ((int64_t) step + 1);
    run->fusion = show_new_fusion(run);
    show_name_all(run, step, backwards);
    struct error err = { "" };
    int r = fusion_restore(run->fusion, show_now_ns(run, step), saved.bytes, saved.length, &err);
    if (r < 0)
        print_error("step %zu: %s\n", step, err.text);
    assert_int_equal(r, 0);
    show_save(run, step, &again);
    require_same(&saved, &again);
}

/* Cut before each step for which cuts[step] is set; NULL: never. */
static void run_show(const struct show *show, const struct fusion_config *config, const bool *cuts,
                     struct buffer *ret_journal)
{
    struct show_run run;
    show_begin(&run, show, config);
    for (size_t step = 0; step <= show->step_count; step++) {
        if (cuts && cuts[step])
            cut(&run, step, step % 2 == 0);
        if (step < show->step_count)
            show_play(&run, step, step + 1);
    }
    show_finish(&run);
    *ret_journal = run.journal;
}

static struct fusion_config config_of(int tick_ms, int settle_ms)
{
    struct fusion_config config = scene_config;
    config.tick_ms = tick_ms;
    config.settle_ms = settle_ms;
    return config;
}

static void require_same_show(const struct show *show, const struct fusion_config *config,
                              const struct buffer *whole, const bool *cuts)
{
    AUTO(buffer_release) struct buffer journal = BUFFER_INIT;
    run_show(show, config, cuts, &journal);
    require_same(whole, &journal);
}

static void a_run_that_is_cut_at_every_frame_is_bit_for_bit_the_same(void **state)
{
    (void) state;
    bool everywhere[SHOW_FRAMES + 1];
    memset(everywhere, true, sizeof(everywhere));
    const struct fusion_config configs[] = { config_of(100, 2000), config_of(0, 1000),
                                             config_of(250, 0) };
    for (size_t i = 0; i < ARRAY_LENGTH(configs); i++) {
        AUTO(buffer_release) struct buffer whole = BUFFER_INIT;
        struct show show;
        show_open(&show, 1 + i);
        run_show(&show, &configs[i], NULL, &whole);
        require_same_show(&show, &configs[i], &whole, everywhere);
        show_close(&show);
    }
}

static void a_run_that_is_cut_anywhere_is_bit_for_bit_the_same(void **state)
{
    (void) state;
    struct fusion_config config = config_of(100, 2000);
    for (uint64_t seed = 11; seed < 14; seed++) {
        AUTO(buffer_release) struct buffer whole = BUFFER_INIT;
        struct chance chance = { seed };
        struct show show;
        show_open(&show, seed);
        run_show(&show, &config, NULL, &whole);
        for (int i = 0; i < 12; i++) {
            bool once[SHOW_FRAMES + 1] = { false };
            once[(size_t) chance_between(&chance, 0, (double) show.step_count + 1)] = true;
            require_same_show(&show, &config, &whole, once);
        }
        show_close(&show);
    }
}

/* The show is worth its name: all that is cut in two has to be there. */
static void the_show_has_everything_in_it(void **state)
{
    (void) state;
    struct fusion_config config = config_of(100, 2000);
    struct show_run run;
    struct show show;
    show_open(&show, 1);
    show_begin(&run, &show, &config);
    show_play(&run, 0, show.step_count);
    assert_int_equal(fusion_finish(run.fusion), 0);
    struct fusion_counts counts = fusion_counts(run.fusion);
    struct pair_residual *pairs;
    assert_true(fusion_pair_residuals(run.fusion, &pairs) >= 2);
    assert_true(counts.tracks_confirmed > (uint64_t) counts.peak_people);
    assert_true(counts.peak_people > 5);
    assert_true(counts.frames_late > 0);
    assert_true(counts.frames_unknown > 0);
    assert_true(counts.frames_implausible > 0);
    assert_true(counts.observations_dropped > 0);
    assert_true(counts.appearances_ignored > 0);
    assert_true(counts.people_ms > 50 * 1000);
    free(pairs);
    fusion_destroy(&run.fusion);
    buffer_release(&run.journal);
    show_close(&show);
}

/* The cameras have been named before this step of the show. */
static void play_from(struct show_run *run, size_t step, size_t named_before,
                      const struct buffer *saved)
{
    fusion_destroy(&run->fusion);
    run->journal.length = 0;
    run->fusion = show_new_fusion(run);
    show_name_all(run, named_before, true);
    int64_t now_ns = show_now_ns(run, step);
    assert_int_equal(fusion_restore(run->fusion, now_ns, saved->bytes, saved->length, NULL), 0);
    show_play(run, step, run->show->step_count);
    show_finish(run);
}

/* At the very beginning it is waited for. */
static void a_camera_that_is_new_may_be_named_before_or_after_the_restore(void **state)
{
    (void) state;
    struct fusion_config config = config_of(100, 2000);
    const size_t steps[] = { 2, 60 };
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        AUTO(buffer_release) struct buffer saved = BUFFER_INIT, before = BUFFER_INIT;
        struct show_run run;
        struct show show;
        show_open(&show, 5);
        show.named_at = steps[i];
        show_begin(&run, &show, &config);
        show_play(&run, 0, show.named_at);
        show_save(&run, show.named_at, &saved);
        play_from(&run, show.named_at, show.named_at + 1, &saved);
        before = run.journal;
        run.journal = BUFFER_INIT;
        play_from(&run, show.named_at, show.named_at, &saved);
        require_same(&before, &run.journal);
        buffer_release(&run.journal);
        show_close(&show);
    }
}

/* fusion/README.md: before the first tick every named camera is waited for, lateness_ms. */
static void a_camera_that_is_new_before_the_first_tick_is_waited_for(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct scene scene, later;
    struct scene_frame frame = { .camera = "a" };
    scene_open(&scene);
    scene_camera(&scene, "a", 0, 20);
    assert_int_equal(scene_push(&scene, &frame, 0.1, 5 * NS_PER_S), 0);
    assert_int_equal(fusion_save(scene.fusion, 6 * NS_PER_S, &saved), 0);
    scene_open(&later);
    scene_camera(&later, "b", 0, 20);
    scene_camera(&later, "a", 0, 20);
    int64_t now_ns = 100 * NS_PER_S; /* a second after the frame */
    assert_int_equal(fusion_restore(later.fusion, now_ns, saved.bytes, saved.length, NULL), 0);
    assert_int_equal(fusion_next_deadline_mono_ns(scene.fusion), INT64_MIN);
    assert_int_equal(fusion_next_deadline_mono_ns(later.fusion),
                     99 * NS_PER_S + scene_config.lateness_ms * NS_PER_MS);
    scene_close(&scene);
    scene_close(&later);
}

/* Also in a fusion that has seen something else, with its cameras in another order. */
static void a_state_takes_the_place_of_everything_that_was_there(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct fusion_config config = config_of(100, 2000);
    struct show_run run, other;
    struct show show;
    show_open(&show, 6);
    show.named_at = SIZE_MAX;
    size_t step = show.turned_at + 20;
    show_begin(&run, &show, &config);
    show_play(&run, 0, step);
    show_save(&run, step, &saved);
    show_begin(&other, &show, &config);
    fusion_destroy(&other.fusion);
    other.fusion = show_new_fusion(&other);
    show_name_all(&other, step, true);
    show_play(&other, 0, step + 40);
    int64_t now_ns = show_now_ns(&other, step);
    assert_int_equal(fusion_restore(other.fusion, now_ns, saved.bytes, saved.length, NULL), 0);
    run.journal.length = other.journal.length = 0;
    show_play(&run, step, show.step_count);
    show_play(&other, step, show.step_count);
    show_finish(&run);
    show_finish(&other);
    require_same(&run.journal, &other.journal);
    buffer_release(&run.journal);
    buffer_release(&other.journal);
    show_close(&show);
}

static void open_floor(struct state_floor *floor, int ticks)
{
    assert_int_equal(state_floor_open(floor), 0);
    assert_int_equal(state_floor_play(floor, 0, ticks), 0);
}

static void save_floor(const struct state_floor *floor, struct buffer *saved)
{
    saved->length = 0;
    assert_int_equal(fusion_save(floor->fusion, 0, saved), 0);
}

/* A refusal with this code leaves everything as it was. */
static void require_refusal(const struct state_floor *floor, const void *bytes, size_t length,
                            int code)
{
    struct error err = { "" };
    assert_int_equal(fusion_restore(floor->fusion, 0, bytes, length, &err), code);
    assert_true(err.text[0] != '\0');
}

static void damaged_bytes_are_refused_and_nothing_has_changed(void **state)
{
    (void) state;
    AUTO(buffer_release)
    struct buffer saved = BUFFER_INIT, before = BUFFER_INIT, after = BUFFER_INIT;
    struct state_floor floor;
    open_floor(&floor, STATE_FLOOR_TICKS);
    save_floor(&floor, &saved);
    assert_int_equal(state_floor_play(&floor, STATE_FLOOR_TICKS, STATE_FLOOR_TICKS + 3), 0);
    save_floor(&floor, &before);
    for (size_t length = 0; length < saved.length; length++)
        require_refusal(&floor, saved.bytes, length, -EBADMSG);
    for (size_t at = 0; at < saved.length; at++) {
        saved.bytes[at] ^= (uint8_t) (1u << at % 8);
        require_refusal(&floor, saved.bytes, saved.length, -EBADMSG);
        saved.bytes[at] ^= (uint8_t) (1u << at % 8);
    }
    buffer_put_u8(&saved, 0);
    require_refusal(&floor, saved.bytes, saved.length, -EBADMSG);
    save_floor(&floor, &after);
    require_same(&before, &after);
    assert_int_equal(fusion_restore(floor.fusion, 0, saved.bytes, saved.length - 1, NULL), 0);
    state_floor_close(&floor);
}

/* Magic, length and CRC-32 stand before the content: as fusion_save would have written it. */
#define CRC_AT     16
#define CONTENT_AT 20

static void seal(struct buffer *saved)
{
    uint32_t crc = crc32_of(&saved->bytes[CONTENT_AT], saved->length - CONTENT_AT);
    for (size_t i = 0; i < 4; i++)
        saved->bytes[CRC_AT + i] = (uint8_t) (crc >> (8 * i));
}

static void damage_that_the_checksum_does_not_show_is_refused_or_does_no_harm(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct state_floor floor;
    open_floor(&floor, STATE_FLOOR_TICKS);
    save_floor(&floor, &saved);
    state_floor_close(&floor);
    static const uint8_t flips[] = { 0x01, 0x80, 0xff };
    for (size_t at = CONTENT_AT; at < saved.length; at++) {
        uint8_t flip = flips[at % ARRAY_LENGTH(flips)];
        open_floor(&floor, 0);
        saved.bytes[at] ^= flip;
        seal(&saved);
        int r = fusion_restore(floor.fusion, 0, saved.bytes, saved.length, NULL);
        assert_true(r == 0 || r == -EBADMSG || r == -EINVAL);
        (void) state_floor_play(&floor, STATE_FLOOR_TICKS, STATE_FLOOR_TICKS + 3);
        assert_int_equal(fusion_finish(floor.fusion), 0);
        saved.bytes[at] ^= flip;
        state_floor_close(&floor);
    }
}

/* A fusion that differs from the usual one in a few things. */
struct other {
    const char *store, *floor, *camera; /* camera: in place of "b" */
    double width_m, view_right_px, edge_sd_px, roi_x_px;
    const char *calibration;
    struct fusion_config config;
    struct heat_config heat;
};

static const struct other usual = { .store = "shop",
                                    .floor = "ground",
                                    .camera = "b",
                                    .width_m = 20,
                                    .view_right_px = 2000,
                                    .edge_sd_px = 1,
                                    .roi_x_px = 900,
                                    .calibration = SCENE_CAMERA };

static struct fusion *open_other(const struct other *other, struct floor_map **ret_map)
{
    struct problems problems = { 0 };
    struct fusion_sink sink = { 0 };
    struct floor_m low = { 0, 0 }, high = { other->width_m, 10 };
    struct box_px view = { .right = other->view_right_px, .bottom = 1000 };
    double roi_px[] = { 0, 0, other->roi_x_px, 0, 900, 900 };
    struct watch roi = { .roi = { .values = roi_px, .count = ARRAY_LENGTH(roi_px) } };
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    struct fusion *fusion;
    assert_int_equal(floor_map_rectangle(low, high, ret_map), 0);
    assert_int_equal(calibration_parse(other->calibration, "x", &calibration, &problems), 0);
    problems_release(&problems);
    assert_int_equal(fusion_create(other->store, other->floor, *ret_map, &other->config,
                                   &other->heat, &sink, &fusion, NULL),
                     0);
    assert_int_equal(fusion_set_camera(fusion, "a", calibration, view, NULL, 1), 0);
    assert_int_equal(
        fusion_set_camera(fusion, other->camera, calibration, view, &roi, other->edge_sd_px), 0);
    return fusion;
}

/* The state of the usual fusion, in another one: the sentence names what differs; NULL: nothing. */
static void require_word(const struct other *other, const char *word)
{
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct floor_map *map, *other_map;
    struct other before = usual;
    before.config = scene_config;
    before.heat = scene_heat;
    struct fusion *saved_fusion = open_other(&before, &map);
    struct fusion *fusion = open_other(other, &other_map);
    struct error err = { "" };
    assert_int_equal(fusion_save(saved_fusion, 0, &saved), 0);
    int r = fusion_restore(fusion, 0, saved.bytes, saved.length, &err);
    assert_int_equal(r, word ? -EINVAL : 0);
    if (word && !strstr(err.text, word))
        fail_msg("\"%s\" does not say \"%s\"", err.text, word);
    fusion_destroy(&fusion);
    fusion_destroy(&saved_fusion);
    floor_map_destroy(&map);
    floor_map_destroy(&other_map);
}

static void a_state_of_another_floor_or_camera_is_refused_by_name(void **state)
{
    (void) state;
    struct other same = usual;
    same.config = scene_config;
    same.heat = scene_heat;
    require_word(&same, NULL);
    struct other other = same;
    other.store = "kiosk";
    require_word(&other, "store kiosk");
    other = same;
    other.floor = "first";
    require_word(&other, "floor first");
    other = same;
    other.width_m = 20.5; /* and the grid is another one */
    require_word(&other, "map of floor ground");
    other = same;
    other.camera = "c";
    require_word(&other, "camera b, which is not there");
    other = same;
    other.roi_x_px = 901;
    require_word(&other, "roi or masks of camera b");
    other = same;
    other.edge_sd_px = 2;
    require_word(&other, "camera b");
    other = same;
    other.view_right_px = 1999;
    require_word(&other, "view, roi or masks of camera a");
    other = same;
    other.calibration = SCENE_CAMERA "# measured anew\n";
    require_word(&other, "calibration");
}

static void a_state_of_other_settings_is_refused_by_name(void **state)
{
    (void) state;
    struct other same = usual;
    same.config = scene_config;
    same.heat = scene_heat;
    struct other other = same;
#define REQUIRE_WORD(group, member)             \
    do {                                        \
        other.group.member += 1;                \
        require_word(&other, #member " = ");    \
        other.group.member = same.group.member; \
    } while (0)
    REQUIRE_WORD(config, tick_ms);
    REQUIRE_WORD(config, lateness_ms);
    REQUIRE_WORD(config, frame_valid_ms);
    REQUIRE_WORD(config, gate_sigma);
    REQUIRE_WORD(config, position_sd_m);
    REQUIRE_WORD(config, acceleration_sd_m_s2);
    REQUIRE_WORD(config, max_speed_m_s);
    REQUIRE_WORD(config, merge_m);
    REQUIRE_WORD(config, max_gap_ms);
    REQUIRE_WORD(config, settle_ms);
    REQUIRE_WORD(heat, cell_m);
    REQUIRE_WORD(heat, bucket_s);
    REQUIRE_WORD(heat, visit_s);
#undef REQUIRE_WORD
}

static void a_state_of_another_version_is_refused(void **state)
{
    (void) state;
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    struct state_floor floor;
    struct error err = { "" };
    open_floor(&floor, 3);
    save_floor(&floor, &saved);
    saved.bytes[CONTENT_AT]++;
    seal(&saved);
    assert_int_equal(fusion_restore(floor.fusion, 0, saved.bytes, saved.length, &err), -EINVAL);
    assert_non_null(strstr(err.text, "version"));
    state_floor_close(&floor);
}

#define SEED SOURCE_DIR "/tests/fuzz/seeds/fusion_state/two-people"

/* Else nothing behind the first check would be fuzzed. When this fails because the bytes have
 * changed on purpose: test_fusion_save FILE writes a new seed. */
static void the_seed_of_the_fuzz_target_is_taken(void **state)
{
    (void) state;
    struct state_floor floor;
    struct error err = { "" };
    char *bytes = NULL;
    size_t length = 0;
    open_floor(&floor, 0);
    assert_int_equal(file_read(SEED, 1 << 20, &bytes, &length, &err), 0);
    assert_int_equal(fusion_restore(floor.fusion, 0, bytes, length, &err), 0);
    free(bytes);
    state_floor_close(&floor);
}

static int write_seed(const char *path)
{
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    AUTO(state_floor_close) struct state_floor floor;
    FILE *file = fopen(path, "wb");
    if (!file || state_floor_open(&floor) < 0 ||
        state_floor_play(&floor, 0, STATE_FLOOR_TICKS) < 0 ||
        fusion_save(floor.fusion, 0, &saved) < 0)
        return 1;
    size_t written = fwrite(saved.bytes, 1, saved.length, file);
    return fclose(file) == 0 && written == saved.length ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_is_cut_at_every_frame_is_bit_for_bit_the_same),
        cmocka_unit_test(a_run_that_is_cut_anywhere_is_bit_for_bit_the_same),
        cmocka_unit_test(the_show_has_everything_in_it),
        cmocka_unit_test(a_camera_that_is_new_may_be_named_before_or_after_the_restore),
        cmocka_unit_test(a_camera_that_is_new_before_the_first_tick_is_waited_for),
        cmocka_unit_test(a_state_takes_the_place_of_everything_that_was_there),
        cmocka_unit_test(damaged_bytes_are_refused_and_nothing_has_changed),
        cmocka_unit_test(damage_that_the_checksum_does_not_show_is_refused_or_does_no_harm),
        cmocka_unit_test(a_state_of_another_floor_or_camera_is_refused_by_name),
        cmocka_unit_test(a_state_of_other_settings_is_refused_by_name),
        cmocka_unit_test(a_state_of_another_version_is_refused),
        cmocka_unit_test(the_seed_of_the_fuzz_target_is_taken),
    };
    return argc > 1 ? write_seed(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
