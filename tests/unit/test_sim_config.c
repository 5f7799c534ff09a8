/*
 * test_sim_config.c - the config of a simulation and its plain stores
 *
 * Expected values are read off the texts and off the drawing in sim/plain_store.h.
 */
#include "testing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "sim/sim_config.h"

struct fixture {
    struct sim_config *config;
    struct problems problems;
    struct floor_map *map;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    floor_map_destroy(&f->map);
    sim_config_destroy(&f->config);
    problems_release(&f->problems);
    free(f);
    return 0;
}

static void assert_loads(struct fixture *f, const char *text)
{
    int r = sim_config_parse(text, "sim.cfg", &f->config, &f->problems);
    if (r != 0)
        fail_msg("%s", f->problems.count ? f->problems.sentences[0] : "no sentence");
}

static void assert_refused(struct fixture *f, const char *text, const char *words)
{
    assert_int_equal(sim_config_parse(text, "sim.cfg", &f->config, &f->problems), -EINVAL);
    assert_null(f->config);
    assert_true(f->problems.count >= 1);
    if (!strstr(f->problems.sentences[0], words))
        fail_msg("\"%s\" does not say \"%s\"", f->problems.sentences[0], words);
}

static size_t count_of(const struct floor_map *map, enum feature_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < map->feature_count; i++)
        count += map->features[i].kind == kind;
    return count;
}

static void an_empty_config_is_a_plain_store(void **state)
{
    struct fixture *f = *state;
    assert_loads(f, "");
    assert_int_equal(f->config->start_us,
                     INT64_C(1767603600000000)); /* date -d 2026-01-05T09Z +%s */
    assert_int_equal(f->config->step_ms, 100);
    assert_int_equal(sim_config_floor_map(f->config, &f->map, NULL), 0);
    assert_int_equal(count_of(f->map, FEATURE_ENTRANCE), 1);
    assert_int_equal(count_of(f->map, FEATURE_SHELF), 6 + 3); /* 5 aisles, 2 lanes */
    assert_int_equal(count_of(f->map, FEATURE_ZONE), 2);
}

static void a_deep_store_has_a_cross_aisle(void **state)
{
    struct fixture *f = *state;
    assert_loads(f, "floor = { length_m = 60.0; width_m = 40.0; aisles = 10; checkouts = 6; };");
    assert_int_equal(sim_config_floor_map(f->config, &f->map, NULL), 0);
    assert_int_equal(count_of(f->map, FEATURE_SHELF), 2 * 11 + 7);
    /* shelves from 11 to 37.5 m with 2.5 m free around 24.25 m */
    assert_true(floor_map_walkable(f->map, (struct floor_m){ 2.5, 24.25 }));
    assert_false(floor_map_walkable(f->map, (struct floor_m){ 2.5, 22.9 }));
    assert_false(floor_map_walkable(f->map, (struct floor_m){ 2.5, 25.6 }));
}

static void a_hall_has_a_door_at_either_end(void **state)
{
    struct fixture *f = *state;
    assert_loads(f, "floor = { length_m = 20.0; width_m = 10.0; aisles = 0; };");
    assert_int_equal(sim_config_floor_map(f->config, &f->map, NULL), 0);
    assert_int_equal(count_of(f->map, FEATURE_ENTRANCE), 2);
    assert_int_equal(count_of(f->map, FEATURE_SHELF), 0);
}

/* 30 m - 4 m - 1 m = 25 m for 12 aisles and as many shelves: 25 / 12 - 1 = 1.08 m */
static void aisles_too_narrow_for_people_are_refused(void **state)
{
    assert_refused(*state, "floor = { aisles = 12; };", "would be 1.08 m wide");
}

static void a_store_without_depth_is_refused(void **state)
{
    assert_refused(*state, "floor = { width_m = 12.0; };", "no room for shelves");
}

static void too_many_checkouts_are_refused(void **state)
{
    assert_refused(*state, "floor = { checkouts = 20; };", "20 checkouts and the entrance need");
}

static void hours_must_be_one_or_twenty_four(void **state)
{
    assert_refused(*state, "people = { arrivals_per_h = [ 1, 2 ]; };", "has 2 numbers");
}

static void negative_shoppers_are_refused(void **state)
{
    assert_refused(*state, "people = { arrivals_per_h = [ -5 ]; };", "-5 shoppers an hour");
}

static void a_mean_and_arrivals_contradict(void **state)
{
    assert_refused(*state, "people = { inside = 5.0; arrivals_per_h = [ 5 ]; };", "contradict");
}

static void a_step_must_divide_a_second(void **state)
{
    assert_refused(*state, "step_ms = 150;", "must divide 1000 ms");
}

static void a_start_that_is_no_time_is_refused(void **state)
{
    assert_refused(*state, "start = \"tomorrow\";", "start: ");
}

static void an_unknown_key_is_refused(void **state)
{
    assert_refused(*state, "people = { insde = 5.0; };", "insde");
}

static void shipped_configs_load_with_their_floors(void **state)
{
    struct fixture *f = *state;
    const char *const paths[] = { SOURCE_DIR "/etc/sim/supermarket.cfg",
                                  SOURCE_DIR "/etc/sim/plain.cfg" };
    const size_t cameras[] = { 8, 4 };
    for (size_t i = 0; i < 2; i++) {
        struct error err = { "" };
        if (sim_config_load(paths[i], &f->config, &f->problems) < 0)
            fail_msg("%s", f->problems.sentences[0]);
        assert_int_equal(f->config->cameras.count, cameras[i]);
        if (sim_config_floor_map(f->config, &f->map, &err) < 0)
            fail_msg("%s", err.text);
        floor_map_destroy(&f->map);
        sim_config_destroy(&f->config);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_empty_config_is_a_plain_store),
        TEST(a_deep_store_has_a_cross_aisle),
        TEST(a_hall_has_a_door_at_either_end),
        TEST(aisles_too_narrow_for_people_are_refused),
        TEST(a_store_without_depth_is_refused),
        TEST(too_many_checkouts_are_refused),
        TEST(hours_must_be_one_or_twenty_four),
        TEST(negative_shoppers_are_refused),
        TEST(a_mean_and_arrivals_contradict),
        TEST(a_step_must_divide_a_second),
        TEST(a_start_that_is_no_time_is_refused),
        TEST(an_unknown_key_is_refused),
        TEST(shipped_configs_load_with_their_floors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
